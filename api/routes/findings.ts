// The findings' settings: thresholds with overrides and history, rules of one's own, and what a change would have raised.
import { z } from "zod";
import { limitDefinitions, limitNames } from "../../domain/finding-limits.ts";
import { listOf } from "../../domain/http.ts";
import {
  dryRunInputSchema,
  limitChangeInputSchema,
  limitChangeSchema,
  limitScopeSchema,
  limitsSchema,
  ownRuleSchema,
} from "../../domain/http-findings.ts";
import { jobSchema } from "../../domain/http-jobs.ts";
import { idSchema } from "../../domain/ids.ts";
import { overrideProblems } from "../../domain/limit-book.ts";
import { maxOwnRules, ownRuleInputSchema } from "../../domain/own-rule.ts";
import { writeAudit } from "../../storage/audit.ts";
import {
  changeLimit,
  listLimitChanges,
  listOwnRules,
  loadLimitOverrides,
  removeOwnRule,
  saveOwnRule,
} from "../../storage/finding-settings.ts";
import { createJob, readJob } from "../../storage/jobs.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const positionSchema = z.strictObject({ id: z.int() });
const ruleParams = z.object({ id: z.uuid() });
const tags = ["findings"];

const defaults = limitNames.map((name) => ({ name, ...limitDefinitions[name] }));

const limitRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;
  app.get(
    "/findings/limits",
    {
      schema: {
        tags,
        summary: "Thresholds: the defaults by level, and what is set otherwise",
        description: "The nearest holds: the breaker's, its transformer area's, its township's, the default.",
        security,
        response: { 200: limitsSchema, ...problemResponses(401) },
      },
    },
    async () => ({ defaults, overrides: await loadLimitOverrides(db.query) }),
  );

  app.put(
    "/findings/limits",
    {
      schema: {
        tags,
        summary: "Set one threshold for a township, a transformer area or a breaker, or take that back",
        description: "Holds for the readings that come from now on; nothing that was raised is taken back.",
        security,
        body: limitChangeInputSchema,
        response: { 200: limitsSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const change = request.body;
      const outcome = await changeLimit(db, change, request.actor, (overrides) =>
        overrideProblems(
          overrides.filter(({ scope, scopeId }) => scope === change.scope && scopeId === change.scopeId),
        ),
      );
      if (outcome.kind === "unknownScope") throw notFound(change.scope, change.scopeId);
      if (outcome.kind === "refused")
        throw problem(
          400,
          outcome.problems.join("; "),
          outcome.problems.map((reason) => ({ field: "value", reason })),
        );
      return { defaults, overrides: await loadLimitOverrides(db.query) };
    },
  );

  app.get(
    "/findings/limits/changes",
    {
      schema: {
        tags,
        summary: "Who changed which threshold when, newest first",
        security,
        querystring: z.strictObject({
          ...pageFields,
          scope: limitScopeSchema.optional(),
          scopeId: idSchema.optional(),
        }),
        response: { 200: listOf(limitChangeSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { limit, cursor, scope, scopeId } = request.query;
      const found = await listLimitChanges(
        db.query,
        { scope, scopeId },
        { beforeId: decodeCursor(cursor, positionSchema)?.id, limit: limit + 1 },
      );
      return pageOf(found, limit, ({ id }) => ({ id }));
    },
  );
};

const ruleRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;
  const save = async (id: string | null, body: z.output<typeof ownRuleInputSchema>, actor: string) => {
    const outcome = await saveOwnRule(db, id, body, actor);
    switch (outcome.kind) {
      case "saved":
        return outcome.rule;
      case "notFound":
        throw notFound("rule", String(id));
      case "tooMany":
        throw problem(409, `there are ${maxOwnRules} rules already, the most there can be`);
      case "unknownPlace":
        throw problem(400, "there is no such township, village or transformer area");
    }
  };

  app.get(
    "/findings/rules",
    {
      schema: {
        tags,
        summary: "Rules of one's own, the last changed first",
        security,
        response: { 200: z.object({ items: z.array(ownRuleSchema) }), ...problemResponses(401) },
      },
    },
    async () => ({ items: await listOwnRules(db.query) }),
  );

  app.post(
    "/findings/rules",
    {
      schema: {
        tags,
        summary: "Add a rule of one's own",
        description:
          "Refused where it could never clear, would chatter, or looks for what cannot be measured. Its alarms have the kind customRule and carry its texts.",
        security,
        body: ownRuleInputSchema,
        response: { 201: ownRuleSchema, ...problemResponses(400, 401, 409) },
      },
    },
    async (request, reply) => reply.code(201).send(await save(null, request.body, request.actor)),
  );

  app.put(
    "/findings/rules/:id",
    {
      schema: {
        tags,
        summary: "Change a rule of one's own; its standing alarms are judged by it anew",
        security,
        params: ruleParams,
        body: ownRuleInputSchema,
        response: { 200: ownRuleSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => save(request.params.id, request.body, request.actor),
  );

  app.delete(
    "/findings/rules/:id",
    {
      schema: {
        tags,
        summary: "Take a rule of one's own away; its standing alarms clear",
        security,
        params: ruleParams,
        response: { 204: z.null().describe("removed"), ...problemResponses(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await removeOwnRule(db, id, request.actor))) throw notFound("rule", id);
      return reply.code(204).send(null);
    },
  );
};

export const findingRoutes = (app: Api, context: RouteContext): void => {
  limitRoutes(app, context);
  ruleRoutes(app, context);
  const { db } = context;
  app.post(
    "/findings/dry-runs",
    {
      schema: {
        tags,
        summary: "Ask what changed thresholds, or a rule, would have raised over the last days",
        description:
          "Runs the fold over the stored reports twice, with the settings as they are and as proposed. Answers the job; its result counts alarms by kind (`kinds[].asSet`, `kinds[].asProposed`).",
        security,
        body: dryRunInputSchema,
        response: { 202: jobSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request, reply) => {
      const id = await db.transaction(async (query) => {
        const jobId = await createJob(db, query, {
          kind: "dryRun",
          params: request.body,
          actor: request.actor,
        });
        await writeAudit(query, { actor: request.actor, act: "findings.dryRun", subject: jobId });
        return jobId;
      });
      const job = await readJob(db.query, id);
      if (job === null) throw notFound("job", id);
      return reply.code(202).send(job);
    },
  );
};
