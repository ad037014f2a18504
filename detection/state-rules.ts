// Rules over a breaker's published state, its silence and its calendar.
import type { AlarmEvidence } from "../domain/alarm.ts";
import { latenessMs } from "../domain/limits.ts";
import type { StateChange } from "../domain/operating.ts";
import { type AlarmView, type Condition, type KindRule, readingEvidence } from "./alarm-view.ts";

const dayMs = 86_400_000;
/** The third report that is missed may be on its way so long: an alarm of a second helps nobody. */
const onItsWayMs = 30_000;

const stateStartMs = ({ published }: AlarmView): number => published.fromMs;
const silenceStartMs = ({ silentSinceMs, nowMs }: AlarmView): number => silentSinceMs ?? nowMs;

const stateEvidence = ({ published }: AlarmView): AlarmEvidence => ({
  since: new Date(published.fromMs).toISOString(),
});

/** On while the published state has this reason; a silent breaker may still be in it, so silence holds. */
const whileReason =
  (reason: StateChange["reason"]) =>
  ({ published }: AlarmView): Condition => {
    if (published.reason === reason) return "on";
    const unheard =
      published.reason === "silent" ||
      published.reason === "areaOutage" ||
      published.reason === "plannedOutage";
    return unheard ? "hold" : "off";
  };

const isOpen = whileReason("open");
/** When the next report must have come. */
const nextReportMs = ({ heardMs, rule }: AlarmView): number =>
  heardMs + rule.heartbeatIntervalMs + latenessMs;

/** When an open contact is believed though no further report has come; Infinity where that is not the question. */
export const openDueMs = (view: AlarmView): number =>
  view.published.reason === "open" && nextReportMs(view) > view.nowMs
    ? nextReportMs(view)
    : Number.POSITIVE_INFINITY;

/** When the monthly trip test is due: counted from the newest test, or from when we began to know the breaker. */
export const testDueMs = ({
  facts,
  findings,
  limits,
  testedMs,
}: Pick<AlarmView, "facts" | "findings" | "limits" | "testedMs">): number =>
  findings.firstMs === 0
    ? Number.POSITIVE_INFINITY
    : Math.max(facts.installedAtMs, findings.firstMs, findings.testMs, testedMs) +
      limits.testIntervalDays * dayMs;

const testedAt = (ms: number): string | null => (ms === 0 ? null : new Date(ms).toISOString());

export const stateRules: readonly KindRule[] = [
  {
    kind: "protectionExited",
    needsReason: true,
    onDelayMs: 0,
    condition: whileReason("protectionExited"),
    startMs: stateStartMs,
    evidence: (view) => ({ ...readingEvidence(view), ...stateEvidence(view) }),
  },
  {
    kind: "tripFunctionFault",
    needsReason: true,
    onDelayMs: 0,
    condition: whileReason("tripFunctionFault"),
    startMs: stateStartMs,
    evidence: (view) => ({ ...readingEvidence(view), ...stateEvidence(view) }),
  },
  {
    kind: "bypassed",
    needsReason: true,
    onDelayMs: 0,
    condition: whileReason("bypassed"),
    startMs: stateStartMs,
    evidence: (view) => ({
      ...readingEvidence(view),
      loadCurrentA: view.reading?.loadCurrentA ?? null,
      ...stateEvidence(view),
    }),
  },
  {
    // The grace period of the state is the on-delay, and whoever was switched on again in it has until the next report to
    // say so: a report from after it, or none when one was due, says that it is open still.
    kind: "open",
    needsReason: true,
    onDelayMs: 0,
    condition: (view) => {
      const condition = isOpen(view);
      if (condition !== "on") return condition;
      // Behind an open main there is no supply that it could be open with.
      if (view.isClosed || view.isMainOpen()) return "hold";
      const isConfirmed = view.reading !== null && view.reading.ts >= view.published.fromMs;
      return isConfirmed || view.nowMs >= nextReportMs(view) ? "on" : "hold";
    },
    startMs: stateStartMs,
    evidence: (view) => ({ ...readingEvidence(view), ...stateEvidence(view) }),
  },
  {
    // Three missed heartbeats are the on-delay of the state; the last of them may be on its way. While the whole area is quiet
    // one more heartbeat is waited for, so that an outage becomes one alarm for the area and not one for every house; and
    // when it comes back, two.
    kind: "silent",
    needsReason: true,
    onDelayMs: 0,
    condition: ({ facts, published, silentSinceMs, nowMs, rule, areaAlive, isRecovering, listening }) => {
      // Tried out before its day: nobody need look for it when it is switched off again.
      if (facts.installedAtMs > nowMs) return "off";
      if (published.reason !== "silent" || silentSinceMs === null) return "off";
      if (!listening || isRecovering(silentSinceMs)) return "hold";
      if (nowMs - silentSinceMs < onItsWayMs) return "hold";
      return areaAlive(silentSinceMs) || nowMs - silentSinceMs >= rule.heartbeatIntervalMs + latenessMs
        ? "on"
        : "hold";
    },
    startMs: silenceStartMs,
    evidence: (view) => ({ since: new Date(silenceStartMs(view)).toISOString() }),
  },
  {
    kind: "neverReported",
    needsReason: true,
    onDelayMs: 0,
    condition: ({ published, listening }) => {
      if (published.reason !== "neverReported") return "off";
      return listening ? "on" : "hold";
    },
    startMs: stateStartMs,
    evidence: ({ facts }) => ({ installedAt: new Date(facts.installedAtMs).toISOString() }),
  },
  {
    kind: "testOverdue",
    onDelayMs: 0,
    condition: (view) => {
      if (view.nowMs < testDueMs(view)) return "off";
      return view.published.state === "excused" ? "hold" : "on";
    },
    startMs: testDueMs,
    evidence: (view) => ({
      dueAt: new Date(testDueMs(view)).toISOString(),
      testedAt: testedAt(Math.max(view.findings.testMs, view.testedMs)),
    }),
  },
];
