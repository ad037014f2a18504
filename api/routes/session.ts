// Who holds the token; with it a page checks its sign-in.
import { z } from "zod";
import type { Api, RouteContext } from "../needs.ts";
import { problemResponses } from "../problems.ts";
import { security } from "../security.ts";

export const sessionRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/session",
    {
      schema: {
        tags: ["operations"],
        summary: "Who the token belongs to, and the time zone in which days begin",
        security,
        response: {
          200: z.object({ actor: z.string(), timeZone: z.string() }),
          ...problemResponses(401),
        },
      },
    },
    (request) => ({ actor: request.actor, timeZone: context.timeZone }),
  );
};
