// What a breaker is: its level, its ratings and the plan's targets for its level.
import { z } from "zod";

/** The three graded levels: 总保, 中保, 户保. */
export const breakerLevels = ["household", "intermediate", "main"] as const;
export const breakerLevelSchema = z.enum(breakerLevels);
export type BreakerLevel = z.infer<typeof breakerLevelSchema>;

/** Targets of the plan for installation and operational rate, as fractions (DOMAIN.md, "targets of the plan"). */
export const targetRates: Record<BreakerLevel, number> = { household: 0.95, intermediate: 0.95, main: 1 };
/** Target of the plan for inhabited coverage. */
export const targetInhabitedCoverage = 1;

/** What the judging of one breaker needs from the registry. Times are Unix milliseconds. */
export type BreakerFacts = {
  breakerId: string;
  townshipId: string;
  villageId: string;
  areaId: string;
  householdId: string | null;
  level: BreakerLevel;
  /** IΔn in mA. */
  ratedResidualCurrentMa: number;
  /** Midnight of the installation day in the township's time zone. */
  installedAtMs: number;
  /** Midnight of the removal day; null while installed. */
  removedAtMs: number | null;
  /** Occupancy of the household in order of time; empty for breakers without a household. The first entry holds for all time before it. */
  occupancy: readonly { fromMs: number; inhabited: boolean }[];
  /** Its areas in order of time, where it has moved; the first entry holds for all time before it. */
  placements?: readonly { fromMs: number; areaId: string }[];
  /** Power taken off on purpose where it was at that time: apart from each other and in order. */
  plannedOutages?: readonly TimeWindow[];
};

/** `[fromMs, toMs)`, Unix milliseconds. */
export type TimeWindow = { fromMs: number; toMs: number };
