// The leakage-spike detector on any univariate series in a text table, one score a row: for benchmarks from outside.
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parse } from "csv-parse";
import { stringify } from "csv-stringify";
import { newSeriesMemory, scoreValue } from "../detection/leakage/spike.ts";
import { type CellStyle, numberOf, timestampMs, turnedParts } from "./series-cells.ts";
import {
  type Columns,
  decimalCommaIn,
  findColumns,
  isCount,
  isNothing,
  isValueToCome,
  timeCellOf,
  timeWords,
} from "./series-columns.ts";
import { delimiterOf } from "./table.ts";

export type SeriesOutcome =
  | {
      kind: "scored";
      rows: number;
      unusable: number;
      /** The columns that were used, in words. */
      time: string;
      value: string;
    }
  | { kind: "wrong"; reason: string };

/** Rows that are looked at to tell which columns hold what; more where no value has come yet, but not more than so many. */
const sampleRows = 20;
const maxSampleRows = 10_000;
const scoreName = "anomaly_score";

type Table = { delimiter: string; rows: AsyncIterator<string[]>; close(): void };

const openTable = async (path: string): Promise<Table> => {
  const input = createReadStream(path);
  const chunks = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  const delimiter = first.done ? "," : delimiterOf(first.value.toString("utf8"));
  const all = async function* () {
    if (!first.done) yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  };
  const parser = parse({
    bom: true,
    delimiter,
    skip_empty_lines: true,
    relax_column_count: true,
    trim: delimiter !== "\t",
  });
  const piped = pipeline(Readable.from(all()), parser);
  // What goes wrong in it, whoever iterates the parser is told.
  piped.catch(() => {});
  return {
    delimiter,
    rows: parser[Symbol.asyncIterator]() as AsyncIterator<string[]>,
    close: () => {
      parser.destroy();
      input.destroy();
    },
  };
};

const isNumberOrTime = (cell: string): boolean =>
  Number.isFinite(numberOf(cell)) || !Number.isNaN(timestampMs(cell));

const isData = (row: readonly string[]): boolean =>
  row.some(isNumberOrTime) && row.every((cell) => isNothing(cell) || isNumberOrTime(cell));

type Head = { header: string[]; columns: Columns; sample: string[][] };

/** Reads on until the columns are known. */
const readHead = async ({ rows }: Table): Promise<Head | { reason: string }> => {
  const sample: string[][] = [];
  let header: string[] | null = null;
  let next = await rows.next();
  if (next.done) return { reason: "the file is empty" };
  const bare = isData(next.value);
  if (!bare) {
    header = next.value;
    next = await rows.next();
  }
  if (next.done) return { reason: "no row follows the header" };
  let enough = sampleRows;
  for (; !next.done; next = await rows.next()) {
    sample.push(next.value);
    if (sample.length < enough) continue;
    enough *= 2;
    const names = header ?? next.value.map(() => "");
    if (sample.length >= maxSampleRows || (findColumns(names, sample) && !isValueToCome(names, sample)))
      break;
  }
  const names = header ?? (sample[0] ?? []).map(() => "");
  const columns = findColumns(names, sample);
  if (columns === null) return { reason: "no column with numbers" };
  // A table without a header begins with data.
  const given = (i: number) =>
    i === columns.value ? "value" : i === columns.time[0] ? "timestamp" : `column${i + 1}`;
  return { header: header ?? names.map((_, i) => given(i)), columns, sample };
};

/** Whether there are dates such as 01/04/2014, which can be read in two ways. With dots they cannot. */
const hasTurnedDates = ({ columns, sample }: Head): boolean =>
  sample.some((row) => (turnedParts(timeCellOf(row, columns))?.mark ?? ".") !== ".");

/** Whether such dates have the day first: the first of the whole table that can be read in one way only decides. */
const isDayFirst = async (path: string, { columns, sample }: Head): Promise<boolean> => {
  const told = (row: readonly string[]): boolean | null => {
    const parts = turnedParts(timeCellOf(row, columns));
    if (parts === null || parts.first > 12 === parts.second > 12) return null;
    return parts.first > 12;
  };
  // What comes through a pipe can be read once only.
  if (!(await stat(path)).isFile()) return sample.some((row) => told(row) === true);
  const table = await openTable(path);
  try {
    for (let next = await table.rows.next(); !next.done; next = await table.rows.next()) {
      const dayFirst = told(next.value);
      if (dayFirst !== null) return dayFirst;
    }
    return false;
  } finally {
    table.close();
  }
};

type Told = { rows: number; unusable: number };

const scoredRows = async function* (
  { header, columns, sample }: Head,
  rows: AsyncIterator<string[]>,
  style: CellStyle,
  told: Told,
): AsyncGenerator<string[]> {
  const memory = newSeriesMemory();
  // A table that was scored before gets its new scores instead of the old.
  const kept = header.map((_, i) => i).filter((i) => header[i]?.trim().toLowerCase() !== scoreName);
  // Counted rows are taken to lie a millisecond apart: they never come to a day.
  const counted = isCount(sample, columns);
  const timeOf = (row: readonly string[]): number => {
    if (columns.time.length === 0) return told.rows;
    const ms = timestampMs(timeCellOf(row, columns), style);
    return counted ? ms / 1_000 : ms;
  };
  const score = (row: readonly string[]): string[] => {
    const isWhole = row.slice(header.length).every((cell) => cell === "");
    const tsMs = timeOf(row);
    const value = isWhole ? numberOf(row[columns.value] ?? "", style) : Number.NaN;
    told.rows += 1;
    if (!Number.isFinite(tsMs) || !Number.isFinite(value)) told.unusable += 1;
    return [...kept.map((i) => row[i] ?? ""), scoreValue(memory, tsMs, value).toFixed(6)];
  };
  yield [...kept.map((i) => header[i] ?? ""), scoreName];
  for (const row of sample) yield score(row);
  for (let next = await rows.next(); !next.done; next = await rows.next()) yield score(next.value);
};

/**
 * Scores every row of the table at `csvPath` and writes its columns and `anomaly_score`, 0–1, to `outPath`. Each score uses
 * its row and earlier ones only; a row without a usable time or value scores 0. Rejects when a file cannot be used.
 */
export const scoreSeries = async (csvPath: string, outPath: string): Promise<SeriesOutcome> => {
  const table = await openTable(csvPath);
  try {
    const head = await readHead(table);
    if ("reason" in head) return { kind: "wrong", reason: head.reason };
    const { header, columns, sample } = head;
    const turned = hasTurnedDates(head);
    const style: CellStyle = {
      dayFirst: turned && (await isDayFirst(csvPath, head)),
      decimalComma: decimalCommaIn(sample, columns, table.delimiter),
    };
    const told: Told = { rows: 0, unusable: 0 };
    await pipeline(
      Readable.from(scoredRows(head, table.rows, style, told)),
      stringify({ delimiter: table.delimiter }),
      createWriteStream(outPath),
    );
    if (told.unusable === told.rows)
      return { kind: "wrong", reason: `none of ${told.rows} rows has a usable time and value` };
    const order = turned ? ` (${style.dayFirst ? "day" : "month"} first)` : "";
    const value = header[columns.value]?.trim() || `column ${columns.value + 1}`;
    return { kind: "scored", ...told, time: `${timeWords(header, columns)}${order}`, value };
  } finally {
    table.close();
  }
};
