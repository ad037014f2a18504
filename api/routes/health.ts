// Whether the service lives and can work, and its metrics; no token is asked for.
import { z } from "zod";
import type { Api, RouteContext } from "../needs.ts";

const healthSchema = z.object({
  ready: z.boolean(),
  parts: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })),
});

export const healthRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/healthz",
    {
      schema: {
        tags: ["operations"],
        summary: "The process lives",
        response: { 200: z.object({ status: z.literal("ok") }) },
      },
    },
    () => ({ status: "ok" as const }),
  );

  app.get(
    "/readyz",
    {
      schema: {
        tags: ["operations"],
        summary: "Every part that the service needs answers",
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const health = await context.health();
      return reply.code(health.ready ? 200 : 503).send(health);
    },
  );

  app.get(
    "/metrics",
    {
      schema: {
        tags: ["operations"],
        summary: "Metrics in Prometheus' text format",
        response: {
          200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } },
        },
      },
    },
    async (_request, reply) =>
      reply.header("content-type", "text/plain; version=0.0.4; charset=utf-8").send(await context.metrics()),
  );
};
