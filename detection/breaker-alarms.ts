// One breaker's alarms at one instant: what its report proves, what it usually leaks, and every rule over both.
import type { JudgingRule } from "../domain/limits.ts";
import { silent } from "../domain/operating.ts";
import type { AlarmView } from "./alarm-view.ts";
import { type AlarmEvent, type AlarmStep, isPending, nextAlarmMs, noAlarms, stepAlarms } from "./alarms.ts";
import { areaLeakageOf } from "./area-leakage.ts";
import type { BreakerMemory } from "./breaker-memory.ts";
import { newBaseline } from "./leakage/baseline.ts";
import { type AreaLeakage, newLeakageMemory, stepLeakage } from "./leakage/leakage.ts";
import { attributeTrip, attributionWaitMs, lineExcess } from "./line.ts";
import {
  type AreaEffects,
  type AreaMemory,
  type FoldContext,
  heardMs,
  isRemoved,
  listeningAtMs,
  ownNowMs,
  publishedAt,
  silentSinceMs,
} from "./memory.ts";
import { observe } from "./observe.ts";
import { isPossibleResidual } from "./plausible.ts";
import { behindMs } from "./report-clock.ts";
import { openDueMs, testDueMs } from "./state-rules.ts";

const noEvents: readonly AlarmEvent[] = [];

/** Others speak for an area that lives when they were heard so many heartbeats before `breaker` fell silent, or later. */
const aliveHeartbeats = 1.5;

/** Whether enough of the others were heard, with supply, since about when `breaker` missed its first report. */
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
    const isAlive = heardMs(other) > silentSince - aliveHeartbeats * rule.heartbeatIntervalMs;
    if (isAlive && !other.fold.own.noSupply) heard += 1;
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

/** Only a main that is heard tells: one that has fallen silent open may long have been closed. */
const isMainOpen = (
  area: AreaMemory,
  { facts }: BreakerMemory,
  nowMs: number,
  rule: JudgingRule,
): boolean => {
  if (facts.level !== "household") return false;
  for (const other of area.breakers.values()) {
    if (other.facts.level !== "main" || isRemoved(other, nowMs)) continue;
    const { contact } = other.fold.own;
    const isOpen = contact !== null && contact !== "closed";
    if (isOpen && silentSinceMs(other, nowMs, rule) === null) return true;
  }
  return false;
};

/** When a finding changes by the clock alone. */
const nextFindingMs = (breaker: BreakerMemory, view: AlarmView): number => {
  const { alarms, findings } = breaker.fold;
  let nextMs = nextAlarmMs(alarms, breaker.ownRules, view);
  if (findings.trip !== null) nextMs = Math.min(nextMs, findings.trip.arrivalMs + attributionWaitMs);
  const testMs = testDueMs(view);
  if (testMs > view.nowMs) nextMs = Math.min(nextMs, testMs);
  return Math.min(nextMs, openDueMs(view));
};

/**
 * What the rules ask is answered for the breaker that is being looked at. One view serves all, because making one for
 * every report would be most of the work; nothing of it outlasts the look.
 */
type Look = { area: AreaMemory; breaker: BreakerMemory; nowMs: number; context: FoldContext };
let look: Look | null = null;
let step: AlarmStep | null = null;

const areaOf = (memory: AreaMemory): AreaLeakage => areaLeakageOf(memory, () => look?.breaker ?? null);
const leakageOfArea: AreaLeakage = {
  commonRatio: () => (look === null ? 1 : areaOf(look.area).commonRatio()),
  commonGrowth: () => (look === null ? 1 : areaOf(look.area).commonGrowth()),
};

const newView = ({ breaker, nowMs, context }: Look): AlarmView => ({
  facts: breaker.facts,
  limits: breaker.limits,
  testedMs: breaker.testedMs,
  published: { ...silent, fromMs: 0 },
  reading: null,
  contact: null,
  isClosed: false,
  nowMs,
  rule: context.rule,
  findings: breaker.fold.findings,
  leakage: null,
  areaAlive: (sinceMs) => look !== null && areaAlive(look.area, look.breaker, sinceMs, look.context.rule),
  isRecovering: (sinceMs) => look !== null && isRecovering(look.area, sinceMs, look.nowMs, look.context.rule),
  isMainOpen: () => look !== null && isMainOpen(look.area, look.breaker, look.nowMs, look.context.rule),
  lineExcess: () =>
    look === null ? null : lineExcess(look.area, look.breaker, look.nowMs, look.context.rule),
  heardMs: Number.NEGATIVE_INFINITY,
  silentSinceMs: null,
  listening: false,
  removed: false,
  pending: (kind) => step !== null && isPending(step.memories, kind),
});

const fill = (view: AlarmView, { breaker, nowMs, context }: Look): void => {
  const { fold } = breaker;
  const { rule } = context;
  const { reading } = fold;
  view.facts = breaker.facts;
  view.limits = breaker.limits;
  view.testedMs = breaker.testedMs;
  view.rule = rule;
  view.nowMs = nowMs;
  const clockMs = behindMs(fold.findings);
  view.published = publishedAt(breaker, clockMs === 0 ? nowMs : ownNowMs(breaker, nowMs));
  view.reading = reading !== null && nowMs <= reading.tsMs + clockMs + rule.vouchMs ? reading : null;
  // A trip since the last reading has moved the contact.
  view.contact = fold.own.contact ?? reading?.contact ?? null;
  view.isClosed = view.contact === "closed";
  view.findings = fold.findings;
  view.leakage = fold.leakage;
  view.heardMs = heardMs(breaker);
  view.silentSinceMs = silentSinceMs(breaker, nowMs, rule);
  view.listening = nowMs >= listeningAtMs(context);
  view.removed = isRemoved(breaker, nowMs);
};

/** Takes in what its report says beyond its state. */
const takeReport = (breaker: BreakerMemory, rule: JudgingRule): void => {
  const { report, fold, facts, limits } = breaker;
  if (report === null) return;
  const events = observe({ facts, findings: fold.findings, limits, rule }, report);
  if (events.length > 0) breaker.events = [...breaker.events, ...events];
  if (report.kind !== "reading" || fold.reading === null) return;
  if (!isPossibleResidual(report.body.residualCurrentMa)) return;
  fold.leakage ??= newLeakageMemory();
  const baseline = breaker.baseline ?? newBaseline();
  if (breaker.baseline === null) breaker.baseline = baseline;
  const changed = stepLeakage(
    fold.leakage,
    baseline,
    fold.reading,
    facts.ratedResidualCurrentMa,
    leakageOfArea,
    limits,
  );
  if (changed) breaker.baselineTouched = true;
};

/** Runs the alarms of one breaker of the area; answers when they are to be looked at again. */
export const alarmBreaker = (
  area: AreaMemory,
  breaker: BreakerMemory,
  nowMs: number,
  context: FoldContext,
  effects: AreaEffects,
): number => {
  if (look === null) look = { area, breaker, nowMs, context };
  else {
    look.area = area;
    look.breaker = breaker;
    look.nowMs = nowMs;
    look.context = context;
  }
  const { fold } = breaker;
  takeReport(breaker, context.rule);
  if (fold.findings.trip !== null) {
    const events = attributeTrip(area, breaker, nowMs, context.rule);
    if (events.length > 0) {
      breaker.events = [...breaker.events, ...events];
      breaker.touched = true;
    }
  }
  step ??= {
    view: newView(look),
    memories: noAlarms,
    changed: false,
    ownRules: breaker.ownRules,
    isReading: false,
    events: noEvents,
  };
  fill(step.view, look);
  step.memories = fold.alarms;
  step.changed = false;
  step.ownRules = breaker.ownRules;
  // A late reading that matters now has been taken in as it came.
  step.isReading = breaker.reported && (breaker.report === null || breaker.report.kind === "reading");
  step.events = breaker.events;
  stepAlarms(step, effects.alarms);
  fold.alarms = step.memories;
  if (step.changed) breaker.touched = true;
  breaker.reported = false;
  breaker.report = null;
  breaker.events = noEvents;
  return nextFindingMs(breaker, step.view);
};
