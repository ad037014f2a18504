// Low-voltage areas and the charges of lines over local days, as the API shows them.
import type { AreaSupplyDay, AreaSupplyRow, LineLoss, SupplyDay } from "../../domain/http-supply.ts";
import { type LowBreaker, lineLossShare } from "../../domain/supply.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import { addScope, conditions, type Scope } from "./scope.ts";

/** Local days `[from, before)` of the areas in the scope. */
export type SupplyQuestion = Scope & { from: string; before: string };

/** The row after which a page begins. */
export type SupplyPosition = { lowMs: number; areaId: string };

type Charge = { mainAh: number; householdAh: number; loadMs: number };
type Lowest = { minV: number | null; minAtMs: number | null };

const lineLoss = ({ mainAh, householdAh, loadMs }: Charge): LineLoss => ({
  share: lineLossShare({ mainAh, householdAh, loadMs }),
  mainAh,
  householdAh,
  comparedMs: loadMs,
});
const lowest = ({ minV, minAtMs }: Lowest) => ({ minV, minAt: minAtMs === null ? null : toIso(minAtMs) });

type AreaRow = Omit<AreaSupplyRow, "lineLoss" | "minAt"> & Charge & Lowest;

/**
 * Areas with how long they were low, worst first; with `lowOnly` those that were low at all or are now. `lowVoltageV` and
 * `freshMs` judge the newest readings (V, and how old they may be in ms).
 */
export const listAreaSupply = async (
  query: Query,
  question: SupplyQuestion & { lowOnly: boolean },
  now: { nowMs: number; lowVoltageV: number; noSupplyV: number; freshMs: number },
  page: { after?: SupplyPosition | undefined; limit: number },
): Promise<AreaSupplyRow[]> => {
  const where = conditions();
  const from = where.value(question.from);
  const before = where.value(question.before);
  const nowMs = `${where.value(now.nowMs)}::bigint`;
  const lowV = where.value(now.lowVoltageV);
  const noV = where.value(now.noSupplyV);
  const freshMs = `${where.value(now.freshMs)}::bigint`;
  addScope(where, question);
  if (question.lowOnly) where.fixed("s.low_ms > 0 OR n.low > 0");
  if (page.after !== undefined) {
    const lowMs = where.value(page.after.lowMs);
    where.add(
      `COALESCE(s.low_ms, 0) < ${lowMs}::bigint OR (COALESCE(s.low_ms, 0) = ${lowMs}::bigint AND a.id > ?)`,
      page.after.areaId,
    );
  }
  const rows = await query<AreaRow>(
    `WITH s AS (
       SELECT area_id, count(*) AS days, count(*) FILTER (WHERE low > 0) AS low_days, max(measured) AS measured,
              max(low) AS low, max(low::double precision / NULLIF(measured, 0)) AS low_share,
              sum(low_ms)::bigint AS low_ms, min(min_v) AS min_v,
              (array_agg(min_at_ms ORDER BY min_v, day))[1] AS min_at_ms,
              max(day) FILTER (WHERE low > 0) AS last_low_day, sum(main_ah) AS main_ah,
              sum(household_ah) AS household_ah, sum(load_ms)::bigint AS load_ms
         FROM supply_day WHERE day >= ${from}::date AND day < ${before}::date GROUP BY area_id
     ), n AS (
       SELECT b.area_id, count(*) AS low
         FROM breaker_state st JOIN breaker b ON b.id = st.breaker_id
        WHERE b.level = 'household' AND (st.last_reading ->> 'voltageV')::double precision < ${lowV}
          AND (st.last_reading ->> 'voltageV')::double precision >= ${noV}
          AND (st.last_reading ->> 'at')::timestamptz > to_timestamp((${nowMs} - ${freshMs}) / 1000.0)
        GROUP BY b.area_id)
     SELECT a.id AS "areaId", a.name AS "areaName", v.id AS "villageId", v.name AS "villageName",
            COALESCE(s.days, 0) AS days, COALESCE(s.low_days, 0) AS "lowDays", COALESCE(n.low, 0) AS "lowNow",
            s.last_low_day AS "lastLowDay", COALESCE(s.measured, 0) AS measured, COALESCE(s.low, 0) AS low,
            s.low_share AS "lowShare", COALESCE(s.low_ms, 0) AS "lowMs", s.min_v AS "minV",
            s.min_at_ms AS "minAtMs", COALESCE(s.main_ah, 0) AS "mainAh",
            COALESCE(s.household_ah, 0) AS "householdAh", COALESCE(s.load_ms, 0) AS "loadMs"
       FROM transformer_area a
       JOIN village v ON v.id = a.village_id
       LEFT JOIN s ON s.area_id = a.id
       LEFT JOIN n ON n.area_id = a.id
      WHERE ${where.sql()}
      ORDER BY COALESCE(s.low_ms, 0) DESC, a.id LIMIT ${where.value(page.limit)}`,
    where.values,
  );
  return rows.map(({ mainAh, householdAh, loadMs, minV, minAtMs, ...row }) => ({
    ...row,
    ...lowest({ minV, minAtMs }),
    lineLoss: lineLoss({ mainAh, householdAh, loadMs }),
  }));
};

/** The days of the scope's areas together, oldest first. */
export const supplyTrend = (query: Query, question: SupplyQuestion): Promise<SupplyDay[]> => {
  const where = conditions();
  addScope(where, question);
  where.add("s.day >= ?::date", question.from);
  where.add("s.day < ?::date", question.before);
  return query<SupplyDay>(
    `SELECT s.day, count(*) AS areas, count(*) FILTER (WHERE s.low > 0) AS "lowAreas", sum(s.measured) AS measured,
            sum(s.low) AS low, sum(s.low_ms)::bigint AS "lowMs", min(s.min_v) AS "minV"
       FROM supply_day s
       JOIN transformer_area a ON a.id = s.area_id
       JOIN village v ON v.id = a.village_id
      WHERE ${where.sql()} GROUP BY s.day ORDER BY s.day`,
    where.values,
  );
};

type DayRow = Omit<AreaSupplyDay, "lineLoss" | "minAt" | "worst" | "computedAt"> &
  Charge &
  Lowest & { worst: LowBreaker[]; computedAt: Date };

/** One area's days, oldest first, with the houses that were low. */
export const areaSupplyDays = async (
  query: Query,
  areaId: string,
  span: { from: string; before: string },
): Promise<AreaSupplyDay[]> => {
  const rows = await query<DayRow>(
    `SELECT day, measured, low, low::double precision / NULLIF(measured, 0) AS "lowShare", low_ms AS "lowMs",
            min_v AS "minV", min_at_ms AS "minAtMs", main_ah AS "mainAh", household_ah AS "householdAh",
            load_ms AS "loadMs", computed_at AS "computedAt", low_voltage_v AS "lowVoltageV", worst
       FROM supply_day WHERE area_id = $1 AND day >= $2::date AND day < $3::date ORDER BY day`,
    [areaId, span.from, span.before],
  );
  const ids = [...new Set(rows.flatMap(({ worst }) => worst.map(({ breakerId }) => breakerId)))];
  const places = await query<{ id: string; address: string | null }>(
    `SELECT b.id, h.address FROM breaker b LEFT JOIN household h ON h.id = b.household_id
      WHERE b.id = ANY($1::text[])`,
    [ids],
  );
  const addressOf = new Map(places.map(({ id, address }) => [id, address]));
  return rows.map(({ mainAh, householdAh, loadMs, minV, minAtMs, worst, computedAt, ...row }) => ({
    ...row,
    ...lowest({ minV, minAtMs }),
    lineLoss: lineLoss({ mainAh, householdAh, loadMs }),
    computedAt: computedAt.toISOString(),
    worst: worst.map((one) => ({ ...one, address: addressOf.get(one.breakerId) ?? null })),
  }));
};
