// Breakers: the list with its filters, one in detail, and its timeline.
import { z } from "zod";
import { breakerLevelSchema } from "../../domain/breaker.ts";
import { breakerDetailSchema, breakerSchema, listOf, timelineEntrySchema } from "../../domain/http.ts";
import { idSchema } from "../../domain/ids.ts";
import { operatingReasonSchema, operatingStateSchema } from "../../domain/operating.ts";
import { toIso } from "../../domain/time.ts";
import { listAlarms } from "../../storage/views/alarms.ts";
import { findBreaker, listBreakers } from "../../storage/views/breakers.ts";
import { timelineOf } from "../../storage/views/timeline.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses } from "../problems.ts";
import {
  decodeCursor,
  decodeIdCursor,
  encodeCursor,
  instantSchema,
  lastDay,
  pageFields,
  pageOf,
  period,
  textSchema,
} from "../query.ts";
import { security } from "../security.ts";

/** Open alarms that one breaker's detail lists. */
const maxOpenAlarms = 100;
const idParams = z.object({ id: idSchema });

export const breakerRoutes = (app: Api, context: RouteContext): void => {
  const { query } = context.db;
  const now = () => ({ nowMs: context.clock(), timeZone: context.timeZone });

  app.get(
    "/breakers",
    {
      schema: {
        tags: ["breakers"],
        summary: "Breakers with their state now and newest reading",
        security,
        querystring: z.strictObject({
          ...pageFields,
          township: idSchema.optional(),
          village: idSchema.optional(),
          area: idSchema.optional(),
          state: operatingStateSchema.optional(),
          reason: operatingReasonSchema.optional(),
          level: breakerLevelSchema.optional(),
          q: textSchema(200).optional().describe("part of the id or the address, whatever its case"),
          installed: z
            .enum(["now", "any"])
            .default("now")
            .describe("`any` lists removed and not yet installed breakers, too"),
        }),
        response: { 200: listOf(breakerSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const found = await listBreakers(
        query,
        {
          townshipId: asked.township,
          villageId: asked.village,
          areaId: asked.area,
          state: asked.state,
          reason: asked.reason,
          level: asked.level,
          text: asked.q,
          anyInstalled: asked.installed === "any",
        },
        { afterId: decodeIdCursor(asked.cursor), limit: asked.limit + 1 },
        now(),
      );
      return pageOf(found, asked.limit, (last) => ({ id: last.id }));
    },
  );

  app.get(
    "/breakers/:id",
    {
      schema: {
        tags: ["breakers"],
        summary: "One breaker with its open alarms",
        security,
        params: idParams,
        response: { 200: breakerDetailSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const found = await findBreaker(query, id, now());
      if (found === null) throw notFound("breaker", id);
      const openAlarms = await listAlarms(query, { breakerId: id, state: "open" }, { limit: maxOpenAlarms });
      return { ...found.breaker, credentialIssuedAt: found.credentialIssuedAt, openAlarms };
    },
  );

  app.get(
    "/breakers/:id/timeline",
    {
      schema: {
        tags: ["breakers"],
        summary: "Operating states that partition the time",
        description:
          "From `from` (default: 24 hours before `to`) or the installation to `to` (default: now), the present or the removal; what has not been judged is unknown.",
        security,
        params: idParams,
        querystring: z.strictObject({
          ...pageFields,
          from: instantSchema.optional(),
          to: instantSchema.optional(),
        }),
        response: { 200: listOf(timelineEntrySchema), ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const nowMs = context.clock();
      const after = decodeCursor(request.query.cursor, z.strictObject({ fromMs: z.int(), toMs: z.int() }));
      const asked = after ?? period(request.query, lastDay(nowMs));
      const intervals = await timelineOf(query, {
        breakerId: id,
        ...asked,
        nowMs,
        timeZone: context.timeZone,
      });
      if (intervals === null) throw notFound("breaker", id);
      const items = intervals.slice(0, request.query.limit);
      const next = intervals[items.length];
      return {
        items: items.map(({ fromMs, toMs, state, reason }) => ({
          from: toIso(fromMs),
          to: toIso(toMs),
          state,
          reason,
        })),
        nextCursor: next === undefined ? null : encodeCursor({ fromMs: next.fromMs, toMs: asked.toMs }),
      };
    },
  );
};
