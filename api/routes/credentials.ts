// Credentials for breakers and gateways, each shown once.
import { z } from "zod";
import { credentialSchema } from "../../domain/http.ts";
import { idSchema } from "../../domain/ids.ts";
import {
  type IssuedCredential,
  issueBreakerCredential,
  issueGatewayCredential,
} from "../../storage/credentials.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { security } from "../security.ts";

const shown = ({ clientId, token }: IssuedCredential) => ({ clientId, username: clientId, password: token });

export const credentialRoutes = (app: Api, context: RouteContext): void => {
  app.post(
    "/breakers/:id/credential",
    {
      schema: {
        tags: ["breakers"],
        summary: "Issue a breaker's MQTT credential; it is shown once and revokes the one before",
        security,
        params: z.object({ id: idSchema }),
        response: { 200: credentialSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const outcome = await issueBreakerCredential(context.db, id, request.actor);
      if (outcome.kind === "unknownBreaker") throw notFound("breaker", id);
      reply.header("cache-control", "no-store");
      return shown(outcome.credential);
    },
  );

  app.post(
    "/transformer-areas/:areaId/gateways/:gatewayId/credential",
    {
      schema: {
        tags: ["places"],
        summary: "Issue the MQTT credential of a gateway that speaks for one transformer area",
        security,
        params: z.object({ areaId: idSchema, gatewayId: idSchema }),
        response: { 200: credentialSchema, ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const outcome = await issueGatewayCredential(context.db, request.params, request.actor);
      switch (outcome.kind) {
        case "unknownArea":
          throw notFound("transformer area", request.params.areaId);
        case "taken":
          throw problem(409, outcome.reason);
        case "issued":
          reply.header("cache-control", "no-store");
          return shown(outcome.credential);
      }
    },
  );
};
