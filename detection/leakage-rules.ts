// What departs from a breaker's usual leakage, as alarms; the judging itself is in leakage/.
import type { AlarmEvidence } from "../domain/alarm.ts";
import {
  type AlarmView,
  type Condition,
  type KindRule,
  readingEvidence,
  readingStartMs,
} from "./alarm-view.ts";
import { risesWithin } from "./leakage/leakage.ts";
import { isStuck } from "./leakage/sensor.ts";

const judged = (view: AlarmView, judge: (view: AlarmView) => Condition): Condition =>
  view.reading === null || view.leakage === null ? "hold" : judge(view);

const leakageEvidence = (view: AlarmView): AlarmEvidence => ({
  ...readingEvidence(view),
  usualMa: view.leakage?.expectedMa == null ? null : Math.round(view.leakage.expectedMa * 10) / 10,
});

export const leakageRules: readonly KindRule[] = [
  {
    // A failure to trip or a high leakage says the same more strongly.
    kind: "leakageSpike",
    onDelayMs: ({ limits }) => limits.readingHoldMs,
    condition: (view) =>
      judged(view, ({ leakage, pending }) => {
        if (!leakage?.isHigh) return "off";
        return pending("failureToTrip") || pending("highLeakage") ? "off" : "on";
      }),
    startMs: readingStartMs,
    evidence: leakageEvidence,
  },
  {
    kind: "leakageDrift",
    onDelayMs: 0,
    condition: (view) => judged(view, ({ leakage }) => (leakage?.isDrifting ? "on" : "off")),
    startMs: readingStartMs,
    evidence: leakageEvidence,
  },
  {
    kind: "intermittentLeakage",
    onDelayMs: 0,
    condition: (view) =>
      judged(view, ({ leakage, limits, nowMs }) => {
        if (leakage === null) return "off";
        const rises = risesWithin(leakage, nowMs, limits);
        if (rises >= limits.intermittentRises) return "on";
        return rises === 0 ? "off" : "hold";
      }),
    startMs: readingStartMs,
    evidence: (view) => ({
      ...leakageEvidence(view),
      rises: view.leakage === null ? null : risesWithin(view.leakage, view.nowMs, view.limits),
    }),
  },
  {
    kind: "stuckSensor",
    onDelayMs: 0,
    condition: (view) => judged(view, ({ leakage }) => (leakage && isStuck(leakage.sensor) ? "on" : "off")),
    startMs: ({ leakage, nowMs }) => leakage?.sensor.sinceMs ?? nowMs,
    evidence: readingEvidence,
  },
];
