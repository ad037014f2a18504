// Period rates: the time that the breakers of each village, area or township spent in each state.
import { type BreakerLevel, breakerLevels, targetRates } from "../../domain/breaker.ts";
import type { RateRow } from "../../domain/http.ts";
import type { OperatingReason, OperatingState } from "../../domain/operating.ts";
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

const groupSql: Record<RateGroup, { id: string; from: string }> = {
  township: { id: "v.township_id", from: "SELECT id, name FROM township" },
  village: { id: "a.village_id", from: "SELECT id, name FROM village" },
  area: { id: "a.id", from: "SELECT id, name FROM transformer_area" },
};

type Row = {
  id: string;
  name: string;
  level: BreakerLevel;
  breakers: number;
  window_ms: number;
  parts: { state: OperatingState; reason: OperatingReason | null; ms: number }[] | null;
};

/**
 * One row per group and level, in order of group ids, household level first. Only time in which a breaker was installed
 * counts, clipped to `[fromMs, min(toMs, nowMs))`; installed time that has not been judged counts as unknown. With a
 * level, groups that have no breaker of it are answered too, with empty sums.
 */
export const periodRatesBy = async (query: Query, question: RateQuestion): Promise<RateRow[]> => {
  const toMs = Math.min(question.toMs, question.nowMs);
  const where = conditions();
  const from = `${where.value(question.fromMs)}::bigint`;
  const to = `${where.value(Math.max(toMs, question.fromMs))}::bigint`;
  const zone = where.value(question.timeZone);
  const levels = `${where.value(question.level === undefined ? breakerLevels : [question.level])}::text[]`;
  const always = where.value(question.level !== undefined);
  addScope(where, question);
  const scope = where.sql();
  const limit = where.value(question.limit);
  const group = groupSql[question.by];
  const after =
    question.after === undefined
      ? "TRUE"
      : `(g.id, l.rank) > (${where.value(question.after.id)}, ${where.value(
          breakerLevels.indexOf(question.after.level) + 1,
        )}::bigint)`;
  const rows = await query<Row>(
    `WITH grouping AS (
       SELECT DISTINCT ${group.id} AS id
         FROM transformer_area a JOIN village v ON v.id = a.village_id WHERE ${scope}
     ), live AS MATERIALIZED (
       SELECT b.id, b.level, ${group.id} AS group_id,
              GREATEST(${midnightSql("b.installed_on", zone)}, ${from}) AS from_ms,
              LEAST(COALESCE(${midnightSql("b.removed_on", zone)}, ${to}), ${to}) AS to_ms
         FROM breaker b
         JOIN transformer_area a ON a.id = b.area_id
         JOIN village v ON v.id = a.village_id
        WHERE ${scope} AND b.level = ANY(${levels})
     ), whole AS (
       SELECT group_id, level, count(*) AS breakers, sum(to_ms - from_ms)::bigint AS window_ms
         FROM live WHERE from_ms < to_ms GROUP BY group_id, level
     ), wanted AS (
       SELECT g.id, n.name, l.level, l.rank, COALESCE(w.breakers, 0) AS breakers,
              COALESCE(w.window_ms, 0) AS window_ms
         FROM grouping g
         JOIN (${group.from}) n ON n.id = g.id
         JOIN unnest($${where.values.push(breakerLevels)}::text[]) WITH ORDINALITY AS l (level, rank)
           ON l.level = ANY(${levels})
         LEFT JOIN whole w ON w.group_id = g.id AND w.level = l.level
        WHERE (w.group_id IS NOT NULL OR ${always}::boolean) AND ${after}
        ORDER BY g.id, l.rank LIMIT ${limit}
     ), part AS (
       SELECT b.group_id, b.level, i.state, i.reason,
              sum(LEAST(COALESCE(i.to_ms, b.to_ms), b.to_ms) - GREATEST(i.from_ms, b.from_ms))::bigint AS ms
         FROM wanted x
         JOIN live b ON b.group_id = x.id AND b.level = x.level
         JOIN operating_interval i
           ON i.breaker_id = b.id AND i.from_ms < b.to_ms AND (i.to_ms IS NULL OR i.to_ms > b.from_ms)
        WHERE b.from_ms < b.to_ms
        GROUP BY b.group_id, b.level, i.state, i.reason
     )
     SELECT x.id, x.name, x.level, x.breakers, x.window_ms,
            (SELECT jsonb_agg(jsonb_build_object('state', p.state, 'reason', p.reason, 'ms', p.ms))
               FROM part p WHERE p.group_id = x.id AND p.level = x.level) AS parts
       FROM wanted x ORDER BY x.id, x.rank`,
    where.values,
  );
  const period = { from: toIso(question.fromMs), to: toIso(Math.max(toMs, question.fromMs)) };
  return rows.map((row) => rateRow(row, period));
};

const rateRow = (row: Row, period: { from: string; to: string }): RateRow => {
  const sum = tallyOf(row);
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

const tallyOf = (row: Row): OperatingTally => {
  const sum = emptyTally();
  for (const part of row.parts ?? []) addTime(sum, part, part.ms);
  addTime(sum, { state: "unknown", reason: "silent" }, Math.max(0, row.window_ms - sum.installedMs));
  return sum;
};
