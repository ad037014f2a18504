// Trips and tests as detection commits them, and what late readings tell of trips that did not say their own current.
import type { TripVerdict } from "../domain/trips.ts";
import type { Query } from "./db.ts";

/** Current in mA, time in Unix milliseconds. */
export type TripRow = {
  breakerId: string;
  tsMs: number;
  seq: number;
  cause: string;
  residualCurrentMa: number | null;
  phase: string | null;
  reclosed: boolean;
  verdict: TripVerdict;
};

export type TestRow = {
  breakerId: string;
  tsMs: number;
  seq: number;
  kind: "trip" | "self";
  passed: boolean;
  breakTimeMs: number | null;
};

/** An hour of an area (its beginning, Unix ms) for which reports came after its day may have been computed. */
export type StaleHour = { areaId: string; hourMs: number };

/** What detection commits besides states and alarms. */
export type RecordWrites = {
  trips: readonly TripRow[];
  tests: readonly TestRow[];
  staleHours: readonly StaleHour[];
};

/** The id of a test that a device reported: the same report gives the same id. */
export const reportedTestId = (test: Pick<TestRow, "breakerId" | "tsMs" | "seq">): string =>
  `${test.breakerId}/${test.tsMs}/${test.seq}`;

/** Writes trips and tests; what is stored already stays as it is. Call inside detection's transaction. */
export const writeRecords = async (
  query: Query,
  { trips, tests, staleHours }: RecordWrites,
): Promise<void> => {
  if (trips.length > 0)
    await query(
      `INSERT INTO trip_record (breaker_id, ts_ms, seq, cause, residual_current_ma, phase, reclosed, verdict)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "tsMs" bigint, seq bigint, cause text,
         "residualCurrentMa" double precision, phase text, reclosed boolean, verdict text)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(trips)],
    );
  if (tests.length > 0)
    await query(
      `INSERT INTO test_record (id, breaker_id, at_ms, kind, passed, break_time_ms, source)
       SELECT id, "breakerId", "tsMs", kind, passed, "breakTimeMs", 'report'
         FROM jsonb_to_recordset($1::jsonb) AS r(id text, "breakerId" text, "tsMs" bigint, kind text, passed boolean,
           "breakTimeMs" double precision)
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(tests.map((test) => ({ ...test, id: reportedTestId(test) })))],
    );
  if (staleHours.length > 0)
    await query(
      `INSERT INTO supply_stale (area_id, hour_ms)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("areaId" text, "hourMs" bigint)
       ON CONFLICT (area_id, hour_ms) DO UPDATE SET ready = false, marks = supply_stale.marks + 1`,
      [JSON.stringify(staleHours)],
    );
};

export type OpenTrip = { breakerId: string; tsMs: number; seq: number; cause: string };

/** Trips for residual current that did not say how much it was, of the given breakers, each from its `fromMs` on. */
export const loadOpenTrips = async (
  query: Query,
  from: readonly { breakerId: string; fromMs: number }[],
): Promise<OpenTrip[]> =>
  query<OpenTrip>(
    `SELECT t.breaker_id AS "breakerId", t.ts_ms AS "tsMs", t.seq, t.cause
       FROM trip_record t JOIN jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint)
         ON t.breaker_id = r."breakerId" AND t.ts_ms >= r."fromMs"
      WHERE t.residual_current_ma IS NULL AND t.cause IN ('leakage', 'earthFault')
      ORDER BY t.breaker_id, t.ts_ms, t.seq`,
    [JSON.stringify(from.map((one) => ({ ...one, fromMs: Math.max(one.fromMs, 0) })))],
  );

export type TripVerdictRow = Pick<OpenTrip, "breakerId" | "tsMs" | "seq"> & { verdict: TripVerdict };

/** Corrects the verdicts of trips. */
export const writeVerdicts = async (query: Query, verdicts: readonly TripVerdictRow[]): Promise<void> => {
  if (verdicts.length === 0) return;
  await query(
    `UPDATE trip_record t SET verdict = r.verdict
       FROM jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "tsMs" bigint, seq bigint, verdict text)
      WHERE t.breaker_id = r."breakerId" AND t.ts_ms = r."tsMs" AND t.seq = r.seq AND t.verdict <> r.verdict`,
    [JSON.stringify(verdicts)],
  );
};
