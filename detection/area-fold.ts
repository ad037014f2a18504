// The live fold over one transformer area: reports and clock ticks in, changed histories and alarms out. Deterministic:
// time is an argument. The memory belongs to the caller and is changed in place, because copying it for every report would
// be most of the work.
import type { StateChange } from "../domain/operating.ts";
import type { Report } from "../domain/report.ts";
import { alarmBreaker } from "./breaker-alarms.ts";
import type { BreakerFold } from "./breaker-fold.ts";
import type { BreakerMemory } from "./breaker-memory.ts";
import { alarmDarkArea } from "./dark-area.ts";
import { judgeArea, publishedChanges } from "./judge-area.ts";
import { type AreaEffects, type AreaMemory, type FoldContext, forget, plan, publishedAt } from "./memory.ts";
import { observeOld } from "./observe.ts";
import { type OwnState, project, stepOwn } from "./own.ts";
import { behindMs } from "./report-clock.ts";
import { rewriteOf, sameChange, splice } from "./rewrite.ts";

export type Receipt =
  | { kind: "accepted"; checkpoint: { dayMs: number; own: OwnState } | null }
  | { kind: "late" }
  | { kind: "ignored" };

const dayMs = 86_400_000;
const noBreakers: ReadonlySet<BreakerMemory> = new Set();
const startOfUtcDay = (tsMs: number): number => Math.floor(tsMs / dayMs) * dayMs;

type ReadingReport = Extract<Report, { kind: "reading" }>;

const takeReading = (breaker: BreakerMemory, { body, tsMs, seq }: ReadingReport): void => {
  const { fold } = breaker;
  if (fold.reading !== null) fold.findings.beforeMa = fold.reading.residualCurrentMa;
  fold.reading = { ...body, ts: tsMs, seq, tsMs };
  breaker.touched = true;
  breaker.reported = true;
};

/** Newer than the newest reading, and of now. */
const isNewest = (
  newest: BreakerFold["reading"],
  { tsMs, arrivalMs }: ReadingReport,
  { rule }: FoldContext,
): boolean => (newest === null || tsMs > newest.tsMs) && arrivalMs - tsMs <= rule.vouchMs;

/** Folds one report into its breaker's own history. Call `settle` before a second report of the same breaker. */
export const receive = (breaker: BreakerMemory, report: Report, context: FoldContext): Receipt => {
  const { fold } = breaker;
  const before = fold.own;
  const step = stepOwn(before, breaker.changes, report, breaker.facts.installedAtMs, context.rule);
  if (step.kind !== "accepted") {
    // Its history waits for a revision, danger does not: a status that was sent later has overtaken the newest reading.
    if (report.kind === "reading" && isNewest(fold.reading, report, context)) {
      takeReading(breaker, report);
      breaker.report = report;
      return step;
    }
    const events = observeOld(
      { facts: breaker.facts, findings: fold.findings, limits: breaker.limits, rule: context.rule },
      report,
    );
    // What is remembered of the device may be another, and is stored when it is next looked at.
    breaker.touched = true;
    // Or the clock was set back.
    if (step.kind === "late" && report.kind === "reading" && behindMs(fold.findings) > 0)
      takeReading(breaker, report);
    // A trip or a test may matter later though nothing is raised yet.
    if (events.length > 0 || report.kind === "trip" || report.kind === "test") {
      breaker.events = [...breaker.events, ...events];
      breaker.dueMs = Number.NEGATIVE_INFINITY;
    }
    return step;
  }
  fold.own = step.own;
  if (step.dirtyFromMs < breaker.dirtyFromMs) breaker.dirtyFromMs = step.dirtyFromMs;
  breaker.touched = true;
  breaker.reported = true;
  breaker.report = report;
  fold.viaGateway = report.via !== undefined;
  if (report.kind === "reading") takeReading(breaker, report);
  const newDay = before.lastKey === null || startOfUtcDay(report.tsMs) > startOfUtcDay(before.lastKey.tsMs);
  return { kind: "accepted", checkpoint: newDay ? { dayMs: startOfUtcDay(report.tsMs), own: before } : null };
};

/** Judges what is dirty; answers the breakers whose histories are others now. */
const judge = (
  area: AreaMemory,
  nowMs: number,
  context: FoldContext,
  effects: AreaEffects,
): Set<BreakerMemory> => {
  const rewritten = new Set<BreakerMemory>();
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
    rewritten.add(breaker);
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
    rewritten.add(breaker);
    if (first || !sameChange(was, publishedAt(breaker, nowMs))) effects.changed.push(breaker);
    effects.published.push(rewrite);
  }
  return rewritten;
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
    baselines: [],
    changed: [],
    beyondHorizon: [],
  };
  const look: BreakerMemory[] = [];
  let isDirty = false;
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
    if (breaker.dirtyFromMs !== Number.POSITIVE_INFINITY) isDirty = true;
  }
  // What was not looked at has not changed.
  const rewritten = isDirty ? judge(area, nowMs, context, effects) : noBreakers;
  if (look.length === 0 && rewritten.size === 0 && area.breakers.size > 0) return effects;
  for (const breaker of rewritten) {
    // Its histories are part of what is stored of it.
    breaker.touched = true;
    if (!look.includes(breaker)) look.push(breaker);
  }
  for (const breaker of look) {
    const nextFindingMs = alarmBreaker(area, breaker, nowMs, context, effects);
    forget(breaker, context.horizonMs);
    plan(breaker, nowMs, context, nextFindingMs);
  }
  alarmDarkArea(area, look, nowMs, context, effects);
  for (const breaker of look) {
    if (breaker.touched) effects.touched.push(breaker);
    breaker.touched = false;
    if (breaker.baselineTouched) effects.baselines.push(breaker);
    breaker.baselineTouched = false;
  }
  return effects;
};
