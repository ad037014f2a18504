// SQL that sums the operating history of transformer areas over windows of time, exactly, from the intervals themselves.
// The days' sums are made with it, and so is everything that has no sum (yet, or any more).
import { type NotOperatingReason, notOperatingReasons } from "../../domain/operating.ts";

/** Columns of milliseconds by reason, in the order of `notOperatingReasons`. */
export const reasonColumns: Record<NotOperatingReason, string> = {
  neverReported: "never_reported_ms",
  protectionExited: "protection_exited_ms",
  tripFunctionFault: "trip_function_fault_ms",
  bypassed: "bypassed_ms",
  open: "open_ms",
};
export const lostColumns = ["unknown_ms", ...notOperatingReasons.map((reason) => reasonColumns[reason])];
export const timeColumns = ["installed_ms", "operating_ms", "excused_ms", ...lostColumns];
export const countColumns = ["installed", "operating", "not_operating", "unknown", "excused"];
export const houseColumns = [
  "households",
  "inhabited",
  "inhabited_installed",
  "inhabited_operating",
  "inhabited_ms",
  "inhabited_operating_ms",
  "inhabited_excused_ms",
];

const states = ["operating", "excused"] as const;
const judgedColumns = [...states.map((s) => `${s}_ms`), ...notOperatingReasons.map((r) => reasonColumns[r])];

/** The intervals of `p` (breaker_id, from_ms, to_ms), clipped: those that begin in the window, and the one before them. */
const clippedIntervals = `SELECT GREATEST(o.from_ms, p.from_ms) AS from_ms,
                 LEAST(COALESCE(o.to_ms, p.to_ms), p.to_ms) AS to_ms, o.state, o.reason
            FROM operating_interval o
           WHERE o.breaker_id = p.breaker_id AND o.from_ms < p.to_ms
             AND o.from_ms >= COALESCE((SELECT max(e.from_ms) FROM operating_interval e
                                         WHERE e.breaker_id = p.breaker_id AND e.from_ms <= p.from_ms), p.from_ms)
             AND (o.to_ms IS NULL OR o.to_ms > p.from_ms)`;

const sumOf = (condition: string) =>
  `COALESCE(sum(i.to_ms - i.from_ms) FILTER (WHERE ${condition}), 0)::bigint`;

/**
 * CTEs over a CTE `win (area_id, from_ms, to_ms)`, apart from each other in each area:
 * - `placed`: the stretches of breakers in the windows, installed and there at that time;
 * - `breaker_sum`: the same with their time by state (what has not been judged is unknown), `end_state` as of the window's
 *   last millisecond (null where the breaker was not there then);
 * - `level_sum`: area_id, from_ms, to_ms, level, the time columns and, as of the last millisecond, the count columns;
 * - `house_sum`: area_id, from_ms, to_ms and the house columns. A house operates while one of its household breakers does,
 *   and is excused while all that it has are, by an outage.
 * `zone` is the placeholder of the township's time zone.
 */
export const windowCtes = (zone: string): string => {
  // Midnights are dear: of dates that lie before or behind the window it is enough to know that.
  const within = (date: string) =>
    `CASE WHEN ${date} <= first_day THEN 0 WHEN ${date} <= last_day THEN local_midnight_ms(${date}, ${zone})
                  WHEN ${date} IS NOT NULL THEN w.to_ms END`;
  return `
  bound AS (
    SELECT from_ms, to_ms, (to_timestamp(from_ms / 1000.0) AT TIME ZONE ${zone})::date AS first_day,
           (to_timestamp(to_ms / 1000.0) AT TIME ZONE ${zone})::date AS last_day
      FROM (SELECT DISTINCT from_ms, to_ms FROM win) w
  ), spell AS (
    SELECT p.breaker_id, p.area_id, p.household_id, lead(p.from_on) OVER w AS to_on,
           CASE WHEN lag(p.from_on) OVER w IS NOT NULL THEN p.from_on END AS from_on
      FROM breaker_placement p
     WHERE p.breaker_id IN (SELECT q.breaker_id FROM breaker_placement q WHERE q.area_id IN (SELECT area_id FROM win))
    WINDOW w AS (PARTITION BY p.breaker_id ORDER BY p.from_on)
  ), placed AS MATERIALIZED (
    SELECT * FROM (
      SELECT w.area_id, w.from_ms AS win_from, w.to_ms AS win_to, s.breaker_id, b.level, s.household_id,
             GREATEST(w.from_ms, ${["s.from_on", "b.installed_on"].map((d) => within(d)).join(", ")}) AS from_ms,
             LEAST(w.to_ms, ${["s.to_on", "b.removed_on"].map((d) => within(d)).join(", ")}) AS to_ms
        FROM win w JOIN bound USING (from_ms, to_ms)
        JOIN spell s ON s.area_id = w.area_id JOIN breaker b ON b.id = s.breaker_id) x
     WHERE x.from_ms < x.to_ms
  ), breaker_sum AS MATERIALIZED (
    SELECT p.*, p.to_ms - p.from_ms AS installed_ms, ${judgedColumns.map((c) => `j.${c}`).join(", ")}, j.outage_ms,
           p.to_ms - p.from_ms - j.judged_ms AS unknown_ms,
           CASE WHEN p.to_ms = p.win_to THEN COALESCE(j.last_state, 'unknown') END AS end_state
      FROM placed p CROSS JOIN LATERAL (
        SELECT ${states.map((s) => `${sumOf(`i.state = '${s}'`)} AS ${s}_ms`).join(", ")},
               ${notOperatingReasons
                 .map(
                   (r) => `${sumOf(`i.state = 'notOperating' AND i.reason = '${r}'`)} AS ${reasonColumns[r]}`,
                 )
                 .join(", ")},
               ${sumOf("i.state = 'excused' AND i.reason <> 'vacantHouse'")} AS outage_ms,
               ${sumOf("i.state <> 'unknown'")} AS judged_ms,
               max(i.state) FILTER (WHERE i.to_ms = p.win_to) AS last_state
          FROM (${clippedIntervals}) i) j
  ), level_sum AS (
    SELECT area_id, win_from AS from_ms, win_to AS to_ms, level,
           ${timeColumns.map((c) => `sum(${c})::bigint AS ${c}`).join(", ")},
           count(end_state)::int AS installed,
           count(*) FILTER (WHERE end_state = 'operating')::int AS operating,
           count(*) FILTER (WHERE end_state = 'notOperating')::int AS not_operating,
           count(*) FILTER (WHERE end_state = 'unknown')::int AS unknown,
           count(*) FILTER (WHERE end_state = 'excused')::int AS excused
      FROM breaker_sum GROUP BY area_id, win_from, win_to, level
  ), guarded AS MATERIALIZED (
    SELECT area_id, win_from, household_id, count(*) AS breakers,
           sum(operating_ms)::bigint AS operating_ms, sum(outage_ms)::bigint AS excused_ms,
           bool_or(end_state IS NOT NULL) AS end_installed, bool_or(end_state = 'operating') AS end_operating
      FROM breaker_sum WHERE level = 'household' AND household_id IS NOT NULL
     GROUP BY area_id, win_from, household_id
  ), together AS (
    SELECT area_id, win_from, household_id,
           multirange_ms(range_agg(operating)) AS operating_ms,
           multirange_ms(range_agg(stretch) - range_agg(stretch - COALESCE(outage, '{}'))) AS excused_ms
      FROM (SELECT p.area_id, p.win_from, p.household_id, int8multirange(int8range(p.from_ms, p.to_ms)) AS stretch,
                   r.operating, r.outage
              FROM placed p
              JOIN guarded g ON g.area_id = p.area_id AND g.win_from = p.win_from AND g.household_id = p.household_id
                            AND g.breakers > 1
             CROSS JOIN LATERAL (
               SELECT range_agg(int8range(i.from_ms, i.to_ms)) FILTER (WHERE i.state = 'operating') AS operating,
                      range_agg(int8range(i.from_ms, i.to_ms))
                        FILTER (WHERE i.state = 'excused' AND i.reason <> 'vacantHouse') AS outage
                 FROM (${clippedIntervals}) i) r
             WHERE p.level = 'household') x
     GROUP BY area_id, win_from, household_id
  ), lived AS (
    SELECT o.household_id, o.inhabited, lead(o.from_ms) OVER w AS to_ms,
           CASE WHEN lag(o.from_ms) OVER w IS NOT NULL THEN o.from_ms END AS from_ms
      FROM household_occupancy o
     WHERE o.household_id IN (SELECT h.id FROM household h WHERE h.area_id IN (SELECT area_id FROM win))
    WINDOW w AS (PARTITION BY o.household_id ORDER BY o.from_ms)
  ), house AS (
    SELECT w.area_id, w.from_ms, w.to_ms, h.id,
           COALESCE(sum(GREATEST(0, LEAST(w.to_ms, l.to_ms) - GREATEST(w.from_ms, l.from_ms)))
             FILTER (WHERE COALESCE(l.inhabited, h.inhabited)), 0)::bigint AS inhabited_ms,
           COALESCE(bool_or(COALESCE(l.inhabited, h.inhabited) AND (l.from_ms IS NULL OR l.from_ms < w.to_ms)
             AND (l.to_ms IS NULL OR l.to_ms >= w.to_ms)), false) AS inhabited
      FROM win w JOIN household h ON h.area_id = w.area_id
      LEFT JOIN lived l ON l.household_id = h.id
     GROUP BY w.area_id, w.from_ms, w.to_ms, h.id
  ), house_sum AS (
    SELECT w.area_id, w.from_ms, w.to_ms, count(h.id)::int AS households,
           count(*) FILTER (WHERE h.inhabited)::int AS inhabited,
           count(*) FILTER (WHERE h.inhabited AND g.end_installed)::int AS inhabited_installed,
           count(*) FILTER (WHERE h.inhabited AND g.end_operating)::int AS inhabited_operating,
           COALESCE(sum(h.inhabited_ms), 0)::bigint AS inhabited_ms,
           COALESCE(sum(COALESCE(t.operating_ms, g.operating_ms)), 0)::bigint AS inhabited_operating_ms,
           COALESCE(sum(COALESCE(t.excused_ms, g.excused_ms)), 0)::bigint AS inhabited_excused_ms
      FROM win w
      LEFT JOIN house h ON h.area_id = w.area_id AND h.from_ms = w.from_ms
      LEFT JOIN guarded g ON g.area_id = w.area_id AND g.win_from = w.from_ms AND g.household_id = h.id
      LEFT JOIN together t ON t.area_id = w.area_id AND t.win_from = w.from_ms AND t.household_id = h.id
     GROUP BY w.area_id, w.from_ms, w.to_ms)`;
};
