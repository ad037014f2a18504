// A report as tables: the same columns and numbers for the workbook, the CSV and the printed page.
import { type BreakerLevel, breakerLevels } from "../domain/breaker.ts";
import type { LevelPerformance, PerformanceRow } from "../domain/http-rates.ts";
import type { ReportLanguage } from "../domain/http-reports.ts";
import { notOperatingReasons } from "../domain/operating.ts";
import { roundRate } from "./cells.ts";
import type { Report } from "./report.ts";
import { type ReportWords, reportWords } from "./texts.ts";

export type CellFormat = "text" | "count" | "percent" | "points" | "hours";
export type ReportCell = string | number | null;
export type ReportTable = {
  id: string;
  title: string;
  columns: { label: string; format: CellFormat; width: number }[];
  rows: ReportCell[][];
  /** The last row is the sum of the others. */
  hasTotal: boolean;
};

type Column<T> = { label: string; format: CellFormat; width?: number; value: (row: T) => ReportCell };

const hourMs = 3_600_000;
const widths: Record<CellFormat, number> = { text: 18, count: 10, percent: 12, points: 10, hours: 12 };

const tableOf = <T>(
  id: string,
  title: string,
  columns: readonly Column<T>[],
  rows: readonly T[],
  hasTotal: boolean,
): ReportTable => ({
  id,
  title,
  columns: columns.map(({ label, format, width }) => ({ label, format, width: width ?? widths[format] })),
  rows: rows.map((row) => columns.map((column) => column.value(row))),
  hasTotal,
});

const places = (words: ReportWords): Column<PerformanceRow>[] => [
  { label: words.villageId, format: "text", width: 14, value: (row) => row.id },
  { label: words.village, format: "text", value: (row) => row.name },
];

/** The gap between the rate as it is shown and its target, so that a target that is barely missed shows a gap. */
const gapOf = ({ operationalRate, operationalTarget }: LevelPerformance): number | null =>
  operationalRate === null ? null : roundRate(operationalRate) - operationalTarget;

const levelColumns = (words: ReportWords, level: BreakerLevel): Column<PerformanceRow>[] => {
  const of =
    (pick: (level: LevelPerformance) => ReportCell) =>
    (row: PerformanceRow): ReportCell =>
      pick(row.levels[level]);
  return [
    { label: words.households, format: "count", value: (row) => row.households },
    { label: words.inhabitedHouseholds, format: "count", value: (row) => row.inhabitedHouseholds },
    { label: words.shouldInstall, format: "count", value: of((l) => l.shouldInstall) },
    { label: words.installed, format: "count", value: of((l) => l.installed) },
    { label: words.installationRate, format: "percent", value: of((l) => l.installationRate) },
    { label: words.operating, format: "count", value: of((l) => l.operating) },
    { label: words.operationalRate, format: "percent", value: of((l) => l.operationalRate) },
    {
      label: words.operationalRateUpperBound,
      format: "percent",
      value: of((l) => l.operationalRateUpperBound),
    },
    { label: words.unknownShare, format: "percent", value: of((l) => l.unknownShare) },
    { label: words.target, format: "percent", value: of((l) => l.operationalTarget) },
    { label: words.gap, format: "points", value: of(gapOf) },
    { label: words.tested, format: "count", value: of((l) => l.tested) },
    { label: words.passed, format: "count", value: of((l) => l.passed) },
    { label: words.testPassRate, format: "percent", value: of((l) => l.testPassRate) },
    { label: words.testCoverage, format: "percent", value: of((l) => l.testCoverage) },
    { label: words.failuresToTrip, format: "count", value: of((l) => l.failuresToTrip) },
    { label: words.nuisanceTrips, format: "count", value: of((l) => l.nuisanceTrips) },
    { label: words.correctOperationRate, format: "percent", value: of((l) => l.correctOperationRate) },
  ];
};

const summaryColumns = (words: ReportWords): Column<PerformanceRow>[] => [
  ...places(words),
  { label: words.households, format: "count", value: (row) => row.households },
  { label: words.inhabitedHouseholds, format: "count", value: (row) => row.inhabitedHouseholds },
  ...(["household", "main"] as const).flatMap((level): Column<PerformanceRow>[] => [
    {
      label: `${words.levels[level]} ${words.installationRate}`,
      format: "percent",
      value: (row) => row.levels[level].installationRate,
    },
    {
      label: `${words.levels[level]} ${words.operationalRate}`,
      format: "percent",
      value: (row) => row.levels[level].operationalRate,
    },
    {
      label: `${words.levels[level]} ${words.gap}`,
      format: "points",
      value: (row) => gapOf(row.levels[level]),
    },
  ]),
  { label: words.inhabitedRate, format: "percent", value: (row) => row.inhabitedOperationalRate },
  { label: words.officerShare, format: "percent", value: (row) => row.officerShare },
  { label: words.noticesIssued, format: "count", value: (row) => row.noticesIssued },
  { label: words.noticesClosed, format: "count", value: (row) => row.noticesClosed },
  { label: words.noticesOverdue, format: "count", value: (row) => row.noticesOverdue },
];

type Compared = { row: PerformanceRow; before: PerformanceRow | null };

const comparisonColumns = (words: ReportWords): Column<Compared>[] => {
  const difference = (a: number | null | undefined, b: number | null | undefined): number | null =>
    a === null || a === undefined || b === null || b === undefined ? null : a - b;
  const compared = (name: string, pick: (row: PerformanceRow) => number | null): Column<Compared>[] => [
    {
      label: `${name} ${words.before}`,
      format: "percent",
      value: ({ before }) => (before ? pick(before) : null),
    },
    { label: `${name} ${words.now}`, format: "percent", value: ({ row }) => pick(row) },
    {
      label: `${name} ${words.change}`,
      format: "points",
      value: ({ row, before }) => difference(pick(row), before === null ? null : pick(before)),
    },
  ];
  return [
    { label: words.villageId, format: "text", width: 14, value: ({ row }) => row.id },
    { label: words.village, format: "text", value: ({ row }) => row.name },
    ...compared(
      `${words.levels.household} ${words.operationalRate}`,
      (row) => row.levels.household.operationalRate,
    ),
    ...compared(
      `${words.levels.household} ${words.installationRate}`,
      (row) => row.levels.household.installationRate,
    ),
    ...compared(`${words.levels.main} ${words.operationalRate}`, (row) => row.levels.main.operationalRate),
  ];
};

const lossColumns = (words: ReportWords): Column<{ row: PerformanceRow; level: BreakerLevel }>[] => [
  { label: words.villageId, format: "text", width: 14, value: ({ row }) => row.id },
  { label: words.village, format: "text", value: ({ row }) => row.name },
  { label: words.level, format: "text", width: 12, value: ({ level }) => words.levels[level] },
  {
    label: words.installedHours,
    format: "hours",
    value: ({ row, level }) => row.levels[level].installedMs / hourMs,
  },
  {
    label: words.operatingHours,
    format: "hours",
    value: ({ row, level }) => row.levels[level].operatingMs / hourMs,
  },
  ...notOperatingReasons.map((reason) => ({
    label: words.reasons[reason],
    format: "hours" as const,
    value: ({ row, level }: { row: PerformanceRow; level: BreakerLevel }) =>
      (row.levels[level].notOperatingMsByReason[reason] ?? 0) / hourMs,
  })),
  { label: words.unknown, format: "hours", value: ({ row, level }) => row.levels[level].unknownMs / hourMs },
  { label: words.excused, format: "hours", value: ({ row, level }) => row.levels[level].excusedMs / hourMs },
];

const worstTable = (words: ReportWords, report: Report): ReportTable =>
  tableOf(
    "worst",
    words.worst,
    [
      { label: words.breaker, format: "text", width: 20, value: (b) => b.breakerId },
      { label: words.level, format: "text", width: 12, value: (b) => words.levels[b.level] },
      { label: words.village, format: "text", value: (b) => b.villageName },
      { label: words.area, format: "text", value: (b) => b.areaName },
      { label: words.address, format: "text", width: 28, value: (b) => b.address ?? "" },
      { label: words.lostHours, format: "hours", value: (b) => b.lostMs / hourMs },
      { label: words.unknownHours, format: "hours", value: (b) => b.unknownMs / hourMs },
    ],
    report.worst,
    false,
  );

/** All tables of a report, in the order in which they are shown: summary, one per level, comparison, losses, worst. */
export const reportTables = (report: Report, language: ReportLanguage): ReportTable[] => {
  const words = reportWords[language];
  const total: PerformanceRow = { ...report.total, id: "", name: words.total };
  const rows = [...report.villages, total];
  const before = report.before;
  const withLevel = rows.flatMap((row) =>
    breakerLevels.filter((level) => row.levels[level].installedMs > 0).map((level) => ({ row, level })),
  );
  return [
    tableOf("summary", words.summary, summaryColumns(words), rows, true),
    ...breakerLevels
      .filter((level) => level !== "intermediate" || total.levels.intermediate.installedMs > 0)
      .map((level) =>
        tableOf(level, words.levels[level], [...places(words), ...levelColumns(words, level)], rows, true),
      ),
    tableOf(
      "comparison",
      words.comparison,
      comparisonColumns(words),
      rows.map((row) => ({
        row,
        before: before === null ? null : row.id === "" ? before.total : (before.villages.get(row.id) ?? null),
      })),
      true,
    ),
    tableOf("losses", words.losses, lossColumns(words), withLevel, false),
    worstTable(words, report),
  ];
};
