// What a cell of anybody's series says: a time, or a number, in the ways in which programs and people write them.

/** How a table writes what a cell alone does not tell. */
export type CellStyle = {
  /** In 01/04/2014 the day stands first. With dots it always does. */
  dayFirst: boolean;
  /** 10,5 is ten and a half, and 1.234,5 has its thousands apart; else 10,123.45 has. */
  decimalComma: boolean;
};

export const plainStyle: CellStyle = { dayFirst: false, decimalComma: false };

const isoDate =
  /^(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?)?(?:\s*([ap]m)\b)?(.*)$/i;
const turnedDate =
  /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:,?[T ]+(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?)?(?:\s*([ap]m)\b)?(.*)$/i;
/** `Apr 1, 2014 00:00`, `Tue, 01 Apr 2014 …`: the platform reads them, but would find a year in `sensor 3` as well. */
const wordyDate =
  /^(?:[a-z]{3,9},?\s+)?(?:\d{1,2}[-\s]+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-\s,.]+\d/i;
const zone = /(?:\bZ|GMT|UTC|[+-]\d{2}:?\d{2}|\b[A-Z]{3,4})\)?$/;

/** `rest` is hour, minute, second, half of the day and zone, where they are written. */
const msOf = (year: string, month: string, day: string, rest: readonly (string | undefined)[]): number => {
  const [hour = "0", minute = "0", second = "0", half, zoneText = ""] = rest;
  const two = (part: string | number) => String(part).padStart(2, "0");
  const [whole = "0", fraction = "0"] = second.split(/[.,]/);
  const date = `${year}-${two(month)}-${two(day)}`;
  // The platform makes 2 March of 30 February.
  if (new Date(`${date}T00:00Z`).getUTCDate() !== Number(day)) return Number.NaN;
  const hours = half === undefined ? hour : (Number(hour) % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
  const at = `${two(hours)}:${two(minute)}:${two(whole)}.${fraction.slice(0, 3).padEnd(3, "0")}`;
  const zoneOf = zoneText.trim().replace(/^(UTC|GMT)?$/, "Z");
  return Date.parse(`${date}T${at}${zoneOf}`);
};

/** First and second part of a date that ends with its year, and what stands between them; null where it is none. */
export const turnedParts = (cell: string): { first: number; second: number; mark: string } | null => {
  const [, first, mark, second] = turnedDate.exec(cell.trim()) ?? [];
  return mark === undefined ? null : { first: Number(first), second: Number(second), mark };
};

/**
 * Unix ms from ISO 8601, a date that ends with its year (day first with dots or where `dayFirst`, else month first), or
 * from an epoch in s, ms, µs or ns; NaN where it is none. A time without a zone is UTC.
 */
export const timestampMs = (cell: string, { dayFirst }: Pick<CellStyle, "dayFirst"> = plainStyle): number => {
  const text = cell.trim();
  if (text === "") return Number.NaN;
  const number = Number(text);
  if (Number.isFinite(number)) {
    const size = Math.abs(number);
    if (size >= 1e17) return number / 1e6;
    if (size >= 1e14) return number / 1e3;
    return size >= 1e11 ? number : number * 1_000;
  }
  const iso = isoDate.exec(text);
  if (iso !== null) {
    const [, year = "", month = "", day = "1", ...rest] = iso;
    return msOf(year, month, day, rest);
  }
  const turned = turnedDate.exec(text);
  if (turned !== null) {
    const [, first = "", mark, second = "", end = "", ...rest] = turned;
    const year = end.length === 2 ? `20${end}` : end;
    // What cannot be a month is the day, whatever the rest of the column does.
    const isDayFirst = Number(second) <= 12 && (Number(first) > 12 || dayFirst || mark === ".");
    return isDayFirst ? msOf(year, second, first, rest) : msOf(year, first, second, rest);
  }
  if (!wordyDate.test(text)) return Number.NaN;
  return Date.parse(zone.test(text) ? text : `${text} UTC`);
};

const grouped = /^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$/;
const dotted = /^[-+]?\d{1,3}(\.\d{3})+$/;
const withComma = /^[-+]?(\d{1,3}(\.\d{3})+|\d*),\d+(e[-+]?\d+)?$/i;

/** Whether a cell can only be meant with a decimal comma: 10,5 and 0,123 and 1.234,5, but not 10,123. */
export const hasDecimalComma = (cell: string): boolean => {
  const text = cell.trim();
  return withComma.test(text) && (!grouped.test(text) || /^[-+]?0,/.test(text));
};

/** Whether a cell can be read with a decimal comma and without one. */
export const hasComma = (cell: string): boolean => withComma.test(cell.trim());

/** The number that a cell says; NaN where it says none. */
export const numberOf = (
  cell: string,
  { decimalComma }: Pick<CellStyle, "decimalComma"> = plainStyle,
): number => {
  const text = cell.trim();
  if (text === "") return Number.NaN;
  if (decimalComma && (withComma.test(text) || dotted.test(text)))
    return Number(text.replaceAll(".", "").replace(",", "."));
  if (!decimalComma && grouped.test(text)) return Number(text.replaceAll(",", ""));
  return Number(text);
};
