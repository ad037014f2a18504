// The alarm fold: from conditions over time to raise, clear and reopen, once each.
import { createHash } from "node:crypto";
import { type AlarmEvidence, type AlarmKind, type AlarmPriority, alarmPriority } from "../domain/alarm.ts";
import { type AlarmRule, type AlarmView, alarmRules, repeatSuppressionMs } from "./alarm-rules.ts";

/** What is remembered of one kind at one subject. Absent when there is nothing to remember. */
export type AlarmMemory =
  /** The condition holds, the on-delay has not passed yet. Device time and arrival time are kept apart: clocks lie. */
  | { phase: "pending"; sinceMs: number; sinceArrivalMs: number; reports: number; previousId?: string }
  | { phase: "standing"; id: string }
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

/** An alarm's id follows from subject, kind and start, so that a replay raises nothing twice. */
export const alarmId = (subjectId: string, kind: AlarmKind, startMs: number): string =>
  createHash("sha256").update(`${kind}\n${subjectId}\n${startMs}`).digest("hex").slice(0, 24);

const stepRule = (
  rule: AlarmRule,
  memory: AlarmMemory | undefined,
  view: AlarmView,
  isReading: boolean,
  effects: AlarmEffect[],
): AlarmMemory | undefined => {
  const condition = view.removed ? "off" : rule.condition(view);
  if (memory?.phase === "standing") {
    if (condition !== "off") return memory;
    effects.push({ effect: "clear", id: memory.id, atMs: view.nowMs });
    return { phase: "cleared", id: memory.id, clearedAtMs: view.nowMs };
  }
  const cleared =
    memory?.phase === "cleared" && view.nowMs - memory.clearedAtMs < repeatSuppressionMs ? memory : undefined;
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
  const due = heldMs >= rule.onDelayMs || (rule.orReports !== undefined && pending.reports >= rule.orReports);
  if (!due) return pending;
  const evidence = rule.evidence(view);
  if (pending.previousId !== undefined) {
    effects.push({ effect: "reopen", id: pending.previousId, atMs: view.nowMs, evidence });
    return { phase: "standing", id: pending.previousId };
  }
  const id = alarmId(view.facts.breakerId, rule.kind, pending.sinceMs);
  effects.push({
    effect: "raise",
    id,
    kind: rule.kind,
    priority: alarmPriority[rule.kind],
    breakerId: view.facts.breakerId,
    areaId: view.facts.areaId,
    villageId: view.facts.villageId,
    atMs: view.nowMs,
    evidence,
  });
  return { phase: "standing", id };
};

export type AlarmMemories = Partial<Record<AlarmKind, AlarmMemory>>;

/**
 * Runs every rule once at `view.nowMs`. `isReading` tells that a new reading has just come (rules count those), as against
 * another report or the clock's tick. Answers the memories after it and what happened.
 */
export const stepAlarms = (
  memories: AlarmMemories,
  view: Omit<AlarmView, "pending">,
  isReading: boolean,
): { memories: AlarmMemories; effects: AlarmEffect[] } => {
  const effects: AlarmEffect[] = [];
  const next: AlarmMemories = {};
  const full: AlarmView = {
    ...view,
    pending: (kind) => next[kind]?.phase === "pending" || next[kind]?.phase === "standing",
  };
  for (const rule of alarmRules) {
    const memory = stepRule(rule, memories[rule.kind], full, isReading, effects);
    if (memory) next[rule.kind] = memory;
  }
  return { memories: next, effects };
};

/** When a pending alarm falls due by the clock alone; Infinity where none is pending. `nowMs` is when it was last looked at. */
export const nextAlarmMs = (memories: AlarmMemories): number => {
  let next = Number.POSITIVE_INFINITY;
  for (const rule of alarmRules) {
    const memory = memories[rule.kind];
    if (memory?.phase === "pending") next = Math.min(next, memory.sinceArrivalMs + rule.onDelayMs);
  }
  return next;
};
