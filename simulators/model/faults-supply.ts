// Faults of the supply, of the data and of the links; and what only looks like them.
import { unit } from "../random.ts";
import { type FaultKind, hourMs, minuteMs, nothing, whole } from "./effect.ts";

export const supplyFaults = {
  lowVoltage: {
    // At the feeder's end, in the evening.
    on: "house",
    afterDays: 0,
    minutes: [60, 240],
    hours: [17, 20],
    size: [174, 194],
    effect: (fault, atMs, _, effect) => {
      effect.volts = fault.size + 2 * unit(1, Math.floor(atMs / minuteMs));
    },
    labels: whole("lowVoltage"),
  },
  overVoltage: {
    on: "house",
    afterDays: 0,
    minutes: [60, 240],
    size: [245, 262],
    effect: (fault, atMs, _, effect) => {
      effect.volts = fault.size + 2 * unit(2, Math.floor(atMs / minuteMs));
    },
    labels: whole("overVoltage"),
  },
  overload: {
    on: "house",
    afterDays: 0,
    minutes: [40, 180],
    size: [75, 95],
    effect: (fault, atMs, _, effect) => {
      effect.loadA = fault.size + 3 * unit(3, Math.floor(atMs / minuteMs));
    },
    labels: whole("overload"),
  },
  phaseImbalance: {
    on: "main",
    afterDays: 0,
    minutes: [60, 300],
    hours: [9, 20],
    size: [90, 160],
    effect: (fault, _, __, effect) => {
      effect.phaseAddA = fault.size;
    },
    labels: whole("phaseImbalance"),
  },
  impossibleValue: {
    on: "breaker",
    afterDays: 0,
    minutes: [11, 40],
    size: [0, 1],
    effect: (fault, _, __, effect) => {
      effect.impossible = fault.lot;
    },
    labels: whole("impossibleValue"),
  },
  clockWrong: {
    // Ahead by up to a day, behind by hours, or back at the epoch after the battery was empty.
    on: "breaker",
    afterDays: 1,
    minutes: [180, 2_880],
    size: [0, 1],
    effect: (fault, _, __, effect) => {
      if (fault.size < 0.4) effect.clockMs = (0.5 + 24 * fault.lot) * hourMs;
      else if (fault.size < 0.7) effect.clockMs = -(2 + 20 * fault.lot) * hourMs;
      else effect.clockMs = Date.UTC(2000, 0, 1) - fault.startMs;
    },
    labels: whole("clockWrong"),
  },
  duplicatedSequence: {
    // A module that numbers from a stuck memory: old numbers under new times.
    on: "house",
    afterDays: 0,
    minutes: [120, 1_440],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.repeats = "oldNumber";
    },
    labels: whole("duplicatedSequence"),
  },
  identityDoubtful: {
    // A second device with the same name: two clocks, two counters, two houses in one history.
    on: "house",
    afterDays: 3,
    minutes: [240, 2_880],
    size: [0.2, 0.4],
    effect: (_, __, ___, effect) => {
      effect.impostor = true;
    },
    labels: whole("identityDoubtful"),
  },
} as const satisfies Record<string, FaultKind>;

export const supplyNearMisses = {
  standingLeakage: {
    // An old house that has always leaked just below the limit.
    on: "house",
    afterDays: 0,
    minutes: [0, 0],
    untilEnd: true,
    fromStart: true,
    size: [0.46, 0.55],
    effect: (fault, atMs, _, effect) => {
      effect.targetMa = fault.size * fault.ratedMa * (0.99 + 0.02 * unit(4, Math.floor(atMs / minuteMs)));
    },
    labels: nothing,
  },
  missedReports: {
    on: "breaker",
    afterDays: 0,
    // Never as many as three in a row.
    minutes: [3, 4.9],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.silent = true;
    },
    labels: nothing,
  },
  slowLink: {
    on: "breaker",
    afterDays: 0,
    minutes: [30, 180],
    size: [1, 4],
    effect: (fault, _, __, effect) => {
      effect.delayMs = fault.size * minuteMs;
    },
    labels: nothing,
  },
  voltageNearLimit: {
    on: "house",
    afterDays: 0,
    minutes: [60, 300],
    size: [0, 1],
    effect: (fault, atMs, _, effect) => {
      effect.volts = (fault.size < 0.5 ? 201 : 231) + 2 * unit(5, Math.floor(atMs / minuteMs));
    },
    labels: nothing,
  },
  clockNearLimit: {
    on: "breaker",
    afterDays: 0,
    minutes: [600, 4_320],
    size: [-3.5, 1.2],
    effect: (fault, _, __, effect) => {
      effect.clockMs = fault.size * minuteMs;
    },
    labels: nothing,
  },
  redelivery: {
    // QoS 1 may deliver twice.
    on: "breaker",
    afterDays: 0,
    minutes: [5, 60],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.repeats = "asItWas";
    },
    labels: nothing,
  },
  shortSurge: {
    // A motor starts: one report with a load far above the usual, and a little more leakage.
    on: "house",
    afterDays: 0,
    minutes: [4, 5],
    size: [40, 90],
    effect: (fault, _, __, effect) => {
      effect.loadA = fault.size;
      effect.addMa = 0.05 * fault.ratedMa;
    },
    labels: nothing,
  },
} as const satisfies Record<string, FaultKind>;
