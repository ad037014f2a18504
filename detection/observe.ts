// What single reports prove by themselves: trips, settings, and data that lies. Keeps the findings' memory and answers the
// events that are alarms. Pure: mutates only the memory that it is given.
import type { BreakerFacts } from "../domain/breaker.ts";
import type { FindingLimits } from "../domain/finding-limits.ts";
import type { JudgingRule } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import { isResidualTrip, verdictOf } from "../domain/trips.ts";
import type { TripCause } from "../domain/wire.ts";
import type { AlarmEvent } from "./alarms.ts";
import type { FindingMemory } from "./finding-memory.ts";
import { impossibleField, isPossibleResidual } from "./plausible.ts";
import { behindMs, noteClock } from "./report-clock.ts";
import { noteRepeat, noteSequence } from "./sequence.ts";

export const hourMs = 3_600_000;
/** How long an event's alarm stands if nothing like it follows. */
export const eventStandsMs = hourMs;
/** A device that takes another's place is worth a day's attention. */
const identityStandsMs = 24 * hourMs;
/** A reclosing contact belongs to a trip that is no older than this. */
const recloseMs = 10 * 60_000;
/** Readings in which a mean of what a breaker leaks forgets the older ones. */
const usualReadings = 24;

export type Observed = {
  facts: BreakerFacts;
  findings: FindingMemory;
  limits: FindingLimits;
  rule: JudgingRule;
};

/** Trips that somebody wanted, or that the supply caused: they say nothing of the installation. */
const harmlessCauses: ReadonlySet<string> = new Set([
  "normal",
  "timedTest",
  "keyTest",
  "remote",
  "manual",
  "outage",
  "undervoltage",
  "overvoltage",
  "phaseLoss",
  "settingsChanged",
  "ctFault",
  "closeFailed",
]);
const testCauses: ReadonlySet<string> = new Set(["timedTest", "keyTest"]);
/** After these nothing recloses by itself, whatever its rating (DOMAIN.md). */
const neverRecloses: ReadonlySet<string> = new Set(["overload", "shortCircuit", "manual"]);
/** Household protection in the sense of GB/T 32902: no reclosing by itself. */
const householdRatedMa = 30;

/** Whether a reclosing after a trip for this cause breaks the rules. `null`: no trip is known. */
const isForbidden = (cause: TripCause | null, ratedResidualCurrentMa: number): boolean => {
  if (cause !== null && neverRecloses.has(cause)) return true;
  return ratedResidualCurrentMa <= householdRatedMa && (cause === null || isResidualTrip(cause));
};

const event = (
  kind: AlarmEvent["kind"],
  atMs: number,
  nowMs: number,
  evidence: AlarmEvent["evidence"],
  standsMs = eventStandsMs,
): AlarmEvent => ({ kind, atMs, untilMs: nowMs + standsMs, evidence });

const observeReading = (
  observed: Observed,
  report: Extract<Report, { kind: "reading" }>,
  events: AlarmEvent[],
): void => {
  const { facts, findings, limits } = observed;
  const { body, tsMs, arrivalMs } = report;
  const impossible = impossibleField(body, facts.level);
  if (impossible !== null)
    events.push(
      event("impossibleValue", tsMs, arrivalMs, { field: impossible, value: Number(body[impossible]) }),
    );
  if (body.contact === "reclosing") {
    const recent = tsMs - findings.lastTripMs < recloseMs;
    if (isForbidden(recent ? findings.lastCause : null, facts.ratedResidualCurrentMa))
      events.push(
        event("forbiddenReclose", tsMs, arrivalMs, {
          cause: recent ? findings.lastCause : null,
          ratedResidualCurrentMa: facts.ratedResidualCurrentMa,
        }),
      );
  }
  const tripped = findings.lastTripMs > 0 && tsMs - findings.lastTripMs <= limits.repeatedTripWindowMs;
  // It locks out after trips of which it may not have told.
  if (body.contact === "lockedOut")
    events.push(
      event("repeatedTrips", tripped ? findings.lastTripMs : tsMs, arrivalMs, {
        contact: body.contact,
        lockedOut: true,
      }),
    );
  const rated = body.ratedResidualCurrentMa;
  if (rated !== undefined && rated > facts.ratedResidualCurrentMa * 1.01)
    events.push(
      event("settingsChanged", tsMs, arrivalMs, {
        settingMa: rated,
        ratedResidualCurrentMa: facts.ratedResidualCurrentMa,
      }),
    );
  if (body.nonDrivingTimeMs !== undefined) {
    const before = findings.nonDrivingTimeMs;
    const raised = before >= 0 && body.nonDrivingTimeMs > before;
    if (raised || body.nonDrivingTimeMs > limits.maxNonDrivingTimeMs)
      events.push(
        event("settingsChanged", tsMs, arrivalMs, {
          nonDrivingTimeMs: body.nonDrivingTimeMs,
          beforeMs: before < 0 ? null : before,
        }),
      );
    findings.nonDrivingTimeMs = body.nonDrivingTimeMs;
  }
  const ma = body.residualCurrentMa;
  if (body.contact === "closed" && isPossibleResidual(ma)) {
    // One wild reading must not become what is usual.
    if (findings.usualMa < 0) findings.usualMa = ma;
    else {
      const taken = Math.min(ma, 2 * findings.usualMa + 1);
      findings.usualMa =
        Math.round((findings.usualMa + (taken - findings.usualMa) / usualReadings) * 100) / 100;
    }
  }
};

const observeTrip = (
  observed: Observed,
  report: Extract<Report, { kind: "trip" }>,
  events: AlarmEvent[],
): void => {
  const { facts, findings, limits, rule } = observed;
  const { body, tsMs, arrivalMs } = report;
  if (tsMs >= findings.lastTripMs) {
    findings.lastTripMs = tsMs;
    findings.lastCause = body.cause;
  }
  if (testCauses.has(body.cause)) findings.testMs = Math.max(findings.testMs, tsMs);
  const counts = !harmlessCauses.has(body.cause);
  if (counts && body.cause !== "lockout" && !findings.tripsMs.includes(tsMs)) {
    findings.tripsMs.push(tsMs);
    findings.tripsMs.sort((a, b) => a - b);
    while (findings.tripsMs.length > limits.repeatedTripCount) findings.tripsMs.shift();
  }
  // Yesterday's trip that comes late is recorded and nobody is called (DOMAIN.md).
  if (arrivalMs - tsMs - behindMs(findings) > rule.vouchMs) return;
  const residualCurrentMa = body.residualCurrentMa ?? null;
  const evidence = {
    cause: body.cause,
    residualCurrentMa,
    ratedResidualCurrentMa: facts.ratedResidualCurrentMa,
    phase: body.phase ?? null,
    trippedAt: new Date(tsMs).toISOString(),
  };
  if (verdictOf({ cause: body.cause, residualCurrentMa }, facts.ratedResidualCurrentMa) === "nuisanceTrip")
    events.push(event("nuisanceTrip", tsMs, arrivalMs, evidence));
  if (body.reclosed && isForbidden(body.cause, facts.ratedResidualCurrentMa))
    events.push(event("forbiddenReclose", tsMs, arrivalMs, evidence));
  if (body.cause === "settingsChanged") events.push(event("settingsChanged", tsMs, arrivalMs, evidence));
  const [oldestMs = 0] = findings.tripsMs;
  const newestMs = findings.tripsMs.at(-1) ?? 0;
  const repeated =
    findings.tripsMs.length >= limits.repeatedTripCount && newestMs - oldestMs <= limits.repeatedTripWindowMs;
  if (body.cause === "lockout" || (counts && repeated))
    events.push(
      event("repeatedTrips", tsMs, arrivalMs, {
        ...evidence,
        trips: findings.tripsMs.length,
        lockedOut: body.cause === "lockout",
      }),
    );
  if (facts.level === "main" && isResidualTrip(body.cause) && tsMs >= (findings.trip?.atMs ?? 0))
    findings.trip = { atMs: tsMs, arrivalMs, phase: body.phase ?? null, residualCurrentMa };
};

const nothing: AlarmEvent[] = [];

/** Takes in a report that the breaker's own history has accepted; answers the events that it is evidence of. */
export const observe = (observed: Observed, report: Report): AlarmEvent[] => {
  const events: AlarmEvent[] = [];
  const { facts, findings, limits } = observed;
  if (findings.firstMs === 0) findings.firstMs = report.tsMs;
  const sequence =
    report.kind === "reading" ? noteSequence(findings, report, facts.ratedResidualCurrentMa) : null;
  if (sequence !== null) {
    const standsMs = sequence.kind === "identityDoubtful" ? identityStandsMs : eventStandsMs;
    events.push(event(sequence.kind, report.tsMs, report.arrivalMs, sequence.evidence, standsMs));
  }
  const clock = noteClock(findings, report, limits);
  if (clock !== null) events.push(event("clockWrong", report.tsMs, report.arrivalMs, clock));
  switch (report.kind) {
    case "reading":
      observeReading(observed, report, events);
      break;
    case "trip":
      observeTrip(observed, report, events);
      break;
    case "test":
      if (report.body.kind === "trip") findings.testMs = Math.max(findings.testMs, report.tsMs);
      break;
    case "status":
      break;
  }
  return events.length === 0 ? nothing : events;
};

/** Takes in a report that is not newer than the newest one: late, or said before. */
export const observeOld = (observed: Observed, report: Report): AlarmEvent[] => {
  const { findings, limits } = observed;
  if (report.kind === "trip") {
    // A reading made a moment later has overtaken it: a trip it is none the less.
    const events: AlarmEvent[] = [];
    const isKnown = report.tsMs === findings.lastTripMs || findings.tripsMs.includes(report.tsMs);
    if (!isKnown) observeTrip(observed, report, events);
    return events;
  }
  if (report.kind === "test" && report.body.kind === "trip")
    findings.testMs = Math.max(findings.testMs, report.tsMs);
  const repeat = noteRepeat(findings, report);
  if (repeat !== null) return [event("duplicatedSequence", report.tsMs, report.arrivalMs, repeat)];
  // A clock set back by hours makes everything late until it has caught up with itself.
  const clock = report.kind === "reading" ? noteClock(findings, report, limits) : null;
  return clock === null ? nothing : [event("clockWrong", report.arrivalMs, report.arrivalMs, clock)];
};
