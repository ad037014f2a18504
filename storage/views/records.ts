// How trips, failures to trip and tests count for each township, village or transformer area, where the breaker was then.
import type { BreakerLevel } from "../../domain/breaker.ts";
import type { Query } from "../db.ts";
import type { RateGroup } from "./rates.ts";
import { addScope, conditions, type Scope } from "./scope.ts";

/** Records with `fromMs <= time < toMs` (Unix ms) of the breakers that were in the scope at that time. */
export type RecordQuestion = {
  by: RateGroup;
  scope: Scope;
  fromMs: number;
  toMs: number;
  /** The township's: a placement holds from the midnight of its day. */
  timeZone: string;
};

export type OperationCounts = {
  id: string;
  level: BreakerLevel;
  correct: number;
  nuisanceTrip: number;
  failureToTrip: number;
};

export type TestCounts = {
  id: string;
  level: BreakerLevel;
  tested: number;
  passed: number;
  /** Breakers with at least one test. */
  testedBreakers: number;
};

const groupSql: Record<RateGroup, string> = {
  township: "v.township_id",
  village: "a.village_id",
  area: "a.id",
};

const isWhole = (scope: Scope): boolean => Object.values(scope).every((id) => id === undefined);

const everIn = (scope: Scope, scopeSql: string): string =>
  isWhole(scope)
    ? ""
    : `WHERE breaker_id IN (
         SELECT e.breaker_id FROM breaker_placement e
           JOIN transformer_area a ON a.id = e.area_id
           JOIN village v ON v.id = a.village_id
          WHERE ${scopeSql})`;

/**
 * A CTE `placed` of the breakers that were ever in the scope: breaker, level, area_id and the local days
 * `[from_on, to_on)` in which it was there. The first placement holds for all time before it, too.
 */
const placedSql = (scope: Scope, scopeSql: string): string => `placed AS MATERIALIZED (
       SELECT b.id AS breaker_id, b.level, b.rated_residual_current_ma, p.area_id, p.household_id,
              CASE WHEN p.rank = 1 THEN '-infinity' ELSE p.from_on END AS from_on, p.to_on
         FROM (SELECT breaker_id, area_id, household_id, from_on,
                      row_number() OVER w AS rank, COALESCE(lead(from_on) OVER w, 'infinity') AS to_on
                 FROM breaker_placement ${everIn(scope, scopeSql)}
               WINDOW w AS (PARTITION BY breaker_id ORDER BY from_on)) p
         JOIN breaker b ON b.id = p.breaker_id)`;

/** SQL for the local day of a column of Unix milliseconds. */
export const localDaySql = (msColumn: string, timeZonePlaceholder: string): string =>
  `(to_timestamp(${msColumn} / 1000.0) AT TIME ZONE ${timeZonePlaceholder})::date`;

const frame = ({ by, scope, fromMs, toMs, timeZone }: RecordQuestion) => {
  const where = conditions();
  const from = `${where.value(fromMs)}::bigint`;
  const to = `${where.value(toMs)}::bigint`;
  const zone = where.value(timeZone);
  addScope(where, scope);
  return {
    where,
    placed: placedSql(scope, where.sql()),
    within: (column: string) => `${column} >= ${from} AND ${column} < ${to}`,
    /** The records of `source` (columns breaker_id, at_ms) with the place that they count for. */
    joined: (source: string) => `${source} r
       JOIN placed p ON p.breaker_id = r.breaker_id
        AND (p.from_on = '-infinity' AND p.to_on = 'infinity'
          OR ${localDaySql("r.at_ms", zone)} >= p.from_on AND ${localDaySql("r.at_ms", zone)} < p.to_on)
       JOIN transformer_area a ON a.id = p.area_id
       JOIN village v ON v.id = a.village_id
      WHERE ${where.sql()}
      GROUP BY ${groupSql[by]}, p.level ORDER BY 1, 2`,
    group: groupSql[by],
  };
};

/** Correct trips, trips without such a fault, and failures to trip; groups and levels without any are left out. */
export const operationCountsBy = async (
  query: Query,
  question: RecordQuestion,
): Promise<OperationCounts[]> => {
  const { where, placed, within, joined, group } = frame(question);
  return query<OperationCounts>(
    `WITH ${placed}, operation AS (
       SELECT breaker_id, ts_ms AS at_ms, verdict FROM trip_record WHERE verdict <> 'other' AND ${within("ts_ms")}
       UNION ALL
       SELECT breaker_id, raised_at_ms, 'failureToTrip' FROM alarm
        WHERE kind = 'failureToTrip' AND breaker_id IS NOT NULL AND ${within("raised_at_ms")})
     SELECT ${group} AS id, p.level,
            count(*) FILTER (WHERE r.verdict = 'correct') AS correct,
            count(*) FILTER (WHERE r.verdict = 'nuisanceTrip') AS "nuisanceTrip",
            count(*) FILTER (WHERE r.verdict = 'failureToTrip') AS "failureToTrip"
       FROM ${joined("operation")}`,
    where.values,
  );
};

/** Tests of every kind, reported and written by hand; groups and levels without any are left out. */
export const testCountsBy = async (query: Query, question: RecordQuestion): Promise<TestCounts[]> => {
  const { where, placed, within, joined, group } = frame(question);
  return query<TestCounts>(
    `WITH ${placed}, test AS (SELECT breaker_id, at_ms, passed FROM test_record WHERE ${within("at_ms")})
     SELECT ${group} AS id, p.level, count(*) AS tested, count(*) FILTER (WHERE r.passed) AS passed,
            count(DISTINCT r.breaker_id) AS "testedBreakers"
       FROM ${joined("test")}`,
    where.values,
  );
};
