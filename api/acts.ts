// How the outcome of an act on the registry is answered: done, not found or refused.
import type { FastifyRequest } from "fastify";
import type { ActBy, ActOutcome } from "../storage/registry-act.ts";
import type { RouteContext } from "./needs.ts";
import { notFound, problem } from "./problems.ts";

/** Who asks, and when. */
export const actBy = (context: RouteContext, request: FastifyRequest): ActBy => ({
  actor: request.actor,
  nowMs: context.clock(),
  timeZone: context.timeZone,
});

/** The outcome as a body; throws 404 where something is not there, 409 where the act contradicts what is known. */
export const answerOf = (outcome: ActOutcome): { changed: boolean } => {
  switch (outcome.kind) {
    case "done":
      return { changed: outcome.changed };
    case "notFound":
      throw notFound(outcome.what, outcome.id);
    case "refused":
      throw problem(409, outcome.reason);
  }
};
