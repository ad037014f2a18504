// Period rates: the time that the breakers of each village, area or township spent in each state.
import { type BreakerLevel, breakerLevels } from "../../domain/breaker.ts";
import type { RateRow } from "../../domain/http.ts";
import { emptyTally, type OperatingTally, periodRates } from "../../domain/rates.ts";
import { targetsOf } from "../../domain/targets.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import { groupSql, type RateGroup, rateGroups, sumPeriod } from "../rates/period-sums.ts";
import { loadTargets } from "../targets.ts";
import { addScope, conditions, localDate, type Scope } from "./scope.ts";

export { type RateGroup, rateGroups };

/** The row after which a page begins. */
export type RatePosition = { id: string; level: BreakerLevel };

export type RateQuestion = Scope & {
  by: RateGroup;
  /** One level, or every level that the group has. */
  level?: BreakerLevel | undefined;
  fromMs: number;
  toMs: number;
  /** Nothing is counted from here on. */
  nowMs: number;
  timeZone: string;
  after?: RatePosition | undefined;
  /** Rows, at most. */
  limit: number;
};

type Wanted = {
  id: string;
  name: string;
  townshipId: string;
  villageId: string | null;
  level: BreakerLevel;
  breakers: number;
};

/**
 * One row per group and level, in order of group ids, household level first. Only time in which a breaker was installed
 * counts, where it was at that time, clipped to `[fromMs, min(toMs, nowMs))`; installed time that has not been judged
 * counts as unknown. With a level, groups that have no breaker of it are answered too, with empty sums.
 */
export const periodRatesBy = async (query: Query, question: RateQuestion): Promise<RateRow[]> => {
  const { by, fromMs, timeZone } = question;
  const toMs = Math.max(Math.min(question.toMs, question.nowMs), fromMs);
  const wanted = await findWanted(query, { ...question, toMs });
  if (wanted.length === 0) return [];
  const [sums, stored] = await Promise.all([
    sumPeriod(query, {
      by,
      scope: question,
      groupIds: [...new Set(wanted.map((row) => row.id))],
      fromMs,
      toMs,
      timeZone,
    }),
    loadTargets(query),
  ]);
  const period = { from: toIso(fromMs), to: toIso(toMs) };
  const onDate = localDate(Math.max(toMs - 1, fromMs), timeZone);
  return wanted.map((row) => ({
    ...rateRow(row, sums.get(row.id)?.levels[row.level]?.tally ?? emptyTally(), period),
    target: targetsOf(stored, row, onDate).operationalRate[row.level],
  }));
};

/** The rows of the page: which groups and levels, and how many breakers were installed there at some time of the period. */
const findWanted = (query: Query, question: RateQuestion): Promise<Wanted[]> => {
  const { by, level, after, limit } = question;
  const { id, table } = groupSql[by];
  const where = conditions();
  addScope(where, question);
  const scope = where.sql();
  const from = `${where.value(question.fromMs)}::bigint`;
  const to = `${where.value(question.toMs)}::bigint`;
  const zone = where.value(question.timeZone);
  const levels = where.value(breakerLevels);
  const asked = `${where.value(level ?? null)}::text`;
  const rank = (of: BreakerLevel) => breakerLevels.indexOf(of) + 1;
  const beyond =
    after === undefined
      ? "TRUE"
      : `(g.id, l.rank) > (${where.value(after.id)}, ${where.value(rank(after.level))}::bigint)`;
  const village = by === "township" ? "NULL::text" : "a.village_id";
  const everywhere = [question.townshipId, question.villageId, question.areaId].every(
    (id) => id === undefined,
  );
  const within = everywhere
    ? ""
    : "WHERE p.breaker_id IN (SELECT q.breaker_id FROM breaker_placement q JOIN area USING (area_id))";
  // Most breakers have never moved: they are counted without looking for one that is counted twice.
  return query<Wanted>(
    `WITH area AS MATERIALIZED (
       SELECT a.id AS area_id, ${id} AS id, v.township_id, ${village} AS village_id
         FROM transformer_area a JOIN village v ON v.id = a.village_id WHERE ${scope}
     ), day AS (
       SELECT (to_timestamp(${from} / 1000.0) AT TIME ZONE ${zone})::date AS first,
              (to_timestamp((${to} - 1) / 1000.0) AT TIME ZONE ${zone})::date AS last
     ), spell AS (
       SELECT p.breaker_id, p.area_id, lead(p.from_on) OVER w AS to_on,
              CASE WHEN lag(p.from_on) OVER w IS NOT NULL THEN p.from_on END AS from_on
         FROM breaker_placement p
        ${within}
       WINDOW w AS (PARTITION BY p.breaker_id ORDER BY p.from_on)
     ), here AS MATERIALIZED (
       SELECT area.id, b.level, b.id AS breaker_id, s.from_on IS NULL AND s.to_on IS NULL AS stayed
         FROM spell s JOIN area ON area.area_id = s.area_id JOIN breaker b ON b.id = s.breaker_id CROSS JOIN day
        WHERE ${from} < ${to}
          AND b.installed_on <= day.last AND (b.removed_on IS NULL OR b.removed_on > day.first)
          AND b.installed_on < COALESCE(b.removed_on, 'infinity')
          AND (s.from_on IS NULL OR s.from_on <= day.last) AND (s.to_on IS NULL OR s.to_on > day.first)
          AND GREATEST(s.from_on, b.installed_on) < LEAST(s.to_on, COALESCE(b.removed_on, 'infinity'))
     ), whole AS (
       SELECT id, level, sum(breakers)::bigint AS breakers
         FROM (SELECT id, level, count(*) AS breakers FROM here WHERE stayed GROUP BY id, level
               UNION ALL
               SELECT id, level, count(DISTINCT breaker_id) FROM here WHERE NOT stayed GROUP BY id, level) x
        GROUP BY id, level)
     SELECT g.id, n.name, g.township_id AS "townshipId", g.village_id AS "villageId", l.level,
            COALESCE(w.breakers, 0) AS breakers
       FROM (SELECT DISTINCT id, township_id, village_id FROM area) g
       JOIN ${table} n ON n.id = g.id
      CROSS JOIN unnest(${levels}::text[]) WITH ORDINALITY AS l (level, rank)
       LEFT JOIN whole w ON w.id = g.id AND w.level = l.level
      WHERE (w.id IS NOT NULL OR l.level = ${asked}) AND (${asked} IS NULL OR l.level = ${asked}) AND ${beyond}
      ORDER BY g.id, l.rank LIMIT ${where.value(limit)}`,
    where.values,
  );
};

const rateRow = (row: Wanted, sum: OperatingTally, period: { from: string; to: string }) => {
  const { notOperatingMsByReason, ...rest } = sum;
  return {
    id: row.id,
    name: row.name,
    level: row.level,
    ...period,
    breakers: row.breakers,
    ...rest,
    notOperatingMs: Object.values(notOperatingMsByReason).reduce((a, b) => a + b, 0),
    notOperatingMsByReason,
    ...periodRates(sum),
  };
};
