// What the live fold remembers of an area, what it needs to know and what it answers; what of a breaker it forgets, and when
// it looks at it again.
import type { TimeWindow } from "../domain/breaker.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { type StateChange, silent } from "../domain/operating.ts";
import type { AlarmEffect, AlarmMemory } from "./alarms.ts";
import type { BreakerMemory, Remembered } from "./breaker-memory.ts";
import { nextOwnChangeMs, type OwnChange } from "./own.ts";
import { behindMs } from "./report-clock.ts";
import type { Rewrite } from "./rewrite.ts";

export type AreaMemory = {
  areaId: string;
  villageId: string;
  breakers: Map<string, BreakerMemory>;
  outageAlarm: AlarmMemory | undefined;
  /** The area's communication is lost while its supply is not known to be. */
  linkAlarm?: AlarmMemory | undefined;
  /** When the area was last dark: whoever fell silent before has until some heartbeats later to be heard again. */
  darkUntilMs?: number;
  /** Power taken off on purpose, as the area was last judged: apart from each other and in order. */
  plannedOutages?: readonly TimeWindow[];
  /** Before this somebody moved in or out: there only a revision knows who belonged to the area. */
  soundFromMs?: number;
};

/** Whether the area's power is taken off on purpose at `atMs`: what is dark then is nobody's fault. */
export const isPlannedOut = (area: AreaMemory, atMs: number): boolean =>
  area.plannedOutages?.some((w) => w.fromMs <= atMs && atMs < w.toMs) ?? false;

/** What the fold needs to know of the world besides the reports. */
export type FoldContext = {
  rule: JudgingRule;
  /** Since when we have been able to hear anything: silence before is our own deafness. */
  listeningSinceMs: number;
  /** How far back the memory must reach at the least; what lies before may be forgotten, and is in the store. */
  horizonMs: number;
};

export const defaultHorizonMs = 2 * 3_600_000;

export type AreaEffects = {
  own: Rewrite<OwnChange>[];
  published: Rewrite<StateChange>[];
  alarms: AlarmEffect[];
  /** Breakers whose stored state must be written. */
  touched: BreakerMemory[];
  /** Breakers whose baseline has changed and must be stored. */
  baselines: BreakerMemory[];
  /** Breakers whose published state is another than before. */
  changed: BreakerMemory[];
  /** The judging reaches further back than the memory: there the area must be judged anew from the stored history. */
  beyondHorizon: { breakerId: string; fromMs: number }[];
};

/** The breaker's published state at `atMs`; unknown before its history begins. */
export const publishedAt = (breaker: BreakerMemory, atMs: number): StateChange => {
  const { published } = breaker;
  for (let i = published.length - 1; i >= 0; i -= 1) {
    const change = published[i];
    if (change !== undefined && change.fromMs <= atMs) return change;
  }
  return published[0] ?? { ...silent, fromMs: breaker.facts.installedAtMs };
};

export const lastHeardMs = (breaker: Pick<Remembered, "fold">): number =>
  breaker.fold.own.lastKey?.tsMs ?? Number.NEGATIVE_INFINITY;

/** When it was last heard by our clock: what comes right now with an old time on it, again and again, was said right now. */
export const heardMs = ({ fold }: Pick<Remembered, "fold">): number =>
  behindMs(fold.findings) > 0 ? fold.findings.arrivalMs : lastHeardMs({ fold });

/**
 * The present by the breaker's own clock where that is proven behind: its history is in its own time (DOMAIN.md), and what
 * it says now stands there. Where its history has not come so far (the clock was set back), ours.
 */
export const ownNowMs = ({ fold }: Pick<Remembered, "fold">, nowMs: number): number => {
  const atMs = nowMs - behindMs(fold.findings);
  return lastHeardMs({ fold }) <= atMs ? atMs : nowMs;
};

/** Since when the breaker has been silent; null while it is heard, and before it first was. */
export const silentSinceMs = (breaker: BreakerMemory, nowMs: number, rule: JudgingRule): number | null => {
  const sinceMs = heardMs(breaker) + rule.vouchMs;
  return sinceMs > Number.NEGATIVE_INFINITY && sinceMs <= nowMs ? sinceMs : null;
};

export const isRemoved = ({ facts }: BreakerMemory, atMs: number): boolean =>
  facts.removedAtMs !== null && facts.removedAtMs <= atMs;

/** From this instant on silence is the breakers' and no longer our own. */
export const listeningAtMs = (context: FoldContext): number =>
  context.listeningSinceMs + context.rule.vouchMs;

/** Forgets what lies before the horizon and before the newest report. Mutates the memory. */
export const forget = (
  breaker: Pick<Remembered, "fold" | "changes" | "published" | "keptFromMs">,
  horizonMs: number,
): void => {
  // Most have said the same for hours: there is nothing that could go.
  if (breaker.changes.length < 2 && breaker.published.length < 3) return;
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

/** Decides when the breaker must be looked at again though it has not reported. Mutates the memory. */
export const plan = (
  breaker: BreakerMemory,
  nowMs: number,
  context: FoldContext,
  /** When its alarms and findings change by the clock alone. */
  nextFindingMs: number,
): void => {
  const { facts, fold, changes } = breaker;
  let aheadMs = Number.POSITIVE_INFINITY;
  const ahead = (atMs: number | null) => {
    if (atMs !== null && atMs > nowMs) aheadMs = Math.min(aheadMs, atMs);
  };
  // A device whose clock runs ahead has said something that is not true yet.
  for (const change of changes) ahead(change.fromMs);
  for (const entry of facts.occupancy) ahead(entry.fromMs);
  for (const window of facts.plannedOutages ?? []) {
    ahead(window.fromMs);
    ahead(window.toMs);
  }
  ahead(facts.installedAtMs);
  ahead(facts.removedAtMs);
  if (breaker.aheadMs !== aheadMs) {
    breaker.aheadMs = aheadMs;
    breaker.touched = true;
  }
  breaker.dueMs = Math.min(
    aheadMs,
    nextOwnChangeMs(fold.own, facts.installedAtMs, nowMs, context.rule),
    nextFindingMs,
  );
  // Its history has long said that it is silent when it falls silent.
  if (behindMs(fold.findings) > 0 && heardMs(breaker) + context.rule.vouchMs > nowMs)
    breaker.dueMs = Math.min(breaker.dueMs, heardMs(breaker) + context.rule.vouchMs);
  // Silence that is not alarmed yet waits for our own ears, then for the rest of the area: look at every tick.
  const { reason } = publishedAt(breaker, nowMs);
  if (reason === "areaOutage" || reason === "neverReported" || reason === "silent") {
    if (nowMs < listeningAtMs(context)) breaker.dueMs = Math.min(breaker.dueMs, listeningAtMs(context));
    else if (reason === "silent" && fold.own.lastKey !== null && fold.alarms.silent?.phase !== "standing") {
      if (silentSinceMs(breaker, nowMs, context.rule) !== null) breaker.dueMs = nowMs;
    }
  }
};
