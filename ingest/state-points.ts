// At which instants a breaker's history is written as points, so that the last point before any instant tells the state.
import type { Judgement, OperatingInterval } from "../domain/operating.ts";

/** Points stand at every change, and are repeated at the multiples of this. */
export const repeatEveryMs = 300_000;

/** The newest multiple of `repeatEveryMs` that is not after `atMs`. */
export const repeatBefore = (atMs: number): number => Math.floor(atMs / repeatEveryMs) * repeatEveryMs;

export type StatePoint = Judgement & { atMs: number };

/**
 * Points that overwrite what was reported of a breaker wherever its history has changed. `intervals` are those that end
 * after the first of `changedMs` (in order, of today's history), `repeatsFromMs` is the instant from which on the state
 * was repeated (null: never), up to `nowMs`. Nothing is older than `oldestMs`: what changed before counts from there.
 */
export const statePoints = (
  intervals: readonly (Omit<OperatingInterval, "toMs"> & { toMs: number | null })[],
  changed: { changedMs: readonly number[]; repeatsFromMs: number | null; oldestMs: number; nowMs: number },
): StatePoint[] => {
  const { changedMs, repeatsFromMs, oldestMs, nowMs } = changed;
  const instants = new Set(changedMs.map((ms) => Math.max(ms, oldestMs)));
  const firstMs = Math.min(...instants);
  if (repeatsFromMs !== null) {
    const beginMs = Math.ceil(Math.max(firstMs, repeatsFromMs) / repeatEveryMs) * repeatEveryMs;
    for (let ms = beginMs; ms <= nowMs; ms += repeatEveryMs) instants.add(ms);
  }
  const points: StatePoint[] = [];
  let at = 0;
  for (const atMs of [...instants].sort((a, b) => a - b)) {
    while (at < intervals.length && (intervals[at]?.toMs ?? Number.POSITIVE_INFINITY) <= atMs) at += 1;
    const interval = intervals[at];
    if (interval === undefined) break;
    if (interval.fromMs <= atMs) points.push({ atMs, state: interval.state, reason: interval.reason });
  }
  return points;
};
