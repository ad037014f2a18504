// Every rate of the plan over a period, per township, village or transformer area, against its targets.
import { type BreakerLevel, breakerLevels } from "../../domain/breaker.ts";
import type { LevelPerformance, PerformanceRow } from "../../domain/http-rates.ts";
import { emptyTally, fraction, periodRates } from "../../domain/rates.ts";
import { type Targets, targetsOf } from "../../domain/targets.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import {
  type EndCounts,
  type GroupSums,
  groupSql,
  type HouseSums,
  type RateGroup,
  sumPeriod,
} from "../rates/period-sums.ts";
import { loadTargets } from "../targets.ts";
import { noticeCountsBy } from "./notices.ts";
import { type OperationCounts, operationCountsBy, type TestCounts, testCountsBy } from "./records.ts";
import { addScope, conditions, localDate, type Scope } from "./scope.ts";

export type PerformanceQuestion = {
  by: RateGroup;
  scope: Scope;
  fromMs: number;
  toMs: number;
  /** Nothing is counted from here on. */
  nowMs: number;
  timeZone: string;
  /** The id after which a page begins. */
  after?: string | undefined;
  /** Groups, at most; all where undefined. */
  limit?: number | undefined;
};

type Group = { id: string; name: string; townshipId: string; villageId: string | null };

/**
 * One row per group in order of ids, over `[fromMs, min(toMs, nowMs))`; counts and targets are as of its last millisecond.
 * Time and operations count for the place in which the breaker was at that time.
 */
export const performanceBy = async (
  query: Query,
  question: PerformanceQuestion,
): Promise<PerformanceRow[]> => {
  const { by, scope, fromMs, nowMs, timeZone } = question;
  const toMs = Math.max(Math.min(question.toMs, nowMs), fromMs + 1);
  const groups = await findGroups(query, question);
  if (groups.length === 0) return [];
  const period = { by, scope, fromMs, toMs, timeZone };
  const groupIds = groups.map((group) => group.id);
  const onDate = localDate(toMs - 1, timeZone);
  const [sums, operations, tests, notices, officers, stored] = await Promise.all([
    sumPeriod(query, { ...period, groupIds }),
    operationCountsBy(query, period),
    testCountsBy(query, period),
    noticeCountsBy(query, { ...period, nowMs: toMs }),
    officersBy(query, by, scope, onDate),
    loadTargets(query),
  ]);
  const noticesOf = new Map(notices.map((row) => [row.id, row]));
  return groups.map((group) => {
    const of = <T extends { id: string; level: BreakerLevel }>(rows: readonly T[]) =>
      new Map(rows.filter((row) => row.id === group.id).map((row) => [row.level, row]));
    const notice = noticesOf.get(group.id);
    return {
      id: group.id,
      name: group.name,
      from: toIso(fromMs),
      to: toIso(toMs),
      ...rowOf(sums.get(group.id) ?? nothing, {
        operations: of(operations),
        tests: of(tests),
        targets: targetsOf(stored, group, onDate),
        officers: officers.get(group.id) ?? { villages: 0, withOfficer: 0 },
      }),
      noticesIssued: notice?.issued ?? 0,
      noticesClosed: notice?.closed ?? 0,
      noticesOverdue: notice?.overdue ?? 0,
    };
  });
};

const noHouses: HouseSums = {
  households: 0,
  inhabited: 0,
  inhabitedInstalled: 0,
  inhabitedOperating: 0,
  inhabitedMs: 0,
  inhabitedOperatingMs: 0,
  inhabitedExcusedMs: 0,
};
const nothing: GroupSums = { levels: {}, houses: noHouses, areas: 0, areasWithMain: 0 };
const noCounts: EndCounts = { installed: 0, operating: 0, notOperating: 0, unknown: 0, excused: 0 };

/** The groups of the page; a village and what lies in it have a village, a township as a whole has none. */
const findGroups = (query: Query, { by, scope, after, limit }: PerformanceQuestion): Promise<Group[]> => {
  const where = conditions();
  addScope(where, scope);
  const { id, table } = groupSql[by];
  where.add(`${id} > ?`, after);
  const most = where.value(limit ?? null);
  const village = by === "township" ? "NULL::text" : "a.village_id";
  return query<Group>(
    `SELECT g.id, n.name, g."townshipId", g."villageId"
       FROM (SELECT DISTINCT ${id} AS id, v.township_id AS "townshipId", ${village} AS "villageId"
               FROM transformer_area a JOIN village v ON v.id = a.village_id WHERE ${where.sql()}) g
       JOIN ${table} n ON n.id = g.id
      ORDER BY g.id LIMIT ${most}`,
    where.values,
  );
};

type Officers = { villages: number; withOfficer: number };

/** Villages of each group, and those that somebody looks after on the day; a transformer area has no village of its own. */
const officersBy = async (
  query: Query,
  by: RateGroup,
  scope: Scope,
  onDate: string,
): Promise<Map<string, Officers>> => {
  if (by === "area") return new Map();
  const where = conditions();
  addScope(where, scope);
  const day = `${where.value(onDate)}::date`;
  const rows = await query<Officers & { id: string }>(
    `SELECT id, count(*) AS villages, count(*) FILTER (WHERE looked_after) AS "withOfficer"
       FROM (SELECT DISTINCT ${groupSql[by].id} AS id, v.id AS village_id,
                    EXISTS (SELECT FROM village_officer o
                             WHERE o.village_id = v.id AND o.from_on <= ${day}
                               AND (o.to_on IS NULL OR o.to_on > ${day})) AS looked_after
               FROM transformer_area a JOIN village v ON v.id = a.village_id WHERE ${where.sql()}) x
      GROUP BY id`,
    where.values,
  );
  return new Map(rows.map((row) => [row.id, row]));
};

type Beside = {
  operations: ReadonlyMap<BreakerLevel, OperationCounts>;
  tests: ReadonlyMap<BreakerLevel, TestCounts>;
  targets: Targets;
  officers: Officers;
};

const rowOf = (sums: GroupSums, beside: Beside) => {
  const { houses } = sums;
  const { targets, officers } = beside;
  const required: Record<BreakerLevel, [should: number, installed: number]> = {
    household: [houses.inhabited, houses.inhabitedInstalled],
    intermediate: [0, 0],
    main: [sums.areas, sums.areasWithMain],
  };
  return {
    households: houses.households,
    inhabitedHouseholds: houses.inhabited,
    inhabitedOperating: houses.inhabitedOperating,
    inhabitedCoverage: fraction(houses.inhabitedOperating, houses.inhabited),
    inhabitedOperationalRate: fraction(
      houses.inhabitedOperatingMs,
      houses.inhabitedMs - houses.inhabitedExcusedMs,
    ),
    inhabitedTarget: targets.inhabitedCoverage,
    villages: officers.villages,
    villagesWithOfficer: officers.withOfficer,
    officerShare: fraction(officers.withOfficer, officers.villages),
    officerTarget: targets.officerShare,
    levels: Object.fromEntries(
      breakerLevels.map((level) => [level, levelOf(level, sums, required[level], beside)]),
    ) as Record<BreakerLevel, LevelPerformance>,
  };
};

const levelOf = (
  level: BreakerLevel,
  sums: GroupSums,
  [shouldInstall, requiredInstalled]: [number, number],
  { operations, tests, targets }: Beside,
): LevelPerformance => {
  const { tally, end } = sums.levels[level] ?? { tally: emptyTally(), end: noCounts };
  const { installedMs, excusedMs, operatingMs, unknownMs, notOperatingMsByReason } = tally;
  const rates = periodRates(tally);
  const test = tests.get(level);
  const operation = operations.get(level);
  const [correct, nuisance, failures] = [
    operation?.correct ?? 0,
    operation?.nuisanceTrip ?? 0,
    operation?.failureToTrip ?? 0,
  ];
  const tested = test?.tested ?? 0;
  const testedBreakers = test?.testedBreakers ?? 0;
  const coverage = fraction(testedBreakers, end.installed);
  const operationalTarget = targets.operationalRate[level];
  return {
    shouldInstall,
    requiredInstalled,
    ...end,
    installationRate: fraction(requiredInstalled, shouldInstall),
    installationTarget: targets.installationRate[level],
    snapshotRate: fraction(end.operating, end.installed),
    installedMs,
    excusedMs,
    operatingMs,
    unknownMs,
    notOperatingMs: Object.values(notOperatingMsByReason).reduce((a, b) => a + b, 0),
    notOperatingMsByReason,
    ...rates,
    unknownShare: fraction(unknownMs, installedMs - excusedMs),
    operationalTarget,
    gap: rates.operationalRate === null ? null : rates.operationalRate - operationalTarget,
    testedBreakers,
    tested,
    passed: test?.passed ?? 0,
    testPassRate: fraction(test?.passed ?? 0, tested),
    // Breakers that were tested and then removed must not make it more than all.
    testCoverage: coverage === null ? null : Math.min(1, coverage),
    correctTrips: correct,
    nuisanceTrips: nuisance,
    failuresToTrip: failures,
    correctOperationRate: fraction(correct, correct + nuisance + failures),
  };
};
