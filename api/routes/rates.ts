// Operational rates over a period, per village, transformer area or township.
import { z } from "zod";
import { breakerLevelSchema } from "../../domain/breaker.ts";
import { listOf, rateRowSchema } from "../../domain/http.ts";
import { idSchema } from "../../domain/ids.ts";
import { startOfDayMs } from "../../domain/time.ts";
import { periodRatesBy, rateGroups } from "../../storage/views/rates.ts";
import type { Api, RouteContext } from "../needs.ts";
import { problemResponses } from "../problems.ts";
import { decodeCursor, instantSchema, pageFields, pageOf, period } from "../query.ts";
import { security } from "../security.ts";

/** The period travels along, so that all pages speak of the same. */
const positionSchema = z.strictObject({
  id: idSchema,
  level: breakerLevelSchema,
  fromMs: z.int(),
  toMs: z.int(),
});

export const rateRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/rates",
    {
      schema: {
        tags: ["rates"],
        summary: "Time by state and the rates that follow, over a period",
        description:
          "From `from` (default: the start of today in the township's time zone) to `to` (default: now); what lies in the future is never counted. Without `level`, one row for each level that the group has.",
        security,
        querystring: z.strictObject({
          ...pageFields,
          by: z.enum(rateGroups),
          level: breakerLevelSchema.optional(),
          from: instantSchema.optional(),
          to: instantSchema.optional(),
          township: idSchema.optional(),
          village: idSchema.optional(),
          area: idSchema.optional(),
        }),
        response: { 200: listOf(rateRowSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const nowMs = context.clock();
      const { timeZone } = context;
      const position = decodeCursor(asked.cursor, positionSchema);
      const { fromMs, toMs } =
        position ??
        period(asked, {
          toMs: nowMs,
          // At the very instant in which a day begins its first millisecond is answered, and not an error.
          fromMs: (toMs) =>
            Math.min(startOfDayMs(asked.to === undefined ? toMs : toMs - 1, timeZone), toMs - 1),
        });
      const found = await periodRatesBy(context.db.query, {
        by: asked.by,
        level: asked.level,
        townshipId: asked.township,
        villageId: asked.village,
        areaId: asked.area,
        fromMs,
        toMs,
        nowMs,
        timeZone,
        after: position === undefined ? undefined : { id: position.id, level: position.level },
        limit: asked.limit + 1,
      });
      return pageOf(found, asked.limit, ({ id, level }) => ({ id, level, fromMs, toMs }));
    },
  );
};
