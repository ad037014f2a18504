// The history of one breaker's operating state as a partition of the time it was installed.
import {
  type OperatingInterval,
  type OperatingReason,
  type OperatingState,
  sameJudgement,
  silent,
} from "../../domain/operating.ts";
import { midnightMs } from "../../domain/time.ts";
import type { Query } from "../db.ts";

/** `[fromMs, toMs)` as asked for, the present, beyond which nothing is known, and where days begin. */
export type TimelineQuestion = {
  breakerId: string;
  fromMs: number;
  toMs: number;
  nowMs: number;
  timeZone: string;
};

/**
 * Intervals that partition what `[fromMs, min(toMs, nowMs))` has in common with the installed time; what has not been
 * judged is unknown. Null when there is no such breaker.
 */
export const timelineOf = async (
  query: Query,
  question: TimelineQuestion,
): Promise<OperatingInterval[] | null> => {
  const [breaker] = await query<{ installed_on: string; removed_on: string | null }>(
    "SELECT installed_on, removed_on FROM breaker WHERE id = $1",
    [question.breakerId],
  );
  if (breaker === undefined) return null;
  const removedMs =
    breaker.removed_on === null ? Infinity : midnightMs(breaker.removed_on, question.timeZone);
  const fromMs = Math.max(question.fromMs, midnightMs(breaker.installed_on, question.timeZone));
  const toMs = Math.min(question.toMs, question.nowMs, removedMs);
  if (fromMs >= toMs) return [];
  const rows = await query<{
    from_ms: number;
    to_ms: number | null;
    state: OperatingState;
    reason: OperatingReason | null;
  }>(
    `SELECT from_ms, to_ms, state, reason FROM operating_interval
      WHERE breaker_id = $1 AND from_ms < $3 AND (to_ms IS NULL OR to_ms > $2) ORDER BY from_ms`,
    [question.breakerId, fromMs, toMs],
  );
  return partition(
    rows.map((row) => ({
      fromMs: row.from_ms,
      toMs: row.to_ms ?? toMs,
      state: row.state,
      reason: row.reason,
    })),
    fromMs,
    toMs,
  );
};

/** Clips intervals in order of time to `[fromMs, toMs)`, fills gaps with unknown and joins neighbours that say the same. */
export const partition = (
  intervals: readonly OperatingInterval[],
  fromMs: number,
  toMs: number,
): OperatingInterval[] => {
  const parts: OperatingInterval[] = [];
  const add = (part: OperatingInterval) => {
    if (part.fromMs >= part.toMs) return;
    const last = parts.at(-1);
    if (last !== undefined && sameJudgement(last, part)) last.toMs = part.toMs;
    else parts.push({ ...part });
  };
  let at = fromMs;
  for (const interval of intervals) {
    const begin = Math.max(interval.fromMs, at);
    const end = Math.min(interval.toMs, toMs);
    if (begin >= end) continue;
    add({ ...silent, fromMs: at, toMs: begin });
    add({ ...interval, fromMs: begin, toMs: end });
    at = end;
  }
  add({ ...silent, fromMs: at, toMs });
  return parts;
};
