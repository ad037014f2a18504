// Stretches of published history that are replaced.
import type { BreakerFacts } from "../domain/breaker.ts";
import { appendChange, type StateChange, sameJudgement } from "../domain/operating.ts";

/** A stretch of history to be replaced: everything of the breaker from `fromMs` on gives way to `changes`. */
export type Rewrite<T> = { breakerId: string; fromMs: number; changes: T[]; endMs: number | null };

/** Whether two changes say the same from the same instant on. */
export const sameChange = (a: StateChange | undefined, b: StateChange | undefined): boolean =>
  a !== undefined && b !== undefined && a.fromMs === b.fromMs && sameJudgement(a, b);

/** Joins newly judged changes onto what stood before them. */
export const splice = (
  old: readonly StateChange[],
  fresh: readonly StateChange[],
  fromMs: number,
): StateChange[] => {
  const joined = old.filter((c) => c.fromMs < fromMs);
  for (const change of fresh) appendChange(joined, change);
  return joined;
};

/** The rewrite that turns the stored `old` into `next`, or null. It begins one change early, whose end may have moved. */
export const rewriteOf = (
  facts: BreakerFacts,
  old: readonly StateChange[],
  next: readonly StateChange[],
): Rewrite<StateChange> | null => {
  let i = 0;
  while (i < old.length && i < next.length && sameChange(old[i], next[i])) i += 1;
  if (i === old.length && i === next.length) return null;
  const first = Math.max(0, i - 1);
  const fromMs = Math.min(
    old[first]?.fromMs ?? Number.POSITIVE_INFINITY,
    next[first]?.fromMs ?? Number.POSITIVE_INFINITY,
  );
  return { breakerId: facts.breakerId, fromMs, changes: next.slice(first), endMs: facts.removedAtMs };
};
