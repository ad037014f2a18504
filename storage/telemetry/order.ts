// What both adapters of the telemetry store share: order, the cut rule, the check before writing.
import { idPattern } from "../../domain/ids.ts";
import { compareReports, type Report } from "../../domain/report.ts";
import type { TelemetryRecord } from "./port.ts";

export const dayMs = 86_400_000;

/** The last millisecond that nanoseconds in 64 bits can hold (in 2262). */
const newestMs = 9_223_372_036_000;

/** Ids that were found valid: the same ones come with every record. */
const validIds = new Set<string>();
const maxValidIds = 65_536;
const isId = (id: string): boolean => {
  if (validIds.has(id)) return true;
  if (!idPattern.test(id)) return false;
  if (validIds.size >= maxValidIds) validIds.clear();
  validIds.add(id);
  return true;
};

/** Why the store will never take a record, or null. Both adapters refuse alike, so that neither hides what the other shows. */
export const refusal = (record: TelemetryRecord, oldestMs: number): string | null => {
  if (record.report.tsMs < oldestMs) return "olderThanRetention";
  if (!Number.isSafeInteger(record.report.tsMs) || record.report.tsMs > newestMs) return "invalidTime";
  const { report, areaId, villageId, townshipId } = record;
  const valid = isId(report.breakerId) && isId(areaId) && isId(villageId) && isId(townshipId);
  return valid ? null : "invalidId";
};

/** The first instant that is kept: whole UTC days, so that a day is either kept or gone. */
export const oldestKeptMs = (nowMs: number, retentionDays: number): number =>
  Math.floor(nowMs / dayMs) * dayMs - retentionDays * dayMs;

/** Sorts by `compareReports` and drops repetitions. */
export const inOrder = (reports: readonly Report[]): Report[] =>
  [...reports].sort(compareReports).filter((report, index, sorted) => {
    const previous = sorted[index - 1];
    return previous === undefined || compareReports(previous, report) !== 0;
  });

/**
 * The cut rule of `TelemetryStore.reports`: of reports in order, of which one more than `limit` was asked for, the
 * first `limit`, without those of a millisecond that would be cut in its middle. Null when that leaves none.
 */
export const cutBetweenMilliseconds = (sorted: readonly Report[], limit: number): Report[] | null => {
  const beyond = sorted[limit];
  if (beyond === undefined) return [...sorted];
  const kept = sorted.slice(0, limit).filter((report) => report.tsMs < beyond.tsMs);
  return kept.length === 0 ? null : kept;
};
