// A residual-current sensor that no longer measures: it says the same for longer than its own unrest allows, or 0 under load.
import type { Reading } from "../../domain/wire.ts";

/** What the sensor has been saying of late. */
export type SensorRun = {
  /** null while the contact is open, and before the first reading. */
  valueMa: number | null;
  /** Readings in a row with this very value, and since when. */
  reports: number;
  sinceMs: number;
  /** Readings of this run under load, and whether the load came or went during it. */
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
};

export const newSensorRun = (): SensorRun => ({
  valueMa: null,
  reports: 0,
  sinceMs: 0,
  loadReports: 0,
  lowestLoadA: 0,
  highestLoadA: 0,
  repeatShare: 0,
  longestReports: 0,
  learntReports: 0,
  intervalMs: 0,
});

const minuteMs = 60_000;
/** What is further back hardly weighs: about a week. */
const memoryMs = 10_000 * minuteMs;
/** Time that must have been seen before a sensor's usual unrest is known: two days and nights. */
const minLearntMs = 2_880 * minuteMs;
/** Quiet nights clump: a run must be so many times as long as the longest of late, or so where load came and went meanwhile. */
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
/** Load must have swung by so much during the run, where only the load tells that the house lives, in A. */
const loadSwingA = 1;

/** Takes in one reading. Mutates `run`. */
export const stepSensor = (
  run: SensorRun,
  reading: Pick<Reading, "residualCurrentMa" | "contact" | "loadCurrentA"> & { tsMs: number },
  loadPresentA: number,
): void => {
  const loadA = reading.loadCurrentA ?? 0;
  if (reading.contact === "closed" && reading.residualCurrentMa === run.valueMa) {
    run.reports += 1;
  } else {
    if (run.reports > 0) {
      learnInterval(run, reading.tsMs);
      learnRun(run);
    }
    run.valueMa = reading.contact === "closed" ? reading.residualCurrentMa : null;
    run.reports = reading.contact === "closed" ? 1 : 0;
    run.sinceMs = reading.tsMs;
    run.loadReports = 0;
    run.lowestLoadA = loadA;
    run.highestLoadA = loadA;
  }
  if (reading.contact !== "closed") return;
  if (loadA >= loadPresentA) run.loadReports += 1;
  run.lowestLoadA = Math.min(run.lowestLoadA, loadA);
  run.highestLoadA = Math.max(run.highestLoadA, loadA);
};

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
  const swung = run.highestLoadA - run.lowestLoadA >= loadSwingA;
  if (run.learntReports < reportsIn(run, minLearntMs)) return false;
  // The chance that the next reading repeats, by habit.
  const share = Math.min(Math.max(run.repeatShare, 0.05), 0.999);
  const byChance = chanceExponent / -Math.log(share);
  const byHabit = (swung ? timesLongestUnderLoad : timesLongest) * run.longestReports;
  return run.reports >= Math.max(minRunReports, byChance, byHabit);
};
