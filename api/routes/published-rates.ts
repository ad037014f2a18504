// Published rates: what was published of each period, what late data changed since, and publishing on demand.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import { publishedRateDetailSchema, publishedRateSchema } from "../../domain/http-published.ts";
import { idSchema } from "../../domain/ids.ts";
import { daySchema, periodKindSchema, periodOfDate } from "../../domain/periods.ts";
import { listPublished, publishPeriod, readPublished } from "../../storage/published-rates.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const positionSchema = z.strictObject({ publishedAtMs: z.int(), id: z.uuid() });

export const publishedRateRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/published-rates",
    {
      schema: {
        tags: ["rates"],
        summary: "Published periods, newest publication first",
        security,
        querystring: z.strictObject({
          ...pageFields,
          township: idSchema.optional(),
          kind: periodKindSchema.optional(),
          latest: z
            .enum(["true", "false"])
            .default("false")
            .describe("true leaves out revisions that a later one has replaced"),
        }),
        response: { 200: listOf(publishedRateSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { township, kind, latest, limit, cursor } = request.query;
      const found = await listPublished(
        context.db.query,
        { townshipId: township, kind, latest: latest === "true" },
        { after: decodeCursor(cursor, positionSchema), limit: limit + 1 },
      );
      return pageOf(found, limit, ({ publishedAt, id }) => ({ publishedAtMs: Date.parse(publishedAt), id }));
    },
  );

  app.get(
    "/published-rates/:id",
    {
      schema: {
        tags: ["rates"],
        summary: "One publication: its numbers, what it was computed from, what it changed, all revisions",
        security,
        params: z.object({ id: z.uuid() }),
        response: { 200: publishedRateDetailSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const found = await readPublished(context.db.query, request.params.id);
      if (found === null) throw notFound("publication", request.params.id);
      return found;
    },
  );

  app.post(
    "/published-rates",
    {
      schema: {
        tags: ["rates"],
        summary: "Publish a period now",
        description:
          "The period must have ended. Where its numbers are those of the newest publication, that one is answered (200); else a further revision is stored (201).",
        security,
        body: z.strictObject({
          township: idSchema,
          kind: periodKindSchema,
          date: daySchema.describe("a local day in the period"),
        }),
        response: {
          200: publishedRateDetailSchema,
          201: publishedRateDetailSchema,
          ...problemResponses(400, 401, 404, 409),
        },
      },
    },
    async (request, reply) => {
      const { township, kind, date } = request.body;
      const period = periodOfDate(kind, date, context.timeZone);
      const nowMs = context.clock();
      if (period.toMs > nowMs) throw problem(409, "this period has not ended yet");
      const outcome = await publishPeriod(context.db, {
        townshipId: township,
        period,
        timeZone: context.timeZone,
        nowMs,
        cause: "demand",
        actor: request.actor,
      });
      if (outcome.kind === "nothing") throw notFound("township", township);
      const detail = await readPublished(context.db.query, outcome.id);
      if (detail === null) throw notFound("publication", outcome.id);
      return reply.code(outcome.kind === "published" ? 201 : 200).send(detail);
    },
  );
};
