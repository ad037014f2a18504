// Rules over a breaker's readings: leakage, power quality, and what its main says of the line. Each holds against the
// thresholds of its breaker (domain/finding-limits.ts), with on-delay and deadband.
import {
  type AlarmView,
  above,
  below,
  type Condition,
  type KindRule,
  readingEvidence,
  readingStartMs,
} from "./alarm-view.ts";
import { isPossibleResidual, isPossibleVoltage, phaseVoltageV } from "./plausible.ts";

/** The residual current as the leakage rules judge it: only of a closed contact, only a possible one. */
const residual = (
  view: AlarmView,
  judge: (residualCurrentMa: number, ratedMa: number) => Condition,
): Condition => {
  const { reading } = view;
  if (reading === null) return "hold";
  if (!view.isClosed) return "off";
  if (!isPossibleResidual(reading.residualCurrentMa)) return "hold";
  return judge(reading.residualCurrentMa, view.facts.ratedResidualCurrentMa);
};

const voltage = (view: AlarmView, judge: (voltageV: number) => Condition): Condition => {
  const { reading } = view;
  if (reading === null) return "hold";
  const { voltageV } = reading;
  if (voltageV === undefined || voltageV < view.rule.noSupplyV) return "off";
  if (!isPossibleVoltage(voltageV, view.facts.level)) return "hold";
  return judge(phaseVoltageV(voltageV, view.facts.level));
};

const holdMs = ({ limits }: AlarmView): number => limits.readingHoldMs;
const voltageEvidence = (view: AlarmView) => ({
  voltageV: view.reading?.voltageV ?? null,
  ...readingEvidence(view),
});

/** (largest − smallest) ÷ largest phase current; null where it cannot be said. */
const imbalance = (currentsA: readonly number[] | undefined, minA: number): number | null => {
  if (currentsA === undefined) return null;
  const largest = Math.max(...currentsA);
  return largest < minA ? null : (largest - Math.min(...currentsA)) / largest;
};

/** In order: a rule may ask whether an earlier one is pending. */
export const readingRules: readonly KindRule[] = [
  {
    // At or above IΔn a breaker must open within its break time (GB/T 6829: ≤ 0.5 s for a main, ≤ 0.1 s for a household);
    // two reports or ten seconds leave no doubt. The deadband of 20 % keeps a current near IΔn from chattering.
    kind: "failureToTrip",
    onDelayMs: 10_000,
    orReports: 2,
    condition: (view) =>
      residual(view, (ma, ratedMa) => {
        const onAt = view.limits.failureToTripShare * ratedMa;
        return above(ma, onAt, 0.8 * onAt);
      }),
    startMs: readingStartMs,
    evidence: readingEvidence,
  },
  {
    // Firmware commonly warns at 60 % held for 60 s; a breaker must not trip below 50 % (DOMAIN.md), so below that nothing
    // is wrong. A failure to trip says the same more strongly: then this one is suppressed by design.
    kind: "highLeakage",
    onDelayMs: holdMs,
    condition: (view) => {
      const { limits } = view;
      const condition = residual(view, (ma, ratedMa) =>
        above(ma, limits.highLeakageShare * ratedMa, limits.highLeakageClearShare * ratedMa),
      );
      return condition !== "off" && view.pending("failureToTrip") ? "off" : condition;
    },
    startMs: readingStartMs,
    evidence: readingEvidence,
  },
  {
    // A main above this cannot stay in service, whatever it is set to: it is left open, or its protection is exited.
    kind: "backgroundTooHigh",
    onDelayMs: holdMs,
    minReports: 2,
    condition: (view) => {
      if (view.facts.level !== "main") return "off";
      const { backgroundMa, backgroundClearShare } = view.limits;
      return residual(view, (ma) => above(ma, backgroundMa, backgroundClearShare * backgroundMa));
    },
    startMs: readingStartMs,
    evidence: readingEvidence,
  },
  {
    // Leakage currents add as vectors: a main above the sum of its houses proves leakage on the line (DOMAIN.md). Twice in
    // a row, and four minutes: by then every house has reported since the first time.
    kind: "lineLeakage",
    onDelayMs: 240_000,
    minReports: 2,
    condition: (view) => {
      if (view.facts.level !== "main") return "off";
      const { reading, limits } = view;
      // Most mains leak less than the least that is ever compared: then there is nothing to add up.
      if (reading !== null && reading.residualCurrentMa < limits.lineLeakageMinMa / 2) return "off";
      return residual(view, () => {
        const line = view.lineExcess();
        if (line === null) return "hold";
        const onAt = Math.max(limits.lineLeakageMinMa, limits.lineLeakageShare * line.sumMa);
        return above(line.excessMa, onAt, onAt / 2);
      });
    },
    startMs: readingStartMs,
    evidence: (view) => {
      const line = view.lineExcess();
      return {
        excessMa: line === null ? null : Math.round(line.excessMa * 10) / 10,
        householdsSumMa: line === null ? null : Math.round(line.sumMa * 10) / 10,
        silentHouseholds: line?.silentHouseholds ?? null,
        ...readingEvidence(view),
      };
    },
  },
  {
    kind: "lowVoltage",
    onDelayMs: holdMs,
    minReports: 2,
    condition: (view) =>
      voltage(view, (v) =>
        below(v, view.limits.lowVoltageV, view.limits.lowVoltageV + view.limits.voltageDeadbandV),
      ),
    startMs: readingStartMs,
    evidence: voltageEvidence,
  },
  {
    kind: "overVoltage",
    onDelayMs: holdMs,
    minReports: 2,
    condition: (view) =>
      voltage(view, (v) =>
        above(v, view.limits.overVoltageV, view.limits.overVoltageV - view.limits.voltageDeadbandV),
      ),
    startMs: readingStartMs,
    evidence: voltageEvidence,
  },
  {
    kind: "overload",
    onDelayMs: holdMs,
    minReports: 2,
    condition: (view) => {
      if (view.reading === null) return "hold";
      const { overloadA, overloadClearShare } = view.limits;
      if (!view.isClosed) return "off";
      return above(view.reading.loadCurrentA ?? 0, overloadA, overloadClearShare * overloadA);
    },
    startMs: readingStartMs,
    evidence: (view) => ({
      loadCurrentA: view.reading?.loadCurrentA ?? null,
      limitA: view.limits.overloadA,
      ...readingEvidence(view),
    }),
  },
  {
    kind: "phaseImbalance",
    onDelayMs: holdMs,
    minReports: 2,
    condition: (view) => {
      if (view.reading === null) return "hold";
      const { limits } = view;
      const share = imbalance(view.reading.phaseCurrentsA, limits.phaseImbalanceMinA);
      if (share === null) return "off";
      return above(share, limits.phaseImbalanceShare, limits.phaseImbalanceClearShare);
    },
    startMs: readingStartMs,
    evidence: ({ reading, limits }) => {
      const [a, b, c] = reading?.phaseCurrentsA ?? [null, null, null];
      const share = imbalance(reading?.phaseCurrentsA, limits.phaseImbalanceMinA);
      return {
        imbalanceShare: share === null ? null : Math.round(share * 1_000) / 1_000,
        phaseAA: a,
        phaseBA: b,
        phaseCA: c,
      };
    },
  },
];
