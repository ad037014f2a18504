// A registry file in two steps: sent in, read and compared as a draft; then taken over whole, or thrown away.
import { Readable } from "node:stream";
import { stringify } from "csv-stringify/sync";
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import {
  changeKinds,
  type DraftError,
  draftChangeSchema,
  draftErrorSchema,
  draftSchema,
} from "../../domain/http-drafts.ts";
import { reasonIn } from "../../domain/registry-reasons.ts";
import { escapeCell } from "../../domain/spreadsheet.ts";
import {
  commitDraft,
  createDraft,
  discardDraft,
  draftChanges,
  draftErrors,
  listDrafts,
  readDraft,
} from "../../storage/drafts.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, pageFields, pageOf, textSchema } from "../query.ts";
import { acceptTables, csv, tableSchema, tableTypes } from "../registry-files.ts";
import { security } from "../security.ts";

const paramsSchema = z.object({ id: z.uuid() });
const positionSchema = z.strictObject({ n: z.int().min(0) });
const errorsPerPart = 1_000;

const errorHeadings = { en: ["line", "column", "reason"], zh: ["行", "列", "原因"] };

/** The errors as CSV that Excel opens, part by part. */
const errorsCsv = async function* (
  parts: AsyncIterable<readonly DraftError[]>,
  language: "en" | "zh",
): AsyncGenerator<string> {
  const lines = (records: string[][]) =>
    stringify(
      records.map((record) => record.map(escapeCell)),
      { record_delimiter: "\r\n" },
    );
  yield `\ufeff${lines([errorHeadings[language]])}`;
  for await (const errors of parts)
    yield lines(
      errors.map((e) => [String(e.line), e.heading ?? e.field ?? "", reasonIn(language, e.reason)]),
    );
};

export const draftRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;
  const existing = async (id: string) => {
    const draft = await readDraft(db.query, id);
    if (draft === null) throw notFound("draft", id);
    return draft;
  };

  void app.register(async (scope: Api) => {
    acceptTables(scope);
    scope.post(
      "/registry/drafts",
      {
        bodyLimit: context.limits.importBodyBytes,
        schema: {
          tags: ["registry"],
          summary: "Send in a registry file, to be read and compared by a job; nothing is changed yet",
          description:
            "CSV (UTF-8, UTF-16 or GB18030; commas, semicolons or tabs) or XLSX, with Chinese or English headings in any order. Poll the draft until it is no longer `reading`, look at its errors or changes, then commit or delete it. Drafts are kept for a day.",
          security,
          consumes: [...tableTypes],
          querystring: z.strictObject({
            name: textSchema(200).default("registry").describe("the file's name"),
          }),
          body: tableSchema,
          response: { 202: draftSchema, ...problemResponses(400, 401, 409, 413, 415) },
        },
      },
      async (request, reply) => {
        const draft = await createDraft(db, { name: request.query.name, bytes: request.body }, request.actor);
        if (draft === null)
          throw problem(409, "there are too many drafts; delete one that is no longer needed");
        return reply.code(202).send(draft);
      },
    );
  });

  app.get(
    "/registry/drafts",
    {
      schema: {
        tags: ["registry"],
        summary: "Drafts of the last day, newest first",
        security,
        response: { 200: listOf(draftSchema), ...problemResponses(401) },
      },
    },
    async () => ({ items: await listDrafts(db.query), nextCursor: null }),
  );

  app.get(
    "/registry/drafts/:id",
    {
      schema: {
        tags: ["registry"],
        summary: "One draft: what its file is, how much is wrong with it, what it would change",
        security,
        params: paramsSchema,
        response: { 200: draftSchema, ...problemResponses(400, 401, 404) },
      },
    },
    (request) => existing(request.params.id),
  );

  app.get(
    "/registry/drafts/:id/errors",
    {
      schema: {
        tags: ["registry"],
        summary: "Every bad row of a draft, with line, column and reason",
        security,
        params: paramsSchema,
        querystring: z.strictObject(pageFields),
        response: { 200: listOf(draftErrorSchema), ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const after = decodeCursor(cursor, positionSchema)?.n ?? -1;
      await existing(request.params.id);
      const found = await draftErrors(db.query, request.params.id, { after, limit: limit + 1 });
      return pageOf(found, limit, ({ n }) => ({ n }));
    },
  );

  app.get(
    "/registry/drafts/:id/errors.csv",
    {
      schema: {
        tags: ["registry"],
        summary: "Every bad row of a draft, as a file",
        security,
        params: paramsSchema,
        querystring: z.strictObject({ language: z.enum(["en", "zh"]).default("en") }),
        response: {
          200: {
            description: "The errors",
            content: { [csv]: { schema: z.custom<Readable>().meta({ type: "string" }) } },
          },
          ...problemResponses(400, 401, 404),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await existing(id);
      const parts = async function* () {
        for (let after = -1; ; ) {
          const part = await draftErrors(db.query, id, { after, limit: errorsPerPart });
          yield part;
          if (part.length < errorsPerPart) return;
          after = part.at(-1)?.n ?? after;
        }
      };
      return reply
        .header("content-type", `${csv}; charset=utf-8; header=present`)
        .header("content-disposition", 'attachment; filename="import-errors.csv"')
        .send(Readable.from(errorsCsv(parts(), request.query.language)));
    },
  );

  app.get(
    "/registry/drafts/:id/changes",
    {
      schema: {
        tags: ["registry"],
        summary: "A sample of what committing a draft would change, field by field",
        description: "The first 500 differences of each kind; the draft's counts are complete.",
        security,
        params: paramsSchema,
        querystring: z.strictObject({ ...pageFields, kind: z.enum(changeKinds).optional() }),
        response: { 200: listOf(draftChangeSchema), ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const { limit, cursor, kind } = request.query;
      const after = decodeCursor(cursor, positionSchema)?.n ?? -1;
      await existing(request.params.id);
      const found = await draftChanges(db.query, request.params.id, kind, { after, limit: limit + 1 });
      return pageOf(found, limit, ({ n }) => ({ n }));
    },
  );

  app.post(
    "/registry/drafts/:id/commit",
    {
      schema: {
        tags: ["registry"],
        summary: "Take a draft over by a job, all or nothing",
        description:
          "The job ends as failed, with nothing changed, when the registry has changed since so that the comparison is no longer right; the draft then holds a new one.",
        security,
        params: paramsSchema,
        response: { 202: draftSchema, ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const outcome = await commitDraft(db, request.params.id, request.actor);
      if (outcome.kind === "notFound") throw notFound("draft", request.params.id);
      if (outcome.kind === "notReady")
        throw problem(409, `only a draft that is ready can be taken over; this one is ${outcome.state}`);
      return reply.code(202).send(outcome.draft);
    },
  );

  app.delete(
    "/registry/drafts/:id",
    {
      schema: {
        tags: ["registry"],
        summary: "Throw a draft away",
        security,
        params: paramsSchema,
        response: { 204: z.null(), ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const outcome = await discardDraft(db, request.params.id, request.actor);
      if (outcome.kind === "notFound") throw notFound("draft", request.params.id);
      if (outcome.kind === "busy") throw problem(409, "this draft is being taken over; cancel its job first");
      return reply.code(204).send(null);
    },
  );
};
