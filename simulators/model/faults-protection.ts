// Faults of the breaker itself and of who handles it: protection off, trips that should not be, contacts, settings, silence.
import { unit } from "../random.ts";
import { type Fault, type FaultKind, hourMs, instant, minuteMs, saysClosed, whole } from "./effect.ts";
import { faultMa, openWhileItLasts, promptly, trip } from "./trip-events.ts";

/** An open contact belongs to the state before it for so long (DOMAIN.md). */
const openGraceMs = 10 * minuteMs;
/** A report vouches for three heartbeats; the newest before the silence is up to one old. */
const silentAfterMs = 10 * minuteMs;
const dayMs = 24 * hourMs;
/** The monthly trip test; counted from the first report, which comes within minutes of the start. */
const testEveryMs = 31 * dayMs + openGraceMs;

/** Trips one after the other, each closed again after a few minutes; the last locks out. */
const repeats = (fault: Fault): { atMs: number; closedMs: number }[] => {
  const key = Math.floor(fault.lot * 2 ** 32);
  const count = 4 + Math.floor(3 * fault.lot);
  const lastMs = fault.startMs + 0.6 * (fault.endMs - fault.startMs);
  return Array.from({ length: count }, (_, i) => {
    const atMs = fault.startMs + ((lastMs - fault.startMs) * i) / (count - 1);
    return {
      atMs,
      closedMs: i === count - 1 ? fault.endMs : atMs + (2 + 3 * unit(key, i)) * minuteMs,
    };
  });
};

export const protectionFaults = {
  protectionExited: {
    on: "breaker",
    afterDays: 0,
    minutes: [20, 4_320],
    size: [0, 1],
    effect: (fault, _, __, effect) => {
      effect.protection = fault.size < 0.6 ? "alarmOnly" : "disabled";
    },
    labels: whole("protectionExited"),
  },
  tripFunctionFault: {
    on: "breaker",
    afterDays: 0,
    minutes: [60, 4_320],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.protection = "faulty";
    },
    labels: whole("tripFunctionFault"),
  },
  testFailed: {
    on: "house",
    afterDays: 0,
    minutes: [240, 2_880],
    size: [0, 1],
    events: (fault, random) => [
      {
        atMs: fault.startMs,
        member: fault.member,
        kind: "test",
        body: { kind: fault.size < 0.5 ? "trip" : "self", passed: false },
        delayMs: promptly(random),
      },
      {
        atMs: fault.endMs,
        member: fault.member,
        kind: "test",
        body: { kind: "trip", passed: true, breakTimeMs: 41 },
        delayMs: promptly(random),
      },
    ],
    labels: whole("tripFunctionFault"),
  },
  testOverdue: {
    // Nobody has tested it since the run began; all others are tested every month.
    on: "house",
    afterDays: 0,
    leastDays: 33,
    minutes: [0, 0],
    fromStart: true,
    untilEnd: true,
    size: [0, 1],
    labels: whole("testOverdue", testEveryMs),
  },
  bypassed: {
    on: "house",
    afterDays: 0,
    minutes: [60, 4_320],
    size: [1.5, 12],
    effect: (fault, _, __, effect) => {
      effect.contact = "open";
      effect.loadA = fault.size;
    },
    labels: whole("bypassed"),
  },
  open: {
    on: "house",
    afterDays: 0,
    minutes: [40, 900],
    size: [0, 1],
    effect: openWhileItLasts,
    events: (fault, random) => [
      trip(fault, fault.startMs, { cause: fault.size < 0.5 ? "manual" : "overload" }, promptly(random)),
      saysClosed(fault.member, fault.endMs),
    ],
    labels: whole("open", openGraceMs),
  },
  silent: {
    on: "breaker",
    afterDays: 0,
    minutes: [50, 2_880],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.silent = true;
    },
    labels: whole("silent", silentAfterMs),
  },
  neverReported: {
    // Installed on a day of the run; the plan enters that day in the registry.
    on: "house",
    afterDays: 1,
    minutes: [0, 0],
    untilEnd: true,
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.silent = true;
    },
    labels: whole("neverReported", dayMs),
  },
  nuisanceTrip: {
    on: "house",
    afterDays: 0,
    minutes: [2, 6],
    size: [0.1, 0.42],
    effect: openWhileItLasts,
    events: (fault, random) => [
      trip(
        fault,
        fault.startMs,
        { cause: "leakage", residualCurrentMa: fault.size * fault.ratedMa },
        promptly(random),
      ),
      saysClosed(fault.member, fault.endMs),
    ],
    labels: instant("nuisanceTrip"),
  },
  repeatedTrips: {
    on: "house",
    afterDays: 0,
    minutes: [120, 420],
    size: [0, 1],
    effect: (fault, atMs, _, effect) => {
      const all = repeats(fault);
      const last = all.at(-1);
      if (last !== undefined && atMs >= last.atMs) effect.contact = "lockedOut";
      else if (all.some((one) => one.atMs <= atMs && atMs < one.closedMs)) effect.contact = "open";
    },
    events: (fault, random) =>
      repeats(fault).flatMap(({ atMs, closedMs }) => [
        trip(fault, atMs, { cause: "leakage", residualCurrentMa: faultMa(fault, random) }, promptly(random)),
        saysClosed(fault.member, closedMs),
      ]),
    labels: (fault) => {
      const all = repeats(fault);
      const { member, endMs } = fault;
      return [
        { finding: "repeatedTrips", member, startMs: all[2]?.atMs ?? fault.startMs, endMs },
        { finding: "open", member, startMs: (all.at(-1)?.atMs ?? fault.startMs) + openGraceMs, endMs },
      ];
    },
  },
  forbiddenReclose: {
    // A 30 mA device that closes by itself, or any after an overload or a short circuit.
    on: "house",
    afterDays: 0,
    minutes: [1, 2],
    size: [0, 1],
    events: (fault, random) => [
      trip(
        fault,
        fault.startMs,
        fault.size < 0.6
          ? { cause: "leakage", residualCurrentMa: faultMa(fault, random), reclosed: true }
          : { cause: fault.size < 0.8 ? "overload" : "shortCircuit", reclosed: true },
        promptly(random),
      ),
    ],
    labels: instant("forbiddenReclose"),
  },
  settingsChanged: {
    on: "breaker",
    afterDays: 1,
    minutes: [1_440, 4_320],
    size: [1.6, 10],
    effect: (fault, _, __, effect) => {
      effect.ratedFactor = fault.size;
    },
    labels: whole("settingsChanged"),
  },
} as const satisfies Record<string, FaultKind>;
