// Low-voltage areas (低电压台区) with their trend, and hints at line loss.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import { areaSupplyDaySchema, areaSupplySchema, supplyTrendSchema } from "../../domain/http-supply.ts";
import { idSchema } from "../../domain/ids.ts";
import { daySchema } from "../../domain/periods.ts";
import { localDate } from "../../storage/views/scope.ts";
import { areaSupplyDays, listAreaSupply, supplyTrend } from "../../storage/views/supply.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const defaultDays = 28;
const maxDays = 366;

const positionSchema = z.strictObject({ lowMs: z.int().min(0), areaId: idSchema });
const placeFields = {
  township: idSchema.optional(),
  village: idSchema.optional(),
  area: idSchema.optional(),
};
const dayFields = {
  from: daySchema.optional().describe(`first local day; ${defaultDays} days before \`to\` by default`),
  to: daySchema.optional().describe("first local day that no longer counts; today by default"),
};

/** Local days `[from, before)`; throws problem 400 when they are none or too many. */
const daysOf = (
  asked: { from?: string | undefined; to?: string | undefined },
  today: string,
): { from: string; before: string } => {
  const before = asked.to ?? today;
  const from = asked.from ?? Temporal.PlainDate.from(before).subtract({ days: defaultDays }).toString();
  const days = Temporal.PlainDate.from(from).until(before).days;
  const wrong = (reason: string) => problem(400, `from: ${reason}`, [{ field: "from", reason }]);
  if (days < 1) throw wrong("must be before to");
  if (days > maxDays) throw wrong(`must not be more than ${maxDays} days before to`);
  return { from, before };
};

export const supplyRoutes = (app: Api, context: RouteContext): void => {
  const { query } = context.db;
  const today = () => localDate(context.clock(), context.timeZone);

  app.get(
    "/low-voltage",
    {
      schema: {
        tags: ["supply"],
        summary: "Transformer areas with low voltage, the longest first, and hints at line loss",
        description:
          "Over whole local days that have ended; a day is computed some minutes after its end, and anew when readings of it come late. `all=true` answers the areas without low voltage, too.",
        security,
        querystring: z.strictObject({
          ...pageFields,
          ...placeFields,
          ...dayFields,
          all: z.stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive" }).default(false),
        }),
        response: { 200: listOf(areaSupplySchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { limit, cursor, all, township, village, area, ...days } = request.query;
      const found = await listAreaSupply(
        query,
        { townshipId: township, villageId: village, areaId: area, lowOnly: !all, ...daysOf(days, today()) },
        { nowMs: context.clock(), freshMs: context.supply.vouchMs, ...context.supply },
        { after: decodeCursor(cursor, positionSchema), limit: limit + 1 },
      );
      return pageOf(found, limit, ({ lowMs, areaId }) => ({ lowMs, areaId }));
    },
  );

  app.get(
    "/low-voltage/trend",
    {
      schema: {
        tags: ["supply"],
        summary: "How many areas were low on each day",
        security,
        querystring: z.strictObject({ ...placeFields, ...dayFields }),
        response: { 200: supplyTrendSchema, ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { township, village, area, ...days } = request.query;
      const items = await supplyTrend(query, {
        townshipId: township,
        villageId: village,
        areaId: area,
        ...daysOf(days, today()),
      });
      return { items, lowVoltageV: context.supply.lowVoltageV };
    },
  );

  app.get(
    "/low-voltage/:areaId",
    {
      schema: {
        tags: ["supply"],
        summary: "One area's days, with the houses that were low and the charges of its line",
        security,
        params: z.object({ areaId: idSchema }),
        querystring: z.strictObject(dayFields),
        response: {
          200: z.object({ items: z.array(areaSupplyDaySchema) }),
          ...problemResponses(400, 401, 404),
        },
      },
    },
    async (request) => {
      const { areaId } = request.params;
      const known = await query("SELECT FROM transformer_area WHERE id = $1", [areaId]);
      if (known.length === 0) throw notFound("transformer area", areaId);
      return { items: await areaSupplyDays(query, areaId, daysOf(request.query, today())) };
    },
  );
};
