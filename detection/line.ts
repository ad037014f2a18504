// A main breaker against its households: the sum that its residual current cannot exceed, and who is behind its trip.
import type { AlarmEvidence } from "../domain/alarm.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { isResidualTrip } from "../domain/trips.ts";
import type { LineExcess } from "./alarm-view.ts";
import type { AlarmEvent } from "./alarms.ts";
import type { BreakerMemory } from "./breaker-memory.ts";
import { type AreaMemory, isRemoved } from "./memory.ts";
import { eventStandsMs } from "./observe.ts";
import { isPossibleResidual } from "./plausible.ts";
import { behindMs } from "./report-clock.ts";

/** Fewer households prove nothing. */
const minHouseholds = 3;
/** With more than this share of them unheard the sum is not known. */
const maxUnheardShare = 0.1;
/** A main's trip waits so long for what the households have to say of it, in ms of arrival. */
export const attributionWaitMs = 60_000;
/** What a household leaked so long before the trip still tells, in ms, or in two heartbeats if they are longer. */
const beforeTripMs = 15 * 60_000;
/** Clocks of two devices differ by so much, in ms: a reading this close to the trip may be from before or after it. */
const clocksDifferMs = 60_000;
/** A household's own trip belongs to the main's when it is no further away. */
const sameTripMs = 120_000;
const maxSuspects = 5;
/** How much standing leakage counts beside what has risen. */
const levelShare = 0.25;

const households = function* (area: AreaMemory, atMs: number): Generator<BreakerMemory> {
  for (const breaker of area.breakers.values())
    if (
      breaker.facts.level === "household" &&
      breaker.facts.installedAtMs <= atMs &&
      !isRemoved(breaker, atMs)
    )
      yield breaker;
};

/**
 * How far a main's residual current lies above all that its households could make of it, in mA. A household that has not
 * been heard within two heartbeats counts with its IΔn: above that it would trip. Null where too many are unheard.
 */
export const lineExcess = (
  area: AreaMemory,
  main: BreakerMemory,
  nowMs: number,
  rule: JudgingRule,
): LineExcess | null => {
  const { reading } = main.fold;
  if (reading === null) return null;
  let count = 0;
  let silentHouseholds = 0;
  let sumMa = 0;
  for (const { fold, facts } of households(area, nowMs)) {
    count += 1;
    const own = fold.reading;
    if (
      own === null ||
      nowMs - own.tsMs - behindMs(fold.findings) > 2 * rule.heartbeatIntervalMs ||
      !isPossibleResidual(own.residualCurrentMa)
    ) {
      silentHouseholds += 1;
      sumMa += facts.ratedResidualCurrentMa;
    } else sumMa += own.residualCurrentMa;
  }
  if (count < minHouseholds || silentHouseholds > maxUnheardShare * count) return null;
  return { excessMa: reading.residualCurrentMa - sumMa, sumMa, silentHouseholds };
};

type Suspect = { breaker: BreakerMemory; score: number; riseMa: number; levelMa: number; tripped: boolean };

/** What speaks for a household being behind a residual trip of its main at `atMs`. */
const suspicion = (breaker: BreakerMemory, atMs: number, rule: JudgingRule): Suspect => {
  const { fold, facts } = breaker;
  const { findings, reading } = fold;
  const clockMs = behindMs(findings);
  const tripped =
    findings.lastCause !== null &&
    isResidualTrip(findings.lastCause) &&
    Math.abs(findings.lastTripMs + clockMs - atMs) <= sameTripMs;
  let levelMa = 0;
  if (
    reading !== null &&
    Math.abs(reading.tsMs + clockMs - atMs) <= Math.max(beforeTripMs, 2 * rule.heartbeatIntervalMs) &&
    isPossibleResidual(reading.residualCurrentMa)
  ) {
    // After the trip the house may be without supply: what it leaked before counts.
    levelMa =
      reading.tsMs + clockMs > atMs - clocksDifferMs
        ? Math.max(reading.residualCurrentMa, findings.beforeMa)
        : reading.residualCurrentMa;
  }
  const usualMa = fold.leakage?.expectedMa ?? Math.max(findings.usualMa, 0);
  const riseMa = Math.max(levelMa - usualMa, 0);
  // A trip of its own says it outright; it counts as its IΔn.
  const score = (tripped ? facts.ratedResidualCurrentMa : 0) + riseMa + levelShare * levelMa;
  return { breaker, score, riseMa, levelMa, tripped };
};

/** The households most likely behind the trip, the likeliest first. */
export const suspectsOf = (area: AreaMemory, atMs: number, rule: JudgingRule): Suspect[] =>
  [...households(area, atMs)]
    .map((breaker) => suspicion(breaker, atMs, rule))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.breaker.facts.breakerId < b.breaker.facts.breakerId ? -1 : 1))
    .slice(0, maxSuspects);

const suspectEvidence = (suspects: readonly Suspect[]): AlarmEvidence =>
  Object.fromEntries(
    suspects.flatMap(({ breaker, riseMa, levelMa, tripped }, i) => {
      const name = `suspect${i + 1}`;
      return [
        [`${name}BreakerId`, breaker.facts.breakerId],
        [`${name}HouseholdId`, breaker.facts.householdId],
        [`${name}ResidualCurrentMa`, Math.round(levelMa * 10) / 10],
        [`${name}RiseMa`, Math.round(riseMa * 10) / 10],
        [`${name}Tripped`, tripped],
      ];
    }),
  );

/**
 * The alarms of a main's residual trip, once what the households say of it has had time to come: the trip with its
 * suspects, and the failed grading where the likeliest leaked its IΔn or more and stayed closed. Mutates the memory.
 */
export const attributeTrip = (
  area: AreaMemory,
  main: BreakerMemory,
  nowMs: number,
  rule: JudgingRule,
): AlarmEvent[] => {
  const { trip } = main.fold.findings;
  if (trip === null || nowMs < trip.arrivalMs + attributionWaitMs) return [];
  main.fold.findings.trip = null;
  const suspects = suspectsOf(area, trip.atMs + behindMs(main.fold.findings), rule);
  const evidence: AlarmEvidence = {
    residualCurrentMa: trip.residualCurrentMa,
    ratedResidualCurrentMa: main.facts.ratedResidualCurrentMa,
    phase: trip.phase,
    trippedAt: new Date(trip.atMs).toISOString(),
    suspects: suspects.length,
    ...suspectEvidence(suspects),
  };
  const untilMs = nowMs + eventStandsMs;
  const events: AlarmEvent[] = [{ kind: "mainTrip", atMs: trip.atMs, untilMs, evidence }];
  const guilty = suspects.find(({ breaker, levelMa }) => levelMa >= breaker.facts.ratedResidualCurrentMa);
  if (guilty !== undefined && !suspects.some(({ tripped }) => tripped))
    events.push({
      kind: "gradingFailure",
      atMs: trip.atMs,
      untilMs,
      evidence: { responsibleBreakerId: guilty.breaker.facts.breakerId, ...evidence },
    });
  return events;
};
