// Insulation that ages: a breaker's daily leakage against its own past weeks, the area's common movement taken off.
import { dayRing, type LeakageBaseline } from "./baseline.ts";
import type { LeakageLimits } from "./leakage.ts";

/** Days that are "now", and days that are "before" at the least. */
const recentDays = 3;
const minReferenceDays = 5;
/** Z of Mann's and Kendall's trend test: a trend by chance this strong comes once in about 3,000 series. */
const minTrendZ = 3.4;
/** A drift has ended when less than this share of its growth is left. */
const endShare = 0.5;

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
};

/** The newest days' level and the level of the older half of what is remembered, in mA; null while there are too few days. */
export const dayGrowth = (baseline: LeakageBaseline): { recentMa: number; referenceMa: number } | null => {
  const levels = baseline.dayLevelsMa;
  if (levels.length < recentDays + minReferenceDays) return null;
  const older = levels.slice(0, Math.max(minReferenceDays, (levels.length - recentDays) >> 1));
  return { recentMa: median(levels.slice(-recentDays)), referenceMa: median(older) };
};

/** Mann–Kendall's Z over the daily levels: positive where they rise. Ties weigh nothing. */
export const trendZ = (levels: readonly number[]): number => {
  const n = levels.length;
  let s = 0;
  for (let i = 0; i < n; i += 1)
    for (let j = i + 1; j < n; j += 1) s += Math.sign((levels[j] ?? 0) - (levels[i] ?? 0));
  if (n < 4 || s === 0) return 0;
  const variance = (n * (n - 1) * (2 * n + 5)) / 18;
  return (s - Math.sign(s)) / Math.sqrt(variance);
};

/**
 * Whether the breaker's level has grown over its past weeks by more than the area's has, steadily. `was` gives the deadband.
 * Called once an hour; `commonGrowth` is asked only where the breaker's own growth suffices.
 */
export const isDrifting = (
  baseline: LeakageBaseline,
  was: boolean,
  ratedResidualCurrentMa: number,
  commonGrowth: () => number,
  limits: LeakageLimits,
): boolean => {
  const growth = dayGrowth(baseline);
  if (growth === null) return false;
  const share = was ? endShare : 1;
  const grownBy = (referenceMa: number) => growth.recentMa - referenceMa;
  const enough = (referenceMa: number) =>
    grownBy(referenceMa) >= share * limits.driftShareOfRated * ratedResidualCurrentMa &&
    grownBy(referenceMa) >= share * limits.driftGrowth * referenceMa;
  if (!enough(growth.referenceMa)) return false;
  if (!enough(growth.referenceMa * Math.max(commonGrowth(), 1))) return false;
  return was || trendZ(baseline.dayLevelsMa.slice(-dayRing)) >= minTrendZ;
};
