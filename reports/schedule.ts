// The reports' rhythm: the daily talk, the weekly meeting, the monthly summary, each a while after its period has ended.
import { type Period, type PeriodKind, periodAt, periodBefore, periodKinds } from "../domain/periods.ts";
import type { Db } from "../storage/db.ts";
import { queueDueReports, scheduledSince } from "../storage/reports.ts";

/** Late data has so long to come in before the report is made: gateways deliver a last hour late (DOMAIN.md). */
export const settlingMs = 2 * 3_600_000;
/** How many ended periods are made good after a time in which the house did not run. */
const catchUp: Record<PeriodKind, number> = { day: 7, week: 4, month: 2 };
const lookEveryMs = 60_000;

/** The periods that ended after `sinceMs` and whose reports are due at `nowMs`, oldest first. */
export const duePeriods = (sinceMs: number, nowMs: number, timeZone: string): Period[] =>
  periodKinds.flatMap((kind) => {
    const due: Period[] = [];
    let period = periodBefore(periodAt(kind, nowMs - settlingMs, timeZone), timeZone);
    for (let n = 0; n < catchUp[kind]; n += 1) {
      if (period.toMs <= sinceMs) break;
      due.unshift(period);
      period = periodBefore(period, timeZone);
    }
    return due;
  });

export type ReportSchedule = { stop(): Promise<void> };

/** Starts to queue reports as they fall due. A failure is told and tried again at the next look. */
export const startReportSchedule = (needs: {
  db: Db;
  timeZone: string;
  clock(): number;
  warn(message: string, error: unknown): void;
}): ReportSchedule => {
  let stopped = false;
  let turn: Promise<void> = Promise.resolve();
  const look = async () => {
    const nowMs = needs.clock();
    const sinceMs = await scheduledSince(needs.db.query, nowMs);
    for (const period of duePeriods(sinceMs, nowMs, needs.timeZone)) {
      if (stopped) return;
      await queueDueReports(needs.db, period, "schedule");
    }
  };
  const lookSafely = () => {
    turn = turn.then(look).catch((error: unknown) => {
      if (!stopped) needs.warn("reports that are due could not be queued", error);
    });
  };
  const timer = setInterval(lookSafely, lookEveryMs);
  lookSafely();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await turn;
    },
  };
};
