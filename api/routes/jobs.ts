// Long work: what is under way, how far it is, and a way to call it off.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import { jobSchema, jobStateSchema } from "../../domain/http-jobs.ts";
import { cancelJob, listJobs, readJob } from "../../storage/jobs.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantSchema, pageFields, pageOf, textSchema } from "../query.ts";
import { security } from "../security.ts";

const paramsSchema = z.object({ id: z.uuid() });
const positionSchema = z.strictObject({ createdAt: instantSchema, id: z.uuid() });

export const jobRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/jobs",
    {
      schema: {
        tags: ["jobs"],
        summary: "Long work, newest first",
        security,
        querystring: z.strictObject({
          ...pageFields,
          kind: textSchema(100).optional(),
          state: jobStateSchema.optional(),
        }),
        response: { 200: listOf(jobSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { kind, state, limit, cursor } = request.query;
      const after = decodeCursor(cursor, positionSchema);
      const found = await listJobs(context.db.query, { kind, state }, { after, limit: limit + 1 });
      return pageOf(found, limit, ({ createdAt, id }) => ({ createdAt, id }));
    },
  );

  app.get(
    "/jobs/:id",
    {
      schema: {
        tags: ["jobs"],
        summary: "One job",
        security,
        params: paramsSchema,
        response: { 200: jobSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const job = await readJob(context.db.query, request.params.id);
      if (job === null) throw notFound("job", request.params.id);
      return job;
    },
  );

  app.post(
    "/jobs/:id/cancel",
    {
      schema: {
        tags: ["jobs"],
        summary: "Call a job off; what it has done by then is undone or left whole, as its kind says",
        security,
        params: paramsSchema,
        response: { 200: jobSchema, ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request) => {
      const outcome = await cancelJob(context.db, request.params.id, request.actor);
      if (outcome.kind === "notFound") throw notFound("job", request.params.id);
      if (outcome.kind === "ended") throw problem(409, `this job has ended already (${outcome.state})`);
      return outcome.job;
    },
  );
};
