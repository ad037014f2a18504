// A device's clock against the arrival of what it says: ahead, impossible, or behind by the same again and again.
import type { AlarmEvidence } from "../domain/alarm.ts";
import type { FindingLimits } from "../domain/finding-limits.ts";
import type { Report } from "../domain/report.ts";
import type { FindingMemory } from "./finding-memory.ts";

/** A clock is steadily behind when reports that came one by one were all behind by the same, to within this. */
const steadyMs = 30_000;
/** Reports that came closer together than this were sent in one go: a buffer, not a clock. */
const apartMs = 20_000;
/** So many in a row prove it. */
const steadyReports = 3;
/** More are not counted: so many of which each is behind by something else disprove it again. */
const mostReports = 20;

/** How far the breaker's clock is proven to be behind, in ms: what it says comes as it happens, and says the wrong time. 0 where not. */
export const behindMs = ({ lagRun, lagMs }: FindingMemory): number =>
  lagRun >= steadyReports - 1 ? lagMs : 0;

/** Takes in one report; answers the evidence where the clock is wrong, else null. Mutates the memory. */
export const noteClock = (
  findings: FindingMemory,
  report: Report,
  limits: FindingLimits,
): AlarmEvidence | null => {
  const { arrivalMs } = report;
  if (report.clockReplaced) {
    findings.lagRun = 0;
    findings.arrivalMs = arrivalMs;
    return { reportedTime: "implausible" };
  }
  const lagMs = arrivalMs - report.tsMs;
  const isApart = arrivalMs - findings.arrivalMs >= apartMs;
  const isSteady = Math.abs(lagMs - findings.lagMs) <= steadyMs;
  if (lagMs < limits.clockBehindMs) findings.lagRun = 0;
  // One that was long on its way does not disprove what many have proven.
  else if (!isSteady) findings.lagRun = Math.max(findings.lagRun - 1, 0);
  else if (isApart) findings.lagRun = Math.min(findings.lagRun + 1, mostReports);
  findings.lagMs = lagMs;
  findings.arrivalMs = arrivalMs;
  if (lagMs <= -limits.clockAheadMs) return { aheadMs: -lagMs };
  const provenMs = behindMs(findings);
  return provenMs > 0 ? { behindMs: provenMs } : null;
};
