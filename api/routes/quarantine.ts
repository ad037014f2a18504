// Messages that could not be used, with the reason and their bytes.
import { z } from "zod";
import { listOf, quarantineEntrySchema, replaySchema } from "../../domain/http.ts";
import { requestReplay } from "../../storage/replay.ts";
import { listQuarantine } from "../../storage/views/quarantine.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantMs, pageFields, pageOf, textSchema } from "../query.ts";
import { security } from "../security.ts";

const positionSchema = z.strictObject({ receivedAtMs: z.int(), id: textSchema(300) });

export const quarantineRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/quarantine",
    {
      schema: {
        tags: ["operations"],
        summary: "Quarantined messages, newest first",
        security,
        querystring: z.strictObject({
          ...pageFields,
          reason: textSchema(100).optional(),
          client: textSchema(100).optional().describe("MQTT client id"),
        }),
        response: { 200: listOf(quarantineEntrySchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const found = await listQuarantine(
        context.db.query,
        { reason: asked.reason, clientId: asked.client },
        { after: decodeCursor(asked.cursor, positionSchema), limit: asked.limit + 1 },
      );
      return pageOf(found, asked.limit, (last) => ({
        receivedAtMs: instantMs(last.receivedAt),
        id: last.id,
      }));
    },
  );

  app.post(
    "/quarantine/:id/replay",
    {
      schema: {
        tags: ["operations"],
        summary:
          "Try a quarantined message again, once what was wrong has been mended; again changes nothing",
        security,
        params: z.object({ id: textSchema(300) }),
        response: { 202: replaySchema, ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const outcome = await requestReplay(context.db, id, request.actor);
      if (outcome.kind === "notFound") throw notFound("quarantined message", id);
      if (outcome.kind === "refused")
        throw problem(
          409,
          `the broker did not let this message pass (${outcome.reason}): it cannot be tried again`,
        );
      return reply.code(202).send({ id, requested: true });
    },
  );
};
