// Faults of a whole transformer area: dark, cut off, leaking on the line, tripped by one of its houses.
import { unit } from "../random.ts";
import {
  type Fault,
  type FaultEvent,
  type FaultKind,
  hourMs,
  minuteMs,
  nothing,
  saysClosed,
  whole,
} from "./effect.ts";

const silentAfterMs = 10 * minuteMs;
/** A last will is published one and a half keep-alives after the last word. */
const willAfterMs = 90_000;

const houseRatedMa = 30;
/** An innocent neighbour in which something was switched on as well. */
const decoyOf = (fault: Fault): number => 1 + (houseOf(fault) % (fault.members - 1));

/** The house a fault of the area sits in. */
const houseOf = (fault: Fault): number => 1 + Math.floor(fault.lot * (fault.members - 1));

/** The longest that a last gasp may take, in ms. */
const latestGaspMs = 1.5 * hourMs;

/** The last words of breakers that lose their supply: most have the charge for one, and a gateway may keep it for an hour. */
const lastGasps = (fault: Fault, random: () => number): FaultEvent[] => {
  // Only an outage that lasts longer can be known by words that come so late.
  const late = fault.size < 0.6 && fault.endMs - fault.startMs > 1.3 * latestGaspMs;
  const events: FaultEvent[] = [];
  for (let member = 0; member < fault.members; member += 1) {
    if (random() > 0.8) continue;
    events.push({
      atMs: fault.startMs + Math.floor(3_000 * random()),
      member,
      kind: "trip",
      body: { cause: "outage", reclosed: false },
      delayMs: late ? (60 + 30 * random()) * minuteMs : 1_000 + 8_000 * random(),
    });
  }
  return events;
};

const mainTripAtMs = (fault: Fault): number => fault.endMs - minuteMs;

/** A main breaker's trip on leakage: it closes by itself after some seconds, which it may. */
const mainTrip = (fault: Fault, random: () => number): FaultEvent => ({
  atMs: mainTripAtMs(fault),
  member: 0,
  kind: "trip",
  body: {
    cause: "leakage",
    residualCurrentMa: Math.round(fault.ratedMa * (1.05 + 0.8 * random())),
    reclosed: true,
  },
  delayMs: 500 + 3_000 * random(),
});

const mainTripLabels = (fault: Fault) => [
  {
    finding: "mainTrip",
    member: -1,
    startMs: mainTripAtMs(fault),
    endMs: mainTripAtMs(fault) + 5 * minuteMs,
  },
];

/** How long a house stays without supply after it has tripped its main breaker. */
const houseOpenMs = 4 * minuteMs;
const mainIsQuicker = (fault: Fault): boolean => fault.size < 0.3;
const announcesItself = (fault: Fault): boolean => fault.size < 0.7;

export const areaFaults = {
  areaOutage: {
    on: "area",
    afterDays: 0,
    minutes: [40, 300],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.silent = true;
    },
    events: lastGasps,
    labels: whole("areaOutage", silentAfterMs),
  },
  communicationLoss: {
    // The gateway's link is down, the supply is not; what was kept comes afterwards.
    on: "gatewayArea",
    afterDays: 0,
    minutes: [40, 300],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.silent = true;
      effect.buffered = true;
    },
    events: (fault) => [
      { atMs: fault.startMs + willAfterMs, member: -1, kind: "status", body: { online: false }, delayMs: 0 },
      { atMs: fault.endMs, member: -1, kind: "status", body: { online: true }, delayMs: 0 },
    ],
    labels: (fault) => [
      ...whole("communicationLoss", silentAfterMs)(fault),
      ...whole("gatewayOffline", willAfterMs)(fault),
    ],
  },
  gradingFailure: {
    // A house leaks beyond its IΔn and its breaker stays closed; then insulation flashes over, and the main one trips for all.
    on: "area",
    afterDays: 1,
    minutes: [20, 60],
    size: [1.08, 1.35],
    effect: (fault, atMs, member, effect) => {
      if (member !== houseOf(fault) || atMs > mainTripAtMs(fault)) return;
      effect.targetMa = fault.size * houseRatedMa * (0.99 + 0.02 * unit(7, Math.floor(atMs / minuteMs)));
    },
    events: (fault, random) => [mainTrip(fault, random)],
    labels: (fault) => [
      ...mainTripLabels(fault),
      {
        finding: "gradingFailure",
        member: -1,
        startMs: mainTripAtMs(fault),
        endMs: mainTripAtMs(fault) + 5 * minuteMs,
      },
      {
        finding: "failureToTrip",
        member: houseOf(fault),
        startMs: fault.startMs,
        endMs: mainTripAtMs(fault),
      },
    ],
    guilty: houseOf,
  },
  mainTripByHouse: {
    // Flashover in a house that has leaked more for some minutes, or comes without a sign. Its own breaker trips as well
    // and stays open for a while; or the main one is quicker, and only the minutes before tell of the house.
    on: "area",
    afterDays: 5,
    minutes: [20, 40],
    size: [0, 1],
    effect: (fault, atMs, member, effect) => {
      if (member === decoyOf(fault) && atMs < mainTripAtMs(fault)) effect.addMa = 0.08 * houseRatedMa;
      if (member !== houseOf(fault) || atMs >= mainTripAtMs(fault) + houseOpenMs) return;
      if (atMs >= mainTripAtMs(fault)) {
        if (!mainIsQuicker(fault)) effect.contact = "open";
      } else if (announcesItself(fault)) {
        effect.addMa = 0.26 * houseRatedMa;
        effect.capMa = 0.5 * houseRatedMa;
      }
    },
    events: (fault, random) => {
      const main = mainTrip(fault, random);
      if (mainIsQuicker(fault)) return [main];
      // A neighbour's overload trip minutes before has nothing to do with it.
      const decoyMs = mainTripAtMs(fault) - (1 + 3 * random()) * minuteMs;
      const decoy: FaultEvent[] =
        random() < 0.3
          ? [
              {
                atMs: decoyMs,
                member: decoyOf(fault),
                kind: "trip",
                body: { cause: "overload", reclosed: false },
                delayMs: 900,
              },
              saysClosed(decoyOf(fault), decoyMs + 40_000),
            ]
          : [];
      const body = {
        cause: "leakage",
        residualCurrentMa: Math.round(fault.ratedMa * (1 + random())),
        reclosed: false,
      };
      const member = houseOf(fault);
      const atMs = mainTripAtMs(fault);
      return [
        ...decoy,
        main,
        { atMs: atMs + 10, member, kind: "trip", body, delayMs: 500 + 5_000 * random() },
        saysClosed(member, atMs + houseOpenMs),
      ];
    },
    labels: (fault) => [
      ...mainTripLabels(fault),
      // Where the house's leakage stands 0.26 IΔn above its usual before, that is a spike by itself.
      ...(announcesItself(fault)
        ? [
            {
              finding: "leakageSpike",
              member: houseOf(fault),
              startMs: fault.startMs,
              endMs: mainTripAtMs(fault),
            },
          ]
        : []),
    ],
    guilty: houseOf,
  },
  lineLeakage: {
    // A broken insulator or an unmetered tap: more at the main breaker than all houses together leak.
    on: "smallArea",
    afterDays: 2,
    minutes: [120, 1_440],
    size: [1.7, 2.2],
    effect: (fault, _, member, effect) => {
      if (member === 0) effect.lineShare = fault.size;
    },
    labels: whole("lineLeakage"),
  },
  treeContact: {
    // A branch against the line in the wind: there in four minutes of five, for hours.
    on: "smallArea",
    afterDays: 2,
    minutes: [240, 900],
    size: [1.8, 2.2],
    effect: (fault, atMs, member, effect) => {
      const key = Math.floor(fault.lot * 2 ** 32);
      if (member === 0 && unit(key, Math.floor(atMs / (10 * minuteMs))) < 0.85) effect.lineShare = fault.size;
    },
    labels: whole("lineLeakage"),
  },
  backgroundTooHigh: {
    on: "largeMain",
    afterDays: 0,
    minutes: [360, 2_880],
    size: [660, 720],
    effect: (fault, atMs, member, effect) => {
      if (member === 0) effect.lineMa = fault.size * (0.99 + 0.02 * unit(6, Math.floor(atMs / minuteMs)));
    },
    labels: whole("backgroundTooHigh"),
  },
  gatewayOffline: {
    // The same without a last will: the broker of the operator's gateway does not tell.
    on: "gatewayArea",
    afterDays: 0,
    minutes: [40, 240],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.silent = true;
      effect.buffered = true;
    },
    labels: (fault) => [
      ...whole("communicationLoss", silentAfterMs)(fault),
      ...whole("gatewayOffline", silentAfterMs)(fault),
    ],
  },
} as const satisfies Record<string, FaultKind>;

export const areaNearMisses = {
  gatewayRestart: {
    on: "gatewayArea",
    afterDays: 0,
    minutes: [3, 8],
    size: [0, 1],
    effect: (_, __, ___, effect) => {
      effect.silent = true;
      effect.buffered = true;
    },
    labels: nothing,
  },
} as const satisfies Record<string, FaultKind>;
