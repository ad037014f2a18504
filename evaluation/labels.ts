// What truly was: labels of a fleet, as text and as data.
import { stringify } from "csv-stringify/sync";
import { type AlarmKind, alarmPriority } from "../domain/alarm.ts";
import { readTable, type TableRecord } from "./table.ts";

/** A fault at a breaker or a transformer area, `[startMs, endMs]` in Unix ms; `finding` is a code name of docs/findings.md. */
export type Label = {
  subjectId: string;
  finding: string;
  startMs: number;
  endMs: number;
  /** A mere consequence of another label: what is found there is not false, and nothing is missed where nothing is found. */
  isConsequence?: boolean;
};

/** `consequence` may be missing; it is `true` where `isConsequence` is. */
export const labelColumns = ["subjectId", "finding", "startMs", "endMs", "consequence"] as const;

/** Labels as CSV with a header. */
export const labelsCsv = (labels: readonly Label[]): string =>
  stringify(
    labels.map(({ subjectId, finding, startMs, endMs, isConsequence }) => [
      subjectId,
      finding,
      startMs,
      endMs,
      isConsequence ? "true" : "",
    ]),
    { header: true, columns: [...labelColumns] },
  );

const isAlarmKind = (name: string): name is AlarmKind => name in alarmPriority;

/** Unix ms from a cell: a number, or ISO 8601; an empty end is the end of all time. Null where it is neither. */
const timeOf = (cell: string | undefined, empty: number | null): number | null => {
  const text = (cell ?? "").trim();
  if (text === "") return empty;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
};

export type LabelProblem = { line: number; reason: string };

const readLabel = (cells: TableRecord["cells"]): Label | string => {
  const subjectId = cells["subjectId"]?.trim() ?? "";
  const finding = cells["finding"]?.trim() ?? "";
  const startMs = timeOf(cells["startMs"], null);
  const endMs = timeOf(cells["endMs"], Number.POSITIVE_INFINITY);
  if (subjectId === "" || finding === "") return "a label needs a subjectId and a finding";
  if (startMs === null || endMs === null) return "startMs and endMs must be Unix ms or ISO 8601";
  if (endMs < startMs) return "it ends before it starts";
  const isConsequence = cells["consequence"]?.trim().toLowerCase() === "true";
  return { subjectId, finding, startMs, endMs, ...(isConsequence ? { isConsequence } : {}) };
};

/**
 * Reads labels from a table with a header that names `subjectId,finding,startMs,endMs` in any order, other columns ignored;
 * or without a header, in that order. Answers the labels, and why which lines are none. Throws `UnusableTable` where the header names something else.
 */
export const readLabels = (text: string): { labels: Label[]; problems: LabelProblem[] } => {
  const labels: Label[] = [];
  const problems: LabelProblem[] = [];
  const bare = ([, , startMs]: readonly string[]) => (timeOf(startMs, null) === null ? null : labelColumns);
  for (const { line, cells } of readTable(text, labelColumns.slice(0, 4), (heading) => heading, bare)) {
    const label = readLabel(cells);
    if (typeof label === "string") problems.push({ line, reason: label });
    else labels.push(label);
  }
  return { labels, problems };
};

/** What of the labels cannot mean anything, in sentences: names that no finding has, times outside of the recording. */
export const doubtsOf = (labels: readonly Label[], firstMs: number, lastMs: number): string[] => {
  const strangers = new Set(labels.map((label) => label.finding).filter((name) => !isAlarmKind(name)));
  const outside = labels.filter((label) => label.endMs < firstMs || label.startMs > lastMs).length;
  return [
    ...[...strangers].map((name) => `labels name ${name}, which is no finding (docs/findings.md)`),
    ...(outside > 0 ? [`${outside} labels lie outside of the time that was recorded`] : []),
  ];
};
