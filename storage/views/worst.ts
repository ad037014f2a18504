// The breakers that cost most: what each lost in a period, by reason.
import type { BreakerLevel } from "../../domain/breaker.ts";
import type { WorstBreaker } from "../../domain/http-rates.ts";
import type { Query } from "../db.ts";
import { periodCtes, reasonsOf } from "../rates/period-sums.ts";
import { lostColumns } from "../rates/window-sql.ts";
import { conditions, localDate, type Scope } from "./scope.ts";

export type WorstQuestion = {
  scope: Scope;
  level?: BreakerLevel | undefined;
  fromMs: number;
  toMs: number;
  nowMs: number;
  timeZone: string;
  limit: number;
};

type Row = Omit<WorstBreaker, "unknownMs" | "notOperatingMsByReason"> & Record<string, unknown>;

/** The breakers of the scope that were not operating or unknown longest, worst first, in the places that they were in at its end. */
export const worstBreakersBy = async (query: Query, question: WorstQuestion): Promise<WorstBreaker[]> => {
  const { scope, fromMs, nowMs, timeZone } = question;
  const toMs = Math.max(Math.min(question.toMs, nowMs), fromMs + 1);
  const where = conditions();
  const { sql } = periodCtes(where, { by: "area", scope, fromMs, toMs, timeZone });
  const lastDay = `${where.value(localDate(toMs - 1, timeZone))}::date`;
  const lost = lostColumns.join(" + ");
  const columns = (prefix: string) => lostColumns.map((c) => `${prefix}${c}`).join(", ");
  const level = `${where.value(question.level ?? null)}::text`;
  const rows = await query<Row>(
    `WITH ${sql}, part AS (
       SELECT l.breaker_id, ${columns("l.")}
         FROM fresh f JOIN rate_day_breaker l ON l.area_id = f.area_id AND l.day_ms = f.day_ms
       UNION ALL
       SELECT breaker_id, ${columns("")} FROM breaker_sum WHERE ${lost} > 0
     ), total AS (
       SELECT breaker_id, ${lostColumns.map((c) => `sum(${c})::bigint AS ${c}`).join(", ")}, sum(${lost})::bigint AS lost_ms
         FROM part GROUP BY breaker_id
     ), worst AS (
       SELECT t.*, b.level FROM total t JOIN breaker b ON b.id = t.breaker_id
        WHERE ${level} IS NULL OR b.level = ${level}
        ORDER BY t.lost_ms DESC, t.breaker_id LIMIT ${where.value(question.limit)}
     )
     SELECT w.breaker_id AS "breakerId", w.level, a.id AS "areaId", a.name AS "areaName", v.id AS "villageId",
            v.name AS "villageName", h.address, w.lost_ms AS "lostMs", ${columns("w.")}
       FROM worst w
      CROSS JOIN LATERAL (
         SELECT area_id, household_id FROM breaker_placement
          WHERE breaker_id = w.breaker_id ORDER BY from_on <= ${lastDay} DESC, abs(from_on - ${lastDay}) LIMIT 1) p
       JOIN transformer_area a ON a.id = p.area_id
       JOIN village v ON v.id = a.village_id
       LEFT JOIN household h ON h.id = p.household_id
      ORDER BY w.lost_ms DESC, w.breaker_id`,
    where.values,
  );
  return rows.map((row) => ({
    breakerId: row.breakerId,
    level: row.level,
    areaId: row.areaId,
    areaName: row.areaName,
    villageId: row.villageId,
    villageName: row.villageName,
    address: row.address,
    lostMs: row.lostMs,
    unknownMs: Number(row["unknown_ms"]),
    notOperatingMsByReason: reasonsOf(row),
  }));
};
