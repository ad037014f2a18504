// What the plan asks for where nobody has set a target of their own (DOMAIN.md, "targets of the plan").
import type { BreakerLevel } from "./breaker.ts";
import { targetInhabitedCoverage, targetRates } from "./breaker.ts";

export const targetMeasures = [
  "installationRate",
  "operationalRate",
  "inhabitedCoverage",
  "officerShare",
] as const;
export type TargetMeasure = (typeof targetMeasures)[number];

/** Whether a target of the measure is set for one level of breakers. */
export const isOfLevel = (measure: TargetMeasure): boolean =>
  measure === "installationRate" || measure === "operationalRate";

/** Every target of one place, as fractions 0–1. */
export type Targets = {
  installationRate: Record<BreakerLevel, number>;
  operationalRate: Record<BreakerLevel, number>;
  inhabitedCoverage: number;
  officerShare: number;
};

export const defaultTargets: Targets = {
  installationRate: targetRates,
  operationalRate: targetRates,
  inhabitedCoverage: targetInhabitedCoverage,
  officerShare: 1,
};

/** A target that was set: for one place (or everywhere), from a local day on. */
export type StoredTarget = {
  measure: TargetMeasure;
  level: BreakerLevel | null;
  townshipId: string | null;
  villageId: string | null;
  value: number;
  /** `YYYY-MM-DD`. */
  validFrom: string;
};

/** 2 for a village's own target, 1 for its township's, 0 for everybody's. */
const rankOf = (target: StoredTarget): number =>
  target.villageId !== null ? 2 : target.townshipId !== null ? 1 : 0;

/**
 * The targets of a place on the local day `onDate`: of those set by then the nearest to the place holds, and of these the
 * latest. `villageId` is null for a township as a whole.
 */
export const targetsOf = (
  stored: readonly StoredTarget[],
  place: { townshipId: string; villageId: string | null },
  onDate: string,
): Targets => {
  const best = new Map<string, StoredTarget>();
  for (const target of stored) {
    if (target.validFrom > onDate) continue;
    if (target.townshipId !== null && target.townshipId !== place.townshipId) continue;
    if (target.villageId !== null && target.villageId !== place.villageId) continue;
    const key = `${target.measure}/${target.level ?? ""}`;
    const known = best.get(key);
    const nearer =
      known === undefined ||
      rankOf(target) > rankOf(known) ||
      (rankOf(target) === rankOf(known) && target.validFrom > known.validFrom);
    if (nearer) best.set(key, target);
  }
  const value = (measure: TargetMeasure, level: BreakerLevel | "", fallback: number): number =>
    best.get(`${measure}/${level}`)?.value ?? fallback;
  const byLevel = (measure: "installationRate" | "operationalRate") => ({
    household: value(measure, "household", defaultTargets[measure].household),
    intermediate: value(measure, "intermediate", defaultTargets[measure].intermediate),
    main: value(measure, "main", defaultTargets[measure].main),
  });
  return {
    installationRate: byLevel("installationRate"),
    operationalRate: byLevel("operationalRate"),
    inhabitedCoverage: value("inhabitedCoverage", "", defaultTargets.inhabitedCoverage),
    officerShare: value("officerShare", "", defaultTargets.officerShare),
  };
};
