// The leakage-spike detector on any univariate CSV with timestamps, one score a row: for benchmarks from outside.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import { stringify } from "csv-stringify";
import { newSeriesMemory, scoreValue } from "../detection/leakage/spike.ts";

export type SeriesOutcome =
  | { kind: "scored"; rows: number; unusable: number }
  | { kind: "wrong"; reason: string };

const timeNames = /^(time ?stamp|timestamps|time|datetime|date ?time|date|ds|ts|tsms|at|t)$/i;
const valueNames = /^(value|values|y|reading|measurement|residualcurrentma|v|x)$/i;
/** Rows that are looked at to tell which columns hold what. */
const sampleRows = 20;

/** Unix ms from ISO 8601 (a time without a zone is UTC), or from an epoch in s, ms, µs or ns; NaN where it is none. */
export const timestampMs = (cell: string): number => {
  const text = cell.trim();
  if (text === "") return Number.NaN;
  const number = Number(text);
  if (Number.isFinite(number)) {
    const size = Math.abs(number);
    if (size >= 1e17) return number / 1e6;
    if (size >= 1e14) return number / 1e3;
    return size >= 1e11 ? number : number * 1_000;
  }
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?)?(.*)$/.exec(
    text,
  );
  if (iso === null) return Date.parse(text);
  const [, year, month, day, hour = "0", minute = "0", second = "0", rest = ""] = iso;
  const two = (part: string | undefined) => (part ?? "").padStart(2, "0");
  const [whole = "0", fraction = "0"] = second.split(".");
  const zone = rest.trim() === "" ? "Z" : rest.trim();
  return Date.parse(
    `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(whole)}.${fraction.slice(0, 3).padEnd(3, "0")}${zone}`,
  );
};

type Columns = { time: number; value: number };

/** Which column is the time and which the value: by name, else the first that holds such. */
export const findColumns = (
  header: readonly string[],
  rows: readonly (readonly string[])[],
): Columns | null => {
  const mostly = (i: number, test: (cell: string) => boolean) =>
    rows.filter((row) => test(row[i] ?? "")).length * 2 > rows.length;
  const isTime = (cell: string) => !Number.isNaN(timestampMs(cell));
  const isNumber = (cell: string) => cell.trim() !== "" && Number.isFinite(Number(cell));
  const indexes = header.map((_, i) => i);
  const named = (names: RegExp) => header.findIndex((name) => names.test(name.trim()));
  const time = named(timeNames) >= 0 ? named(timeNames) : (indexes.find((i) => mostly(i, isTime)) ?? -1);
  const byName = header.findIndex((name, i) => i !== time && valueNames.test(name.trim()));
  const value = byName >= 0 ? byName : (indexes.find((i) => i !== time && mostly(i, isNumber)) ?? -1);
  return time < 0 || value < 0 ? null : { time, value };
};

const scoreRows = async function* (
  rows: AsyncIterable<string[]>,
  told: { rows: number; unusable: number; wrong: string | null },
): AsyncGenerator<string[]> {
  const memory = newSeriesMemory();
  let header: string[] | null = null;
  let columns: Columns | null = null;
  const sample: string[][] = [];
  const score = (row: string[], at: Columns): string[] => {
    told.rows += 1;
    const tsMs = timestampMs(row[at.time] ?? "");
    const cell = row[at.value] ?? "";
    const value = cell.trim() === "" ? Number.NaN : Number(cell);
    if (!Number.isFinite(tsMs) || !Number.isFinite(value)) told.unusable += 1;
    return [...row, scoreValue(memory, tsMs, value).toFixed(6)];
  };
  const begin = function* (): Generator<string[]> {
    if (header === null) return;
    columns = findColumns(header, sample);
    if (columns === null) {
      told.wrong = "no column with times and no column with numbers beside it";
      return;
    }
    yield [...header, "anomaly_score"];
    for (const row of sample) yield score(row, columns);
  };
  for await (const row of rows) {
    if (header === null) {
      // A table without a header begins with data.
      const isData = row.length > 1 && row.every((cell) => !Number.isNaN(timestampMs(cell)));
      header = isData
        ? row.map((_, i) => (i === 0 ? "timestamp" : i === 1 ? "value" : `column${i + 1}`))
        : row;
      if (isData) sample.push(row);
    } else if (columns !== null) yield score(row, columns);
    else if (sample.push(row) >= sampleRows) {
      yield* begin();
      if (told.wrong !== null) return;
    }
  }
  if (columns === null) yield* begin();
};

/**
 * Scores every row of the CSV at `csvPath` and writes its columns and `anomaly_score`, 0–1, to `outPath`. Each score uses
 * its row and earlier ones only; a row without a usable time or value scores 0. Rejects when a file cannot be used.
 */
export const scoreSeries = async (csvPath: string, outPath: string): Promise<SeriesOutcome> => {
  const told = { rows: 0, unusable: 0, wrong: null as string | null };
  const parser = parse({ bom: true, skip_empty_lines: true, relax_column_count: true, trim: true });
  await pipeline(
    createReadStream(csvPath),
    parser,
    (rows: AsyncIterable<string[]>) => scoreRows(rows, told),
    stringify(),
    createWriteStream(outPath),
  );
  if (told.wrong !== null) return { kind: "wrong", reason: told.wrong };
  return { kind: "scored", rows: told.rows, unusable: told.unusable };
};
