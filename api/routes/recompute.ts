// Asking for histories to be judged anew from the stored reports.
import { jobSchema } from "../../domain/http-jobs.ts";
import { recomputeRequestSchema } from "../../domain/http-recompute.ts";
import { writeAudit } from "../../storage/audit.ts";
import { createJob, readJob } from "../../storage/jobs.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problemResponses } from "../problems.ts";
import { security } from "../security.ts";

const placeTables = {
  township: "township",
  village: "village",
  area: "transformer_area",
  breaker: "breaker",
} as const;

export const recomputeRoutes = (app: Api, context: RouteContext): void => {
  app.post(
    "/recompute",
    {
      schema: {
        tags: ["rates"],
        summary: "Judge histories anew from the stored reports",
        description:
          "Of one breaker, a transformer area, a village, a township or everything, from an instant on, with the rules and facts of today. Answers the job; its result says what has changed. Called off, it ends after the area that it is at.",
        security,
        body: recomputeRequestSchema,
        response: { 202: jobSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { db } = context;
      for (const [field, table] of Object.entries(placeTables)) {
        const id = request.body[field as keyof typeof placeTables];
        if (id === undefined) continue;
        const found = await db.query(`SELECT FROM ${table} WHERE id = $1`, [id]);
        if (found.length === 0) throw notFound(field, id);
      }
      const id = await db.transaction(async (query) => {
        const jobId = await createJob(db, query, {
          kind: "recompute",
          params: request.body,
          actor: request.actor,
        });
        await writeAudit(query, {
          actor: request.actor,
          act: "rates.recompute",
          subject: jobId,
          detail: request.body,
        });
        return jobId;
      });
      const job = await readJob(db.query, id);
      if (job === null) throw notFound("job", id);
      return reply.code(202).send(job);
    },
  );
};
