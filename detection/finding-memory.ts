// What the findings remember of one breaker besides its alarms: a few numbers, bounded, stored with the fold.
import type { TripCause } from "../domain/wire.ts";

/** Times are Unix ms, 0 where there is none yet. */
export type FindingMemory = {
  /** The breaker's first report that was heard at all, device time. */
  firstMs: number;
  /** The newest trip test, device time. */
  testMs: number;
  /** The newest trips that count as repeated, device time, oldest first, at most `maxTrips`. */
  tripsMs: number[];
  /** The newest trip of all, device time, and its cause. */
  lastTripMs: number;
  lastCause: TripCause | null;
  /** Arrival − device time of the newest report, when it arrived, and how many in a row were behind by the same. */
  lagMs: number;
  arrivalMs: number;
  lagRun: number;
  /** The sequence of the newest reading and which of the 31 before it were seen (bit 0: itself). */
  seq: number;
  seen: number;
  /** The first sequence of the newest message: what lies between came together. */
  messageSeq: number;
  /** Readings in a row that did not count on. */
  stuckSeq: number;
  /** Readings in a row that counted on as usual, and by how much a second. */
  orderlySeq: number;
  seqPerS: number;
  /** When the count jumped last, device time, what was usual before, and readings since that were all far from it; -1 once one was not. */
  jumpMs: number;
  jumpUsualMa: number;
  jumpAway: number;
  /** Repetitions of what was long known, and when they began. */
  replays: number;
  replaysSinceMs: number;
  /** What it usually leaks (slow mean), and the reading before the newest, in mA; -1 before the first. */
  usualMa: number;
  beforeMa: number;
  /** The non-driving time that the breaker said last, in ms; -1 where it never did. */
  nonDrivingTimeMs: number;
  /** A main's residual trip whose origin is being looked for; null else. */
  trip: { atMs: number; arrivalMs: number; phase: string | null; residualCurrentMa: number | null } | null;
  /**
   * Readings from one step back onto numbers of late to the next; 0 after the first, null once enough have counted on: then
   * it was no loop.
   */
  loopReadings: number | null;
};

export const newFindingMemory = (): FindingMemory => ({
  firstMs: 0,
  testMs: 0,
  tripsMs: [],
  lastTripMs: 0,
  lastCause: null,
  lagMs: 0,
  arrivalMs: 0,
  lagRun: 0,
  seq: -1,
  seen: 0,
  messageSeq: -1,
  stuckSeq: 0,
  orderlySeq: 0,
  seqPerS: 0,
  jumpMs: 0,
  jumpUsualMa: -1,
  jumpAway: -1,
  replays: 0,
  replaysSinceMs: 0,
  usualMa: -1,
  beforeMa: -1,
  nonDrivingTimeMs: -1,
  trip: null,
  loopReadings: null,
});
