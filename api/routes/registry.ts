// The registry table in and out, as CSV.
import { Readable } from "node:stream";
import { z } from "zod";
import { importResultSchema } from "../../domain/http.ts";
import { importRegistry } from "../../storage/registry.ts";
import type { LineError } from "../../storage/registry-check.ts";
import { exportRegistry } from "../../storage/registry-read.ts";
import type { Api, RouteContext } from "../needs.ts";
import { problem, problemResponses } from "../problems.ts";
import { maxLineErrors, readRegistryCsv, registryCsvHeader, writeRegistryCsv } from "../registry-csv.ts";
import { security } from "../security.ts";

const csv = "text/csv";

/** A table on its way out; streams pass Fastify's serializer by. */
const csvSchema = z.custom<Readable>().meta({ type: "string", description: "CSV in UTF-8 with a header" });

const rejected = (errors: readonly LineError[]) => {
  const lines = new Set(errors.map((error) => error.line)).size;
  const more = errors.length >= maxLineErrors ? "at least " : "";
  return problem(
    422,
    `nothing was imported: ${more}${lines} ${lines === 1 ? "line is" : "lines are"} wrong`,
    errors.slice(0, maxLineErrors),
  );
};

export const registryRoutes = (app: Api, context: RouteContext): void => {
  void app.register(async (scope: Api) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(csv, { parseAs: "buffer" }, (_request, body, done) => done(null, body));

    scope.post(
      "/registry/import",
      {
        bodyLimit: context.limits.importBodyBytes,
        schema: {
          tags: ["registry"],
          summary: "Import the registry table, all or nothing",
          description:
            "One row a house or breaker, with a header. What is new is added, what differs is updated, what the table does not mention stays; the same table again changes nothing. A cell that begins with = + - @ or an apostrophe may have an apostrophe before it, as the export writes it.",
          security,
          consumes: [csv],
          body: z.custom<Buffer>(Buffer.isBuffer, "send the table as text/csv").meta({
            type: "string",
            description: "CSV in UTF-8 with a header",
          }),
          response: { 200: importResultSchema, ...problemResponses(400, 401, 413, 415, 422) },
        },
      },
      async (request) => {
        const read = await readRegistryCsv(request.body);
        if (read.kind === "bad") throw rejected(read.errors);
        const outcome = await importRegistry(context.db, read.rows, {
          actor: request.actor,
          nowMs: context.clock(),
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
        response: {
          200: { description: "The table", content: { [csv]: { schema: csvSchema } } },
          ...problemResponses(401),
        },
      },
    },
    async (_request, reply) => {
      const parts = exportRegistry(context.db.query);
      // The first part is read before the head is sent, so that a database that is away is answered as such.
      const first = await parts.next();
      const lines = async function* () {
        yield registryCsvHeader;
        if (first.done === true) return;
        yield writeRegistryCsv(first.value);
        for await (const rows of parts) yield writeRegistryCsv(rows);
      };
      return reply
        .header("content-type", `${csv}; charset=utf-8; header=present`)
        .header("content-disposition", 'attachment; filename="registry.csv"')
        .send(Readable.from(lines()));
    },
  );
};
