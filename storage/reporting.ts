// What has changed in PostgreSQL since it was last reported, told by the transactions that wrote it (migration 003).
import type { Judgement, OperatingInterval } from "../domain/operating.ts";
import type { Query } from "./db.ts";
import type { AlarmSeries, AlarmTransition } from "./telemetry/influx-points.ts";

/** Transactions in `[fromXid, toXid)`: all of them have ended. Their numbers are text: they may not fit a double. */
export type ReportSpan = {
  fromXid: string;
  toXid: string;
  /** Since when repeats of the states have been reported, Unix ms. */
  sinceMs: number;
};

/**
 * Begins to report, or goes on from where the last report ended. Where the database was restored into another server,
 * whose transactions count from elsewhere, everything is reported anew.
 */
export const beginReporting = async (query: Query, nowMs: number): Promise<void> => {
  await query("INSERT INTO reporting (watermark, since_ms) VALUES ('0', $1) ON CONFLICT DO NOTHING", [nowMs]);
  const [restored] = await query<{ singleton: boolean }>(
    `UPDATE reporting SET watermark = '0' WHERE watermark > pg_snapshot_xmax(pg_current_snapshot())
     RETURNING singleton`,
  );
  if (restored === undefined) return;
  for (const table of ["operating_interval", "alarm_event"])
    await query(
      `UPDATE ${table} SET written = pg_current_xact_id() WHERE written >= pg_snapshot_xmax(pg_current_snapshot())`,
    );
};

/** Reports no more, and forgets where the last report ended. */
export const endReporting = async (query: Query): Promise<void> => {
  await query("DELETE FROM reporting");
  await query("DELETE FROM operating_gone");
};

/** What is to be reported next; null before `beginReporting`. */
export const nextSpan = async (query: Query): Promise<ReportSpan | null> => {
  const [row] = await query<ReportSpan>(
    `SELECT watermark::text AS "fromXid", pg_snapshot_xmin(pg_current_snapshot())::text AS "toXid",
            since_ms AS "sinceMs" FROM reporting`,
  );
  return row ?? null;
};

/** Everything of the span has been reported. */
export const spanReported = async (query: Query, { toXid }: ReportSpan): Promise<void> => {
  await query("UPDATE reporting SET watermark = greatest(watermark, $1::xid8)", [toXid]);
  await query("DELETE FROM operating_gone WHERE gone < $1::xid8", [toXid]);
};

/** A breaker whose history differs from what was reported, and the instants at which something else holds than before. */
export type ChangedHistory = {
  breakerId: string;
  /** In order; the history before the first is as it was reported. */
  atMs: number[];
  /** Something of the breaker had been reported before. */
  known: boolean;
};

/** Breakers whose published history was changed in the span. What was written anew as it stood does not count. */
export const changedHistories = (query: Query, { fromXid, toXid }: ReportSpan): Promise<ChangedHistory[]> =>
  query(
    `WITH fresh AS (
       -- written in the span, and there at its end
       SELECT breaker_id, from_ms, state, reason FROM operating_interval
        WHERE written >= $1::xid8 AND written < $2::xid8
       UNION ALL
       SELECT breaker_id, from_ms, state, reason FROM operating_gone
        WHERE gone >= $2::xid8 AND written >= $1::xid8 AND written < $2::xid8
     ), removed AS (
       -- removed in the span, and there at its beginning
       SELECT breaker_id, from_ms, state, reason FROM operating_gone
        WHERE gone >= $1::xid8 AND gone < $2::xid8 AND written < $1::xid8
     ), difference AS (
       (TABLE fresh EXCEPT TABLE removed) UNION ALL (TABLE removed EXCEPT TABLE fresh)
     )
     SELECT d.breaker_id AS "breakerId", jsonb_agg(DISTINCT d.from_ms) AS "atMs",
            EXISTS (SELECT FROM removed r WHERE r.breaker_id = d.breaker_id)
            OR EXISTS (SELECT FROM operating_interval o WHERE o.breaker_id = d.breaker_id AND o.written < $1::xid8)
              AS known
       FROM difference d GROUP BY d.breaker_id`,
    [fromXid, toXid],
  );

export type StoredInterval = Omit<OperatingInterval, "toMs"> & { breakerId: string; toMs: number | null };

/** Published intervals that end after the given instant of their breaker, in order. */
export const intervalsFrom = (
  query: Query,
  wanted: readonly { breakerId: string; fromMs: number }[],
): Promise<StoredInterval[]> =>
  query(
    `SELECT o.breaker_id AS "breakerId", o.from_ms AS "fromMs", o.to_ms AS "toMs", o.state, o.reason
       FROM jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint)
       JOIN operating_interval o ON o.breaker_id = r."breakerId" AND (o.to_ms IS NULL OR o.to_ms > r."fromMs")
      ORDER BY o.breaker_id, o.from_ms`,
    [JSON.stringify(wanted.map(({ breakerId, fromMs }) => ({ breakerId, fromMs })))],
  );

/** The reported state of every breaker at an instant, in order of ids, at most `limit` after `afterId`. */
export const statesAt = (
  query: Query,
  atMs: number,
  page: { afterId: string; limit: number },
): Promise<(Judgement & { breakerId: string })[]> =>
  query(
    `SELECT breaker_id AS "breakerId", state, reason FROM operating_interval
      WHERE breaker_id > $1 AND from_ms <= $2 AND (to_ms IS NULL OR to_ms > $2)
        AND written < (SELECT watermark FROM reporting)
      ORDER BY breaker_id LIMIT $3`,
    [page.afterId, atMs, page.limit],
  );

/** Transitions of alarms that were written in the span and happened at `oldestMs` or later, where their areas lie now. */
export const alarmTransitions = (
  query: Query,
  { fromXid, toXid }: ReportSpan,
  oldestMs: number,
): Promise<AlarmTransition[]> =>
  query(
    `SELECT e.alarm_id AS "alarmId", e.event, e.at_ms AS "atMs", al.kind, al.priority, al.breaker_id AS "breakerId",
            a.id AS "areaId", v.id AS "villageId", v.township_id AS "townshipId"
       FROM alarm_event e
       JOIN alarm al ON al.id = e.alarm_id
       JOIN transformer_area a ON a.id = al.area_id
       JOIN village v ON v.id = a.village_id
      WHERE e.written >= $1::xid8 AND e.written < $2::xid8 AND e.at_ms >= $3
      ORDER BY e.at_ms, e.alarm_id`,
    [fromXid, toXid, oldestMs],
  );

/** Alarms by place and kind with how many stand open; `ever` counts those too that have none open any more. */
export const standingAlarms = (
  query: Query,
  { ever }: { ever: boolean },
): Promise<(AlarmSeries & { count: number })[]> =>
  query(
    `SELECT v.township_id AS "townshipId", v.id AS "villageId", al.kind, al.priority,
            count(*) FILTER (WHERE al.cleared_at_ms IS NULL) AS count
       FROM alarm al
       JOIN transformer_area a ON a.id = al.area_id
       JOIN village v ON v.id = a.village_id
      WHERE $1 OR al.cleared_at_ms IS NULL
      GROUP BY v.township_id, v.id, al.kind, al.priority`,
    [ever],
  );

/** Breaker id → address of its household, where it has one. */
export const breakerAddresses = async (query: Query): Promise<Map<string, string>> => {
  const rows = await query<{ id: string; address: string }>(
    `SELECT b.id, h.address FROM breaker b JOIN household h ON h.id = b.household_id WHERE h.address IS NOT NULL`,
  );
  return new Map(rows.map(({ id, address }) => [id, address]));
};
