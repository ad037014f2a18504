// What a breaker sent: its readings, raw or in windows, and its trips, tests and status reports.
import { z } from "zod";
import { breakerEventSchema, listOf, readingPointSchema } from "../../domain/http.ts";
import { idSchema } from "../../domain/ids.ts";
import { toIso } from "../../domain/time.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses, unavailable } from "../problems.ts";
import {
  decodeCursor,
  encodeCursor,
  everyMs,
  everySchema,
  instantSchema,
  lastDay,
  maxPageItems,
  pageFields,
  period,
} from "../query.ts";
import { security } from "../security.ts";

/** `skip` items of the instant at the near end have been answered already: two reports may share a millisecond. */
const positionSchema = z.strictObject({
  fromMs: z.int(),
  toMs: z.int(),
  skip: z
    .int()
    .min(0)
    .max(100 * maxPageItems),
});

const idParams = z.object({ id: idSchema });
const periodFields = { from: instantSchema.optional(), to: instantSchema.optional() };

export const telemetryRoutes = (app: Api, context: RouteContext): void => {
  const { telemetry, db } = context;

  const mustExist = async (id: string): Promise<void> => {
    const rows = await db.query("SELECT FROM breaker WHERE id = $1", [id]);
    if (rows.length === 0) throw notFound("breaker", id);
  };
  /** A store that is away is the store's problem, anything else is ours. */
  const answered = async <T>(question: Promise<T>): Promise<T> => {
    try {
      return await question;
    } catch (error) {
      const reason = await telemetry.problem();
      throw reason === null ? error : unavailable(`the telemetry store does not answer: ${reason}`);
    }
  };

  app.get(
    "/breakers/:id/readings",
    {
      schema: {
        tags: ["breakers"],
        summary: "Readings, oldest first; with `every`, means of windows with extremes",
        security,
        params: idParams,
        querystring: z.strictObject({ ...pageFields, ...periodFields, every: everySchema.optional() }),
        response: { 200: listOf(readingPointSchema), ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { limit, cursor, every } = request.query;
      const position = decodeCursor(cursor, positionSchema) ?? {
        ...period(request.query, lastDay(context.clock())),
        skip: 0,
      };
      await mustExist(id);
      const found = await answered(
        telemetry.readings({
          breakerId: id,
          fromMs: position.fromMs,
          toMs: position.toMs,
          everyMs: every === undefined ? null : everyMs(every),
          limit: position.skip + limit + 1,
        }),
      );
      const items = found.slice(position.skip, position.skip + limit);
      const lastMs = items.at(-1)?.atMs;
      const more = found.length > position.skip + limit && lastMs !== undefined;
      return {
        items: items.map(({ atMs, ...rest }) => ({ at: toIso(atMs), ...rest })),
        nextCursor: more
          ? encodeCursor({
              fromMs: lastMs,
              toMs: position.toMs,
              skip: answeredAt(found.slice(0, position.skip + limit), (r) => r.atMs, lastMs),
            })
          : null,
      };
    },
  );

  app.get(
    "/breakers/:id/events",
    {
      schema: {
        tags: ["breakers"],
        summary: "Trips, tests and status reports, newest first",
        security,
        params: idParams,
        querystring: z.strictObject({ ...pageFields, ...periodFields }),
        response: { 200: listOf(breakerEventSchema), ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { limit, cursor } = request.query;
      const position = decodeCursor(cursor, positionSchema) ?? {
        ...period(request.query, lastDay(context.clock())),
        skip: 0,
      };
      await mustExist(id);
      const { fromMs, toMs, skip } = position;
      const found = await answered(
        telemetry.events({ breakerId: id, fromMs, toMs, limit: skip + limit + 1 }),
      );
      const items = found.slice(skip, skip + limit);
      const lastMs = items.at(-1)?.tsMs;
      const more = found.length > skip + limit && lastMs !== undefined;
      return {
        items: items.map(({ tsMs, kind, body }) => ({ at: toIso(tsMs), kind, body })),
        nextCursor: more
          ? encodeCursor({
              fromMs,
              toMs: lastMs + 1,
              skip: answeredAt(found.slice(0, skip + limit), (r) => r.tsMs, lastMs),
            })
          : null,
      };
    },
  );
};

const answeredAt = <T>(items: readonly T[], at: (item: T) => number, lastMs: number): number =>
  items.filter((item) => at(item) === lastMs).length;
