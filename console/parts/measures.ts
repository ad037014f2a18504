// The measures of a village, area or township as the page shows them: the snapshot's, or those of a period.
import type { BreakerLevel } from "../../domain/breaker.ts";
import type { LevelSummary, RateRow } from "../../domain/http.ts";
import type { Rate } from "./rate.tsx";

/** What townships, villages and areas have in common. */
export type Summary = {
  id: string;
  name: string;
  levels: Record<BreakerLevel, LevelSummary>;
  inhabitedHouseholds: number;
  inhabitedOperating: number;
  inhabitedCoverage: number | null;
  inhabitedCoverageTarget: number;
  openAlarms: number;
};

/** Operational rate of one level: of now where `rates` is null, else of the period of `rates`. */
export const operationalRate = (
  level: BreakerLevel,
  summary: Summary,
  rates: readonly RateRow[] | null,
): Rate => {
  const { operationalRate: rate, operationalRateUpperBound: upperBound, target } = summary.levels[level];
  if (rates === null) return { rate, upperBound, target };
  const row = rates.find((r) => r.id === summary.id && r.level === level);
  return row === undefined
    ? { rate: null, upperBound: null, target }
    : { rate: row.operationalRate, upperBound: row.operationalRateUpperBound, target: row.target };
};

/** Installation rate of one level; nothing in it can be unknown. */
export const installationRate = (level: BreakerLevel, summary: Summary): Rate => {
  const { installationRate: rate, target } = summary.levels[level];
  return { rate, upperBound: rate, target };
};

/** Inhabited households whose breaker is operating. */
export const inhabitedCoverage = (summary: Summary): Rate => ({
  rate: summary.inhabitedCoverage,
  upperBound: summary.inhabitedCoverage,
  target: summary.inhabitedCoverageTarget,
});
