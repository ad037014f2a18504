// One reading against what its breaker usually leaks: spike, drift, coming and going, a sensor that no longer measures.
// A pure fold: memory in, memory changed in place, verdicts for the alarm rules. Currents in mA, times in Unix ms.
import type { Reading } from "../../domain/wire.ts";
import {
  type Expectation,
  expectAt,
  type LeakageBaseline,
  type LeakageHour,
  learn,
  newHour,
} from "./baseline.ts";
import { isDrifting } from "./drift.ts";
import { newSensorRun, type SensorRun, stepSensor } from "./sensor.ts";

/** The numbers of the leakage rules (docs/findings.md says where each comes from). */
export type LeakageLimits = {
  /** A spike stands at least so many spreads above what is usual… */
  spikeSpreads: number;
  /** …and at least this share of IΔn… */
  spikeShareOfRated: number;
  /** …and at least so many mA. */
  spikeMinMa: number;
  /** It has ended when less than this share of that distance is left. */
  spikeEndShare: number;
  /** So many rises within `intermittentWindowMs` are no single event any more. */
  intermittentRises: number;
  intermittentWindowMs: number;
  /** A drift has grown by at least this share of what it was, the area's own growth taken off… */
  driftGrowth: number;
  /** …and by at least this share of IΔn. */
  driftShareOfRated: number;
  /** Load that counts as load, in A. */
  loadPresentA: number;
};

export const defaultLeakageLimits: LeakageLimits = {
  spikeSpreads: 8,
  spikeShareOfRated: 0.15,
  spikeMinMa: 2,
  spikeEndShare: 0.5,
  intermittentRises: 4,
  intermittentWindowMs: 24 * 3_600_000,
  driftGrowth: 0.3,
  driftShareOfRated: 0.1,
  loadPresentA: 0.5,
};

/** A spike teaches nothing until it has stood for so long. */
const newNormalMs = 3_600_000;
/** Rises that are remembered. */
const maxRises = 8;

export type LeakageMemory = {
  hour: LeakageHour;
  /** Above what is usual, the area's common movement taken off, in mA; 0 while nothing is usual yet. */
  excessMa: number;
  /** What was expected of the newest reading, in mA; null while nothing is usual yet. */
  expectedMa: number | null;
  /** The newest reading ÷ what was expected; null while nothing is usual yet. */
  ratio: number | null;
  /** A spike stands. */
  isHigh: boolean;
  /** When spikes began, oldest first. */
  risesMs: number[];
  isDrifting: boolean;
  sensor: SensorRun;
};

export const newLeakageMemory = (): LeakageMemory => ({
  hour: newHour(),
  excessMa: 0,
  expectedMa: null,
  ratio: null,
  isHigh: false,
  risesMs: [],
  isDrifting: false,
  sensor: newSensorRun(),
});

/** What the rest of the transformer area does; asked only when a breaker stands out, so it may cost something. */
export type AreaLeakage = {
  /** Median over the area's other breakers of newest reading ÷ expectation; 1 where too few are known. */
  commonRatio: () => number;
  /** Median over the area's other breakers of how much their daily level has grown; 1 where too few are known. */
  commonGrowth: () => number;
};

const expectation: Expectation = { levelMa: 0, spreadMa: 0 };

/** How far above the usual a reading must be, in mA, to be a spike. */
export const spikeThresholdMa = (
  spreadMa: number,
  ratedResidualCurrentMa: number,
  limits: LeakageLimits,
): number =>
  Math.max(
    limits.spikeSpreads * spreadMa,
    limits.spikeShareOfRated * ratedResidualCurrentMa,
    limits.spikeMinMa,
  );

/**
 * Folds one reading of a closed breaker into the memory. Answers whether the baseline changed and must be stored.
 * Mutates `memory` and `baseline`.
 */
export const stepLeakage = (
  memory: LeakageMemory,
  baseline: LeakageBaseline,
  reading: Pick<Reading, "residualCurrentMa" | "contact" | "loadCurrentA"> & { tsMs: number },
  ratedResidualCurrentMa: number,
  area: AreaLeakage,
  limits: LeakageLimits,
): boolean => {
  const { tsMs, residualCurrentMa: valueMa } = reading;
  const isClosed = reading.contact === "closed";
  stepSensor(memory.sensor, reading, limits.loadPresentA);
  const known = expectAt(baseline, tsMs, expectation);
  memory.expectedMa = known ? expectation.levelMa : null;
  memory.excessMa = 0;
  memory.ratio = null;
  if (!isClosed) memory.isHigh = false;
  else if (known) {
    memory.ratio = (valueMa + 1) / (expectation.levelMa + 1);
    judgeHeight(memory, valueMa, tsMs, ratedResidualCurrentMa, area, limits);
  }
  // A short rise teaches nothing, or the first ones would hide those that follow. One that stays for long may be the new
  // normal: the clip lets it in slowly.
  const isSpike = known && memory.isHigh && tsMs - (memory.risesMs.at(-1) ?? 0) < newNormalMs;
  const taughtMa = isSpike ? Math.min(valueMa, expectation.levelMa) : valueMa;
  const changed = learn(baseline, memory.hour, tsMs, taughtMa, known ? expectation : null, isClosed);
  if (changed)
    memory.isDrifting = isDrifting(
      baseline,
      memory.isDrifting,
      ratedResidualCurrentMa,
      area.commonGrowth,
      limits,
    );
  return changed;
};

const judgeHeight = (
  memory: LeakageMemory,
  valueMa: number,
  tsMs: number,
  ratedResidualCurrentMa: number,
  area: AreaLeakage,
  limits: LeakageLimits,
): void => {
  let thresholdMa = spikeThresholdMa(expectation.spreadMa, ratedResidualCurrentMa, limits);
  let excessMa = valueMa - expectation.levelMa;
  // Rain makes a whole area leak more, and more unsteadily: what the others do too is no spike.
  if (excessMa > limits.spikeEndShare * thresholdMa) {
    const common = Math.max(area.commonRatio(), 1);
    excessMa = valueMa - ((expectation.levelMa + 1) * common - 1);
    thresholdMa = spikeThresholdMa(expectation.spreadMa * common, ratedResidualCurrentMa, limits);
  }
  const endMa = limits.spikeEndShare * thresholdMa;
  memory.excessMa = excessMa;
  if (memory.isHigh) {
    if (excessMa <= endMa) memory.isHigh = false;
  } else if (excessMa >= thresholdMa) {
    memory.isHigh = true;
    memory.risesMs.push(tsMs);
    if (memory.risesMs.length > maxRises) memory.risesMs.shift();
  }
};

/** How often the leakage rose within the window before `nowMs`. */
export const risesWithin = (memory: LeakageMemory, nowMs: number, limits: LeakageLimits): number => {
  let rises = 0;
  for (const atMs of memory.risesMs) if (atMs > nowMs - limits.intermittentWindowMs) rises += 1;
  return rises;
};
