// Alarms: the list with its filters, and acknowledging one.
import { z } from "zod";
import { acknowledge } from "../../alerting/lifecycle.ts";
import { alarmKindSchema, alarmStates } from "../../domain/alarm.ts";
import { alarmSchema, listOf } from "../../domain/http.ts";
import { idSchema } from "../../domain/ids.ts";
import { liveTopics } from "../../domain/live.ts";
import { listAlarms } from "../../storage/views/alarms.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantMs, instantSchema, pageFields, pageOf, textSchema } from "../query.ts";
import { security } from "../security.ts";

const positionSchema = z.strictObject({ raisedAtMs: z.int(), id: textSchema(300) });

export const alarmRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/alarms",
    {
      schema: {
        tags: ["alarms"],
        summary: "Alarms, newest first",
        security,
        querystring: z.strictObject({
          ...pageFields,
          state: z
            .enum([...alarmStates, "open"])
            .optional()
            .describe("`open` is every alarm that has not cleared"),
          township: idSchema.optional(),
          village: idSchema.optional(),
          area: idSchema.optional(),
          breaker: idSchema.optional(),
          kind: alarmKindSchema.optional(),
          from: instantSchema.optional().describe("raised at or after"),
          to: instantSchema.optional().describe("raised before"),
        }),
        response: { 200: listOf(alarmSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const found = await listAlarms(
        context.db.query,
        {
          townshipId: asked.township,
          villageId: asked.village,
          areaId: asked.area,
          breakerId: asked.breaker,
          state: asked.state,
          kind: asked.kind,
          fromMs: asked.from === undefined ? undefined : instantMs(asked.from),
          toMs: asked.to === undefined ? undefined : instantMs(asked.to),
        },
        { after: decodeCursor(asked.cursor, positionSchema), limit: asked.limit + 1 },
      );
      return pageOf(found, asked.limit, (last) => ({ raisedAtMs: instantMs(last.raisedAt), id: last.id }));
    },
  );

  app.post(
    "/alarms/:id/acknowledge",
    {
      schema: {
        tags: ["alarms"],
        summary: "Acknowledge an alarm; again changes nothing",
        security,
        params: z.object({ id: textSchema(300) }),
        body: z
          .strictObject({
            comment: textSchema(2_000).optional(),
            seenOccurrences: z
              .int()
              .min(1)
              .optional()
              .describe("answered with 409 when the condition has returned since"),
          })
          .nullish(),
        response: { 200: alarmSchema, ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const outcome = await acknowledge(context.db, {
        alarmId: id,
        actor: request.actor,
        nowMs: context.clock(),
        comment: request.body?.comment,
        seenOccurrences: request.body?.seenOccurrences,
      });
      switch (outcome.kind) {
        case "notFound":
          throw notFound("alarm", id);
        case "returned":
          throw problem(
            409,
            `the condition has returned: it has occurred ${outcome.occurrences} times by now`,
          );
        case "acknowledged":
          context.publishLive(liveTopics.alarms, [outcome.alarm]);
          return outcome.alarm;
        case "alreadyAcknowledged":
          return outcome.alarm;
      }
    },
  );
};
