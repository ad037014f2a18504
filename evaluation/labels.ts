// What truly was: labels of a fleet, as text and as data.
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";

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

/** Unix ms from a cell: a number, or ISO 8601; an empty end is the end of all time. Null where it is neither. */
const timeOf = (cell: string | undefined, empty: number | null): number | null => {
  const text = (cell ?? "").trim();
  if (text === "") return empty;
  const number = Number(text);
  if (Number.isFinite(number)) return number;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? null : parsed;
};

/**
 * Reads labels from CSV with a header that names `subjectId,finding,startMs,endMs` in any order; other columns are
 * ignored. Answers the labels and the lines (the header is 1) that are none.
 */
export const readLabels = (text: string): { labels: Label[]; badLines: number[] } => {
  const records = parse(text, {
    columns: (names: string[]) => names.map((name) => name.trim()),
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
  }) as Record<string, string | undefined>[];
  const labels: Label[] = [];
  const badLines: number[] = [];
  for (const [i, record] of records.entries()) {
    const subjectId = record["subjectId"]?.trim() ?? "";
    const finding = record["finding"]?.trim() ?? "";
    const startMs = timeOf(record["startMs"], null);
    const endMs = timeOf(record["endMs"], Number.POSITIVE_INFINITY);
    if (subjectId === "" || finding === "" || startMs === null || endMs === null || endMs < startMs)
      badLines.push(i + 2);
    else {
      const isConsequence = record["consequence"]?.trim().toLowerCase() === "true";
      labels.push({ subjectId, finding, startMs, endMs, ...(isConsequence ? { isConsequence } : {}) });
    }
  }
  return { labels, badLines };
};
