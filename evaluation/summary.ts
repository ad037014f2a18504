// The outcome of an evaluation as numbers, as JSON of a fixed shape, and as a table for people.
import type { KindTally, Scope } from "./score.ts";

/** What `--json` writes of one finding; null where a ratio or a median is undefined (nothing to divide by). */
export type KindSummary = {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  precision: number | null;
  recall: number | null;
  medianDelayReports: number | null;
};

/** What `--json` writes. */
export type Summary = {
  findings: Record<string, KindSummary>;
  precision: number | null;
  recall: number | null;
  falseAlarmsPerOperatorDayPer10k: number | null;
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** The median; of an even number the mean of the middle two, null of none. */
export const medianOf = (values: readonly number[]): number | null => {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? 0) + upper) / 2;
};

/** Sums up tallies. One operator watches 10,000 breakers; the rate is scaled to that many and to a day. */
export const summarise = (
  tallies: ReadonlyMap<string, KindTally>,
  scope: Pick<Scope, "breakers" | "days">,
): Summary => {
  const total = { truePositives: 0, falsePositives: 0, falseNegatives: 0 };
  const findings: Record<string, KindSummary> = {};
  for (const kind of [...tallies.keys()].sort((a, b) => a.localeCompare(b))) {
    const tally = tallies.get(kind);
    if (tally === undefined) continue;
    const { truePositives, falsePositives, falseNegatives } = tally;
    total.truePositives += truePositives;
    total.falsePositives += falsePositives;
    total.falseNegatives += falseNegatives;
    findings[kind] = {
      truePositives,
      falsePositives,
      falseNegatives,
      precision: ratio(truePositives, truePositives + falsePositives),
      recall: ratio(truePositives, truePositives + falseNegatives),
      medianDelayReports: medianOf(tally.delaysReports),
    };
  }
  return {
    findings,
    precision: ratio(total.truePositives, total.truePositives + total.falsePositives),
    recall: ratio(total.truePositives, total.truePositives + total.falseNegatives),
    falseAlarmsPerOperatorDayPer10k: ratio(total.falsePositives, (scope.days * scope.breakers) / 10_000),
  };
};

/** A share as per cent; a dash for null. */
export const percent = (value: number | null): string =>
  value === null ? "–" : `${(100 * value).toFixed(1)} %`;
const number = (value: number | null, digits: number): string =>
  value === null ? "–" : value.toFixed(digits);

const columns = [
  "finding",
  "labels",
  "found",
  "missed",
  "false",
  "precision",
  "recall",
  "delay (reports)",
  "delay (min)",
  "false/day/10k",
];

/** The outcome as a table in plain text: one row a finding, one for all. */
export const summaryTable = (
  tallies: ReadonlyMap<string, KindTally>,
  scope: Pick<Scope, "breakers" | "days">,
): string => {
  const summary = summarise(tallies, scope);
  const perDay = (falsePositives: number) => ratio(falsePositives, (scope.days * scope.breakers) / 10_000);
  const rows = Object.entries(summary.findings).map(([kind, one]) => {
    const delayMs = medianOf(tallies.get(kind)?.delaysMs ?? []);
    return [
      kind,
      String(one.truePositives + one.falseNegatives),
      String(one.truePositives),
      String(one.falseNegatives),
      String(one.falsePositives),
      percent(one.precision),
      percent(one.recall),
      number(one.medianDelayReports, 1),
      number(delayMs === null ? null : delayMs / 60_000, 1),
      number(perDay(one.falsePositives), 2),
    ];
  });
  const sum = (key: "truePositives" | "falsePositives" | "falseNegatives") =>
    Object.values(summary.findings).reduce((n, one) => n + one[key], 0);
  rows.push([
    "all",
    String(sum("truePositives") + sum("falseNegatives")),
    String(sum("truePositives")),
    String(sum("falseNegatives")),
    String(sum("falsePositives")),
    percent(summary.precision),
    percent(summary.recall),
    number(medianOf([...tallies.values()].flatMap((t) => t.delaysReports)), 1),
    "",
    number(summary.falseAlarmsPerOperatorDayPer10k, 2),
  ]);
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(columns), line(widths.map((w) => "─".repeat(w))), ...rows.map(line)].join("\n");
};
