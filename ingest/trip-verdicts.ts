// Asks the stored readings what flowed before a trip that did not say so itself; the same answer in whatever order they came.
import { compareReports } from "../domain/report.ts";
import { verdictOf } from "../domain/trips.ts";
import type { Query } from "../storage/db.ts";
import { loadOpenTrips, type TripVerdictRow, writeVerdicts } from "../storage/records.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";

const reportsPerPage = 5_000;

type Needs = {
  query: Query;
  telemetry: Pick<TelemetryStore, "reports">;
  /** How long a reading counts, in milliseconds. */
  vouchMs: number;
  /** IΔn in mA; null for a breaker that is gone. */
  ratedResidualCurrentMa(breakerId: string): number | null;
};

/** What the last reading before the key says, in mA, if it still vouches. */
const residualBefore = async (
  { telemetry, vouchMs }: Needs,
  trip: { breakerId: string; tsMs: number; seq: number },
): Promise<number | null> => {
  let found: number | null = null;
  let nextMs = Math.max(trip.tsMs - vouchMs, 0);
  while (nextMs <= trip.tsMs) {
    const page = await telemetry.reports({
      breakerId: trip.breakerId,
      fromMs: nextMs,
      toMs: trip.tsMs + 1,
      limit: reportsPerPage,
    });
    for (const report of page)
      if (report.kind === "reading" && compareReports(report, { ...trip, kind: "trip" }) < 0)
        found = report.body.residualCurrentMa;
    const last = page.at(-1);
    if (last === undefined) break;
    nextMs = last.tsMs + 1;
  }
  return found;
};

/** Judges anew the trips of the breakers, each from its `fromMs` on (Unix ms); answers the writing, for a transaction. */
export const judgeTrips = async (
  needs: Needs,
  from: readonly { breakerId: string; fromMs: number }[],
): Promise<(query: Query) => Promise<void>> => {
  const verdicts: TripVerdictRow[] = [];
  for (const trip of await loadOpenTrips(needs.query, from)) {
    const ratedResidualCurrentMa = needs.ratedResidualCurrentMa(trip.breakerId);
    if (ratedResidualCurrentMa === null) continue;
    const residualCurrentMa = await residualBefore(needs, trip);
    verdicts.push({
      ...trip,
      verdict: verdictOf({ cause: trip.cause, residualCurrentMa }, ratedResidualCurrentMa),
    });
  }
  return (query) => writeVerdicts(query, verdicts);
};
