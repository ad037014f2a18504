// A residual-current sensor that no longer measures: it says the same for longer than its own unrest allows, or 0 under load.
import type { Reading } from "../../domain/wire.ts";

/** What the sensor has been saying of late. */
export type SensorRun = {
  /** null while the contact is open, and before the first reading. */
  valueMa: number | null;
  /** Readings in a row with this very value, and since when. */
  reports: number;
  sinceMs: number;
  /** Readings of this run under load, and between what the load moved on the run's day under way; -1 where none was told. */
  loadReports: number;
  lowestLoadA: number;
  highestLoadA: number;
  /** How often a reading usually repeats the one before it, 0–1; learnt from runs that ended. */
  repeatShare: number;
  /** The longest run of late that was no fault, in readings; forgotten slowly. */
  longestReports: number;
  learntReports: number;
  /** How far apart readings usually are; 0 before two have come. */
  intervalMs: number;
  /** When the run's day under way began, and the readings before it: all, and those of days without a swing of the load. */
  dayMs: number;
  dayReports: number;
  quietReports: number;
  /** It has shown parts of a mA. */
  isFine: boolean;
};

export const newSensorRun = (): SensorRun => ({
  valueMa: null,
  reports: 0,
  sinceMs: 0,
  loadReports: 0,
  lowestLoadA: -1,
  highestLoadA: -1,
  repeatShare: 0,
  longestReports: 0,
  learntReports: 0,
  intervalMs: 0,
  dayMs: 0,
  dayReports: 0,
  quietReports: 0,
  isFine: false,
});

const minuteMs = 60_000;
/** What is further back hardly weighs: about a week. */
const memoryMs = 10_000 * minuteMs;
/** Time that must have been seen before a sensor's usual unrest is known: two days and nights. */
const minLearntMs = 2_880 * minuteMs;
/** Quiet nights clump: a run must be so many times as long as the longest of late, or so on days on which the load swung. */
const timesLongest = 6;
const timesLongestUnderLoad = 5;
/** A run so long comes by chance once in e^20 ≈ 5·10⁸ readings. */
const chanceExponent = 20;
/** However restless the sensor: shorter runs are never judged. */
const minRunMs = 180 * minuteMs;
/** 0 mA under load for so long: a live circuit always leaks a little (cable capacitance). */
const zeroUnderLoadMs = 120 * minuteMs;
/** No run of fewer readings says anything, however far apart they are. */
const fewestReports = 6;
/** The share that a run has in what is known of the interval. */
const intervalWeight = 0.1;
/** Assumed while nothing is known. */
const usualIntervalMs = 5 * minuteMs;
/** Where the load swings by so much in a day somebody lives, and the leakage should move too, in A. */
const loadSwingA = 1;
const dayMs = 24 * 60 * minuteMs;
/** Before that time is known the run itself counts, where the house lives: then so much of it is asked for at the least. */
const minEarlyMs = 12 * 60 * minuteMs;
/** One step of a meter of whole mA may hold all that a house does in days, and a family on a journey leaves a constant behind. */
const minWholeMs = 14 * dayMs;

/** Takes in one reading. Mutates `run`. */
export const stepSensor = (
  run: SensorRun,
  reading: Pick<Reading, "residualCurrentMa" | "contact" | "loadCurrentA"> & { tsMs: number },
  loadPresentA: number,
): void => {
  const { tsMs, contact, residualCurrentMa, loadCurrentA } = reading;
  if (contact === "closed" && residualCurrentMa === run.valueMa) {
    if (tsMs - run.dayMs >= dayMs) closeDay(run, tsMs);
    run.reports += 1;
  } else {
    if (run.reports > 0) {
      learnInterval(run, tsMs);
      learnRun(run);
    }
    run.valueMa = contact === "closed" ? residualCurrentMa : null;
    run.reports = contact === "closed" ? 1 : 0;
    run.sinceMs = tsMs;
    run.loadReports = 0;
    run.lowestLoadA = -1;
    run.highestLoadA = -1;
    run.dayMs = tsMs;
    run.dayReports = 0;
    run.quietReports = 0;
    if (!Number.isInteger(residualCurrentMa)) run.isFine = true;
  }
  if (contact !== "closed" || loadCurrentA === undefined) return;
  if (loadCurrentA >= loadPresentA) run.loadReports += 1;
  if (run.highestLoadA < 0) run.lowestLoadA = loadCurrentA;
  run.lowestLoadA = Math.min(run.lowestLoadA, loadCurrentA);
  run.highestLoadA = Math.max(run.highestLoadA, loadCurrentA);
};

const swings = (run: SensorRun): boolean => run.highestLoadA - run.lowestLoadA >= loadSwingA;

/** A run that outlasts a day: a swing before the family left says nothing of the days after. */
const closeDay = (run: SensorRun, tsMs: number): void => {
  // The first run of all may never end.
  if (run.intervalMs === 0) learnInterval(run, tsMs);
  // What an older version stored does not say it; its first day ends with the first reading.
  if (!Number.isInteger(run.valueMa)) run.isFine = true;
  if (!swings(run)) run.quietReports += run.reports - run.dayReports;
  run.dayReports = run.reports;
  run.dayMs = tsMs;
  run.lowestLoadA = -1;
  run.highestLoadA = -1;
};

/** Readings of the run on days on which the load swung. */
const livedReports = (run: SensorRun): number =>
  (swings(run) ? run.reports : run.dayReports) - run.quietReports;

const learnInterval = (run: SensorRun, tsMs: number): void => {
  const sampleMs = (tsMs - run.sinceMs) / run.reports;
  if (sampleMs <= 0) return;
  // A gap in what was heard is no longer interval.
  const learntMs =
    run.intervalMs === 0
      ? sampleMs
      : run.intervalMs + intervalWeight * (Math.min(sampleMs, 2 * run.intervalMs) - run.intervalMs);
  run.intervalMs = Math.round(learntMs);
};

/** How many readings usually come in that time. */
const reportsIn = (run: SensorRun, ms: number): number =>
  Math.max(Math.round(ms / (run.intervalMs || usualIntervalMs)), fewestReports);

const learnRun = (run: SensorRun): void => {
  // What was a fault is no habit.
  if (isStuck(run)) return;
  const memoryReports = reportsIn(run, memoryMs);
  const repeats = run.reports - 1;
  const weight = Math.min(run.reports / Math.min(run.learntReports + run.reports, memoryReports), 1);
  run.longestReports = Math.max(run.reports, run.longestReports * (1 - weight / 2));
  run.repeatShare += weight * (repeats / run.reports - run.repeatShare);
  run.learntReports = Math.min(run.learntReports + run.reports, memoryReports);
};

/** Whether the sensor is stuck: constant for longer than its own habit allows, or exactly 0 while load flows. */
export const isStuck = (run: SensorRun): boolean => {
  if (run.valueMa === 0) return run.loadReports >= reportsIn(run, zeroUnderLoadMs);
  const minRunReports = reportsIn(run, minRunMs);
  if (run.reports < minRunReports) return false;
  // The chance that the next reading repeats, by habit.
  const share = Math.min(Math.max(run.repeatShare, 0.05), 0.999);
  const leastReports = Math.max(minRunReports, chanceExponent / -Math.log(share));
  const leastWhole = run.isFine ? 0 : reportsIn(run, minWholeMs);
  const lived = livedReports(run);
  const isLong = lived >= Math.max(leastReports, timesLongestUnderLoad * run.longestReports);
  const minLearntReports = reportsIn(run, minLearntMs);
  if (run.learntReports < minLearntReports) {
    const leastEarly = Math.max(minLearntReports - run.learntReports, reportsIn(run, minEarlyMs), leastWhole);
    return isLong && lived >= leastEarly;
  }
  return isLong || run.reports >= Math.max(leastReports, leastWhole, timesLongest * run.longestReports);
};
