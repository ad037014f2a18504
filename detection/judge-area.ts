// From the breakers' own histories to the published ones: an area that went dark together is excused, and so is a vacant house.
import type { BreakerFacts } from "../domain/breaker.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { appendChange, excused, type Judgement, type StateChange } from "../domain/operating.ts";
import type { OwnChange } from "./own.ts";

/** A breaker with its own changes; the first stands at or before the window that is judged (or at its installation). */
export type JudgedBreaker = { facts: BreakerFacts; changes: readonly OwnChange[] };

/** `[fromMs, toMs)` in which the area was dark together; `toMs` is null while it still is. */
export type AreaOutage = { fromMs: number; toMs: number | null };

/** Whether so many dark breakers of those that have ever reported make an outage of the area. */
export const isAreaOutage = (dark: number, reporting: number, rule: JudgingRule): boolean =>
  dark >= rule.areaOutageMinBreakers && dark >= rule.areaOutageShare * reporting;

/**
 * The times in `[fromMs, nowMs]` in which at least `areaOutageMinBreakers` and `areaOutageShare` of the area's breakers
 * were dark at once. Breakers that have never reported can give no evidence and are not counted.
 */
export const areaOutages = (
  breakers: readonly JudgedBreaker[],
  fromMs: number,
  nowMs: number,
  rule: JudgingRule,
): AreaOutage[] => {
  const events: { atMs: number; reporting: number; dark: number }[] = [];
  for (const { facts, changes } of breakers) {
    const beginMs = Math.max(fromMs, facts.installedAtMs);
    const endMs = facts.removedAtMs ?? Number.POSITIVE_INFINITY;
    let reporting = 0;
    let dark = 0;
    const count = (atMs: number, nextReporting: number, nextDark: number) => {
      if (nextReporting !== reporting || nextDark !== dark)
        events.push({ atMs, reporting: nextReporting - reporting, dark: nextDark - dark });
      reporting = nextReporting;
      dark = nextDark;
    };
    for (const [i, change] of changes.entries()) {
      const atMs = Math.max(change.fromMs, beginMs);
      // Only the last of the changes before the window counts at its beginning.
      if ((changes[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY) <= beginMs) continue;
      if (atMs > nowMs || atMs >= endMs) break;
      count(atMs, change.dark === null ? 0 : 1, change.dark ? 1 : 0);
    }
    if (endMs <= nowMs) count(endMs, 0, 0);
  }
  events.sort((a, b) => a.atMs - b.atMs);

  const outages: AreaOutage[] = [];
  let reporting = 0;
  let dark = 0;
  for (const [i, event] of events.entries()) {
    reporting += event.reporting;
    dark += event.dark;
    if (events[i + 1]?.atMs === event.atMs) continue;
    const last = outages.at(-1);
    const out = isAreaOutage(dark, reporting, rule);
    if (out && last?.toMs !== null) outages.push({ fromMs: event.atMs, toMs: null });
    else if (out === false && last?.toMs === null) last.toMs = event.atMs;
  }
  return outages;
};

const occupiedAt = (facts: BreakerFacts, atMs: number): boolean => {
  let inhabited = facts.occupancy[0]?.inhabited ?? true;
  for (const entry of facts.occupancy) {
    if (entry.fromMs > atMs) break;
    inhabited = entry.inhabited;
  }
  return inhabited;
};

/**
 * A breaker's published changes in `[fromMs, nowMs]`, first match wins: vacant house, then its area's outage in place of
 * darkness, then its own evidence. Empty when it is not installed in that time. The history ends at `facts.removedAtMs`.
 */
export const publishedChanges = (
  { facts, changes }: JudgedBreaker,
  outages: readonly AreaOutage[],
  fromMs: number,
  nowMs: number,
): StateChange[] => {
  const beginMs = Math.max(fromMs, facts.installedAtMs);
  const endMs = Math.min(facts.removedAtMs ?? Number.POSITIVE_INFINITY, nowMs + 1);
  if (beginMs >= endMs) return [];
  const times = new Set([beginMs]);
  const mark = (atMs: number) => {
    if (atMs > beginMs && atMs < endMs) times.add(atMs);
  };
  for (const change of changes) mark(change.fromMs);
  for (const entry of facts.occupancy) mark(entry.fromMs);
  for (const outage of outages) {
    mark(outage.fromMs);
    if (outage.toMs !== null) mark(outage.toMs);
  }
  const published: StateChange[] = [];
  for (const atMs of [...times].sort((a, b) => a - b)) {
    const own = changes.findLast((c) => c.fromMs <= atMs) ?? changes[0];
    if (own === undefined) continue;
    let judgement: Judgement = own;
    if (own.dark && outages.some((o) => o.fromMs <= atMs && (o.toMs === null || atMs < o.toMs)))
      judgement = excused("areaOutage");
    if (!occupiedAt(facts, atMs)) judgement = excused("vacantHouse");
    appendChange(published, { fromMs: atMs, state: judgement.state, reason: judgement.reason });
  }
  return published;
};

/** Judges a whole area over `[fromMs, nowMs]`: its outages, and the published changes by breaker id. */
export const judgeArea = (
  breakers: readonly JudgedBreaker[],
  fromMs: number,
  nowMs: number,
  rule: JudgingRule,
): { outages: AreaOutage[]; published: Map<string, StateChange[]> } => {
  const outages = areaOutages(breakers, fromMs, nowMs, rule);
  return {
    outages,
    published: new Map(breakers.map((b) => [b.facts.breakerId, publishedChanges(b, outages, fromMs, nowMs)])),
  };
};
