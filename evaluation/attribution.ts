// Whether the household behind a main breaker's trip is named, and at which rank.
import type { Finding } from "./score.ts";

/** A trip of an area's main breaker and the household breaker that it truly came from. */
export type GuiltyHouse = { areaId: string; atMs: number; breakerId: string };

/** Trips that were labelled with a household, and how many of them named it first, and among the first three. */
export type Attribution = { trips: number; first: number; firstThree: number };

/** A trip is raised once the households have had time to speak. */
const raisedWithinMs = 10 * 60_000;

/** Looks up every guilty house in the findings of kind `mainTrip`; a trip that was not raised names nobody. */
export const attribute = (guilty: readonly GuiltyHouse[], findings: readonly Finding[]): Attribution => {
  const trips = Map.groupBy(
    findings.filter((finding) => finding.kind === "mainTrip"),
    (finding) => finding.areaId,
  );
  const attribution: Attribution = { trips: guilty.length, first: 0, firstThree: 0 };
  for (const { areaId, atMs, breakerId } of guilty) {
    const trip = trips
      .get(areaId)
      ?.find((finding) => finding.raisedMs >= atMs && finding.raisedMs <= atMs + raisedWithinMs);
    const rank = trip?.suspects.indexOf(breakerId) ?? -1;
    if (rank === 0) attribution.first += 1;
    if (rank >= 0 && rank < 3) attribution.firstThree += 1;
  }
  return attribution;
};
