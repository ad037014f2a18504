// The operating history of townships, villages or transformer areas over a period: from the days' sums where they hold,
// from the intervals for the rest. One statement, so one moment's truth; exact whatever has been summed.
import { type BreakerLevel, breakerLevels } from "../../domain/breaker.ts";
import { type NotOperatingReason, notOperatingReasons } from "../../domain/operating.ts";
import type { OperatingTally } from "../../domain/rates.ts";
import type { Query } from "../db.ts";
import { addScope, conditions, type Scope } from "../views/scope.ts";
import { countColumns, houseColumns, reasonColumns, timeColumns, windowCtes } from "./window-sql.ts";

export const rateGroups = ["village", "area", "township"] as const;
export type RateGroup = (typeof rateGroups)[number];

/** SQL of a group's id and the table with its name, over the aliases a (transformer_area) and v (village). */
export const groupSql: Record<RateGroup, { id: string; table: string }> = {
  township: { id: "v.township_id", table: "township" },
  village: { id: "a.village_id", table: "village" },
  area: { id: "a.id", table: "transformer_area" },
};

export type PeriodQuestion = {
  by: RateGroup;
  scope: Scope;
  /** Only these groups. */
  groupIds?: readonly string[] | undefined;
  fromMs: number;
  toMs: number;
  timeZone: string;
};

/** How many breakers stood how in the last millisecond of the period. */
export type EndCounts = {
  installed: number;
  operating: number;
  notOperating: number;
  unknown: number;
  excused: number;
};

export type HouseSums = {
  households: number;
  inhabited: number;
  inhabitedInstalled: number;
  inhabitedOperating: number;
  inhabitedMs: number;
  inhabitedOperatingMs: number;
  inhabitedExcusedMs: number;
};

export type LevelSums = { tally: OperatingTally; end: EndCounts };

export type GroupSums = {
  levels: Partial<Record<BreakerLevel, LevelSums>>;
  houses: HouseSums;
  /** Transformer areas, and those that had a main breaker at the end. */
  areas: number;
  areasWithMain: number;
};

type Row = Record<string, number> & { group_id: string; level: BreakerLevel | null };

/** Where a stored day holds: no change of its time waits to be summed. */
export const freshDaySql = `NOT EXISTS (SELECT FROM rate_stale s
        WHERE s.area_id = d.area_id AND s.from_ms < d.to_ms AND s.to_ms > d.day_ms)`;

/**
 * CTEs `area (id, group_id)`, `fresh` (the stored days that lie in the period and hold) and `win` (what remains of it), from
 * the values of `where`.
 */
export const periodCtes = (where: ReturnType<typeof conditions>, question: PeriodQuestion) => {
  const { id } = groupSql[question.by];
  addScope(where, question.scope);
  where.add(`${id} = ANY(?::text[])`, question.groupIds);
  const scope = where.sql();
  const from = `${where.value(question.fromMs)}::bigint`;
  const to = `${where.value(question.toMs)}::bigint`;
  const zone = where.value(question.timeZone);
  const sql = `area AS MATERIALIZED (
    SELECT a.id, ${id} AS group_id FROM transformer_area a JOIN village v ON v.id = a.village_id WHERE ${scope}
  ), fresh AS MATERIALIZED (
    SELECT d.*, area.group_id FROM area JOIN rate_day d ON d.area_id = area.id
     WHERE d.day_ms >= ${from} AND d.to_ms <= ${to} AND ${freshDaySql}
       AND EXISTS (SELECT FROM rate_horizon WHERE time_zone = ${zone})
  ), done AS (
    SELECT area_id, range_agg(int8range(day_ms, to_ms)) AS days FROM fresh GROUP BY area_id
  ), win AS MATERIALIZED (
    SELECT area.id AS area_id, lower(r) AS from_ms, upper(r) AS to_ms
      FROM area LEFT JOIN done ON done.area_id = area.id
     CROSS JOIN LATERAL unnest(int8multirange(int8range(${from}, ${to})) - COALESCE(done.days, '{}')) AS r
  ), ${windowCtes(zone)}`;
  return { sql, from, to, zone };
};

const sums = (columns: readonly string[], prefix = "") =>
  columns.map((c) => `sum(${prefix}${c})::bigint AS ${c}`).join(", ");
/** A count speaks of its window's last millisecond: only the window that ends with the period is asked. */
const countsAt = (columns: readonly string[], to: string, prefix = "") =>
  columns
    .map((c) => `COALESCE(sum(${prefix}${c}) FILTER (WHERE to_ms = ${to}), 0)::bigint AS ${c}`)
    .join(", ");

const houseCounts = houseColumns.slice(0, 4);
const houseTimes = houseColumns.slice(4);

/**
 * Group id → its sums over `[fromMs, toMs)`, clipped by nothing: the caller ends the period at the present. Counts are as of
 * the period's last millisecond. Every group of the scope is answered.
 */
export const sumPeriod = async (query: Query, question: PeriodQuestion): Promise<Map<string, GroupSums>> => {
  const where = conditions();
  const { sql, to } = periodCtes(where, question);
  const rows = await query<Row>(
    `WITH ${sql}, level_part AS (
       SELECT f.group_id, l.area_id, f.to_ms, l.level, ${[...timeColumns, ...countColumns].map((c) => `l.${c}`).join(", ")}
         FROM fresh f JOIN rate_day_level l ON l.area_id = f.area_id AND l.day_ms = f.day_ms
       UNION ALL
       SELECT area.group_id, s.area_id, s.to_ms, s.level, ${[...timeColumns, ...countColumns].map((c) => `s.${c}`).join(", ")}
         FROM level_sum s JOIN area ON area.id = s.area_id
     ), house_part AS (
       SELECT group_id, to_ms, ${houseColumns.join(", ")} FROM fresh
       UNION ALL
       SELECT area.group_id, s.to_ms, ${houseColumns.map((c) => `s.${c}`).join(", ")}
         FROM house_sum s JOIN area ON area.id = s.area_id
     ), level_total AS (
       SELECT group_id, level, ${sums(timeColumns)}, ${countsAt(countColumns, to)},
              count(DISTINCT area_id) FILTER (WHERE to_ms = ${to} AND level = 'main' AND installed > 0) AS areas_with_main
         FROM level_part GROUP BY group_id, level
     ), house_total AS (
       SELECT group_id, ${sums(houseTimes)}, ${countsAt(houseCounts, to)} FROM house_part GROUP BY group_id
     )
     SELECT g.group_id, g.areas, l.level, ${[...timeColumns, ...countColumns, "areas_with_main"].map((c) => `l.${c}`).join(", ")},
            ${houseColumns.map((c) => `COALESCE(h.${c}, 0) AS ${c}`).join(", ")}
       FROM (SELECT group_id, count(*) AS areas FROM area GROUP BY group_id) g
       LEFT JOIN level_total l ON l.group_id = g.group_id
       LEFT JOIN house_total h ON h.group_id = g.group_id`,
    where.values,
  );
  const groups = new Map<string, GroupSums>();
  for (const row of rows) {
    const group = groups.get(row.group_id) ?? emptyGroup(row);
    groups.set(row.group_id, group);
    if (row.level === null) continue;
    group.levels[row.level] = levelSums(row);
    if (row.level === "main") group.areasWithMain = row["areas_with_main"] ?? 0;
  }
  return groups;
};

const emptyGroup = (row: Row): GroupSums => ({
  levels: {},
  houses: {
    households: row["households"] ?? 0,
    inhabited: row["inhabited"] ?? 0,
    inhabitedInstalled: row["inhabited_installed"] ?? 0,
    inhabitedOperating: row["inhabited_operating"] ?? 0,
    inhabitedMs: row["inhabited_ms"] ?? 0,
    inhabitedOperatingMs: row["inhabited_operating_ms"] ?? 0,
    inhabitedExcusedMs: row["inhabited_excused_ms"] ?? 0,
  },
  areas: row["areas"] ?? 0,
  areasWithMain: 0,
});

/** The milliseconds by reason of a row with the reason columns. */
export const reasonsOf = (row: Record<string, unknown>): Record<NotOperatingReason, number> =>
  Object.fromEntries(
    notOperatingReasons.map((reason) => [reason, Number(row[reasonColumns[reason]] ?? 0)]),
  ) as Record<NotOperatingReason, number>;

const levelSums = (row: Row): LevelSums => ({
  tally: {
    installedMs: row["installed_ms"] ?? 0,
    operatingMs: row["operating_ms"] ?? 0,
    unknownMs: row["unknown_ms"] ?? 0,
    excusedMs: row["excused_ms"] ?? 0,
    notOperatingMsByReason: reasonsOf(row),
  },
  end: {
    installed: row["installed"] ?? 0,
    operating: row["operating"] ?? 0,
    notOperating: row["not_operating"] ?? 0,
    unknown: row["unknown"] ?? 0,
    excused: row["excused"] ?? 0,
  },
});

/** The levels that a group has, household first. */
export const levelsOf = (group: GroupSums): BreakerLevel[] =>
  breakerLevels.filter((level) => group.levels[level] !== undefined);
