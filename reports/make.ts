// Makes one report: collects, gives it every form in both languages, stores it.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { PerformanceRow } from "../domain/http-rates.ts";
import { type ReportFigures, type ReportLanguage, reportLanguages } from "../domain/http-reports.ts";
import { periodKindSchema, periodOfDate } from "../domain/periods.ts";
import type { Db } from "../storage/db.ts";
import { type ReportFile, storeReport } from "../storage/reports.ts";
import { reportCsv } from "./csv.ts";
import { reportHtml } from "./html.ts";
import { printPdf } from "./pdf.ts";
import { collectReport, type Report, type ReportSources } from "./report.ts";
import { reportWorkbook } from "./workbook.ts";

const paramsSchema = z.object({ townshipId: z.string(), kind: periodKindSchema, date: z.iso.date() });
/** Steps of collecting, then one for every file. */
const collectSteps = 4;

export type ReportNeeds = {
  db: Db;
  sources: ReportSources;
  timeZone: string;
  /** Unix ms. */
  clock(): number;
  /** Path of a Chromium that prints PDF; null where there is none. */
  chromium: string | null;
  /** Told what went wrong without costing the report. */
  warn(message: string, error: unknown): void;
};

export type ReportOutcome =
  | { kind: "made"; reportId: string; revision: number; isNew: boolean }
  | { kind: "refused"; reason: string };

/** The figures of the township in short. */
export const figuresOf = (row: PerformanceRow): ReportFigures => ({
  householdInstallationRate: row.levels.household.installationRate,
  householdOperationalRate: row.levels.household.operationalRate,
  householdTarget: row.levels.household.operationalTarget,
  mainOperationalRate: row.levels.main.operationalRate,
  inhabitedOperationalRate: row.inhabitedOperationalRate,
  unknownShare: row.levels.household.unknownShare,
});

/** What two revisions differ by: every number that is shown, of the period before too, and nothing of when it was computed. */
export const digestOf = ({ total, villages, worst, before }: Report): string => {
  const earlier = before === null ? null : { total: before.total, villages: [...before.villages.values()] };
  return createHash("sha256").update(JSON.stringify({ total, villages, worst, earlier })).digest("hex");
};

/** A Chromium that fails costs the PDF and no other form: answers null then, and tells why. */
const pdfOf = async (
  needs: ReportNeeds & { chromium: string },
  html: string,
  signal: AbortSignal,
): Promise<Buffer | null> => {
  try {
    return await printPdf(needs.chromium, html, signal);
  } catch (error) {
    signal.throwIfAborted();
    needs.warn("a report could not be printed as PDF; its other forms are made", error);
    return null;
  }
};

const filesOf = async function* (
  report: Report,
  language: ReportLanguage,
  needs: ReportNeeds,
  signal: AbortSignal,
): AsyncGenerator<ReportFile> {
  yield { language, format: "xlsx", bytes: await reportWorkbook(report, language) };
  yield { language, format: "csv", bytes: reportCsv(report, language) };
  const html = reportHtml(report, language);
  yield { language, format: "html", bytes: Buffer.from(html, "utf8") };
  const { chromium } = needs;
  const pdf = chromium === null ? null : await pdfOf({ ...needs, chromium }, html, signal);
  if (pdf !== null) yield { language, format: "pdf", bytes: pdf };
};

/**
 * Makes the report that a job's params ask for: `{townshipId, kind, date}`, `date` any local day of the period. Made again
 * it is the same report while its numbers are the same, else the next revision. Throws when `signal` is aborted.
 */
export const makeReport = async (
  needs: ReportNeeds,
  job: { params: Record<string, unknown>; actor: string },
  tools: { progress(done: number, total: number | null, note?: string): void; signal: AbortSignal },
): Promise<ReportOutcome> => {
  const asked = paramsSchema.parse(job.params);
  const period = periodOfDate(asked.kind, asked.date, needs.timeZone);
  const nowMs = needs.clock();
  if (period.fromMs >= nowMs) return { kind: "refused", reason: "the period has not begun yet" };
  const perLanguage = needs.chromium === null ? 3 : 4;
  const steps = collectSteps + perLanguage * reportLanguages.length + 1;
  const report = await collectReport(
    needs.sources,
    { townshipId: asked.townshipId, period, timeZone: needs.timeZone, nowMs },
    (step) => {
      tools.signal.throwIfAborted();
      tools.progress(step, steps, "collecting");
    },
  );
  if (report === null)
    return { kind: "refused", reason: `there is no township '${asked.townshipId}', or it has no villages` };
  const files: ReportFile[] = [];
  for (const language of reportLanguages)
    for await (const file of filesOf(report, language, needs, tools.signal)) {
      tools.signal.throwIfAborted();
      files.push(file);
      tools.progress(collectSteps + files.length, steps, `${file.language} ${file.format}`);
    }
  const stored = await storeReport(
    needs.db,
    {
      townshipId: asked.townshipId,
      period,
      digest: digestOf(report),
      figures: figuresOf(report.total),
      computedAtMs: nowMs,
      madeBy: job.actor,
    },
    files,
  );
  tools.progress(steps, steps);
  return { kind: "made", reportId: stored.id, revision: stored.revision, isNew: stored.isNew };
};
