// Period rates: the time that the breakers of each village, area or township spent in each state.
import { type BreakerLevel, breakerLevels, targetRates } from "../../domain/breaker.ts";
import type { RateRow } from "../../domain/http.ts";
import { type OperatingReason, type OperatingState, silent } from "../../domain/operating.ts";
import { addTime, emptyTally, type OperatingTally, periodRates } from "../../domain/rates.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import { addScope, conditions, midnightSql, type Scope } from "./scope.ts";

export const rateGroups = ["village", "area", "township"] as const;
export type RateGroup = (typeof rateGroups)[number];

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

const groupSql: Record<RateGroup, { id: string; table: string }> = {
  township: { id: "v.township_id", table: "township" },
  village: { id: "a.village_id", table: "village" },
  area: { id: "a.id", table: "transformer_area" },
};

type Wanted = { id: string; name: string; level: BreakerLevel; breakers: number; windowMs: number };
type Part = {
  id: string;
  level: BreakerLevel;
  state: OperatingState;
  reason: OperatingReason | null;
  ms: number;
};

/**
 * One row per group and level, in order of group ids, household level first. Only time in which a breaker was installed
 * counts, clipped to `[fromMs, min(toMs, nowMs))`; installed time that has not been judged counts as unknown. With a
 * level, groups that have no breaker of it are answered too, with empty sums.
 */
export const periodRatesBy = async (query: Query, question: RateQuestion): Promise<RateRow[]> => {
  const toMs = Math.max(Math.min(question.toMs, question.nowMs), question.fromMs);
  const clipped = { ...question, toMs };
  const wanted = await findWanted(query, clipped);
  const parts = await sumParts(query, clipped, wanted);
  const sums = new Map(wanted.map((row) => [`${row.id} ${row.level}`, emptyTally()]));
  for (const part of parts) addTime(sums.get(`${part.id} ${part.level}`) ?? emptyTally(), part, part.ms);
  const period = { from: toIso(question.fromMs), to: toIso(toMs) };
  return wanted.map((row) => {
    const sum = sums.get(`${row.id} ${row.level}`) ?? emptyTally();
    addTime(sum, silent, Math.max(0, row.windowMs - sum.installedMs));
    return rateRow(row, sum, period);
  });
};

/** Breakers of the scope with their group and the part of the period in which they were installed, as a CTE `live`. */
const liveSql = (where: ReturnType<typeof conditions>, question: RateQuestion): string => {
  const from = `${where.value(question.fromMs)}::bigint`;
  const to = `${where.value(question.toMs)}::bigint`;
  const zone = where.value(question.timeZone);
  return `live AS MATERIALIZED (
       SELECT b.id, b.level, ${groupSql[question.by].id} AS group_id,
              GREATEST(${midnightSql("b.installed_on", zone)}, ${from}) AS from_ms,
              LEAST(COALESCE(${midnightSql("b.removed_on", zone)}, ${to}), ${to}) AS to_ms
         FROM breaker b
         JOIN transformer_area a ON a.id = b.area_id
         JOIN village v ON v.id = a.village_id
        WHERE ${where.sql()})`;
};

/** The rows of the page: which groups and levels, how many breakers, and how long they were installed together. */
const findWanted = (query: Query, question: RateQuestion): Promise<Wanted[]> => {
  const { by, level, after, limit } = question;
  const where = conditions();
  addScope(where, question);
  const scope = where.sql();
  where.add("b.level = ?", level);
  const live = liveSql(where, question);
  const levels = where.value(breakerLevels);
  const asked = `${where.value(level ?? null)}::text`;
  const rank = (of: BreakerLevel) => breakerLevels.indexOf(of) + 1;
  const beyond =
    after === undefined
      ? "TRUE"
      : `(g.id, l.rank) > (${where.value(after.id)}, ${where.value(rank(after.level))}::bigint)`;
  return query<Wanted>(
    `WITH ${live}, whole AS (
       SELECT group_id, level, count(*) AS breakers, sum(to_ms - from_ms)::bigint AS window_ms
         FROM live WHERE from_ms < to_ms GROUP BY group_id, level)
     SELECT g.id, n.name, l.level, COALESCE(w.breakers, 0) AS breakers, COALESCE(w.window_ms, 0) AS "windowMs"
       FROM (SELECT DISTINCT ${groupSql[by].id} AS id
               FROM transformer_area a JOIN village v ON v.id = a.village_id WHERE ${scope}) g
       JOIN ${groupSql[by].table} n ON n.id = g.id
      CROSS JOIN unnest(${levels}::text[]) WITH ORDINALITY AS l (level, rank)
       LEFT JOIN whole w ON w.group_id = g.id AND w.level = l.level
      WHERE (w.group_id IS NOT NULL OR l.level = ${asked}) AND (${asked} IS NULL OR l.level = ${asked})
        AND ${beyond}
      ORDER BY g.id, l.rank LIMIT ${where.value(limit)}`,
    where.values,
  );
};

/** How long the breakers of the wanted groups spent in each state. */
const sumParts = async (query: Query, question: RateQuestion, wanted: readonly Wanted[]): Promise<Part[]> => {
  if (wanted.length === 0) return [];
  const where = conditions();
  addScope(where, question);
  where.add("b.level = ?", question.level);
  where.add(`${groupSql[question.by].id} = ANY(?::text[])`, [...new Set(wanted.map((row) => row.id))]);
  const live = liveSql(where, question);
  const from = `${where.value(question.fromMs)}::bigint`;
  const to = `${where.value(question.toMs)}::bigint`;
  // The last two conditions say nothing new, but let the index by end find what a short period needs.
  return query<Part>(
    `WITH ${live}
     SELECT b.group_id AS id, b.level, i.state, i.reason,
            sum(LEAST(COALESCE(i.to_ms, b.to_ms), b.to_ms) - GREATEST(i.from_ms, b.from_ms))::bigint AS ms
       FROM live b
       JOIN operating_interval i
         ON i.breaker_id = b.id AND i.from_ms < b.to_ms AND (i.to_ms IS NULL OR i.to_ms > b.from_ms)
      WHERE b.from_ms < b.to_ms AND i.from_ms < ${to} AND (i.to_ms IS NULL OR i.to_ms > ${from})
      GROUP BY b.group_id, b.level, i.state, i.reason`,
    where.values,
  );
};

const rateRow = (row: Wanted, sum: OperatingTally, period: { from: string; to: string }): RateRow => {
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
    target: targetRates[row.level],
  };
};
