// Keeps the sums of finished days: sums what is missing, throws away what no longer holds. Answers never depend on it, only
// their speed does: whoever asks falls back to the intervals.
import type { Db, Query } from "../db.ts";
import {
  countColumns,
  houseColumns,
  lostColumns,
  reasonColumns,
  timeColumns,
  windowCtes,
} from "./window-sql.ts";

/** Areas summed in one statement: bounds its memory and how long it takes. */
export const areasAtOnce = 100;

/** Only one process sums or throws away at a time: a sum must not be stored after its mark has been worked off. */
const lockDays = async (query: Query): Promise<void> => {
  await query("SELECT pg_advisory_xact_lock(hashtext('hubao_rate_days'))");
};

/** `[fromMs, toMs)` of one local day. */
export type Day = { fromMs: number; toMs: number };

/** From the first local day in which a breaker was installed (at most `maxDays` back) to the day before `untilMs`, newest first. */
export const daysBefore = async (
  query: Query,
  untilMs: number,
  timeZone: string,
  maxDays: number,
): Promise<Day[]> => {
  const [first] = await query<{ fromMs: number | null }>(
    `SELECT local_midnight_ms(min(installed_on), $1) AS "fromMs" FROM breaker`,
    [timeZone],
  );
  const firstMs = first?.fromMs;
  if (firstMs === null || firstMs === undefined) return [];
  const days: Day[] = [];
  let date = Temporal.Instant.fromEpochMilliseconds(untilMs).toZonedDateTimeISO(timeZone).toPlainDate();
  let toMs = untilMs;
  while (toMs > firstMs && days.length < maxDays) {
    date = date.subtract({ days: 1 });
    const fromMs = date.toZonedDateTime({ timeZone }).epochMilliseconds;
    days.push({ fromMs, toMs });
    toMs = fromMs;
  }
  return days;
};

/**
 * Moves the horizon to `untilMs`; true where it moved. Waits for every writer that still believes in the old one. Another
 * time zone throws away all sums: its days are other days.
 */
export const moveHorizon = (db: Db, untilMs: number, timeZone: string): Promise<boolean> =>
  db.transaction(async (query) => {
    const [was] = await query<{ until: number; zone: string }>(
      `SELECT until_ms AS until, time_zone AS zone FROM rate_horizon`,
    );
    if (was !== undefined && was.zone === timeZone && was.until >= untilMs) return false;
    await lockDays(query);
    await query("SELECT pg_advisory_xact_lock(hashtext('hubao_rate_horizon'))");
    if (was !== undefined && was.zone !== timeZone) {
      await query("TRUNCATE rate_day, rate_day_level, rate_day_breaker");
      await query("DELETE FROM rate_stale");
    }
    await query(
      `INSERT INTO rate_horizon (until_ms, time_zone) VALUES ($1, $2)
       ON CONFLICT (singleton) DO UPDATE SET until_ms = excluded.until_ms, time_zone = excluded.time_zone`,
      [untilMs, timeZone],
    );
    return true;
  });

/** Throws away the sums of days that have changed; answers from when to when there were any, by area; empty where none. */
export const dropStaleDays = (db: Db): Promise<(Day & { areaId: string })[]> =>
  db.transaction(async (query) => {
    await lockDays(query);
    return query<Day & { areaId: string }>(
      `WITH mark AS (DELETE FROM rate_stale RETURNING area_id, from_ms, to_ms),
            gone AS (DELETE FROM rate_day d USING mark m
                      WHERE d.area_id = m.area_id AND d.to_ms > m.from_ms AND d.day_ms < m.to_ms
                      RETURNING d.area_id, d.day_ms),
            gone_level AS (DELETE FROM rate_day_level l USING gone g WHERE l.area_id = g.area_id AND l.day_ms = g.day_ms),
            gone_breaker AS (DELETE FROM rate_day_breaker b USING gone g
                              WHERE b.area_id = g.area_id AND b.day_ms = g.day_ms)
       SELECT area_id AS "areaId", min(from_ms) AS "fromMs", max(to_ms) AS "toMs" FROM mark GROUP BY area_id`,
    );
  });

/** Areas that have no sums of the day. */
export const areasWithoutDay = async (query: Query, day: Day): Promise<string[]> =>
  (
    await query<{ id: string }>(
      `SELECT a.id FROM transformer_area a
        WHERE NOT EXISTS (SELECT FROM rate_day d WHERE d.area_id = a.id AND d.day_ms = $1) ORDER BY a.village_id, a.id`,
      [day.fromMs],
    )
  ).map((row) => row.id);

/** Sums one day of some areas, in one statement and so of one moment: what changes later leaves its mark. */
export const sumDay = (db: Db, areaIds: readonly string[], day: Day, timeZone: string): Promise<void> =>
  db.transaction(async (query) => {
    await lockDays(query);
    const levelColumns = [...timeColumns, ...countColumns].join(", ");
    const lost = Object.values(reasonColumns).map((c) => `${c} > 0`);
    await query(
      `WITH win AS MATERIALIZED (
              SELECT a.id AS area_id, $2::bigint AS from_ms, $3::bigint AS to_ms FROM unnest($1::text[]) AS a (id)
               WHERE NOT EXISTS (SELECT FROM rate_day d WHERE d.area_id = a.id AND d.day_ms = $2::bigint)), ${windowCtes("$4")},
            day AS (
              INSERT INTO rate_day (area_id, day_ms, to_ms, ${houseColumns.join(", ")})
              SELECT area_id, from_ms, to_ms, ${houseColumns.join(", ")} FROM house_sum),
            level AS (
              INSERT INTO rate_day_level (area_id, day_ms, level, ${levelColumns})
              SELECT area_id, from_ms, level, ${levelColumns} FROM level_sum)
       INSERT INTO rate_day_breaker (area_id, day_ms, breaker_id, ${lostColumns.join(", ")})
       SELECT area_id, win_from, breaker_id, ${lostColumns.map((c) => `sum(${c})`).join(", ")}
         FROM breaker_sum WHERE unknown_ms > 0 OR ${lost.join(" OR ")}
        GROUP BY area_id, win_from, breaker_id`,
      [areaIds, day.fromMs, day.toMs, timeZone],
    );
  });
