// The live fold over one transformer area: reports and clock ticks in, changed histories and alarms out. Deterministic:
// time is an argument. The memory belongs to the caller and is changed in place, because copying it for every report would
// be most of the work.
import { alarmPriority } from "../domain/alarm.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { appendChange, type StateChange, sameJudgement, silent } from "../domain/operating.ts";
import type { Report } from "../domain/report.ts";
import type { Reading } from "../domain/wire.ts";
import { repeatSuppressionMs } from "./alarm-rules.ts";
import {
  type AlarmEffect,
  type AlarmMemories,
  type AlarmMemory,
  alarmId,
  nextAlarmMs,
  stepAlarms,
} from "./alarms.ts";
import { areaOutages, judgeArea, publishedChanges } from "./judge-area.ts";
import {
  initialChange,
  initialOwn,
  nextOwnChangeMs,
  type OwnChange,
  type OwnState,
  project,
  stepOwn,
} from "./own.ts";

/** What must survive a restart, per breaker. */
export type BreakerFold = {
  own: OwnState;
  alarms: AlarmMemories;
  /** The newest reading, for display and for the alarm rules. */
  reading: (Reading & { tsMs: number }) | null;
};

export type BreakerMemory = {
  facts: BreakerFacts;
  fold: BreakerFold;
  /** Own changes from before the horizon on; the first stands strictly before the newest report (or at installation). */
  changes: OwnChange[];
  /** Published changes that reach back as far. */
  published: StateChange[];
  /** Both are complete from here on. */
  keptFromMs: number;
  /** From here on `changes` have not been judged with the area yet. */
  dirtyFromMs: number;
  /** When to look at it again though it has not reported. */
  dueMs: number;
  /** The next instant that is known of but has not come: the area must be judged again then. */
  aheadMs: number;
  touched: boolean;
  reported: boolean;
};

export type AreaMemory = {
  areaId: string;
  villageId: string;
  breakers: Map<string, BreakerMemory>;
  outageAlarm: AlarmMemory | undefined;
};

export const newBreakerMemory = (facts: BreakerFacts): BreakerMemory => ({
  facts,
  fold: { own: initialOwn, alarms: {}, reading: null },
  changes: [initialChange(facts.installedAtMs)],
  published: [],
  keptFromMs: Number.NEGATIVE_INFINITY,
  dirtyFromMs: facts.installedAtMs,
  dueMs: Number.NEGATIVE_INFINITY,
  aheadMs: Number.POSITIVE_INFINITY,
  touched: true,
  reported: false,
});

/** What the fold needs to know of the world besides the reports. */
export type FoldContext = {
  rule: JudgingRule;
  /** Since when we have been able to hear anything: silence before is our own deafness. */
  listeningSinceMs: number;
  /** How far back the memory must reach at the least; what lies before may be forgotten, and is in the store. */
  horizonMs: number;
};

export const defaultHorizonMs = 2 * 3_600_000;

export type Receipt =
  | { kind: "accepted"; checkpoint: { dayMs: number; own: OwnState } | null }
  | { kind: "late" }
  | { kind: "ignored" };

const dayMs = 86_400_000;
const startOfUtcDay = (tsMs: number): number => Math.floor(tsMs / dayMs) * dayMs;

/** Folds one report into its breaker's own history. Call `settle` before a second report of the same breaker. */
export const receive = (breaker: BreakerMemory, report: Report, context: FoldContext): Receipt => {
  const before = breaker.fold.own;
  const step = stepOwn(before, breaker.changes, report, breaker.facts.installedAtMs, context.rule);
  if (step.kind !== "accepted") return step;
  breaker.fold.own = step.own;
  breaker.dirtyFromMs = Math.min(breaker.dirtyFromMs, step.dirtyFromMs);
  breaker.touched = true;
  breaker.reported = true;
  if (report.kind === "reading")
    breaker.fold.reading = { ...report.body, ts: report.tsMs, seq: report.seq, tsMs: report.tsMs };
  const newDay = before.lastKey === null || startOfUtcDay(report.tsMs) > startOfUtcDay(before.lastKey.tsMs);
  return { kind: "accepted", checkpoint: newDay ? { dayMs: startOfUtcDay(report.tsMs), own: before } : null };
};

/** A stretch of history to be replaced: everything of the breaker from `fromMs` on gives way to `changes`. */
export type Rewrite<T> = { breakerId: string; fromMs: number; changes: T[]; endMs: number | null };

export type AreaEffects = {
  own: Rewrite<OwnChange>[];
  published: Rewrite<StateChange>[];
  alarms: AlarmEffect[];
  /** Breakers whose stored state must be written. */
  touched: BreakerMemory[];
  /** Breakers whose published state is another than before. */
  changed: BreakerMemory[];
  /** The judging reaches further back than the memory: there the area must be judged anew from the stored history. */
  beyondHorizon: { breakerId: string; fromMs: number }[];
};

/** The breaker's published state at `atMs`; unknown before its history begins. */
export const publishedAt = (breaker: BreakerMemory, atMs: number): StateChange =>
  breaker.published.findLast((c) => c.fromMs <= atMs) ??
  breaker.published[0] ?? { ...silent, fromMs: breaker.facts.installedAtMs };

const sameChange = (a: StateChange | undefined, b: StateChange | undefined): boolean =>
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

const judge = (area: AreaMemory, nowMs: number, context: FoldContext, effects: AreaEffects): void => {
  let fromMs = Number.POSITIVE_INFINITY;
  const fresh = new Map<string, { fromMs: number; changes: StateChange[] }>();
  let reachMs = Number.NEGATIVE_INFINITY;
  for (const breaker of area.breakers.values()) reachMs = Math.max(reachMs, breaker.keptFromMs);
  for (const breaker of area.breakers.values()) {
    const { facts, changes, dirtyFromMs } = breaker;
    if (dirtyFromMs === Number.POSITIVE_INFINITY) continue;
    const dirty = changes.filter((c) => c.fromMs >= dirtyFromMs);
    effects.own.push({ breakerId: facts.breakerId, fromMs: dirtyFromMs, changes: dirty, endMs: null });
    if (breaker.fold.own.lastKey === null) {
      // Before its first report a breaker bears on no other, and its whole history is here: it is judged by itself.
      fresh.set(facts.breakerId, {
        fromMs: dirtyFromMs,
        changes: publishedChanges(breaker, [], dirtyFromMs, nowMs),
      });
    } else {
      fromMs = Math.min(fromMs, Math.max(dirtyFromMs, reachMs));
      if (dirtyFromMs < reachMs)
        effects.beyondHorizon.push({ breakerId: facts.breakerId, fromMs: dirtyFromMs });
    }
    breaker.dirtyFromMs = Number.POSITIVE_INFINITY;
  }
  if (fromMs < Number.POSITIVE_INFINITY) {
    const { published } = judgeArea([...area.breakers.values()], fromMs, nowMs, context.rule);
    for (const [id, changes] of published) if (!fresh.has(id)) fresh.set(id, { fromMs, changes });
  }
  for (const [id, { fromMs: freshFromMs, changes }] of fresh) {
    const breaker = area.breakers.get(id);
    if (breaker === undefined) continue;
    const next = splice(breaker.published, changes, freshFromMs);
    const rewrite = rewriteOf(breaker.facts, breaker.published, next);
    if (rewrite === null) continue;
    const was = publishedAt(breaker, nowMs);
    const first = breaker.published.length === 0;
    breaker.published = next;
    if (first || !sameChange(was, publishedAt(breaker, nowMs))) {
      breaker.touched = true;
      effects.changed.push(breaker);
    }
    effects.published.push(rewrite);
  }
};

const lastHeardMs = (breaker: BreakerMemory): number =>
  breaker.fold.own.lastKey?.tsMs ?? Number.NEGATIVE_INFINITY;

/** Since when the breaker has been silent; null while it is heard, and before it first was. */
const silentSinceMs = (breaker: BreakerMemory, nowMs: number, rule: JudgingRule): number | null => {
  const sinceMs = lastHeardMs(breaker) + rule.vouchMs;
  return sinceMs > Number.NEGATIVE_INFINITY && sinceMs <= nowMs ? sinceMs : null;
};

const isRemoved = ({ facts }: BreakerMemory, atMs: number): boolean =>
  facts.removedAtMs !== null && facts.removedAtMs <= atMs;

/** Whether enough of the others were heard in the two heartbeats before `breaker` fell silent. */
const areaAlive = (
  area: AreaMemory,
  breaker: BreakerMemory,
  silentSinceMs: number,
  rule: JudgingRule,
): boolean => {
  let reporting = 0;
  let heard = 0;
  for (const other of area.breakers.values()) {
    if (other === breaker || other.fold.own.lastKey === null || isRemoved(other, silentSinceMs)) continue;
    reporting += 1;
    if (lastHeardMs(other) > silentSinceMs - 2 * rule.heartbeatIntervalMs) heard += 1;
  }
  if (reporting + 1 < rule.areaOutageMinBreakers) return true;
  return heard > (1 - rule.areaOutageShare) * (reporting + 1);
};

const alarm = (
  area: AreaMemory,
  breaker: BreakerMemory,
  nowMs: number,
  context: FoldContext,
  effects: AreaEffects,
) => {
  const { fold, facts } = breaker;
  const published = publishedAt(breaker, nowMs);
  const fresh = fold.reading !== null && nowMs <= fold.reading.tsMs + context.rule.vouchMs;
  const contact = fold.own.contact;
  const step = stepAlarms(
    fold.alarms,
    {
      facts,
      published,
      silentSinceMs: silentSinceMs(breaker, nowMs, context.rule),
      // A trip since the last reading has moved the contact.
      reading: fresh && fold.reading ? { ...fold.reading, contact: contact ?? fold.reading.contact } : null,
      nowMs,
      rule: context.rule,
      areaAlive: (sinceMs) => areaAlive(area, breaker, sinceMs, context.rule),
      listening: nowMs >= listeningAtMs(context),
      removed: isRemoved(breaker, nowMs),
    },
    breaker.reported,
  );
  fold.alarms = step.memories;
  if (step.effects.length > 0) breaker.touched = true;
  effects.alarms.push(...step.effects);
  breaker.reported = false;
};

/** From this instant on silence is the breakers' and no longer our own. */
const listeningAtMs = (context: FoldContext): number => context.listeningSinceMs + context.rule.vouchMs;

const alarmOutage = (area: AreaMemory, nowMs: number, context: FoldContext, effects: AreaEffects): void => {
  const memory = area.outageAlarm;
  const breakers = [...area.breakers.values()];
  const outage = areaOutages(breakers, Math.min(context.horizonMs, nowMs), nowMs, context.rule).at(-1);
  const isOut = outage !== undefined && outage.toMs === null;
  if (memory?.phase === "standing") {
    if (isOut) return;
    effects.alarms.push({ effect: "clear", id: memory.id, atMs: nowMs });
    area.outageAlarm = { phase: "cleared", id: memory.id, clearedAtMs: nowMs };
    return;
  }
  if (!isOut || nowMs < listeningAtMs(context)) return;
  const evidence = {
    since: new Date(outage.fromMs).toISOString(),
    darkBreakers: breakers.filter((b) => b.changes.findLast((c) => c.fromMs <= nowMs)?.dark).length,
    reportingBreakers: breakers.filter((b) => b.fold.own.lastKey !== null).length,
  };
  if (memory?.phase === "cleared" && nowMs - memory.clearedAtMs < repeatSuppressionMs) {
    effects.alarms.push({ effect: "reopen", id: memory.id, atMs: nowMs, evidence });
    area.outageAlarm = { phase: "standing", id: memory.id };
    return;
  }
  const id = alarmId(area.areaId, "areaOutage", outage.fromMs);
  effects.alarms.push({
    effect: "raise",
    id,
    kind: "areaOutage",
    priority: alarmPriority.areaOutage,
    breakerId: null,
    areaId: area.areaId,
    villageId: area.villageId,
    atMs: nowMs,
    evidence,
  });
  area.outageAlarm = { phase: "standing", id };
};

const forget = (breaker: BreakerMemory, horizonMs: number): void => {
  const keepMs = Math.min(horizonMs, lastHeardMs(breaker));
  const first = breaker.changes.findLastIndex((c) => c.fromMs < keepMs);
  if (first > 0) {
    breaker.changes.splice(0, first);
    breaker.keptFromMs = keepMs;
  }
  const firstPublished = breaker.published.findLastIndex((c) => c.fromMs < keepMs);
  // One more stays, so that a rewrite that begins one change early finds it.
  if (firstPublished > 1) {
    breaker.published.splice(0, firstPublished - 1);
    breaker.keptFromMs = keepMs;
  }
};

const plan = (breaker: BreakerMemory, nowMs: number, context: FoldContext): void => {
  const { facts, fold, changes } = breaker;
  let aheadMs = Number.POSITIVE_INFINITY;
  const ahead = (atMs: number | null) => {
    if (atMs !== null && atMs > nowMs) aheadMs = Math.min(aheadMs, atMs);
  };
  // A device whose clock runs ahead has said something that is not true yet.
  for (const change of changes) ahead(change.fromMs);
  for (const entry of facts.occupancy) ahead(entry.fromMs);
  ahead(facts.installedAtMs);
  ahead(facts.removedAtMs);
  breaker.aheadMs = aheadMs;
  breaker.dueMs = Math.min(
    aheadMs,
    nextOwnChangeMs(fold.own, facts.installedAtMs, nowMs, context.rule),
    nextAlarmMs(fold.alarms),
  );
  // Silence that is not alarmed yet waits for our own ears, then for the rest of the area: look at every tick.
  const { reason } = publishedAt(breaker, nowMs);
  if (reason === "areaOutage" || reason === "neverReported" || reason === "silent") {
    if (nowMs < listeningAtMs(context)) breaker.dueMs = Math.min(breaker.dueMs, listeningAtMs(context));
    else if (reason === "silent" && fold.own.lastKey !== null && fold.alarms.silent?.phase !== "standing")
      breaker.dueMs = nowMs;
  }
};

/**
 * Brings the area up to `nowMs`: what time has changed, what the area makes of it, and the alarms that follow. Looks only
 * at breakers that have reported or are due, unless one of them changes the lot of the others.
 */
export const settle = (area: AreaMemory, nowMs: number, context: FoldContext): AreaEffects => {
  const effects: AreaEffects = {
    own: [],
    published: [],
    alarms: [],
    touched: [],
    changed: [],
    beyondHorizon: [],
  };
  const look: BreakerMemory[] = [];
  for (const breaker of area.breakers.values()) {
    if (!breaker.reported && breaker.dueMs > nowMs) continue;
    look.push(breaker);
    const count = breaker.changes.length;
    const { facts, fold, changes } = breaker;
    // `dirtyFromMs` may already be earlier; what is judged must reach to the end of what the clock has brought.
    project(
      fold.own,
      changes,
      facts.installedAtMs,
      Math.max(nowMs, changes.at(-1)?.fromMs ?? nowMs),
      context.rule,
    );
    const first = changes[count];
    if (first) breaker.dirtyFromMs = Math.min(breaker.dirtyFromMs, first.fromMs);
    // Instants that lay ahead when they were judged have come: judge again from there.
    if (breaker.aheadMs <= nowMs) breaker.dirtyFromMs = Math.min(breaker.dirtyFromMs, breaker.aheadMs);
  }
  judge(area, nowMs, context, effects);
  const lookAgain = new Set([...look, ...effects.changed]);
  for (const breaker of lookAgain) {
    alarm(area, breaker, nowMs, context, effects);
    forget(breaker, context.horizonMs);
    plan(breaker, nowMs, context);
  }
  const concernsOutage =
    area.outageAlarm?.phase === "standing"
      ? effects.changed.length > 0
      : [...lookAgain].some((b) => publishedAt(b, nowMs).reason === "areaOutage");
  if (concernsOutage) alarmOutage(area, nowMs, context, effects);
  for (const breaker of lookAgain) {
    if (breaker.touched) effects.touched.push(breaker);
    breaker.touched = false;
  }
  return effects;
};
