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

/** The memory of one series; bounded. Values are divided by `unit`, so that the usual unrest is a few mA's worth. */
export type SeriesMemory = {
  /** The first values, until there are enough to know the series' unit; then empty. */
  first: { tsMs: number; value: number }[];
  unit: number;
  baseline: LeakageBaseline;
  hour: LeakageHour;
  /** The level and unrest of the last values, whatever the hour. */
  fastLevel: number;
  fastSpread: number;
  fastCount: number;
};

export const newSeriesMemory = (): SeriesMemory => ({
  first: [],
  unit: 0,
  baseline: newBaseline(),
  hour: newHour(),
  fastLevel: 0,
  fastSpread: 0,
  fastCount: 0,
});

/** Values from which the series' unit is taken. */
const unitValues = 48;
/** The usual unrest of the first values is worth so many of the baseline's mA: ten times what no meter resolves. */
const unrestMa = 10 * minSpreadMa;
/** Values over which the fast level forgets. */
const fastMemory = 24;
const fastClip = 4;
/** Distances below this are everyday, in spreads. */
const everydaySpreads = 3;
/** Distances this much further halve what is left of the doubt. */
const halvingSpreads = 3;

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

const expected: Expectation = { levelMa: 0, spreadMa: 0 };

const fold = (memory: SeriesMemory, tsMs: number, value: number): number => {
  const x = value / memory.unit;
  const known = expectAt(memory.baseline, tsMs, expected);
  const usual = known ? Math.abs(x - expected.levelMa) / expected.spreadMa : null;
  learn(memory.baseline, memory.hour, tsMs, x, known ? expected : null, true);

  const weight = 1 / Math.min(memory.fastCount + 1, fastMemory);
  const spread = Math.max(memory.fastSpread, minSpreadMa);
  const away = x - memory.fastLevel;
  const sudden = memory.fastCount < fastMemory ? 0 : Math.abs(away) / spread;
  const reach = fastClip * spread;
  const step = memory.fastCount < fastMemory ? away : Math.min(Math.max(away, -reach), reach);
  memory.fastLevel += weight * step;
  memory.fastSpread += weight * (1.2533 * Math.abs(step) - memory.fastSpread);
  memory.fastCount = Math.min(memory.fastCount + 1, fastMemory);
  // What is usual at this hour weighs as much as how sudden it is: a daily peak is neither, a new level is both at first.
  return usual === null ? sudden : (usual + sudden) / 2;
};

/**
 * Scores the next value of a series, 0 (as ever) to 1 (like nothing before), and learns it. Values must come in order of
 * time (Unix ms); one that is not a finite number scores 0 and teaches nothing. Mutates `memory`.
 */
export const scoreValue = (memory: SeriesMemory, tsMs: number, value: number): number => {
  if (!Number.isFinite(value) || !Number.isFinite(tsMs)) return 0;
  if (memory.unit === 0) {
    memory.first.push({ tsMs, value });
    if (memory.first.length < unitValues) return 0;
    memory.unit = unitOf(memory.first.map((one) => one.value));
    let score = 0;
    for (const one of memory.first) score = fold(memory, one.tsMs, one.value);
    memory.first = [];
    return 1 - 2 ** (-Math.max(0, score - everydaySpreads) / halvingSpreads);
  }
  const spreads = fold(memory, tsMs, value);
  return 1 - 2 ** (-Math.max(0, spreads - everydaySpreads) / halvingSpreads);
};
