// The registry table in and out as a file, each in one request; `drafts.ts` has the way with a preview.
import { Readable } from "node:stream";
import { z } from "zod";
import { importResultSchema } from "../../domain/http.ts";
import { headingLanguages } from "../../domain/registry-words.ts";

import { readRegistryTable } from "../../registry/table-read.ts";
import { exportEncodings, writeCsv, writeXlsx } from "../../registry/table-write.ts";
import { importRegistry } from "../../storage/registry.ts";
import type { LineError, NumberedRow } from "../../storage/registry-check.ts";
import { exportRegistry } from "../../storage/registry-read.ts";
import { localDate } from "../../storage/views/scope.ts";
import type { Api, RouteContext } from "../needs.ts";
import { problem, problemResponses } from "../problems.ts";
import { acceptTables, csv, tableSchema, tableTypes, xlsx } from "../registry-files.ts";
import { security } from "../security.ts";

/** Bad lines that one answer lists. */
const maxLineErrors = 10_000;

/** A table on its way out; streams pass Fastify's serializer by. */
const tableOut = (description: string) => ({
  schema: z.custom<Readable>().meta({ type: "string", format: "binary", description }),
});

const rejected = (errors: readonly LineError[]) => {
  const lines = new Set(errors.map((error) => error.line)).size;
  const more = errors.length >= maxLineErrors ? "at least " : "";
  return problem(
    422,
    `nothing was imported: ${more}${lines} ${lines === 1 ? "line is" : "lines are"} wrong`,
    errors
      .slice(0, maxLineErrors)
      .map(({ line, field, reason }) => ({ line, ...(field === undefined ? {} : { field }), reason })),
  );
};

export const registryRoutes = (app: Api, context: RouteContext): void => {
  const today = () => localDate(context.clock(), context.timeZone);

  void app.register(async (scope: Api) => {
    acceptTables(scope);
    scope.post(
      "/registry/import",
      {
        bodyLimit: context.limits.importBodyBytes,
        schema: {
          tags: ["registry"],
          summary: "Import the registry table, all or nothing",
          description:
            "CSV or XLSX, one row a house or breaker, with a header. What is new is added, what differs is updated, what the table does not mention stays; the same table again changes nothing. A cell of CSV that begins with = + - @ or an apostrophe may have an apostrophe before it, as the export writes it. For a preview first, see /registry/drafts.",
          security,
          consumes: [...tableTypes],
          body: tableSchema,
          response: { 200: importResultSchema, ...problemResponses(400, 401, 413, 415, 422) },
        },
      },
      async (request) => {
        const rows: NumberedRow[] = [];
        const { errors } = await readRegistryTable(request.body, (batch) => {
          for (const row of batch) rows.push(row);
        });
        if (errors.length > 0) throw rejected(errors);
        const outcome = await importRegistry(context.db, rows, {
          actor: request.actor,
          nowMs: context.clock(),
          today: today(),
        });
        if (outcome.kind === "rejected") throw rejected(outcome.errors);
        return outcome.result;
      },
    );
  });

  app.get(
    "/registry/export",
    {
      schema: {
        tags: ["registry"],
        summary: "The registry table, as it can be imported again",
        security,
        querystring: z.strictObject({
          format: z.enum(["csv", "xlsx"]).default("csv"),
          headings: z.enum(headingLanguages).default("en").describe("their language, and that of the values"),
          encoding: z.enum(exportEncodings).default("utf-8").describe("of CSV; utf-8-bom for Excel"),
        }),
        response: {
          200: {
            description: "The table",
            content: {
              [csv]: tableOut("CSV with a header"),
              [xlsx]: tableOut("A workbook of one sheet"),
            },
          },
          ...problemResponses(400, 401),
        },
      },
    },
    async (request, reply) => {
      const { format, headings, encoding } = request.query;
      const parts = exportRegistry(context.db.query, today());
      // The first part is read before the head is sent, so that a database that is away is answered as such.
      const first = await parts.next();
      const all = async function* () {
        if (first.done === true) return;
        yield first.value;
        yield* parts;
      };
      reply.header("content-disposition", `attachment; filename="registry.${format}"`);
      if (format === "xlsx")
        return reply.header("content-type", xlsx).send(Readable.from(writeXlsx(all(), headings)));
      const charset = encoding === "gb18030" ? "gb18030" : "utf-8";
      return reply
        .header("content-type", `${csv}; charset=${charset}; header=present`)
        .send(Readable.from(writeCsv(all(), { language: headings, encoding })));
    },
  );
};
