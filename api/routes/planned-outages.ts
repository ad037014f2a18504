// The calendar of planned outages.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import { outageBodySchema, outageEditSchema, plannedOutageSchema } from "../../domain/http-outages.ts";
import { idSchema } from "../../domain/ids.ts";
import { toIso } from "../../domain/time.ts";
import {
  cancelOutage,
  createOutage,
  editOutage,
  findOutage,
  listOutages,
  type PlannedOutage,
} from "../../storage/planned-outages.ts";
import { listAreas } from "../../storage/views/places.ts";
import { actBy, answerOf } from "../acts.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantMs, instantSchema, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const paramsSchema = z.object({ id: z.uuid() });
const positionSchema = z.strictObject({ fromMs: z.int(), id: z.uuid() });
/** Areas that a village may have here. */
const maxVillageAreas = 1_000;

const shown = ({ fromMs, toMs, createdAtMs, cancelledAtMs, ...rest }: PlannedOutage) => ({
  ...rest,
  from: toIso(fromMs),
  to: toIso(toMs),
  createdAt: toIso(createdAtMs),
  cancelledAt: cancelledAtMs === null ? null : toIso(cancelledAtMs),
});

const ms = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : instantMs(text);

export const plannedOutageRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;
  const one = async (id: string) => {
    const outage = await findOutage(db.query, id);
    if (outage === null) throw notFound("planned outage", id);
    return shown(outage);
  };
  const answers = { 200: plannedOutageSchema, ...problemResponses(400, 401, 404, 409) };

  app.get(
    "/planned-outages",
    {
      schema: {
        tags: ["planned outages"],
        summary: "The calendar of planned outages, the latest first",
        security,
        querystring: z.strictObject({
          ...pageFields,
          from: instantSchema.optional().describe("only what ends after it"),
          to: instantSchema.optional().describe("only what begins before it"),
          township: idSchema.optional(),
          village: idSchema.optional(),
          area: idSchema.optional(),
          cancelled: z.enum(["true", "false"]).optional().describe("true: cancelled ones too"),
        }),
        response: { 200: listOf(plannedOutageSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { from, to, township, village, area, cancelled, limit, cursor } = request.query;
      const found = await listOutages(
        db.query,
        {
          fromMs: ms(from),
          toMs: ms(to),
          townshipId: township,
          villageId: village,
          areaId: area,
          cancelledToo: cancelled === "true",
        },
        { after: decodeCursor(cursor, positionSchema), limit: limit + 1 },
      );
      const page = pageOf(found, limit, ({ fromMs, id }) => ({ fromMs, id }));
      return { ...page, items: page.items.map(shown) };
    },
  );

  app.get(
    "/planned-outages/:id",
    {
      schema: {
        tags: ["planned outages"],
        summary: "One planned outage",
        security,
        params: paramsSchema,
        response: answers,
      },
    },
    (request) => one(request.params.id),
  );

  app.post(
    "/planned-outages",
    {
      schema: {
        tags: ["planned outages"],
        summary: "Enter a planned outage of transformer areas, or of a whole village",
        description:
          "The time may be past: the history is then judged anew from it. While it lasts the areas' breakers are excused, and no alarm is raised for silence.",
        security,
        body: outageBodySchema,
        response: answers,
      },
    },
    async (request) => {
      const { id = crypto.randomUUID(), areaIds, villageId, from, to, note } = request.body;
      const wish = { areaIds: [...areaIds], fromMs: instantMs(from), toMs: instantMs(to), note };
      if (wish.fromMs >= wish.toMs)
        throw problem(400, "to: must be after from", [{ field: "to", reason: "must be after from" }]);
      if (villageId !== undefined) {
        const now = { nowMs: context.clock(), timeZone: context.timeZone };
        const areas = await listAreas(db.query, { villageId }, { limit: maxVillageAreas }, now);
        if (areas.length === 0) throw notFound("transformer area in village", villageId);
        wish.areaIds.push(...areas.map((area) => area.id));
      }
      if (wish.areaIds.length === 0)
        throw problem(400, "areaIds: name at least one transformer area, or a village", [
          { field: "areaIds", reason: "name at least one transformer area, or a village" },
        ]);
      answerOf(await createOutage(db, id, wish, actBy(context, request)));
      return one(id);
    },
  );

  app.patch(
    "/planned-outages/:id",
    {
      schema: {
        tags: ["planned outages"],
        summary: "Change a planned outage; what is left out stays",
        security,
        params: paramsSchema,
        body: outageEditSchema,
        response: answers,
      },
    },
    async (request) => {
      const { from, to, areaIds, note } = request.body;
      const change = { areaIds, note, fromMs: ms(from), toMs: ms(to) };
      answerOf(await editOutage(db, request.params.id, change, actBy(context, request)));
      return one(request.params.id);
    },
  );

  app.post(
    "/planned-outages/:id/cancel",
    {
      schema: {
        tags: ["planned outages"],
        summary: "Cancel a planned outage, a past one too; it excuses nothing any more",
        security,
        params: paramsSchema,
        response: answers,
      },
    },
    async (request) => {
      answerOf(await cancelOutage(db, request.params.id, actBy(context, request)));
      return one(request.params.id);
    },
  );
};
