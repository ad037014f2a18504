// Gathers trips, tests and hours of late readings until detection commits them.
import type { BreakerFacts } from "../domain/breaker.ts";
import type { Report } from "../domain/report.ts";
import { isResidualTrip, verdictOf } from "../domain/trips.ts";
import type { RecordWrites, StaleHour, TestRow, TripRow } from "../storage/records.ts";

const hourMs = 3_600_000;
/** A report that is judged later than this after its device time may belong to a day that has been computed already. */
export const supplySettleMs = 600_000;

export type RecordBook = {
  /**
   * Takes a report that may count in the records, new, late or repeated. Answers whether the breaker's stored readings
   * must be asked what flowed before a trip.
   */
  take(report: Report, facts: BreakerFacts, wallMs: number): boolean;
  /** Null when there is nothing to write. */
  peek(): RecordWrites | null;
  clear(): void;
};

export const newRecordBook = (): RecordBook => {
  const trips: TripRow[] = [];
  const tests: TestRow[] = [];
  const stale = new Map<string, StaleHour>();
  return {
    take(report, facts, wallMs) {
      const { breakerId, tsMs, seq } = report;
      if (report.kind === "reading") {
        if (wallMs - tsMs <= supplySettleMs) return false;
        const hour: StaleHour = { areaId: facts.areaId, hourMs: Math.floor(tsMs / hourMs) * hourMs };
        stale.set(`${hour.areaId}/${hour.hourMs}`, hour);
        return false;
      }
      if (report.kind === "test") {
        const { kind, passed, breakTimeMs } = report.body;
        tests.push({ breakerId, tsMs, seq, kind, passed, breakTimeMs: breakTimeMs ?? null });
      }
      if (report.kind !== "trip") return false;
      const { cause, phase, reclosed } = report.body;
      const residualCurrentMa = report.body.residualCurrentMa ?? null;
      trips.push({
        breakerId,
        tsMs,
        seq,
        cause,
        residualCurrentMa,
        phase: phase ?? null,
        reclosed,
        verdict: verdictOf({ cause, residualCurrentMa }, facts.ratedResidualCurrentMa),
      });
      return residualCurrentMa === null && isResidualTrip(cause);
    },
    peek: () =>
      trips.length + tests.length + stale.size === 0
        ? null
        : { trips: [...trips], tests: [...tests], staleHours: [...stale.values()] },
    clear() {
      trips.length = 0;
      tests.length = 0;
      stale.clear();
    },
  };
};
