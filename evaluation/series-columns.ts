// Which columns of anybody's series hold the times and the values, found by name, else by content.
import { type CellStyle, hasComma, hasDecimalComma, numberOf, timestampMs } from "./series-cells.ts";

const timeNames = /^(time ?stamp|timestamps|time|datetime|date[ _]?time|date|ds|ts|tsms|at|t)$/i;
const valueName = /^values?$/i;
const valueNames = /^(value|values|y|reading|measurement|residualcurrentma|v|x)$/i;
/** What somebody found out about the series is no part of it. */
const verdictNames = /label|anomal|outlier|change[ _-]?point|ground[ _-]?truth|^is[ _]|^is[A-Z]/;
/** Columns of numbers that are seldom what was measured. */
const counterNames = /^(|id|idx|index|no|nr|row|seq|unnamed.*|year|month|day|hour|hr|minute|weekday)$/i;
const timelyNames = /time|date|epoch/i;
const hourNames = /^(hour|hr)$/i;
const clockCell = /^\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]m)?$/i;
const hourCell = /^\d{1,2}(\.0+)?$/;
/** Numbers from which an epoch is told from a measurement: 1973 in s. */
const leastEpoch = 1e8;

/** `time` is one column, a date and a time of day, or none where the number of the row takes its place. */
export type Columns = { time: number[]; value: number };

type Sample = readonly (readonly string[])[];

const nothingCell = /^(|nan|na|n\/a|null|none|nil|-|\?)$/i;

/** Whether a cell stands for a value that is missing. */
export const isNothing = (cell: string): boolean => nothingCell.test(cell.trim());

const cellsOf = (rows: Sample, i: number): string[] =>
  rows.map((row) => row[i]?.trim() ?? "").filter((cell) => !isNothing(cell));

/** More than half of what stands in the column. */
const mostly = (cells: readonly string[], test: (cell: string) => boolean): boolean =>
  cells.filter(test).length * 2 > cells.length;

const isTime = (cell: string): boolean => !Number.isNaN(timestampMs(cell));
const isDate = (cell: string): boolean => isTime(cell) && !Number.isFinite(Number(cell));
const isNumber = (cell: string): boolean =>
  Number.isFinite(numberOf(cell)) || Number.isFinite(numberOf(cell, { decimalComma: true }));

const isEpochOrCount = (cells: readonly string[]): boolean =>
  mostly(cells, (cell) => Math.abs(Number(cell)) >= leastEpoch) ||
  cells.every((cell, i) => i === 0 || Number(cell) > Number(cells[i - 1]));

/** The name by which a column holds somebody's verdict on the rows. */
export const isVerdict = (name: string): boolean => {
  const text = name.trim();
  return verdictNames.test(text) || verdictNames.test(text.toLowerCase());
};

/**
 * Which columns hold times and values, by the names and a sample of rows; null while there is no column of numbers in it.
 * A verdict on the rows (`label`, `is_anomaly`, …) is the value only where nothing else can be.
 */
export const findColumns = (header: readonly string[], rows: Sample): Columns | null => {
  const cells = header.map((_, i) => cellsOf(rows, i));
  const of = (i: number) => cells[i] ?? [];
  const name = (i: number) => header[i]?.trim() ?? "";
  const indexes = header.map((_, i) => i);
  const numeric = indexes.filter((i) => mostly(of(i), isNumber));
  const measured = numeric.filter((i) => !isVerdict(name(i)));

  const named = indexes.filter((i) => timeNames.test(name(i)) && mostly(of(i), isTime));
  const dated = indexes.filter((i) => mostly(of(i), isDate));
  const counted =
    measured.length < 2 ? [] : measured.filter((i) => !valueName.test(name(i)) && isEpochOrCount(of(i)));
  const first =
    named.find((i) => dated.includes(i)) ??
    named[0] ??
    dated[0] ??
    counted.find((i) => timelyNames.test(name(i))) ??
    counted.find((i) => counterNames.test(name(i))) ??
    counted[0];
  const time = first === undefined ? [] : [first];
  if (first !== undefined && dated.includes(first) && !mostly(of(first), (cell) => cell.includes(":"))) {
    const clock = indexes.find((i) => mostly(of(i), (cell) => clockCell.test(cell)));
    const hour = indexes.find((i) => hourNames.test(name(i)) && mostly(of(i), (cell) => hourCell.test(cell)));
    const besides = clock ?? hour;
    if (besides !== undefined) time.push(besides);
  }

  const free = measured.filter((i) => !time.includes(i));
  const value =
    free.find((i) => valueName.test(name(i))) ??
    free.find((i) => valueNames.test(name(i))) ??
    free.find((i) => !counterNames.test(name(i))) ??
    free[0] ??
    numeric.find((i) => !time.includes(i));
  return value === undefined ? null : { time, value };
};

/** Whether the times only count the rows: no pattern of days is to be looked for in them. */
export const isCount = (rows: Sample, { time }: Columns): boolean => {
  const [at] = time;
  if (at === undefined || rows.length < 2) return at === undefined;
  const counts = cellsOf(rows, at).map(Number);
  return counts.every((n, i) => n < leastEpoch && (i === 0 || n === (counts[i - 1] ?? n) + 1));
};

/** Whether a column that is named as the value says nothing in the sample: more rows must be seen. */
export const isValueToCome = (header: readonly string[], rows: Sample): boolean =>
  header.some((name, i) => valueNames.test(name.trim()) && cellsOf(rows, i).length === 0);

/** What the times were taken from, in words. A column that is named as the time and holds none is told of. */
export const timeWords = (header: readonly string[], { time }: Columns): string => {
  if (time.length > 0) return time.map((i) => header[i]?.trim() || `column ${i + 1}`).join(" and ");
  const unread = header.find((name) => timeNames.test(name.trim()));
  return `the number of the row${unread === undefined ? "" : ` (${unread.trim()} holds no times)`}`;
};

/** Time of a row in the form in which `timestampMs` reads it. */
export const timeCellOf = (row: readonly string[], { time }: Columns): string => {
  const [date = "", clock] = time.map((i) => row[i]?.trim() ?? "");
  if (clock === undefined) return date;
  return date === "" || clock === "" ? "" : `${date} ${hourCell.test(clock) ? `${Number(clock)}:00` : clock}`;
};

/** Whether the values have a decimal comma: one shows it, or the cells are kept apart by something else than commas. */
export const decimalCommaIn = (
  rows: Sample,
  { value }: Columns,
  delimiter: string,
): CellStyle["decimalComma"] => {
  const cells = cellsOf(rows, value).filter((cell) => cell.includes(","));
  return cells.some(hasDecimalComma) || (delimiter !== "," && cells.length > 0 && cells.every(hasComma));
};
