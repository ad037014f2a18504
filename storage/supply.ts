// What is kept of each area's supply by local day, and which days have to be computed: new ones, and those that late
// readings belong to.
import type { BreakerLevel } from "../domain/breaker.ts";
import type { AreaSupply } from "../domain/supply.ts";
import type { Query } from "./db.ts";

/** Low breakers that a day's row names. */
const worstKept = 50;

/** Lets hours be computed whose readings the telemetry store holds by now. Call when it holds all that was judged. */
export const releaseStaleHours = async (query: Query): Promise<void> => {
  await query("UPDATE supply_stale SET ready = true WHERE NOT ready");
};

/** Notes until when (Unix ms) everything that came was judged and is in the telemetry store. */
export const noteSettled = async (query: Query, journalId: string, untilMs: number): Promise<void> => {
  await query(
    `INSERT INTO supply_settled (journal_id, until_ms) VALUES ($1, $2)
     ON CONFLICT (journal_id) DO UPDATE SET until_ms = greatest(supply_settled.until_ms, excluded.until_ms)`,
    [journalId, untilMs],
  );
};

/** Until when the telemetry store is complete, by every journal that was read in the last day; null before the first note. */
export const settledUntilMs = async (query: Query): Promise<number | null> => {
  const [row] = await query<{ untilMs: number | null }>(
    `SELECT min(until_ms) AS "untilMs" FROM supply_settled
      WHERE until_ms > (SELECT max(until_ms) FROM supply_settled) - 86400000`,
  );
  return row?.untilMs ?? null;
};

export type StaleHours = { areaId: string; hours: { hourMs: number; marks: number }[] };

/** The late hours of one area that can be computed, if there are any. */
export const nextStaleHours = async (query: Query): Promise<StaleHours | null> => {
  const rows = await query<{ areaId: string; hourMs: number; marks: number }>(
    `SELECT area_id AS "areaId", hour_ms AS "hourMs", marks FROM supply_stale
      WHERE ready AND area_id = (SELECT area_id FROM supply_stale WHERE ready ORDER BY area_id LIMIT 1)`,
  );
  const [first] = rows;
  return first === undefined ? null : { areaId: first.areaId, hours: rows };
};

/** Takes the marks away, but for hours that were marked again since. */
export const removeStaleHours = async (query: Query, { areaId, hours }: StaleHours): Promise<void> => {
  await query(
    `DELETE FROM supply_stale s USING jsonb_to_recordset($2::jsonb) AS r("hourMs" bigint, marks int)
      WHERE s.area_id = $1 AND s.hour_ms = r."hourMs" AND s.marks = r.marks AND s.ready`,
    [areaId, JSON.stringify(hours)],
  );
};

export type AreaDay = { areaId: string; day: string };

/**
 * Days in `[fromDay, beforeDay)` that lack a row by this threshold, newest first, for areas of which something had been
 * heard by then: a registry of years ago says nothing of days without a single report.
 */
export const missingDays = (
  query: Query,
  span: { fromDay: string; beforeDay: string; lowVoltageV: number; timeZone: string },
  limit: number,
): Promise<AreaDay[]> =>
  query<AreaDay>(
    `SELECT a.area_id AS "areaId", d.day::date AS day
       FROM generate_series($1::date, $2::date - 1, '1 day') AS d (day)
       JOIN (SELECT p.area_id, min(b.installed_on) AS since,
                    (to_timestamp(min(c.from_ms) / 1000.0) AT TIME ZONE $5)::date AS heard_from
               FROM breaker_placement p JOIN breaker b ON b.id = p.breaker_id
               JOIN LATERAL (SELECT from_ms FROM own_change WHERE breaker_id = p.breaker_id AND dark IS NOT NULL
                              ORDER BY from_ms LIMIT 1) c ON TRUE
              GROUP BY p.area_id) a ON a.since <= d.day AND a.heard_from <= d.day
       LEFT JOIN supply_day s ON s.area_id = a.area_id AND s.day = d.day AND s.low_voltage_v = $3
      WHERE s.area_id IS NULL
      ORDER BY d.day DESC, a.area_id LIMIT $4`,
    [span.fromDay, span.beforeDay, span.lowVoltageV, limit, span.timeZone],
  );

/** Household and main breakers that were in the area on the local day. */
export const breakersOfDay = (
  query: Query,
  { areaId, day }: AreaDay,
): Promise<{ breakerId: string; level: BreakerLevel }[]> =>
  query(
    `SELECT b.id AS "breakerId", b.level FROM breaker b
       JOIN LATERAL (SELECT p.area_id FROM breaker_placement p WHERE p.breaker_id = b.id
                      ORDER BY p.from_on <= $2::date DESC, abs(p.from_on - $2::date) LIMIT 1) p ON TRUE
      WHERE b.id IN (SELECT breaker_id FROM breaker_placement WHERE area_id = $1) AND p.area_id = $1
        AND b.level IN ('household', 'main')
        AND b.installed_on <= $2::date AND (b.removed_on IS NULL OR b.removed_on > $2::date)
      ORDER BY b.id`,
    [areaId, day],
  );

/** Writes a day's row in the place of an earlier one. */
export const writeSupplyDay = async (
  query: Query,
  { areaId, day }: AreaDay,
  lowVoltageV: number,
  supply: AreaSupply,
): Promise<void> => {
  await query(
    `INSERT INTO supply_day (area_id, day, low_voltage_v, measured, low, low_ms, breaker_low_ms, measured_ms, min_v,
       min_at_ms, worst, main_ah, household_ah, load_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     ON CONFLICT (area_id, day) DO UPDATE SET low_voltage_v = excluded.low_voltage_v, measured = excluded.measured,
       low = excluded.low, low_ms = excluded.low_ms, breaker_low_ms = excluded.breaker_low_ms,
       measured_ms = excluded.measured_ms, min_v = excluded.min_v, min_at_ms = excluded.min_at_ms,
       worst = excluded.worst, main_ah = excluded.main_ah, household_ah = excluded.household_ah,
       load_ms = excluded.load_ms, computed_at = now()`,
    [
      areaId,
      day,
      lowVoltageV,
      supply.measured,
      supply.low,
      supply.lowMs,
      supply.breakerLowMs,
      supply.measuredMs,
      supply.minV,
      supply.minAtMs,
      JSON.stringify(supply.worst.slice(0, worstKept)),
      supply.mainAh,
      supply.householdAh,
      supply.loadMs,
    ],
  );
};
