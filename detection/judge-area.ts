// From the breakers' own histories to the published ones: an area that went dark together is excused, and so is a vacant house.
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { appendChange, excused, type Judgement, type StateChange } from "../domain/operating.ts";
import type { OwnChange } from "./own.ts";

/**
 * A breaker with its own changes; the first stands at or before the window that is judged (or at its installation).
 * `stays`: when it was in the area; absent where it is there for all of its installed time that matters.
 */
export type JudgedBreaker = {
  facts: BreakerFacts;
  changes: readonly OwnChange[];
  stays?: readonly TimeWindow[];
};

/** The breaker's installed time; it ends never while it is installed. */
export const installedWindow = (facts: BreakerFacts): TimeWindow => ({
  fromMs: facts.installedAtMs,
  toMs: facts.removedAtMs ?? Number.POSITIVE_INFINITY,
});

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
  for (const { facts, changes, stays = [installedWindow(facts)] } of breakers) {
    let reporting = 0;
    let dark = 0;
    const count = (atMs: number, nextReporting: number, nextDark: number) => {
      if (nextReporting !== reporting || nextDark !== dark)
        events.push({ atMs, reporting: nextReporting - reporting, dark: nextDark - dark });
      reporting = nextReporting;
      dark = nextDark;
    };
    for (const stay of stays) {
      const beginMs = Math.max(fromMs, stay.fromMs);
      for (const [i, change] of changes.entries()) {
        const atMs = Math.max(change.fromMs, beginMs);
        // Only the last of the changes before the window counts at its beginning.
        if ((changes[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY) <= beginMs) continue;
        if (atMs > nowMs || atMs >= stay.toMs) break;
        count(atMs, change.dark === null ? 0 : 1, change.dark ? 1 : 0);
      }
      if (stay.toMs <= nowMs) count(stay.toMs, 0, 0);
    }
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

const within = (windows: readonly TimeWindow[], atMs: number): boolean =>
  windows.some((w) => w.fromMs <= atMs && atMs < w.toMs);

/**
 * A breaker's published changes in `[fromMs, nowMs]`, first match wins: vacant house, planned outage, then its area's
 * outage in place of darkness, then its own evidence. Empty when it is not installed in that time. The history ends at `facts.removedAtMs`.
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
  const planned = facts.plannedOutages ?? [];
  for (const window of planned) {
    mark(window.fromMs);
    mark(window.toMs);
  }
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
    if (within(planned, atMs)) judgement = excused("plannedOutage");
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
