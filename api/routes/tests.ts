// The test ledger: its list, tests written by hand, and the ledger on paper, as CSV and as a workbook.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import {
  newTestSchema,
  stationSchema,
  testChangeSchema,
  testKinds,
  testRecordSchema,
} from "../../domain/http-tests.ts";
import { idSchema } from "../../domain/ids.ts";
import { ledgerPage } from "../../ledger/page.ts";
import { ledgerCsv, ledgerWorkbook } from "../../ledger/sheet.ts";
import { ledgerLanguages } from "../../ledger/table.ts";
import { addTest, changeTest, removeTest, type TestOutcome } from "../../storage/tests.ts";
import { localDate } from "../../storage/views/scope.ts";
import { listStations, listTests, type TestFilter } from "../../storage/views/tests.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantMs, instantSchema, pageFields, pageOf, period, textSchema } from "../query.ts";
import { security } from "../security.ts";

/** Tests of one exported ledger. */
const maxExported = 20_000;
/** The span of an exported ledger where none is asked for. */
const monthMs = 31 * 86_400_000;
const idLength = 300;

const positionSchema = z.strictObject({ atMs: z.int(), id: textSchema(idLength) });
const paramsSchema = z.object({ id: textSchema(idLength) });

const filterFields = {
  from: instantSchema.optional().describe("tested at or after"),
  to: instantSchema.optional().describe("tested before"),
  station: textSchema(200).optional().describe("supply station, as it is written"),
  township: idSchema.optional(),
  village: idSchema.optional(),
  area: idSchema.optional(),
  breaker: idSchema.optional(),
  kind: z.enum(testKinds).optional(),
  passed: z.stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive" }).optional(),
};
const filterSchema = z.strictObject(filterFields);

const filterOf = (asked: z.output<typeof filterSchema>): TestFilter => ({
  townshipId: asked.township,
  villageId: asked.village,
  areaId: asked.area,
  breakerId: asked.breaker,
  station: asked.station,
  kind: asked.kind,
  passed: asked.passed,
  fromMs: asked.from === undefined ? undefined : instantMs(asked.from),
  toMs: asked.to === undefined ? undefined : instantMs(asked.to),
});

/** The id of what was written; throws the problem of what was not. */
const written = (outcome: TestOutcome, id: string): string => {
  switch (outcome.kind) {
    case "written":
      return outcome.id;
    case "notFound":
      throw notFound("test", id);
    case "reported":
      throw problem(409, "this test was reported by its breaker and stays as it is");
    case "refused":
      throw problem(422, `${outcome.field}: ${outcome.reason}`, [
        { field: outcome.field, reason: outcome.reason },
      ]);
  }
};

export const testRoutes = (app: Api, context: RouteContext): void => {
  listRoutes(app, context);
  writeRoutes(app, context);
  exportRoute(app, context);
};

const readOne = async ({ db, timeZone }: RouteContext, id: string) => {
  const [found] = await listTests(db.query, { id }, { limit: 1, timeZone });
  if (found === undefined) throw notFound("test", id);
  return found;
};

const listRoutes = (app: Api, context: RouteContext): void => {
  app.get(
    "/tests",
    {
      schema: {
        tags: ["tests"],
        summary: "The test ledger, newest first",
        description:
          "Trip tests and self-tests as the breakers reported them, and tests written down by hand. A test stands where its breaker was at that time.",
        security,
        querystring: z.strictObject({ ...pageFields, ...filterFields }),
        response: { 200: listOf(testRecordSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { limit, cursor, ...asked } = request.query;
      const after = decodeCursor(cursor, positionSchema);
      const found = await listTests(context.db.query, filterOf(asked), {
        after,
        limit: limit + 1,
        timeZone: context.timeZone,
      });
      return pageOf(found, limit, ({ at, id }) => ({ atMs: instantMs(at), id }));
    },
  );

  app.get(
    "/tests/stations",
    {
      schema: {
        tags: ["tests"],
        summary: "Supply stations that the registry or the ledger knows",
        security,
        response: { 200: z.object({ items: z.array(stationSchema) }), ...problemResponses(401) },
      },
    },
    async () => ({ items: await listStations(context.db.query) }),
  );
};

const writeRoutes = (app: Api, context: RouteContext): void => {
  const acting = (actor: string) => ({ actor, nowMs: context.clock(), timeZone: context.timeZone });

  app.post(
    "/tests",
    {
      schema: {
        tags: ["tests"],
        summary: "Write down a test that was done by hand",
        security,
        body: newTestSchema,
        response: { 201: testRecordSchema, ...problemResponses(400, 401, 422) },
      },
    },
    async (request, reply) => {
      const id = written(await addTest(context.db, request.body, acting(request.actor)), "");
      return reply
        .status(201)
        .header("location", `/api/v1/tests/${id}`)
        .send(await readOne(context, id));
    },
  );

  app.get(
    "/tests/:id",
    {
      schema: {
        tags: ["tests"],
        summary: "One test",
        security,
        params: paramsSchema,
        response: { 200: testRecordSchema, ...problemResponses(400, 401, 404) },
      },
    },
    (request) => readOne(context, request.params.id),
  );

  app.patch(
    "/tests/:id",
    {
      schema: {
        tags: ["tests"],
        summary: "Change a test that was written by hand; null takes a value away",
        security,
        params: paramsSchema,
        body: testChangeSchema,
        response: { 200: testRecordSchema, ...problemResponses(400, 401, 404, 409, 422) },
      },
    },
    async (request) => {
      const { id } = request.params;
      written(await changeTest(context.db, id, request.body, acting(request.actor)), id);
      return readOne(context, id);
    },
  );

  app.delete(
    "/tests/:id",
    {
      schema: {
        tags: ["tests"],
        summary: "Take away a test that was written by hand; the audit log keeps what it said",
        security,
        params: paramsSchema,
        response: { 204: z.null().describe("gone"), ...problemResponses(400, 401, 404, 409) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      written(await removeTest(context.db, id, acting(request.actor)), id);
      return reply.status(204).send(null);
    },
  );
};

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const binary = z.custom<Buffer>().meta({ type: "string", format: "binary" });

const exportRoute = (app: Api, context: RouteContext): void => {
  app.get(
    "/tests/export",
    {
      schema: {
        tags: ["tests"],
        summary: "The test ledger on paper, as CSV or as a workbook",
        description: `By supply station, oldest first; \`print\` is HTML with twelve rows a page. Without \`from\` the month before \`to\` (default: now). At most ${maxExported} tests.`,
        security,
        querystring: filterSchema.extend({
          format: z.enum(["print", "csv", "xlsx"]).default("print"),
          lang: z.enum(ledgerLanguages).default("zh"),
        }),
        response: {
          200: {
            description: "The ledger",
            content: {
              "text/html": { schema: z.string() },
              "text/csv": { schema: z.string() },
              [xlsx]: { schema: binary },
            },
          },
          ...problemResponses(400, 401, 422),
        },
      },
    },
    async (request, reply) => {
      const { format, lang, ...asked } = request.query;
      const { timeZone } = context;
      const nowMs = context.clock();
      const span = period(asked, { toMs: nowMs + 1, fromMs: (toMs) => toMs - monthMs });
      const tests = await listTests(
        context.db.query,
        { ...filterOf(asked), ...span },
        { limit: maxExported + 1, timeZone, forLedger: true },
      );
      if (tests.length > maxExported)
        throw problem(
          422,
          `these are more than ${maxExported} tests: ask for a shorter time or for one station`,
        );
      const from = localDate(span.fromMs, timeZone);
      const to = localDate(span.toMs - 1, timeZone);
      const name = `tests-${from}-${to}`;
      reply.header("cache-control", "no-store");
      if (format === "print")
        return reply.header("content-type", "text/html; charset=utf-8").send(
          ledgerPage(tests, {
            language: lang,
            timeZone,
            from,
            to,
            printedAt: new Date(nowMs).toISOString(),
          }),
        );
      reply.header("content-disposition", `attachment; filename="${name}.${format}"`);
      if (format === "csv")
        return reply
          .header("content-type", "text/csv; charset=utf-8; header=present")
          .send(ledgerCsv(tests, lang, timeZone));
      return reply.header("content-type", xlsx).send(await ledgerWorkbook(tests, lang, timeZone));
    },
  );
};
