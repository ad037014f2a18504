// The test ledger as it is read: every test with the breaker's place at that time and the supply station that keeps it.
import type { TestKind, TestRecord } from "../../domain/http-tests.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import { localDaySql } from "./records.ts";
import { addScope, conditions, type Scope } from "./scope.ts";

/** Which tests; undefined is no limit. Times in Unix ms. */
export type TestFilter = Scope & {
  fromMs?: number | undefined;
  toMs?: number | undefined;
  station?: string | undefined;
  breakerId?: string | undefined;
  kind?: TestKind | undefined;
  passed?: boolean | undefined;
  id?: string | undefined;
};

/** The test after which a page begins. */
export type TestPosition = { atMs: number; id: string };

type Row = Omit<TestRecord, "at" | "offAt" | "onAt"> & {
  atMs: number;
  offAtMs: number | null;
  onAtMs: number | null;
};

const iso = (ms: number | null): string | null => (ms === null ? null : toIso(ms));

const stationSql = "COALESCE(t.supply_station, a.supply_station)";

/**
 * Tests that the filter lets through: newest first, or (`forLedger`) by supply station and oldest first, as a ledger is
 * written. Days begin at midnight of `timeZone`.
 */
export const listTests = async (
  query: Query,
  filter: TestFilter,
  page: { after?: TestPosition | undefined; limit: number; timeZone: string; forLedger?: boolean },
): Promise<TestRecord[]> => {
  const where = conditions();
  const zone = where.value(page.timeZone);
  addScope(where, filter);
  where.add("t.id = ?", filter.id);
  where.add("t.at_ms >= ?::bigint", filter.fromMs);
  where.add("t.at_ms < ?::bigint", filter.toMs);
  where.add(`${stationSql} = ?`, filter.station);
  where.add("t.breaker_id = ?", filter.breakerId);
  where.add("t.kind = ?", filter.kind);
  where.add("t.passed = ?", filter.passed);
  if (page.after !== undefined) {
    const at = where.value(page.after.atMs);
    where.add(`(t.at_ms, t.id) < (${at}::bigint, ?)`, page.after.id);
  }
  const order = page.forLedger
    ? `${stationSql} NULLS LAST, t.at_ms, t.id COLLATE "C"`
    : "t.at_ms DESC, t.id DESC";
  const rows = await query<Row>(
    `SELECT t.id, t.at_ms AS "atMs", t.kind, t.source, t.passed, t.operating_current_ma AS "operatingCurrentMa",
            t.break_time_ms AS "breakTimeMs", t.off_at_ms AS "offAtMs", t.on_at_ms AS "onAtMs", t.tester,
            ${stationSql} AS "supplyStation", t.note, b.id AS "breakerId", b.level,
            b.rated_residual_current_ma AS "ratedResidualCurrentMa", a.id AS "areaId", a.name AS "areaName",
            v.id AS "villageId", v.name AS "villageName", h.id AS "householdId", h.address
       FROM test_record t
       JOIN breaker b ON b.id = t.breaker_id
       JOIN LATERAL (
         SELECT p.area_id, p.household_id FROM breaker_placement p WHERE p.breaker_id = t.breaker_id
          ORDER BY p.from_on <= ${localDaySql("t.at_ms", zone)} DESC,
                   abs(p.from_on - ${localDaySql("t.at_ms", zone)}) LIMIT 1) p ON TRUE
       JOIN transformer_area a ON a.id = p.area_id
       JOIN village v ON v.id = a.village_id
       LEFT JOIN household h ON h.id = p.household_id
      WHERE ${where.sql()} ORDER BY ${order} LIMIT ${where.value(page.limit)}`,
    where.values,
  );
  return rows.map(({ atMs, offAtMs, onAtMs, ...rest }) => ({
    ...rest,
    at: toIso(atMs),
    offAt: iso(offAtMs),
    onAt: iso(onAtMs),
  }));
};

/** Supply stations that the registry or the ledger knows, in order of their names. */
export const listStations = (query: Query): Promise<{ name: string }[]> =>
  query<{ name: string }>(
    `SELECT DISTINCT name FROM (
       SELECT supply_station AS name FROM transformer_area UNION ALL SELECT supply_station FROM test_record) s
      WHERE name IS NOT NULL ORDER BY name LIMIT 1000`,
  );
