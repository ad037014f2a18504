// Numbers of a report as people read them, in a language.
import type { CellFormat, ReportCell } from "./tables.ts";

const formats: Record<Exclude<CellFormat, "text">, (language: string) => Intl.NumberFormat> = {
  count: (language) => new Intl.NumberFormat(language, { maximumFractionDigits: 0 }),
  percent: (language) => new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 2 }),
  points: (language) =>
    new Intl.NumberFormat(language, {
      style: "percent",
      minimumFractionDigits: 2,
      signDisplay: "exceptZero",
    }),
  hours: (language) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }),
};

/**
 * A rate is rounded down, so that nobody believes a target met that is not: short of 95 % it never reads 95.00 %. `value` is
 * a fraction; answers one with four decimals.
 */
export const roundRate = (value: number): number =>
  // What is a whole number of hundredths of a percent stays it, whatever the binary fraction makes of it.
  value >= 1 ? value : Math.min(Math.floor(value * 10_000 + 1e-6) / 10_000, 0.9999);

/** Makes cells readable in `language` (BCP 47): `–` where there is nothing to say. */
export const cellFormatter = (language: string): ((value: ReportCell, format: CellFormat) => string) => {
  const made = new Map<CellFormat, Intl.NumberFormat>();
  return (value, format) => {
    if (value === null) return "–";
    if (typeof value === "string" || format === "text") return String(value);
    const number = made.get(format) ?? formats[format](language);
    made.set(format, number);
    return number.format(format === "percent" ? roundRate(value) : value);
  };
};
