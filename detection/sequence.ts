// A breaker's sequence numbers: whether it repeats itself, and whether it is still the same device that counts.
import type { AlarmEvidence } from "../domain/alarm.ts";
import type { Report } from "../domain/report.ts";
import type { FindingMemory } from "./finding-memory.ts";

type ReadingReport = Extract<Report, { kind: "reading" }>;

/** A device that has restarted counts from here. */
const restartSeq = 20;
/** So far from what it usually counts up no device jumps: a step of this many, and so many times its usual pace. */
const jumpReadings = 500;
const jumpPace = 10;
/** Readings that counted on as usual before a jump means anything: some devices do not count at all. */
const orderlyReadings = 8;
/** One jump may be a device that was set up anew. Two within this time are two devices that count in turn… */
const jumpWindowMs = 24 * 3_600_000;
/** …and so is one after which so many readings in a row lie far from what the house leaked before. */
const strangeReadings = 3;
const strangeMinMa = 3;
const strangeShare = 0.6;
/** 0 and from half of IΔn on a reading speaks of a fault and not of another house. */
const everydayShare = 0.5;
/** Readings in a row with one sequence and different times. */
const stuckReadings = 3;
/** Repetitions of what was long known, within the window, that are no single mishap. */
const replayCount = 2;
const replayWindowMs = 3_600_000;
/** A report may come a second time when its acknowledgement was lost; not so much later. */
const redeliveryMs = 60_000;
/** Sequences that are remembered. */
const windowBits = 32;
/** A report that comes later than this was buffered. Whoever delivers a buffer may deliver it twice: the device did not repeat itself. */
const liveMs = 5 * 60_000;

export type SequenceFinding = { kind: "duplicatedSequence" | "identityDoubtful"; evidence: AlarmEvidence };

/** The lowest bit of what has been seen: 1 where the report came as it was made. */
const liveBit = ({ arrivalMs, tsMs }: Report): number => (arrivalMs - tsMs <= liveMs ? 1 : 0);

/** Takes in a reading that is newer than all before; call before the clock's note of the same report. Mutates the memory. */
export const noteSequence = (
  findings: FindingMemory,
  report: ReadingReport,
  ratedResidualCurrentMa: number,
): SequenceFinding | null => {
  const { seq, arrivalMs, tsMs } = report;
  const before = findings.seq;
  findings.seq = seq;
  // What arrives at the same instant came in the same message.
  if (arrivalMs !== findings.arrivalMs) findings.messageSeq = seq;
  if (before < 0) {
    findings.seen = liveBit(report);
    return null;
  }
  const step = seq - before;
  if (step === 0) {
    findings.stuckSeq = Math.min(findings.stuckSeq + 1, 100);
    return findings.stuckSeq >= stuckReadings - 1
      ? { kind: "duplicatedSequence", evidence: { seq, readings: findings.stuckSeq + 1 } }
      : null;
  }
  findings.stuckSeq = 0;
  if (step < 0 && step > -windowBits && seq > restartSeq && !report.clockReplaced) {
    // Of what lies before all that is remembered nobody knows whether it was said.
    const known = findings.seen >>> -step;
    if ((known & 1) === 1 || known === 0) return noteStepBack(findings, report, known);
  }
  const older = step > 0 && step < windowBits ? findings.seen << step : 0;
  findings.seen = (older | liveBit(report)) >>> 0;
  const elapsedS = Math.max((tsMs - (findings.arrivalMs - findings.lagMs)) / 1_000, 1);
  const usual = findings.seqPerS * elapsedS;
  const isJump = step < 0 ? seq > restartSeq : step > Math.max(jumpReadings, jumpPace * usual);
  const orderly = findings.orderlySeq;
  if (isJump && !report.clockReplaced) {
    findings.orderlySeq = 0;
    findings.loopReadings = null;
    return noteJump(findings, report, orderly, before, ratedResidualCurrentMa);
  }
  const stranger = noteStranger(findings, report, ratedResidualCurrentMa);
  if (stranger !== null) return stranger;
  findings.orderlySeq = Math.min(orderly + 1, 100);
  if (step > 0) {
    const perS = step / elapsedS;
    findings.seqPerS =
      Math.round((findings.seqPerS === 0 ? perS : (findings.seqPerS * 7 + perS) / 8) * 1e6) / 1e6;
  }
  const loop = findings.loopReadings;
  if (loop === null) return null;
  if (findings.orderlySeq >= windowBits) findings.loopReadings = null;
  return findings.orderlySeq < loop ? loopFinding(seq, loop) : null;
};

const loopFinding = (seq: number, loopReadings: number): SequenceFinding => ({
  kind: "duplicatedSequence",
  evidence: { seq, loopReadings },
});

/** A few numbers back, under a new time: once a module that has restarted, twice one that goes round. */
const noteStepBack = (
  findings: FindingMemory,
  report: ReadingReport,
  known: number,
): SequenceFinding | null => {
  const isLoop = findings.loopReadings !== null && known !== 0;
  const loop = isLoop ? Math.min(findings.orderlySeq + 1, windowBits) : 0;
  findings.seen = (known | liveBit(report)) >>> 0;
  findings.orderlySeq = 0;
  findings.loopReadings = loop;
  if (loop === 0) return null;
  // Whoever goes round in an old memory has jumped there, and will jump back: no other device.
  findings.jumpMs = 0;
  findings.jumpAway = -1;
  return loopFinding(report.seq, loop);
};

const noteJump = (
  findings: FindingMemory,
  { seq, tsMs, body }: ReadingReport,
  orderly: number,
  beforeSeq: number,
  ratedMa: number,
): SequenceFinding | null => {
  const again = findings.jumpMs > 0 && tsMs - findings.jumpMs <= jumpWindowMs;
  if (!again && orderly < orderlyReadings) return null;
  findings.jumpMs = tsMs;
  if (again) {
    findings.jumpAway = -1;
    return { kind: "identityDoubtful", evidence: { seq, beforeSeq } };
  }
  findings.jumpUsualMa = findings.usualMa;
  findings.jumpAway = isStrange(findings.jumpUsualMa, body.residualCurrentMa, ratedMa) ? 1 : -1;
  return null;
};

const isStrange = (usualMa: number, ma: number, ratedMa: number): boolean =>
  usualMa >= 0 &&
  ma > 0 &&
  ma < everydayShare * ratedMa &&
  Math.abs(ma - usualMa) > Math.max(strangeMinMa, strangeShare * usualMa);

const noteStranger = (
  findings: FindingMemory,
  { seq, body }: ReadingReport,
  ratedMa: number,
): SequenceFinding | null => {
  if (findings.jumpAway < 0) return null;
  if (!isStrange(findings.jumpUsualMa, body.residualCurrentMa, ratedMa)) {
    findings.jumpAway = -1;
    return null;
  }
  findings.jumpAway += 1;
  if (findings.jumpAway < strangeReadings) return null;
  findings.jumpAway = -1;
  return {
    kind: "identityDoubtful",
    evidence: { seq, residualCurrentMa: body.residualCurrentMa, usualMa: findings.jumpUsualMa },
  };
};

/** Takes in a report that is not newer than the newest. Answers the evidence where the device repeats itself. */
export const noteRepeat = (findings: FindingMemory, report: Report): AlarmEvidence | null => {
  if (report.kind !== "reading") return null;
  const back = findings.seq - report.seq;
  if (back < 0 || back >= windowBits) return null;
  const bit = (1 << back) >>> 0;
  if ((findings.seen & bit) >>> 0 === 0) {
    // Buffered data that had not come yet, or comes twice; or two live reports that overtook one another.
    findings.seen = (findings.seen | (liveBit(report) << back)) >>> 0;
    return null;
  }
  const isRedelivery =
    report.seq >= findings.messageSeq && report.arrivalMs - findings.arrivalMs < redeliveryMs;
  if (isRedelivery) return null;
  if (report.arrivalMs - findings.replaysSinceMs > replayWindowMs) {
    findings.replays = 0;
    findings.replaysSinceMs = report.arrivalMs;
  }
  findings.replays += 1;
  return findings.replays < replayCount ? null : { seq: report.seq, repetitions: findings.replays };
};
