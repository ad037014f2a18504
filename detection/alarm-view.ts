// What the alarm rules may look at, and what a rule is.
import type { AlarmEvidence, AlarmKind, AlarmPriority } from "../domain/alarm.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import type { FindingLimits } from "../domain/finding-limits.ts";
import type { JudgingRule } from "../domain/limits.ts";
import type { StateChange } from "../domain/operating.ts";
import type { Contact, Reading } from "../domain/wire.ts";
import type { FindingMemory } from "./finding-memory.ts";
import type { LeakageMemory } from "./leakage/leakage.ts";

/** One breaker at one instant. The fold fills one view again and again: rules must not keep it. */
export type AlarmView = {
  facts: BreakerFacts;
  limits: FindingLimits;
  /** The newest trip test that was written down by hand, Unix ms; 0 where there is none. */
  testedMs: number;
  /** The published state at `nowMs`. */
  published: StateChange;
  /** The newest reading; null before the first, and once it no longer vouches for anything. */
  reading: (Reading & { tsMs: number }) | null;
  /** The contact by the newest word of reading or trip. */
  contact: Contact | null;
  isClosed: boolean;
  nowMs: number;
  rule: JudgingRule;
  findings: FindingMemory;
  /** Null until the breaker's usual leakage is being learnt. */
  leakage: LeakageMemory | null;
  /** Enough of the area was heard of late for this breaker's silence to be its own. */
  areaAlive: (silentSinceMs: number) => boolean;
  /** The area is dark, or has only just come back: a silence from before says nothing of the breaker yet. */
  isRecovering: (silentSinceMs: number) => boolean;
  /** The main of a household's area is open, by its own newest word. */
  isMainOpen: () => boolean;
  /** A main's residual current against the sum of its households', in mA; null where they cannot be compared. */
  lineExcess: () => LineExcess | null;
  /** When the breaker was last heard, by our clock; −Infinity before it first was. */
  heardMs: number;
  /** Since when the breaker has been silent; null while it is heard, and before it first was. */
  silentSinceMs: number | null;
  /** We ourselves have listened long enough for silence to mean something. */
  listening: boolean;
  /** The breaker is not installed any more: every condition ends. */
  removed: boolean;
  /** The kinds that stand or are about to, as judged before this one. */
  pending: (kind: AlarmKind) => boolean;
};

export type LineExcess = { excessMa: number; sumMa: number; silentHouseholds: number };

/** `hold` is the deadband: it neither raises nor clears. */
export type Condition = "on" | "off" | "hold";

/** Under what an alarm of a breaker is remembered: its kind, and for a rule of one's own the rule. */
export type AlarmKey = AlarmKind | `customRule:${string}`;

export type AlarmRule = {
  kind: AlarmKind;
  /** Under what it is remembered; the kind itself for the house's own rules. */
  key: AlarmKey;
  /** Where it is not that of the kind. */
  priority?: AlarmPriority;
  condition: (view: AlarmView) => Condition;
  /** It is never on while the published state has no reason: an operating breaker need not be asked. */
  needsReason?: true;
  /** The condition must hold this long… */
  onDelayMs: number | ((view: AlarmView) => number);
  /** …and be seen in this many readings in a row; 1 where not given… */
  minReports?: number;
  /** …or in this many, however short it was. */
  orReports?: number;
  /** When the condition began, in device time: the alarm's identity. */
  startMs: (view: AlarmView) => number;
  evidence: (view: AlarmView) => AlarmEvidence;
};

/** A rule that is remembered under its kind. */
export type KindRule = Omit<AlarmRule, "key">;

/** A condition that returns this soon after it cleared opens the same alarm again instead of raising another (ISA-18.2: chattering). */
export const repeatSuppressionMs = 10 * 60_000;

export const readingEvidence = ({ reading, facts, contact }: AlarmView): AlarmEvidence => ({
  residualCurrentMa: reading?.residualCurrentMa ?? null,
  ratedResidualCurrentMa: facts.ratedResidualCurrentMa,
  contact: reading === null ? null : contact,
  protection: reading?.protection ?? null,
  readingAt: reading ? new Date(reading.tsMs).toISOString() : null,
});

export const readingStartMs = ({ reading, nowMs }: AlarmView): number => reading?.tsMs ?? nowMs;

/** On at `onAt` and above, off below `offBelow`. */
export const above = (value: number, onAt: number, offBelow: number): Condition =>
  value >= onAt ? "on" : value < offBelow ? "off" : "hold";

/** On at `onAt` and below, off above `offAbove`. */
export const below = (value: number, onAt: number, offAbove: number): Condition =>
  value <= onAt ? "on" : value > offAbove ? "off" : "hold";
