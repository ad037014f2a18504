// Rectification notices: the work list, one with its history, making them, and everything that people do with them.
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import {
  noticeCountSchema,
  noticeDetailSchema,
  noticeLanguages,
  noticeSchema,
} from "../../domain/http-notices.ts";
import { idSchema } from "../../domain/ids.ts";
import { liveTopics } from "../../domain/live.ts";
import { noticeStates } from "../../domain/notice.ts";
import { startOfDayMs } from "../../domain/time.ts";
import { type ActRequest, actOnNotice } from "../../notices/acts.ts";
import { type CreateRequest, createNotice } from "../../notices/create.ts";
import type { NoticeOutcome } from "../../notices/outcome.ts";
import { printNotice } from "../../notices/print.ts";
import { findNotice, listNotices, noticeCountsBy } from "../../storage/views/notices.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantMs, instantSchema, pageFields, pageOf, period, textSchema } from "../query.ts";
import { security } from "../security.ts";

const positionSchema = z.strictObject({ createdAtMs: z.int(), id: z.uuid() });
const idParams = z.object({ id: z.uuid() });
const noteSchema = textSchema(2_000);
const textsPartSchema = z
  .strictObject({
    hazard: noteSchema,
    rule: noteSchema.or(z.literal("")),
    requirement: noteSchema.or(z.literal("")),
  })
  .partial();
const draftFields = {
  deadline: z.iso
    .date()
    .optional()
    .describe(
      "the last day for rectifying; by default 3, 7 or 15 days from today, by priority high, medium, low",
    ),
  texts: z
    .strictObject({ zh: textsPartSchema, en: textsPartSchema })
    .partial()
    .optional()
    .describe("what is said in one language alone stands in the other, too"),
};
const atField = instantSchema
  .optional()
  .describe("when it happened, where that was earlier than now; at most 31 days ago");
const printQuery = z.strictObject({ lang: z.enum(noticeLanguages).default("zh") });

/** Sends a page to be printed. It comes with the token like everything else: the console fetches it and opens it as a blob. */
export const sendPrint = (reply: FastifyReply, page: string) =>
  reply.header("cache-control", "no-store").type("text/html; charset=utf-8").send(page);

export const noticeRoutes = (app: Api, context: RouteContext): void => {
  readRoutes(app, context);
  createRoute(app, context);
  editRoute(app, context);
  actRoutes(app, context);
};

const readRoutes = (app: Api, context: RouteContext): void => {
  const { query } = context.db;
  app.get(
    "/notices",
    {
      schema: {
        tags: ["notices"],
        summary: "Rectification notices, newest first",
        security,
        querystring: z.strictObject({
          ...pageFields,
          state: z
            .enum([...noticeStates, "open"])
            .optional()
            .describe("`open` is every one that is issued, overdue, refused or rectified"),
          overdue: z
            .enum(["true"])
            .optional()
            .describe("past the deadline and not rectified, refused ones too"),
          township: idSchema.optional(),
          village: idSchema.optional(),
          area: idSchema.optional(),
          breaker: idSchema.optional(),
          officer: textSchema(64).optional(),
          alarm: textSchema(300).optional(),
          q: textSchema(200)
            .optional()
            .describe("part of number, address, householder, account or breaker, whatever its case"),
          from: instantSchema.optional().describe("made at or after"),
          to: instantSchema.optional().describe("made before"),
        }),
        response: { 200: listOf(noticeSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const found = await listNotices(
        query,
        {
          townshipId: asked.township,
          villageId: asked.village,
          areaId: asked.area,
          breakerId: asked.breaker,
          officerId: asked.officer,
          alarmId: asked.alarm,
          state: asked.state,
          overdue: asked.overdue === "true",
          text: asked.q,
          fromMs: asked.from === undefined ? undefined : instantMs(asked.from),
          toMs: asked.to === undefined ? undefined : instantMs(asked.to),
        },
        { after: decodeCursor(asked.cursor, positionSchema), limit: asked.limit + 1 },
        context.clock(),
      );
      return pageOf(found, asked.limit, (last) => ({ createdAtMs: instantMs(last.createdAt), id: last.id }));
    },
  );

  app.get(
    "/notices/counts",
    {
      schema: {
        tags: ["notices"],
        summary: "Notices issued, closed and overdue by place; only places that have any",
        security,
        querystring: z.strictObject({
          by: z.enum(["township", "village", "area"]).default("village"),
          township: idSchema.optional(),
          village: idSchema.optional(),
          area: idSchema.optional(),
          from: instantSchema.optional().describe("the beginning of today by default"),
          to: instantSchema.optional().describe("now by default"),
        }),
        response: { 200: z.object({ items: z.array(noticeCountSchema) }), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const asked = request.query;
      const nowMs = context.clock();
      const { fromMs, toMs } = period(asked, {
        toMs: nowMs,
        fromMs: (end) => startOfDayMs(end - 1, context.timeZone),
      });
      const scope = { townshipId: asked.township, villageId: asked.village, areaId: asked.area };
      const question = { by: asked.by, scope, fromMs, toMs, nowMs, timeZone: context.timeZone };
      return { items: await noticeCountsBy(query, question) };
    },
  );

  app.get(
    "/notices/:id",
    {
      schema: {
        tags: ["notices"],
        summary: "One notice with its evidence and its history",
        security,
        params: idParams,
        response: { 200: noticeDetailSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const found = await findNotice(query, request.params.id, context.clock());
      if (found === null) throw notFound("notice", request.params.id);
      return found;
    },
  );

  app.get(
    "/notices/:id/print",
    {
      schema: {
        tags: ["notices"],
        summary: "The notice to be printed and signed: HTML for A4, in three copies",
        security,
        params: idParams,
        querystring: printQuery,
        response: {
          200: { description: "the page", content: { "text/html": { schema: z.string() } } },
          ...problemResponses(400, 401, 404),
        },
      },
    },
    async (request, reply) => {
      const found = await findNotice(query, request.params.id, context.clock());
      if (found === null) throw notFound("notice", request.params.id);
      return sendPrint(reply, printNotice(found, request.query.lang, context.timeZone));
    },
  );
};

const createRoute = (app: Api, context: RouteContext): void => {
  app.post(
    "/notices",
    {
      schema: {
        tags: ["notices"],
        summary: "Make a draft from an alarm, or by hand about a breaker or a household",
        description:
          "Give exactly one of alarmId, breakerId and householdId. An alarm's evidence is copied; an alarm that has a notice already is answered with 409.",
        security,
        body: z
          .strictObject({
            alarmId: textSchema(300).optional(),
            breakerId: idSchema.optional(),
            householdId: idSchema.optional(),
            inspector: textSchema(100).optional(),
            ...draftFields,
          })
          .refine(
            (b) => [b.alarmId, b.breakerId, b.householdId].filter((id) => id !== undefined).length === 1,
            "give exactly one of alarmId, breakerId and householdId",
          ),
        response: { 201: noticeDetailSchema, ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const { alarmId, breakerId, householdId, ...rest } = request.body;
      const outcome = await createNotice(context, {
        ...rest,
        ...subjectOf({ alarmId, breakerId, householdId }),
        actor: request.actor,
        nowMs: context.clock(),
      });
      if (outcome.kind === "exists")
        throw problem(409, `this alarm has a notice already: ${outcome.noticeId}`);
      return reply.code(201).send(told(context, outcome));
    },
  );
};

const subjectOf = (body: {
  alarmId: string | undefined;
  breakerId: string | undefined;
  householdId: string | undefined;
}): Pick<CreateRequest, "of"> => {
  if (body.alarmId !== undefined) return { of: { alarmId: body.alarmId } };
  if (body.breakerId !== undefined) return { of: { breakerId: body.breakerId } };
  return { of: { householdId: body.householdId ?? "" } };
};

/** The notice of an outcome, told to all pages; throws the problem of any other outcome. */
const told = (context: RouteContext, outcome: NoticeOutcome) => {
  switch (outcome.kind) {
    case "done": {
      const { evidence: _evidence, verification: _verification, events: _events, ...notice } = outcome.notice;
      context.publishLive(liveTopics.notices, [notice]);
      return outcome.notice;
    }
    case "notFound":
      throw notFound(outcome.what, outcome.id);
    case "notAllowed":
      throw problem(409, `a notice that is ${outcome.state} cannot take '${outcome.act}'`);
    case "invalid":
      throw problem(400, `${outcome.field}: ${outcome.reason}`, [
        { field: outcome.field, reason: outcome.reason },
      ]);
  }
};

const editRoute = (app: Api, context: RouteContext): void => {
  app.patch(
    "/notices/:id",
    {
      schema: {
        tags: ["notices"],
        summary: "Change a draft",
        security,
        params: idParams,
        body: z.strictObject({ inspector: textSchema(100).nullable().optional(), ...draftFields }),
        response: { 200: noticeDetailSchema, ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request) =>
      told(
        context,
        await actOnNotice(context, {
          act: "edit",
          noticeId: request.params.id,
          actor: request.actor,
          nowMs: context.clock(),
          ...request.body,
        }),
      ),
  );
};

type Act = Exclude<ActRequest["act"], "edit">;
const actBodies = {
  issue: z.strictObject({ at: atField }).nullish(),
  rectify: z.strictObject({ at: atField, note: noteSchema.optional() }).nullish(),
  refuse: z.strictObject({ at: atField, reason: noteSchema }),
  reinspect: z.strictObject({
    result: z.enum(["passed", "failed"]),
    on: z.iso.date().optional().describe("the day of the re-inspection; today by default"),
    note: noteSchema.optional(),
  }),
  withdraw: z.strictObject({ reason: noteSchema.optional() }).nullish(),
} satisfies Record<Act, z.ZodType>;

const actSummaries: Record<Act, string> = {
  issue: "Issue a draft: it has been handed over",
  rectify: "Mark it rectified; telemetry verifies it after 24 hours, or sends it back",
  refuse: "Mark it refused; it is escalated to the village",
  reinspect: "Record what a re-inspection on the spot found; does not make it verified",
  withdraw: "Withdraw a draft; its number stays taken",
};

const actRoutes = (app: Api, context: RouteContext): void => {
  for (const act of Object.keys(actSummaries) as Act[])
    app.post(
      `/notices/:id/${act}`,
      {
        schema: {
          tags: ["notices"],
          summary: actSummaries[act],
          security,
          params: idParams,
          body: actBodies[act],
          response: { 200: noticeDetailSchema, ...problemResponses(400, 401, 404, 409) },
        },
      },
      async (request) => {
        const { at, ...rest } = (request.body ?? {}) as { at?: string } & Record<string, unknown>;
        const asked = {
          act,
          noticeId: request.params.id,
          actor: request.actor,
          nowMs: context.clock(),
          ...rest,
          ...(at === undefined ? {} : { atMs: instantMs(at) }),
        } as ActRequest;
        return told(context, await actOnNotice(context, asked));
      },
    );
};
