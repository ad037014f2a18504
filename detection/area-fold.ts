// The live fold over one transformer area: reports and clock ticks in, changed histories and alarms out. Deterministic:
// time is an argument. The memory belongs to the caller and is changed in place, because copying it for every report would
// be most of the work.
import type { JudgingRule } from "../domain/limits.ts";
import type { StateChange } from "../domain/operating.ts";
import type { Report } from "../domain/report.ts";
import { stepAlarms } from "./alarms.ts";
import { judgeArea, publishedChanges } from "./judge-area.ts";
import {
  type AreaEffects,
  type AreaMemory,
  type BreakerMemory,
  type FoldContext,
  forget,
  isPlannedOut,
  isRemoved,
  lastHeardMs,
  listeningAtMs,
  plan,
  publishedAt,
  silentSinceMs,
} from "./memory.ts";
import { alarmOutage } from "./outage-alarm.ts";
import { type OwnState, project, stepOwn } from "./own.ts";
import { rewriteOf, sameChange, splice } from "./rewrite.ts";

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

const judge = (area: AreaMemory, nowMs: number, context: FoldContext, effects: AreaEffects): void => {
  let fromMs = Number.POSITIVE_INFINITY;
  const fresh = new Map<string, { fromMs: number; changes: StateChange[] }>();
  let reachMs = area.soundFromMs ?? Number.NEGATIVE_INFINITY;
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
    breaker.reported && fold.own.lastKey?.kind === "reading",
  );
  fold.alarms = step.memories;
  if (step.effects.length > 0) breaker.touched = true;
  effects.alarms.push(...step.effects);
  breaker.reported = false;
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
      ? effects.changed.length > 0 || isPlannedOut(area, nowMs)
      : [...lookAgain].some((b) => publishedAt(b, nowMs).reason === "areaOutage");
  if (concernsOutage) alarmOutage(area, nowMs, context, effects);
  for (const breaker of lookAgain) {
    if (breaker.touched) effects.touched.push(breaker);
    breaker.touched = false;
  }
  return effects;
};
