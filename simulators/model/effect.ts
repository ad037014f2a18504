// What faults do to one breaker at one instant, and what they make it say out of turn.
import type { Contact, Protection, ReportKind } from "../../domain/wire.ts";

/** Filled in anew for every report of a breaker that has a fault; one object, because there are millions. */
export type Effect = {
  /** The residual current is at least this, in mA… */
  targetMa: number;
  /** …and this much more than it would be, in mA… */
  addMa: number;
  /** …and never above this because of `addMa`, in mA. */
  capMa: number;
  /** Leakage on the line itself, behind the main breaker and before every house, in mA. */
  lineMa: number;
  /** As a multiple of the houses' leakage of late: that on the line. */
  lineShare: number;
  contact: Contact;
  protection: Protection;
  /** Load in A; NaN where the house's own holds. */
  loadA: number;
  /** Load on one phase of the area besides the houses', in A. */
  phaseAddA: number;
  /** Supply in V; NaN where the feeder's own holds. */
  volts: number;
  silent: boolean;
  /** Reports are kept back and come when the silence ends. */
  buffered: boolean;
  /** Every report takes so much longer, in ms. */
  delayMs: number;
  /** The sensor says what it said when the fault began. */
  frozen: boolean;
  zero: boolean;
  /** The device's clock is wrong by this, in ms. */
  clockMs: number;
  /** Nonsense is measured; which kind of it, 0–1, and -1 where none is. */
  impossible: number;
  /** The previous report comes once more: as it was, or with its old number under a new time. */
  repeats: "no" | "asItWas" | "oldNumber";
  /** Another device speaks under this one's name every other time. */
  impostor: boolean;
  /** The breaker's own setting of IΔn as a multiple of what the registry says. */
  ratedFactor: number;
};

export const noEffect = (): Effect => ({
  targetMa: 0,
  addMa: 0,
  capMa: Number.POSITIVE_INFINITY,
  lineMa: 0,
  lineShare: 0,
  contact: "closed",
  protection: "enabled",
  loadA: Number.NaN,
  phaseAddA: 0,
  volts: Number.NaN,
  silent: false,
  buffered: false,
  delayMs: 0,
  frozen: false,
  zero: false,
  clockMs: 0,
  impossible: -1,
  repeats: "no",
  impostor: false,
  ratedFactor: 1,
});

const fresh = noEffect();

/** Forgets what the effect said before. */
export const resetEffect = (effect: Effect): Effect => Object.assign(effect, fresh);

/** Something that is said out of turn: a trip, a test, a link's state. */
export type FaultEvent = {
  atMs: number;
  /** Who says it: 0 the main breaker, 1… the houses, -1 the gateway. */
  member: number;
  kind: ReportKind;
  /** The body without `ts` and `seq`; of a reading what is measured then, whatever stands here. */
  body: Record<string, unknown>;
  /** How long it takes to arrive, in ms. */
  delayMs: number;
};

/** One fault of one area as planned, with everything that follows from it. */
export type Fault = {
  name: string;
  /** Whom it befalls: 0 the main breaker, 1… the houses, -1 all of them. */
  member: number;
  startMs: number;
  endMs: number;
  /** How strong it is; each kind says in what. */
  size: number;
  /** A random number of its own, 0–1. */
  lot: number;
  /** IΔn of the breaker it befalls, in mA. */
  ratedMa: number;
  /** IΔn of its area's main breaker, in mA. */
  mainRatedMa: number;
  /** Breakers of its area, the main one included. */
  members: number;
};

/** What a kind of fault is. Times in ms; `size` and `minutes` are drawn evenly between the two. */
export type FaultKind = {
  on: "house" | "livedInHouse" | "main" | "area" | "gatewayArea" | "smallArea" | "largeMain" | "breaker";
  /** Days that pass before it may begin: what is usual must be learnt before. */
  afterDays: number;
  minutes: readonly [number, number];
  size: readonly [number, number];
  /** Begins in these local hours only, from and to. */
  hours?: readonly [number, number];
  /** Lasts to the end of the run. */
  untilEnd?: boolean;
  /** Cannot be told from other things in a shorter run. */
  leastDays?: number;
  /** Has been so before the run began. */
  fromStart?: boolean;
  effect?: (fault: Fault, atMs: number, member: number, effect: Effect) => void;
  events?: (fault: Fault, random: () => number) => FaultEvent[];
  /** Empty for what is no fault. `member` -1 is the area. */
  labels: (fault: Fault) => {
    finding: string;
    member: number;
    startMs: number;
    endMs: number;
    /** Follows from the others: it may be found or not. */
    isConsequence?: boolean;
  }[];
  /** The house (1…) that a main breaker's trip comes from. */
  guilty?: (fault: Fault) => number;
};

/** A contact that closes again is told at once, by a reading out of turn. */
export const saysClosed = (member: number, atMs: number): FaultEvent => ({
  atMs: atMs + 1_000,
  member,
  kind: "reading",
  body: {},
  delayMs: 2_000,
});

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;

/** A label of the whole fault. */
export const whole =
  (finding: string, delayMs = 0) =>
  (fault: Fault): ReturnType<FaultKind["labels"]> => [
    { finding, member: fault.member, startMs: fault.startMs + delayMs, endMs: fault.endMs },
  ];

/** A label of an event at the fault's beginning: it can be seen in reports of the minutes after. */
export const instant =
  (finding: string) =>
  (fault: Fault): ReturnType<FaultKind["labels"]> => [
    { finding, member: fault.member, startMs: fault.startMs, endMs: fault.startMs + 5 * minuteMs },
  ];

export const nothing = (): ReturnType<FaultKind["labels"]> => [];
