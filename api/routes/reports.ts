// Reports: what was made, make one now, and their files.
import { z } from "zod";
import { listOf } from "../../domain/http.ts";
import { jobSchema } from "../../domain/http-jobs.ts";
import {
  type ReportFormat,
  type ReportSummary,
  reportFormatSchema,
  reportLanguageSchema,
  reportRequestSchema,
  reportSchema,
} from "../../domain/http-reports.ts";
import { idSchema } from "../../domain/ids.ts";
import { periodKindSchema, periodOfDate } from "../../domain/periods.ts";
import { readJob } from "../../storage/jobs.ts";
import {
  deleteReport,
  listReports,
  readReport,
  readReportFile,
  requestReport,
} from "../../storage/reports.ts";
import type { Api, RouteContext } from "../needs.ts";
import { notFound, problem, problemResponses } from "../problems.ts";
import { decodeCursor, instantMs, pageFields, pageOf } from "../query.ts";
import { security } from "../security.ts";

const positionSchema = z.strictObject({ fromMs: z.int(), revision: z.int(), id: z.uuid() });
const paramsSchema = z.object({ id: z.uuid() });

const contentTypes: Record<ReportFormat, string> = {
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  csv: "text/csv; charset=utf-8; header=present",
  html: "text/html; charset=utf-8",
  pdf: "application/pdf",
};

const fileName = (report: ReportSummary, format: ReportFormat): string =>
  `${report.townshipId}-${report.kind}-${report.firstDate}${report.revision > 1 ? `-r${report.revision}` : ""}.${format}`;

export const reportRoutes = (app: Api, context: RouteContext): void => {
  const { db } = context;
  app.get(
    "/reports",
    {
      schema: {
        tags: ["reports"],
        summary: "Reports that were made, the newest period first; earlier revisions too",
        security,
        querystring: z.strictObject({
          ...pageFields,
          township: idSchema.optional(),
          kind: periodKindSchema.optional(),
        }),
        response: { 200: listOf(reportSchema), ...problemResponses(400, 401) },
      },
    },
    async (request) => {
      const { township, kind, limit, cursor } = request.query;
      const found = await listReports(
        db.query,
        { townshipId: township, kind },
        { after: decodeCursor(cursor, positionSchema), limit: limit + 1 },
      );
      return pageOf(found, limit, (last) => ({
        fromMs: instantMs(last.from),
        revision: last.revision,
        id: last.id,
      }));
    },
  );

  app.post(
    "/reports",
    {
      schema: {
        tags: ["reports"],
        summary: "Make the report of a period now; the job's result names the report",
        description:
          "`date` is any day of the period. While a period lasts its report covers what has passed of it. The same numbers again make no new revision.",
        security,
        body: reportRequestSchema,
        response: { 202: jobSchema, ...problemResponses(400, 401, 404, 422) },
      },
    },
    async (request, reply) => {
      const { township, kind, date } = request.body;
      const known = await db.query("SELECT FROM township WHERE id = $1", [township]);
      if (known.length === 0) throw notFound("township", township);
      if (periodOfDate(kind, date, context.timeZone).fromMs >= context.clock())
        throw problem(422, "the period has not begun yet", [{ field: "date", reason: "lies in the future" }]);
      const id = await requestReport(db, { townshipId: township, kind, date, actor: request.actor });
      const job = await readJob(db.query, id);
      if (job === null) throw notFound("job", id);
      return reply.code(202).send(job);
    },
  );

  app.get(
    "/reports/:id",
    {
      schema: {
        tags: ["reports"],
        summary: "One report",
        security,
        params: paramsSchema,
        response: { 200: reportSchema, ...problemResponses(400, 401, 404) },
      },
    },
    async (request) => {
      const report = await readReport(db.query, request.params.id);
      if (report === null) throw notFound("report", request.params.id);
      return report;
    },
  );

  app.delete(
    "/reports/:id",
    {
      schema: {
        tags: ["reports"],
        summary: "Remove a report and its files",
        security,
        params: paramsSchema,
        response: { 204: z.null(), ...problemResponses(400, 401, 404) },
      },
    },
    async (request, reply) => {
      if (!(await deleteReport(db, request.params.id, request.actor)))
        throw notFound("report", request.params.id);
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/reports/:id/files/:format",
    {
      schema: {
        tags: ["reports"],
        summary: "A file of a report",
        security,
        params: z.object({ id: z.uuid(), format: reportFormatSchema }),
        querystring: z.strictObject({ language: reportLanguageSchema.default("zh-CN") }),
        response: {
          200: {
            description: "The file",
            content: Object.fromEntries(
              Object.values(contentTypes).map((type) => [
                type.split(";", 1)[0],
                { schema: z.custom<Buffer>().meta({ type: "string", format: "binary" }) },
              ]),
            ),
          },
          ...problemResponses(400, 401, 404),
        },
      },
    },
    async (request, reply) => {
      const { id, format } = request.params;
      const { language } = request.query;
      const report = await readReport(db.query, id);
      if (report === null) throw notFound("report", id);
      const bytes = await readReportFile(db.query, id, language, format);
      if (bytes === null)
        throw problem(
          404,
          format === "pdf"
            ? "this report has no PDF: the service found no Chromium (HUBAO_CHROMIUM); print the HTML instead"
            : "this report has no such file",
        );
      return reply
        .header("content-type", contentTypes[format])
        .header("content-disposition", `attachment; filename="${fileName(report, format)}"`)
        .send(bytes);
    },
  );
};
