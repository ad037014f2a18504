// Which reports fall into a stretch of time: every breaker at its own phase of the interval, and at once where a fault
// begins or ends, as devices do. Pure: history and live reports come from the same plan and meet without gap or overlap.
import type { Trip } from "../domain/wire.ts";
import type { Fault } from "./faults.ts";
import { effectOn, readingAt } from "./physics.ts";
import { between, unit } from "./random.ts";
import type { SimulatedBreaker, World } from "./world.ts";

/** A report before its sender numbers it; `body` lacks `ts` and `seq`. */
export type PlannedReport = {
  breaker: SimulatedBreaker;
  atMs: number;
  kind: "reading" | "trip";
  body: object;
};

export type Schedule = {
  /** Reports in `(afterMs, uptoMs]`, in order of time. */
  between(afterMs: number, uptoMs: number): Generator<PlannedReport>;
};

const tripBody = (breaker: SimulatedBreaker, fault: Fault): Omit<Trip, "ts" | "seq"> => ({
  cause: "leakage",
  residualCurrentMa:
    Math.round(breaker.ratedResidualCurrentMa * between(breaker.traits.key, fault.startMs, 1.05, 1.3) * 10) /
    10,
  phase: breaker.traits.phase,
  reclosed: fault.kind === "tripAndReclose",
});

type Moment = { breaker: SimulatedBreaker; atMs: number; trip: Fault | null };

/** The moments at which faults make a device speak. A reclosing breaker reports its trip when it has closed again. */
const momentsOf = (world: World): Moment[] => {
  const byId = new Map(world.breakers.map((b) => [b.breakerId, b]));
  return world.faults
    .flatMap((fault): Moment[] => {
      const breaker = byId.get(fault.subjectId);
      if (breaker === undefined || fault.kind === "silence") return [];
      return [
        { breaker, atMs: fault.startMs, trip: fault.kind === "open" ? fault : null },
        { breaker, atMs: fault.endMs, trip: fault.kind === "tripAndReclose" ? fault : null },
      ];
    })
    .sort((a, b) => a.atMs - b.atMs);
};

/** Plans reports every `intervalMs` (at least 1) for each breaker of the world. */
export const createSchedule = (world: World, intervalMs: number): Schedule => {
  const phased = world.breakers
    .map((breaker) => ({ breaker, phaseMs: Math.floor(unit(breaker.traits.key, 10) * intervalMs) }))
    .sort((a, b) => a.phaseMs - b.phaseMs);
  const moments = momentsOf(world);

  const reading = (breaker: SimulatedBreaker, atMs: number): PlannedReport | null => {
    const body = readingAt(world, breaker, atMs);
    return body === null ? null : { breaker, atMs, kind: "reading", body };
  };

  function* periodic(
    afterMs: number,
    uptoMs: number,
  ): Generator<{ breaker: SimulatedBreaker; atMs: number }> {
    for (let cycle = Math.floor(afterMs / intervalMs); cycle * intervalMs <= uptoMs; cycle++) {
      const baseMs = cycle * intervalMs;
      for (let i = firstAfter(phased, afterMs - baseMs); i < phased.length; i++) {
        const { breaker, phaseMs } = phased[i] as (typeof phased)[number];
        if (baseMs + phaseMs > uptoMs) return;
        yield { breaker, atMs: baseMs + phaseMs };
      }
    }
  }

  function* atMoment(moment: Moment): Generator<PlannedReport> {
    if (effectOn(world, moment.breaker, moment.atMs).silent) return;
    if (moment.trip !== null)
      yield {
        breaker: moment.breaker,
        atMs: moment.atMs,
        kind: "trip",
        body: tripBody(moment.breaker, moment.trip),
      };
    const report = reading(moment.breaker, moment.atMs);
    if (report !== null) yield report;
  }

  return {
    *between(afterMs, uptoMs) {
      let next = moments.findIndex((m) => m.atMs > afterMs);
      if (next === -1) next = moments.length;
      for (const { breaker, atMs } of periodic(afterMs, uptoMs)) {
        for (; (moments[next]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs; next++)
          yield* atMoment(moments[next] as Moment);
        const report = reading(breaker, atMs);
        if (report !== null) yield report;
      }
      for (; (moments[next]?.atMs ?? Number.POSITIVE_INFINITY) <= uptoMs; next++)
        yield* atMoment(moments[next] as Moment);
    },
  };
};

/** Index of the first entry whose phase is after `offsetMs`. */
const firstAfter = (phased: readonly { phaseMs: number }[], offsetMs: number): number => {
  let low = 0;
  let high = phased.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((phased[middle] as { phaseMs: number }).phaseMs > offsetMs) high = middle;
    else low = middle + 1;
  }
  return low;
};
