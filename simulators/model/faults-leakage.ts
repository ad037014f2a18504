// Faults of insulation and of residual-current sensors: what each does, and from when it can be told from health.
import { unit } from "../random.ts";
import { type Fault, type FaultKind, hourMs, minuteMs, whole } from "./effect.ts";

/** Insulation faults unsteadily: ±3 % from minute to minute. */
const flicker = (fault: Fault, atMs: number): number =>
  0.97 + 0.06 * unit(Math.floor(fault.lot * 2 ** 32), Math.floor(atMs / minuteMs));

/** Comes and goes: a rise of 10–20 minutes every 45–120. */
const rises = (fault: Fault): { startMs: number; endMs: number }[] => {
  const key = Math.floor(fault.lot * 2 ** 32);
  const all: { startMs: number; endMs: number }[] = [];
  let atMs = fault.startMs;
  for (let i = 0; atMs < fault.endMs; i += 1) {
    const endMs = atMs + (11 + 9 * unit(key, 2 * i)) * minuteMs;
    all.push({ startMs: atMs, endMs });
    atMs = endMs + (35 + 65 * unit(key, 2 * i + 1)) * minuteMs;
  }
  return all;
};

/** A third return is no single event any more. */
const intermittentFrom = 3;
/** So much growth, as a share of IΔn, tells ageing from weather and habits. */
const driftShare = 0.15;
/** A value that stands this long is no coincidence. */
const stuckAfterMs = 3 * hourMs;

export const leakageFaults = {
  highLeakage: {
    // Above the warning at 0.6 IΔn, below the least at which a good breaker may trip late.
    on: "breaker",
    afterDays: 0,
    minutes: [40, 2_880],
    size: [0.64, 0.82],
    effect: (fault, atMs, _, effect) => {
      effect.targetMa = fault.size * fault.ratedMa * flicker(fault, atMs);
    },
    labels: whole("highLeakage"),
  },
  failureToTrip: {
    on: "breaker",
    afterDays: 0,
    minutes: [12, 90],
    size: [1.05, 3.5],
    effect: (fault, atMs, _, effect) => {
      effect.targetMa = fault.size * fault.ratedMa * flicker(fault, atMs);
    },
    // What a house leaks the main breaker feels as well: it may call that a spike.
    labels: (fault) => {
      const labels = whole("failureToTrip")(fault);
      const { startMs, endMs } = fault;
      const isFelt = fault.member > 0 && fault.size * fault.ratedMa >= 0.1 * fault.mainRatedMa;
      if (isFelt) labels.push({ finding: "leakageSpike", member: 0, startMs, endMs, isConsequence: true });
      return labels;
    },
  },
  leakageSpike: {
    on: "breaker",
    afterDays: 5,
    minutes: [15, 360],
    size: [0.22, 0.42],
    effect: (fault, atMs, _, effect) => {
      effect.addMa = fault.size * fault.ratedMa * flicker(fault, atMs);
      effect.capMa = 0.56 * fault.ratedMa;
    },
    labels: whole("leakageSpike"),
  },
  intermittentLeakage: {
    on: "house",
    afterDays: 5,
    minutes: [1_440, 4_320],
    size: [0.24, 0.42],
    effect: (fault, atMs, _, effect) => {
      const key = Math.floor(fault.lot * 2 ** 32);
      let fromMs = fault.startMs;
      for (let i = 0; fromMs <= atMs; i += 1) {
        const toMs = fromMs + (11 + 9 * unit(key, 2 * i)) * minuteMs;
        if (atMs < toMs) {
          effect.addMa = fault.size * fault.ratedMa * flicker(fault, atMs);
          effect.capMa = 0.56 * fault.ratedMa;
          return;
        }
        fromMs = toMs + (35 + 65 * unit(key, 2 * i + 1)) * minuteMs;
      }
    },
    // The first rises are spikes, each by itself.
    labels: (fault) => {
      const all = rises(fault);
      const first = all.slice(0, intermittentFrom);
      const { member } = fault;
      return [
        ...first.map((rise) => ({ finding: "leakageSpike", member, ...rise })),
        {
          finding: "intermittentLeakage",
          member,
          startMs: all[intermittentFrom]?.startMs ?? fault.startMs,
          endMs: fault.endMs,
        },
      ];
    },
  },
  leakageDrift: {
    // Ageing insulation: grows evenly to the end.
    on: "house",
    afterDays: 9,
    leastDays: 24,
    minutes: [0, 0],
    untilEnd: true,
    size: [0.24, 0.4],
    effect: (fault, atMs, _, effect) => {
      const share = (atMs - fault.startMs) / (fault.endMs - fault.startMs);
      effect.addMa = fault.size * fault.ratedMa * share;
      effect.capMa = 0.56 * fault.ratedMa;
    },
    labels: (fault) => [
      {
        finding: "leakageDrift",
        member: fault.member,
        startMs: fault.startMs + (fault.endMs - fault.startMs) * (driftShare / fault.size),
        endMs: fault.endMs,
      },
    ],
  },
  stuckSensor: {
    // Where everything is switched off there is nothing that a sensor at rest could fail to show.
    on: "livedInHouse",
    afterDays: 3,
    minutes: [1_440, 5_760],
    size: [0, 0],
    effect: (_, __, ___, effect) => {
      effect.frozen = true;
    },
    labels: whole("stuckSensor", stuckAfterMs),
  },
  sensorAtZero: {
    // Nothing measured while load flows; it may as well be a bridge around the sensor, and after six hours it is called so.
    on: "house",
    afterDays: 3,
    minutes: [2_160, 5_760],
    size: [2, 8],
    effect: (fault, _, __, effect) => {
      effect.zero = true;
      effect.loadA = fault.size;
    },
    labels: (fault) => [
      {
        finding: "stuckSensor",
        member: fault.member,
        startMs: fault.startMs + 2 * hourMs,
        endMs: fault.endMs,
      },
      { finding: "bypassed", member: fault.member, startMs: fault.startMs + 6 * hourMs, endMs: fault.endMs },
    ],
  },
} as const satisfies Record<string, FaultKind>;
