// Trips, openings and tests that are as they should be, and only look like faults.
import { type FaultKind, hourMs, nothing, saysClosed } from "./effect.ts";
import { faultMa, openWhileItLasts, promptly, trip } from "./trip-events.ts";

export const protectionNearMisses = {
  correctTrip: {
    on: "house",
    afterDays: 0,
    minutes: [3, 8],
    size: [0, 1],
    effect: openWhileItLasts,
    events: (fault, random) => [
      trip(
        fault,
        fault.startMs,
        { cause: "leakage", residualCurrentMa: faultMa(fault, random) },
        promptly(random),
      ),
      saysClosed(fault.member, fault.endMs),
    ],
    labels: nothing,
  },
  overloadTrip: {
    on: "house",
    afterDays: 0,
    minutes: [3, 8],
    size: [0, 1],
    effect: openWhileItLasts,
    events: (fault, random) => [
      trip(fault, fault.startMs, { cause: fault.size < 0.7 ? "overload" : "shortCircuit" }, promptly(random)),
      saysClosed(fault.member, fault.endMs),
    ],
    labels: nothing,
  },
  timedTest: {
    on: "breaker",
    afterDays: 0,
    minutes: [1, 2],
    size: [0, 1],
    events: (fault, random) => [
      trip(fault, fault.startMs, { cause: fault.size < 0.5 ? "timedTest" : "keyTest" }, promptly(random)),
      {
        atMs: fault.startMs + 2_000,
        member: fault.member,
        kind: "test",
        body: { kind: "trip", passed: true, breakTimeMs: 35 + Math.floor(20 * random()) },
        delayMs: promptly(random),
      },
    ],
    labels: nothing,
  },
  shortOpening: {
    on: "house",
    afterDays: 0,
    minutes: [3, 9],
    size: [0, 1],
    effect: openWhileItLasts,
    events: (fault) => [saysClosed(fault.member, fault.endMs)],
    labels: nothing,
  },
  lateTrip: {
    // Yesterday's trip that a gateway had kept: a record, not news.
    on: "house",
    afterDays: 0,
    minutes: [3, 8],
    size: [0, 1],
    effect: openWhileItLasts,
    events: (fault, random) => [
      trip(
        fault,
        fault.startMs,
        { cause: "leakage", residualCurrentMa: faultMa(fault, random) },
        (2 + 20 * random()) * hourMs,
      ),
      saysClosed(fault.member, fault.endMs),
    ],
    labels: nothing,
  },
  mainReclose: {
    // A main breaker of 300 mA may close again by itself after the supply was too low.
    on: "main",
    afterDays: 0,
    minutes: [1, 2],
    size: [0, 1],
    events: (fault, random) => [
      trip(fault, fault.startMs, { cause: "undervoltage", reclosed: true }, promptly(random)),
    ],
    labels: nothing,
  },
} as const satisfies Record<string, FaultKind>;
