// Reports and their files: stored once a revision, listed, handed out, and asked for by the schedule.
import type { ReportFigures, ReportFormat, ReportLanguage, ReportSummary } from "../domain/http-reports.ts";
import { lastDate, type Period, type PeriodKind } from "../domain/periods.ts";
import { toIso } from "../domain/time.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";
import { createJob } from "./jobs.ts";

export type ReportFile = { language: ReportLanguage; format: ReportFormat; bytes: Buffer };

/**
 * Stores a report with its files. The same numbers as the newest revision replace its files and answer its id
 * (`isNew: false`); a form that could not be made this time stays as it was. Other numbers make the next revision.
 */
export const storeReport = (
  db: Db,
  report: {
    townshipId: string;
    period: Period;
    digest: string;
    figures: ReportFigures;
    computedAtMs: number;
    madeBy: string;
  },
  files: readonly ReportFile[],
): Promise<{ id: string; revision: number; isNew: boolean }> =>
  db.transaction(async (query) => {
    const { townshipId, period } = report;
    await query("SELECT pg_advisory_xact_lock(hashtext('hubao_report'), hashtext($1))", [
      `${townshipId}/${period.kind}/${period.firstDate}`,
    ]);
    const [newest] = await query<{ id: string; revision: number; digest: string }>(
      `SELECT id, revision, digest FROM report WHERE township_id = $1 AND kind = $2 AND first_date = $3
        ORDER BY revision DESC LIMIT 1`,
      [townshipId, period.kind, period.firstDate],
    );
    const isNew = newest === undefined || newest.digest !== report.digest;
    const revision = isNew ? (newest?.revision ?? 0) + 1 : newest.revision;
    const id = isNew ? await insertReport(query, report, revision) : newest.id;
    for (const file of files)
      await query(
        `INSERT INTO report_file (report_id, language, format, bytes) VALUES ($1, $2, $3, $4)
         ON CONFLICT (report_id, language, format) DO UPDATE SET bytes = excluded.bytes`,
        [id, file.language, file.format, file.bytes],
      );
    return { id, revision, isNew };
  });

const insertReport = async (
  query: Query,
  report: Parameters<typeof storeReport>[1],
  revision: number,
): Promise<string> => {
  const [row] = await query<{ id: string }>(
    `INSERT INTO report (township_id, kind, first_date, from_ms, to_ms, revision, digest, figures, computed_at_ms, made_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
    [
      report.townshipId,
      report.period.kind,
      report.period.firstDate,
      report.period.fromMs,
      report.period.toMs,
      revision,
      report.digest,
      JSON.stringify(report.figures),
      report.computedAtMs,
      report.madeBy,
    ],
  );
  if (row === undefined) throw new Error("the report was not stored");
  return row.id;
};

type ReportRow = {
  id: string;
  townshipId: string;
  townshipName: string;
  kind: PeriodKind;
  firstDate: string;
  from_ms: number;
  to_ms: number;
  revision: number;
  revised: boolean;
  figures: ReportFigures;
  before: ReportFigures | null;
  computed_at_ms: number;
  madeBy: string;
  files: ReportSummary["files"] | null;
};

const selectReports = `
  SELECT r.id, r.township_id AS "townshipId", t.name AS "townshipName", r.kind, r.first_date AS "firstDate",
         r.from_ms, r.to_ms, r.revision, r.figures, r.computed_at_ms, r.made_by AS "madeBy",
         EXISTS (SELECT FROM report n WHERE (n.township_id, n.kind, n.first_date) = (r.township_id, r.kind, r.first_date)
                    AND n.revision > r.revision) AS revised,
         (SELECT p.figures FROM report p WHERE (p.township_id, p.kind, p.first_date) = (r.township_id, r.kind, r.first_date)
                    AND p.revision < r.revision ORDER BY p.revision DESC LIMIT 1) AS before,
         (SELECT jsonb_agg(jsonb_build_object('language', f.language, 'format', f.format, 'bytes', length(f.bytes))
                    ORDER BY f.language DESC, f.format) FROM report_file f WHERE f.report_id = r.id) AS files
    FROM report r JOIN township t ON t.id = r.township_id`;

const summaryOf = ({ from_ms, to_ms, computed_at_ms, files, ...row }: ReportRow): ReportSummary => ({
  ...row,
  from: toIso(from_ms),
  to: toIso(to_ms),
  computedAt: toIso(computed_at_ms),
  files: files ?? [],
});

export type ReportPosition = { fromMs: number; revision: number; id: string };

/** Reports, the newest period first and of one period the newest revision first. */
export const listReports = async (
  query: Query,
  filter: { townshipId?: string | undefined; kind?: PeriodKind | undefined },
  page: { after: ReportPosition | undefined; limit: number },
): Promise<ReportSummary[]> =>
  (
    await query<ReportRow>(
      `${selectReports}
        WHERE ($1::text IS NULL OR r.township_id = $1) AND ($2::text IS NULL OR r.kind = $2)
          AND ($3::bigint IS NULL OR (r.from_ms, r.revision, r.id) < ($3, $4::int, $5::uuid))
        ORDER BY r.from_ms DESC, r.revision DESC, r.id DESC LIMIT $6`,
      [
        filter.townshipId ?? null,
        filter.kind ?? null,
        page.after?.fromMs ?? null,
        page.after?.revision ?? null,
        page.after?.id ?? null,
        page.limit,
      ],
    )
  ).map(summaryOf);

/** One report; null where there is none. */
export const readReport = async (query: Query, id: string): Promise<ReportSummary | null> => {
  const [row] = await query<ReportRow>(`${selectReports} WHERE r.id = $1::uuid`, [id]);
  return row === undefined ? null : summaryOf(row);
};

/** The bytes of one file; null where the report has none such. */
export const readReportFile = async (
  query: Query,
  id: string,
  language: ReportLanguage,
  format: ReportFormat,
): Promise<Buffer | null> => {
  const [row] = await query<{ bytes: Buffer }>(
    "SELECT bytes FROM report_file WHERE report_id = $1::uuid AND language = $2 AND format = $3",
    [id, language, format],
  );
  return row?.bytes ?? null;
};

/** Removes a report with its files; false where there was none. */
export const deleteReport = (db: Db, id: string, actor: string): Promise<boolean> =>
  db.transaction(async (query) => {
    const [row] = await query<{ kind: string; first_date: string; township_id: string; revision: number }>(
      "DELETE FROM report WHERE id = $1::uuid RETURNING kind, first_date, township_id, revision",
      [id],
    );
    if (row === undefined) return false;
    await writeAudit(query, { actor, act: "report.delete", subject: id, detail: row });
    return true;
  });

/** Queues a report on demand; audited. Answers the job's id. */
export const requestReport = (
  db: Db,
  asked: { townshipId: string; kind: PeriodKind; date: string; actor: string },
): Promise<string> =>
  db.transaction(async (query) => {
    const { townshipId, kind, date, actor } = asked;
    const id = await createJob(db, query, { kind: "report", params: { townshipId, kind, date }, actor });
    await writeAudit(query, { actor, act: "report.request", subject: townshipId, detail: { kind, date } });
    return id;
  });

/** A report of the schedule that failed is asked for again after so long. */
const againMinutes = 60;

/**
 * Queues the report of one ended period for every township that has none queued or made yet, and again where its job has
 * failed a while ago; answers how many.
 */
export const queueDueReports = (db: Db, period: Period, actor: string): Promise<number> =>
  db.transaction(async (query) => {
    await query("SELECT pg_advisory_xact_lock(hashtext('hubao_report_schedule'))");
    const townships = await query<{ id: string }>(
      `SELECT t.id FROM township t
        WHERE NOT EXISTS (SELECT FROM report_due d LEFT JOIN job j ON j.id = d.job_id
                           WHERE (d.township_id, d.kind, d.first_date) = (t.id, $1, $2::date)
                             AND (j.state = 'failed' AND j.finished_at < now() - $4 * interval '1 minute') IS NOT TRUE)
          AND EXISTS (SELECT FROM breaker b JOIN transformer_area a ON a.id = b.area_id JOIN village v ON v.id = a.village_id
                       WHERE v.township_id = t.id AND b.installed_on <= $3::date)
        ORDER BY t.id`,
      [period.kind, period.firstDate, lastDate(period), againMinutes],
    );
    for (const { id } of townships) {
      const job = await createJob(db, query, {
        kind: "report",
        params: { townshipId: id, kind: period.kind, date: period.firstDate },
        actor,
      });
      await query(
        `INSERT INTO report_due (township_id, kind, first_date, job_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (township_id, kind, first_date) DO UPDATE SET job_id = excluded.job_id`,
        [id, period.kind, period.firstDate, job],
      );
    }
    return townships.length;
  });

/** Since when reports are made on schedule: the first look ever, which `nowMs` is kept as. */
export const scheduledSince = async (query: Query, nowMs: number): Promise<number> => {
  await query("INSERT INTO report_schedule (since_ms) VALUES ($1) ON CONFLICT DO NOTHING", [nowMs]);
  const [row] = await query<{ since_ms: number }>("SELECT since_ms FROM report_schedule");
  return row?.since_ms ?? nowMs;
};
