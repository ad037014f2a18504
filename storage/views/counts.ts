// Counts of one transformer area as it stands now, and their sums over villages and townships.
import { type BreakerLevel, breakerLevels } from "../../domain/breaker.ts";
import type { LevelSummary } from "../../domain/http.ts";
import { addCounts, emptyCounts, fraction, type SnapshotCounts, snapshotRates } from "../../domain/rates.ts";
import type { Targets } from "../../domain/targets.ts";
import type { Query } from "../db.ts";
import { addScope, conditions, localDate, type Scope } from "./scope.ts";

/** When it is, and where days begin. */
export type Now = { nowMs: number; timeZone: string };

/** Everything that is counted of one area, or summed over several. */
export type PlaceCounts = {
  levels: Record<BreakerLevel, SnapshotCounts>;
  households: number;
  inhabitedHouseholds: number;
  inhabitedOperating: number;
  openAlarms: number;
};

type Row = {
  area_id: string;
  levels: Partial<Record<BreakerLevel, Omit<SnapshotCounts, "shouldInstall" | "requiredInstalled">>> | null;
  households: number;
  inhabited: number;
  inhabited_installed: number;
  inhabited_operating: number;
  open_alarms: number;
};

/**
 * Area id → its counts, for the areas of the scope or of the given villages. Installed is what stands in the registry
 * as installed today; what has not been judged yet is unknown. A house counts as operating when one of its household
 * breakers does; every area should have one main breaker, every inhabited household one household breaker.
 */
export const countAreas = async (
  query: Query,
  filter: Scope & { villageIds?: readonly string[] | undefined; areaIds?: readonly string[] | undefined },
  now: Now,
): Promise<Map<string, PlaceCounts>> => {
  const where = conditions();
  const today = where.value(localDate(now.nowMs, now.timeZone));
  addScope(where, filter);
  where.add("a.village_id = ANY(?::text[])", filter.villageIds);
  where.add("a.id = ANY(?::text[])", filter.areaIds);
  const rows = await query<Row>(
    `WITH area AS (
       SELECT a.id FROM transformer_area a JOIN village v ON v.id = a.village_id WHERE ${where.sql()}
     ), installed AS (
       SELECT b.area_id, b.level, b.household_id, COALESCE(s.state, 'unknown') AS state
         FROM breaker b
         JOIN area ON area.id = b.area_id
         LEFT JOIN breaker_state s ON s.breaker_id = b.id
        WHERE b.installed_on <= ${today}::date AND (b.removed_on IS NULL OR b.removed_on > ${today}::date)
     ), level AS (
       SELECT area_id, level, count(*) AS installed,
              count(*) FILTER (WHERE state = 'operating') AS operating,
              count(*) FILTER (WHERE state = 'notOperating') AS not_operating,
              count(*) FILTER (WHERE state = 'unknown') AS unknown,
              count(*) FILTER (WHERE state = 'excused') AS excused
         FROM installed GROUP BY area_id, level
     ), levels AS (
       SELECT area_id, jsonb_object_agg(level, jsonb_build_object(
                'installed', installed, 'operating', operating, 'notOperating', not_operating,
                'unknown', unknown, 'excused', excused)) AS levels
         FROM level GROUP BY area_id
     ), protected AS (
       SELECT household_id, bool_or(state = 'operating') AS operating
         FROM installed WHERE level = 'household' AND household_id IS NOT NULL GROUP BY household_id
     ), houses AS (
       SELECT h.area_id, count(*) AS households,
              count(*) FILTER (WHERE h.inhabited) AS inhabited,
              count(*) FILTER (WHERE h.inhabited AND p.household_id IS NOT NULL) AS inhabited_installed,
              count(*) FILTER (WHERE h.inhabited AND p.operating) AS inhabited_operating
         FROM household h JOIN area ON area.id = h.area_id
         LEFT JOIN protected p ON p.household_id = h.id
        GROUP BY h.area_id
     ), alarms AS (
       SELECT area_id, count(*) AS open_alarms FROM alarm WHERE cleared_at_ms IS NULL GROUP BY area_id
     )
     SELECT area.id AS area_id, l.levels, COALESCE(h.households, 0) AS households,
            COALESCE(h.inhabited, 0) AS inhabited, COALESCE(h.inhabited_installed, 0) AS inhabited_installed,
            COALESCE(h.inhabited_operating, 0) AS inhabited_operating,
            COALESCE(al.open_alarms, 0) AS open_alarms
       FROM area
       LEFT JOIN levels l ON l.area_id = area.id
       LEFT JOIN houses h ON h.area_id = area.id
       LEFT JOIN alarms al ON al.area_id = area.id`,
    where.values,
  );
  return new Map(rows.map((row) => [row.area_id, countsOf(row)]));
};

const countsOf = (row: Row): PlaceCounts => {
  const of = (level: BreakerLevel, shouldInstall: number, requiredInstalled: number): SnapshotCounts => ({
    ...emptyCounts(),
    ...row.levels?.[level],
    shouldInstall,
    requiredInstalled,
  });
  const mains = row.levels?.main?.installed ?? 0;
  return {
    levels: {
      household: of("household", row.inhabited, row.inhabited_installed),
      intermediate: of("intermediate", 0, 0),
      main: of("main", 1, Math.min(1, mains)),
    },
    households: row.households,
    inhabitedHouseholds: row.inhabited,
    inhabitedOperating: row.inhabited_operating,
    openAlarms: row.open_alarms,
  };
};

export const emptyPlaceCounts = (): PlaceCounts => ({
  levels: { household: emptyCounts(), intermediate: emptyCounts(), main: emptyCounts() },
  households: 0,
  inhabitedHouseholds: 0,
  inhabitedOperating: 0,
  openAlarms: 0,
});

/** The counts of two places together. */
export const addPlaceCounts = (a: PlaceCounts, b: PlaceCounts): PlaceCounts => ({
  levels: {
    household: addCounts(a.levels.household, b.levels.household),
    intermediate: addCounts(a.levels.intermediate, b.levels.intermediate),
    main: addCounts(a.levels.main, b.levels.main),
  },
  households: a.households + b.households,
  inhabitedHouseholds: a.inhabitedHouseholds + b.inhabitedHouseholds,
  inhabitedOperating: a.inhabitedOperating + b.inhabitedOperating,
  openAlarms: a.openAlarms + b.openAlarms,
});

/** Counts with their rates and the targets of their place, as the API answers them. */
export const withRates = (counts: PlaceCounts, targets: Targets) => ({
  levels: Object.fromEntries(
    breakerLevels.map((level) => [
      level,
      {
        ...counts.levels[level],
        ...snapshotRates(counts.levels[level]),
        target: targets.operationalRate[level],
      },
    ]),
  ) as Record<BreakerLevel, LevelSummary>,
  households: counts.households,
  inhabitedHouseholds: counts.inhabitedHouseholds,
  inhabitedOperating: counts.inhabitedOperating,
  inhabitedCoverage: fraction(counts.inhabitedOperating, counts.inhabitedHouseholds),
  inhabitedCoverageTarget: targets.inhabitedCoverage,
  openAlarms: counts.openAlarms,
});
