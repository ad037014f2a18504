// One breaker's alarms at one instant: what its report proves, what it usually leaks, and every rule over both.
import type { JudgingRule } from "../domain/limits.ts";
import { silent } from "../domain/operating.ts";
import type { AlarmView } from "./alarm-view.ts";
import { type AlarmEvent, type AlarmStep, isPending, nextAlarmMs, noAlarms, stepAlarms } from "./alarms.ts";
import { areaLeakageOf } from "./area-leakage.ts";
import { newBaseline } from "./leakage/baseline.ts";
import { newLeakageMemory, stepLeakage } from "./leakage/leakage.ts";
import { attributeTrip, attributionWaitMs, lineExcess } from "./line.ts";
import {
  type AreaEffects,
  type AreaMemory,
  type BreakerMemory,
  type FoldContext,
  isRemoved,
  lastHeardMs,
  listeningAtMs,
  publishedAt,
  silentSinceMs,
} from "./memory.ts";
import { observe } from "./observe.ts";
import { isPossibleResidual } from "./plausible.ts";
import { testDueMs } from "./state-rules.ts";

const noEvents: readonly AlarmEvent[] = [];

/** Whether enough of the others were heard in the two heartbeats before `breaker` fell silent. */
const areaAlive = (
  area: AreaMemory,
  breaker: BreakerMemory,
  silentSince: number,
  rule: JudgingRule,
): boolean => {
  let reporting = 0;
  let heard = 0;
  for (const other of area.breakers.values()) {
    if (other === breaker || other.fold.own.lastKey === null || isRemoved(other, silentSince)) continue;
    reporting += 1;
    if (lastHeardMs(other) > silentSince - 2 * rule.heartbeatIntervalMs) heard += 1;
  }
  if (reporting + 1 < rule.areaOutageMinBreakers) return true;
  return heard > (1 - rule.areaOutageShare) * (reporting + 1);
};

/** After an area's darkness a breaker has so many heartbeats to be heard again. */
const recoveryHeartbeats = 2;

const isRecovering = (area: AreaMemory, silentSince: number, nowMs: number, rule: JudgingRule): boolean => {
  if (area.outageAlarm?.phase === "standing" || area.linkAlarm?.phase === "standing") return true;
  const { darkUntilMs } = area;
  if (darkUntilMs === undefined || silentSince > darkUntilMs) return false;
  return nowMs < darkUntilMs + recoveryHeartbeats * rule.heartbeatIntervalMs;
};

/** When a finding changes by the clock alone. */
const nextFindingMs = (breaker: BreakerMemory, view: AlarmView): number => {
  const { alarms, findings } = breaker.fold;
  let nextMs = nextAlarmMs(alarms, breaker.ownRules, view);
  if (findings.trip !== null) nextMs = Math.min(nextMs, findings.trip.arrivalMs + attributionWaitMs);
  const testMs = testDueMs(view);
  if (testMs > view.nowMs) nextMs = Math.min(nextMs, testMs);
  return nextMs;
};

/** Answers what runs the alarms of one breaker of the area after another, and tells when each is to be looked at again. */
export const newBreakerAlarms = (
  area: AreaMemory,
  nowMs: number,
  context: FoldContext,
): ((breaker: BreakerMemory, effects: AreaEffects) => number) => {
  const { rule } = context;
  let breaker: BreakerMemory | null = null;
  let step: AlarmStep | null = null;
  const areaLeakage = areaLeakageOf(area, () => breaker);
  /** Filled anew for every breaker. */
  let view: AlarmView | null = null;

  const fill = (of: BreakerMemory): AlarmView => {
    const { fold, facts, limits } = of;
    const isFresh = fold.reading !== null && nowMs <= fold.reading.tsMs + rule.vouchMs;
    const contact = fold.own.contact;
    view ??= {
      facts,
      limits,
      published: { ...silent, fromMs: 0 },
      reading: null,
      contact: null,
      isClosed: false,
      nowMs,
      rule,
      findings: fold.findings,
      leakage: null,
      areaAlive: (sinceMs) => breaker !== null && areaAlive(area, breaker, sinceMs, rule),
      isRecovering: (sinceMs) => isRecovering(area, sinceMs, nowMs, rule),
      lineExcess: () => (breaker === null ? null : lineExcess(area, breaker, nowMs, rule)),
      silentSinceMs: null,
      listening: nowMs >= listeningAtMs(context),
      removed: false,
      pending: (kind) => step !== null && isPending(step.memories, kind),
    };
    view.facts = facts;
    view.limits = limits;
    view.published = publishedAt(of, nowMs);
    view.reading = isFresh ? fold.reading : null;
    // A trip since the last reading has moved the contact.
    view.contact = contact ?? fold.reading?.contact ?? null;
    view.isClosed = view.contact === "closed";
    view.findings = fold.findings;
    view.leakage = fold.leakage;
    view.silentSinceMs = silentSinceMs(of, nowMs, rule);
    view.removed = isRemoved(of, nowMs);
    return view;
  };

  /** Takes in what its report says beyond its state. */
  const takeReport = (of: BreakerMemory): void => {
    const { report, fold, facts, limits } = of;
    if (report === null) return;
    const events = observe({ facts, findings: fold.findings, limits, rule }, report);
    if (events.length > 0) of.events = [...of.events, ...events];
    if (report.kind !== "reading" || fold.reading === null) return;
    if (!isPossibleResidual(report.body.residualCurrentMa)) return;
    fold.leakage ??= newLeakageMemory();
    of.baseline ??= newBaseline();
    const changed = stepLeakage(
      fold.leakage,
      of.baseline,
      fold.reading,
      facts.ratedResidualCurrentMa,
      areaLeakage,
      limits,
    );
    if (changed) of.baselineTouched = true;
  };

  return (of, effects) => {
    breaker = of;
    takeReport(of);
    if (of.fold.findings.trip !== null) {
      const events = attributeTrip(area, of, nowMs);
      if (events.length > 0) {
        of.events = [...of.events, ...events];
        of.touched = true;
      }
    }
    const full = fill(of);
    step ??= { view: full, memories: noAlarms, ownRules: of.ownRules, isReading: false, events: noEvents };
    step.memories = of.fold.alarms;
    step.ownRules = of.ownRules;
    step.isReading = of.reported && of.report?.kind === "reading";
    step.events = of.events;
    const before = effects.alarms.length;
    stepAlarms(step, effects.alarms);
    of.fold.alarms = step.memories;
    if (effects.alarms.length > before) of.touched = true;
    of.reported = false;
    of.report = null;
    of.events = noEvents;
    return nextFindingMs(of, full);
  };
};
