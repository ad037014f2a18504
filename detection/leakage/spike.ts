// The spike detector on any series of numbers: the same baseline as a breaker's leakage, made free of units, as one score a
// value. Uses nothing later than the value. For benchmarks from outside (`npm run evaluate -- --csv`).
import {
  type Expectation,
  expectAt,
  type LeakageBaseline,
  type LeakageHour,
  learn,
  minSpreadMa,
  newBaseline,
  newHour,
} from "./baseline.ts";

/** A level that forgets, and how far values usually lie from it. */
type Running = { level: number; spread: number; count: number };

/** The memory of one series; bounded. Values are divided by `unit`, so that the usual unrest is a few mA's worth. */
export type SeriesMemory = {
  /** The first values, until there are enough to know the series' unit; then empty. */
  first: { tsMs: number; value: number }[];
  unit: number;
  baseline: LeakageBaseline;
  hour: LeakageHour;
  /** The last values, whatever the hour: a jump stands out from them. */
  fast: Running;
  /** Many values back: a new level stands out from them for long. */
  slow: Running;
  /** How far off the last values were, in spreads. */
  recent: number;
};

const newRunning = (): Running => ({ level: 0, spread: 0, count: 0 });

export const newSeriesMemory = (): SeriesMemory => ({
  first: [],
  unit: 0,
  baseline: newBaseline(),
  hour: newHour(),
  fast: newRunning(),
  slow: newRunning(),
  recent: 0,
});

/** Values from which the series' unit is taken. */
const unitValues = 48;
/** The usual unrest of the first values is worth so many of the baseline's mA: ten times what no meter resolves. */
const unrestMa = 10 * minSpreadMa;
/** Values over which the two levels forget. */
const fastMemory = 24;
const slowMemory = 500;
/** Values after which a level is known well enough to be compared with. */
const knownValues = 24;
/** A value moves a level by at most so many spreads, so that one outlier does not become the norm. */
const clipSpreads = 4;
/** Further than this from a level nothing can be told apart; keeps sums finite. */
const farthest = 1e12;
/** Values over which what was recently off is forgotten, its weight beside the value itself, and what one may add to it. */
const recentMemory = 4;
const recentWeight = 0.5;
const recentClipSpreads = 12;
/** The score is one half at this distance, in spreads. */
const halfSpreads = 6;
/** The steeper, the nearer everyday distances lie to 0: one spread scores 0.005, three 0.11, twelve 0.89. */
const steepness = 3;

const medianOf = (values: number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
};

/** The unrest of values as a robust standard deviation; a constant series takes its size, else 1. */
const unitOf = (values: readonly number[]): number => {
  const middle = medianOf([...values]);
  const mad = medianOf(values.map((value) => Math.abs(value - middle)));
  const steps = medianOf(values.slice(1).map((value, i) => Math.abs(value - (values[i] ?? value))));
  const unrest = Math.max(1.4826 * mad, steps);
  return (unrest > 0 ? unrest : Math.abs(middle) / 10 || 1) / unrestMa;
};

/** How far the value lies from the level, in spreads; null while the level is not known. Learns the value. */
const awayFrom = (running: Running, x: number, memory: number): number | null => {
  const weight = 1 / Math.min(running.count + 1, memory);
  const known = running.count >= knownValues;
  const spread = Math.max(running.spread, minSpreadMa);
  const away = x - running.level;
  const reach = clipSpreads * spread;
  const step = known ? Math.min(Math.max(away, -reach), reach) : away;
  running.level += weight * step;
  running.spread += weight * (1.2533 * Math.abs(step) - running.spread);
  running.count = Math.min(running.count + 1, memory);
  return known ? Math.abs(away) / spread : null;
};

const expected: Expectation = { levelMa: 0, spreadMa: 0 };

/** How far off a value is, in spreads. Learns it. */
const fold = (memory: SeriesMemory, tsMs: number, value: number): number => {
  const x = Math.min(Math.max(value / memory.unit, -farthest), farthest);
  const known = expectAt(memory.baseline, tsMs, expected);
  const atThisHour = known ? Math.abs(x - expected.levelMa) / expected.spreadMa : null;
  learn(memory.baseline, memory.hour, tsMs, x, known ? expected : null, true);
  const sudden = awayFrom(memory.fast, x, fastMemory) ?? 0;
  const forLong = awayFrom(memory.slow, x, slowMemory) ?? 0;
  // A daily peak is usual at its hour, a new level is sudden at first only. Where no day is learnt (yet), or times are mere
  // counts, the slow level says what is usual.
  const usual = atThisHour ?? forLong;
  const away = Math.sqrt((usual * usual + sudden * sudden) / 2);
  // Unrest comes in bursts: a value in the middle of one is no everyday value, however near the level it happens to lie.
  const off = (away + recentWeight * memory.recent) / (1 + recentWeight);
  memory.recent += (Math.min(away, recentClipSpreads) - memory.recent) / recentMemory;
  return off;
};

/** Rises strictly with the distance, from 0 towards 1. */
const scoreOf = (spreads: number): number => {
  const ratio = (spreads / halfSpreads) ** steepness;
  return ratio / (1 + ratio);
};

/**
 * Scores the next value of a series, 0 (as ever) to 1 (like nothing before), and learns it. Values must come in order of
 * time (Unix ms); one that is not a finite number scores 0 and teaches nothing. Mutates `memory`.
 */
export const scoreValue = (memory: SeriesMemory, tsMs: number, value: number): number => {
  if (!Number.isFinite(value) || !Number.isFinite(tsMs)) return 0;
  if (memory.unit !== 0) return scoreOf(fold(memory, tsMs, value));
  memory.first.push({ tsMs, value });
  if (memory.first.length < unitValues) return 0;
  memory.unit = unitOf(memory.first.map((one) => one.value));
  let spreads = 0;
  for (const one of memory.first) spreads = fold(memory, one.tsMs, one.value);
  memory.first = [];
  return scoreOf(spreads);
};
