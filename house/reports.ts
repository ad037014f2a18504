// Reports in the house: their job, with the same numbers as the api answers.

import { makeReport } from "../reports/make.ts";
import { findChromium } from "../reports/pdf.ts";
import type { ReportSources } from "../reports/report.ts";
import type { Db } from "../storage/db.ts";
import { performanceBy } from "../storage/views/performance.ts";
import { worstBreakersBy } from "../storage/views/worst.ts";
import { type JobHandler, jobProblem } from "./jobs.ts";

type Needs = {
  db: Db;
  timeZone: string;
  chromium: string | null;
  clock(): number;
  warn(message: string, error: unknown): void;
};

/** The numbers of reports, as `GET /api/v1/performance` gives them. */
export const reportSources = ({ db, timeZone, clock }: Omit<Needs, "chromium" | "warn">): ReportSources => ({
  performance: ({ by, townshipId, fromMs, toMs, after, limit }) =>
    performanceBy(db.query, {
      by,
      scope: { townshipId },
      fromMs,
      toMs,
      nowMs: clock(),
      timeZone,
      after,
      limit,
    }),
  worstBreakers: ({ townshipId, fromMs, toMs, limit }) =>
    worstBreakersBy(db.query, { scope: { townshipId }, fromMs, toMs, nowMs: clock(), timeZone, limit }),
});

/** Makes one report; what its user can mend ends it with words. */
export const reportJob = (needs: Needs): JobHandler => {
  const chromium = findChromium(needs.chromium);
  return async (job, tools) => {
    const outcome = await makeReport(
      { ...needs, sources: reportSources(needs), chromium: await chromium },
      job,
      tools,
    );
    if (outcome.kind === "refused") throw jobProblem(outcome.reason);
    return { reportId: outcome.reportId, revision: outcome.revision, isNew: outcome.isNew };
  };
};
