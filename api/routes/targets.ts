// Targets as data: what stands, setting one from a day on, removing one.
import { z } from "zod";
import { targetRequestSchema, targetSchema, targetsSchema } from "../../domain/http-targets.ts";
import { defaultTargets } from "../../domain/targets.ts";
import { toIso } from "../../domain/time.ts";
import { loadTargets, removeTarget, setTarget, type TargetEntry } from "../../storage/targets.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { security } from "../security.ts";

const shown = ({ townshipId, villageId, setAt, ...rest }: TargetEntry) => ({
  ...rest,
  township: townshipId,
  village: villageId,
  setAt: toIso(setAt.getTime()),
});

export const targetRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/targets",
    {
      schema: {
        tags: ["rates"],
        summary: "Targets that were set, and the defaults that hold where none was",
        description:
          "Of those set by the last day of a period the one nearest to the place holds (its village's, its township's, everybody's), and of these the latest.",
        security,
        response: { 200: targetsSchema, ...problemResponses(401) },
      },
    },
    async () => ({ defaults: defaultTargets, items: (await loadTargets(context.db.query)).map(shown) }),
  );

  app.put(
    "/targets",
    {
      schema: {
        tags: ["rates"],
        summary: "Set a target from a day on",
        description: "One of the same measure, level, place and day gives way.",
        security,
        body: targetRequestSchema,
        response: { 200: targetSchema, ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { township, village, ...rest } = request.body;
      const outcome = await setTarget(
        context.db,
        { ...rest, townshipId: township, villageId: village },
        request.actor,
      );
      if (outcome.kind === "unknownPlace") {
        const reason = "there is no such place";
        throw problem(400, `${outcome.field}: ${reason}`, [{ field: outcome.field, reason }]);
      }
      return shown(outcome.target);
    },
  );

  app.delete(
    "/targets/:id",
    {
      schema: {
        tags: ["rates"],
        summary: "Remove a target; what stood before it holds again",
        security,
        params: z.object({ id: z.coerce.number().int().min(1) }),
        response: { 204: z.null().describe("removed"), ...problemResponses(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await removeTarget(context.db, id, request.actor))) throw notFound("target", String(id));
      return reply.code(204).send(null);
    },
  );
};
