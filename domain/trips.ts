// What a trip was worth: correct, without such a fault (误动), or not a matter of residual current at all.

export const tripVerdicts = ["correct", "nuisanceTrip", "other"] as const;
export type TripVerdict = (typeof tripVerdicts)[number];

/** A breaker must not trip below this share of its rated residual operating current IΔn (GB/T 6829; DOMAIN.md). */
export const nonOperatingShare = 0.5;

const residualCauses: ReadonlySet<string> = new Set(["leakage", "earthFault"]);

/** Whether the trip says that residual current was its cause. */
export const isResidualTrip = (cause: string): boolean => residualCauses.has(cause);

/**
 * The worth of one trip. `residualCurrentMa` is what flowed before it, in mA: by the trip's own word, else by the last
 * reading that still vouches; null where neither says. IΔn in mA. A trip for another cause, or one whose residual current
 * nobody knows, proves nothing about the protection and is `other`.
 */
export const verdictOf = (
  trip: { cause: string; residualCurrentMa: number | null },
  ratedResidualCurrentMa: number,
): TripVerdict => {
  if (!isResidualTrip(trip.cause) || trip.residualCurrentMa === null) return "other";
  return trip.residualCurrentMa >= nonOperatingShare * ratedResidualCurrentMa ? "correct" : "nuisanceTrip";
};

/** correct ÷ (correct + 误动 + 拒动); null where there was nothing to be right or wrong about. */
export const correctOperationRate = (counts: {
  correct: number;
  nuisanceTrip: number;
  failureToTrip: number;
}): number | null => {
  const all = counts.correct + counts.nuisanceTrip + counts.failureToTrip;
  return all === 0 ? null : counts.correct / all;
};
