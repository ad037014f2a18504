// The alarm fold: from conditions over time, and from events, to raise, clear and reopen, once each.
import { createHash } from "node:crypto";
import { type AlarmEvidence, type AlarmKind, type AlarmPriority, alarmPriority } from "../domain/alarm.ts";
import { alarmRules } from "./alarm-rules.ts";
import { type AlarmKey, type AlarmRule, type AlarmView, repeatSuppressionMs } from "./alarm-view.ts";

/** What is remembered of one kind at one subject. Absent when there is nothing to remember. */
export type AlarmMemory =
  /** The condition holds, the on-delay has not passed yet. Device time and arrival time are kept apart: clocks lie. */
  | { phase: "pending"; sinceMs: number; sinceArrivalMs: number; reports: number; previousId?: string }
  /**
   * `untilMs`: raised by an event, and stands until then unless another event prolongs it. `reopenedMs`: it came back, and
   * stands a minute at the least, so that no condition makes more than three transitions a minute (ISA-18.2).
   */
  | { phase: "standing"; id: string; untilMs?: number; reopenedMs?: number }
  /** Cleared of late: if it returns soon, the same alarm opens again. */
  | { phase: "cleared"; id: string; clearedAtMs: number };

export type AlarmEffect =
  | {
      effect: "raise";
      id: string;
      kind: AlarmKind;
      priority: AlarmPriority;
      breakerId: string | null;
      areaId: string;
      villageId: string;
      atMs: number;
      evidence: AlarmEvidence;
    }
  | { effect: "reopen"; id: string; atMs: number; evidence: AlarmEvidence }
  | { effect: "clear"; id: string; atMs: number };

/** Something that happened at one instant and is an alarm by itself. */
export type AlarmEvent = { kind: AlarmKind; atMs: number; untilMs: number; evidence: AlarmEvidence };

export type AlarmMemories = { [key in AlarmKey]?: AlarmMemory };

/** Shared by every breaker that has nothing to remember, which is nearly all of them. */
export const noAlarms: AlarmMemories = Object.freeze({});

/** An alarm's id follows from subject, kind and start, so that a replay raises nothing twice. */
export const alarmId = (subjectId: string, key: AlarmKey, startMs: number): string =>
  createHash("sha256").update(`${key}\n${subjectId}\n${startMs}`).digest("hex").slice(0, 24);

const onDelayMs = (rule: AlarmRule, view: AlarmView): number =>
  typeof rule.onDelayMs === "number" ? rule.onDelayMs : rule.onDelayMs(view);

/** An alarm that came back stands at least so long. */
const reopenedStandsMs = 60_000;

const mustStand = (memory: AlarmMemory & { phase: "standing" }, view: AlarmView): boolean =>
  !view.removed && memory.reopenedMs !== undefined && view.nowMs < memory.reopenedMs + reopenedStandsMs;

const recentlyCleared = (memory: AlarmMemory | undefined, nowMs: number) =>
  memory?.phase === "cleared" && nowMs - memory.clearedAtMs < repeatSuppressionMs ? memory : undefined;

const raise = (
  view: AlarmView,
  what: Pick<AlarmRule, "kind" | "key" | "priority">,
  startMs: number,
  evidence: AlarmEvidence,
): AlarmEffect & { effect: "raise" } => ({
  effect: "raise",
  id: alarmId(view.facts.breakerId, what.key, startMs),
  kind: what.kind,
  priority: what.priority ?? alarmPriority[what.kind],
  breakerId: view.facts.breakerId,
  areaId: view.facts.areaId,
  villageId: view.facts.villageId,
  atMs: view.nowMs,
  evidence,
});

const clear = (memory: AlarmMemory & { phase: "standing" }, nowMs: number, effects: AlarmEffect[]) => {
  effects.push({ effect: "clear", id: memory.id, atMs: nowMs });
  return { phase: "cleared", id: memory.id, clearedAtMs: nowMs } as const;
};

const stepRule = (
  rule: AlarmRule,
  memory: AlarmMemory | undefined,
  condition: "on" | "off" | "hold",
  view: AlarmView,
  isReading: boolean,
  effects: AlarmEffect[],
): AlarmMemory | undefined => {
  if (memory?.phase === "standing") return condition === "off" ? clear(memory, view.nowMs, effects) : memory;
  const cleared = recentlyCleared(memory, view.nowMs);
  if (condition !== "on") return cleared;

  const pending: AlarmMemory & { phase: "pending" } =
    memory?.phase === "pending"
      ? { ...memory, reports: memory.reports + (isReading ? 1 : 0) }
      : {
          phase: "pending",
          sinceMs: rule.startMs(view),
          sinceArrivalMs: view.nowMs,
          reports: isReading ? 1 : 0,
          ...(cleared ? { previousId: cleared.id } : {}),
        };
  const heldMs = Math.max((view.reading?.tsMs ?? 0) - pending.sinceMs, view.nowMs - pending.sinceArrivalMs);
  const held = heldMs >= onDelayMs(rule, view) && pending.reports >= (rule.minReports ?? 0);
  if (!held && !(rule.orReports !== undefined && pending.reports >= rule.orReports)) return pending;
  const evidence = rule.evidence(view);
  if (pending.previousId !== undefined) {
    effects.push({ effect: "reopen", id: pending.previousId, atMs: view.nowMs, evidence });
    return { phase: "standing", id: pending.previousId, reopenedMs: view.nowMs };
  }
  const effect = raise(view, rule, pending.sinceMs, evidence);
  effects.push(effect);
  return { phase: "standing", id: effect.id };
};

const stepEvent = (
  event: AlarmEvent,
  memory: AlarmMemory | undefined,
  view: AlarmView,
  effects: AlarmEffect[],
): AlarmMemory | undefined => {
  if (view.removed) return memory;
  if (memory?.phase === "standing")
    return { ...memory, untilMs: Math.max(memory.untilMs ?? event.untilMs, event.untilMs) };
  const cleared = recentlyCleared(memory, view.nowMs);
  if (cleared) {
    effects.push({ effect: "reopen", id: cleared.id, atMs: view.nowMs, evidence: event.evidence });
    return { phase: "standing", id: cleared.id, untilMs: event.untilMs };
  }
  const effect = raise(view, { kind: event.kind, key: event.kind }, event.atMs, event.evidence);
  effects.push(effect);
  return { phase: "standing", id: effect.id, untilMs: event.untilMs };
};

/** Alarms that no rule looks after: raised by events, or by a rule of one's own that is no more. Answers whether any changed. */
const sweep = (
  memories: AlarmMemories,
  ownRules: readonly AlarmRule[],
  view: AlarmView,
  effects: AlarmEffect[],
): boolean => {
  let changed = false;
  const keys = Object.keys(memories) as AlarmKey[];
  for (const key of keys) {
    const memory = memories[key];
    if (memory === undefined) continue;
    const isOrphan = key.startsWith("customRule:") && !ownRules.some((rule) => rule.key === key);
    if (memory.phase === "standing") {
      const isOver = memory.untilMs !== undefined && view.nowMs >= memory.untilMs;
      if (isOver || isOrphan || (view.removed && memory.untilMs !== undefined)) {
        memories[key] = clear(memory, view.nowMs, effects);
        changed = true;
      }
    } else if (isOrphan || (memory.phase === "cleared" && !recentlyCleared(memory, view.nowMs))) {
      delete memories[key];
      changed = true;
    }
  }
  return changed;
};

/** A view and what of it changes while the rules run. */
export type AlarmStep = {
  view: AlarmView;
  /** The breaker's memories as they are while the rules run. */
  memories: AlarmMemories;
  /** Whether they are others than before. */
  changed: boolean;
  ownRules: readonly AlarmRule[];
  /** A new reading has just come (rules count those), as against another report or the clock's tick. */
  isReading: boolean;
  events: readonly AlarmEvent[];
};

const runRules = (rules: readonly AlarmRule[], step: AlarmStep, effects: AlarmEffect[]): void => {
  const { view } = step;
  for (const rule of rules) {
    const memory = step.memories === noAlarms ? undefined : step.memories[rule.key];
    if (memory === undefined && rule.needsReason && view.published.reason === null) continue;
    const condition = view.removed ? "off" : rule.condition(view);
    if (memory === undefined && condition !== "on") continue;
    if (memory?.phase === "standing") {
      if (condition !== "off" || memory.untilMs !== undefined || mustStand(memory, view)) continue;
    }
    const next = stepRule(rule, memory, condition, view, step.isReading, effects);
    if (next === memory) continue;
    step.changed = true;
    if (step.memories === noAlarms) step.memories = {};
    if (next === undefined) delete step.memories[rule.key];
    else step.memories[rule.key] = next;
  }
};

/** Rules that may be on while the breaker operates. */
const rulesOfOperating = alarmRules.filter((rule) => !rule.needsReason);

/** Whether there is nothing that a rule could raise or clear, as with nearly every reading; nothing is on for who is removed. */
const isQuiet = ({ view, memories }: AlarmStep): boolean => {
  if (memories !== noAlarms || view.published.reason !== null) return false;
  for (const rule of rulesOfOperating) if (rule.condition(view) === "on") return view.removed;
  return true;
};

/**
 * Runs every rule and event once at `step.view.nowMs`; `step.memories` are the breaker's after it (mutated, or replaced
 * where there were none). What happened is added to `effects`.
 */
export const stepAlarms = (step: AlarmStep, effects: AlarmEffect[]): void => {
  const { view } = step;
  for (const event of step.events) {
    if (step.memories === noAlarms) step.memories = {};
    const next = stepEvent(event, step.memories[event.kind], view, effects);
    if (next !== undefined) step.memories[event.kind] = next;
    step.changed = true;
  }
  if (!isQuiet(step)) runRules(alarmRules, step, effects);
  if (step.ownRules.length > 0) runRules(step.ownRules, step, effects);
  if (step.memories === noAlarms) return;
  if (sweep(step.memories, step.ownRules, view, effects)) step.changed = true;
  for (const _ in step.memories) return;
  step.memories = noAlarms;
};

/** Whether an alarm of this key stands or is about to. */
export const isPending = (memories: AlarmMemories, key: AlarmKey): boolean => {
  const phase = memories[key]?.phase;
  return phase === "pending" || phase === "standing";
};

/** When an alarm changes by the clock alone; Infinity where none will. */
export const nextAlarmMs = (
  memories: AlarmMemories,
  ownRules: readonly AlarmRule[],
  view: AlarmView,
): number => {
  if (memories === noAlarms) return Number.POSITIVE_INFINITY;
  let next = Number.POSITIVE_INFINITY;
  const consider = (rule: AlarmRule) => {
    const memory = memories[rule.key];
    if (memory?.phase === "pending" && memory.reports >= (rule.minReports ?? 0))
      next = Math.min(next, memory.sinceArrivalMs + onDelayMs(rule, view));
  };
  alarmRules.forEach(consider);
  ownRules.forEach(consider);
  for (const memory of Object.values(memories) as AlarmMemory[]) {
    if (memory.phase !== "standing") continue;
    if (memory.untilMs !== undefined) next = Math.min(next, memory.untilMs);
    const { reopenedMs } = memory;
    if (reopenedMs !== undefined && view.nowMs < reopenedMs + reopenedStandsMs)
      next = Math.min(next, reopenedMs + reopenedStandsMs);
  }
  return next;
};
