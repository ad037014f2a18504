// The live feed as server-sent events: readings, state changes, alarms and rates as they happen.
import { z } from "zod";
import type { LiveFeed } from "../feed.ts";
import type { Api } from "../needs.ts";
import { problemResponses, unavailable } from "../problems.ts";
import { headerDefaults, security } from "../security.ts";

export const liveRoutes = (app: Api, feed: LiveFeed): void => {
  app.get(
    "/live",
    {
      // A HEAD request has no use for a stream without an end.
      exposeHeadRoute: false,
      schema: {
        tags: ["operations"],
        summary: "Live events (SSE): hello, readings, states, alarms, rates",
        description:
          "`hello` comes first, and again whenever events may have been missed: read everything anew then. A listener that does not keep up is cut.",
        security,
        response: {
          200: { description: "Events", content: { "text/event-stream": { schema: z.string() } } },
          ...problemResponses(401),
        },
      },
    },
    async (request, reply) => {
      if (feed.full()) throw unavailable("too many listeners of the live feed");
      reply.hijack();
      // A listener stays as long as it likes; the time limits are those of requests that end.
      request.raw.socket.setTimeout(0);
      reply.raw.writeHead(200, {
        ...headerDefaults,
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
      feed.add(reply.raw);
      return reply;
    },
  );
};
