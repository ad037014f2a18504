// A report as CSV for spreadsheets and scripts: one table after another, UTF-8 with a byte order mark so that Excel reads it.
import { stringify } from "csv-stringify/sync";
import type { ReportLanguage } from "../domain/http-reports.ts";
import { escapeCell } from "../domain/spreadsheet.ts";
import { roundRate } from "./cells.ts";
import type { Report } from "./report.ts";
import { type CellFormat, type ReportCell, reportTables } from "./tables.ts";
import { reportWords } from "./texts.ts";

/** Numbers stay numbers with a point: rates as fractions with four decimals, hours with three. */
const plain = (value: ReportCell, format: CellFormat): string | number => {
  if (value === null) return "";
  if (typeof value === "string" || format === "text") return escapeCell(String(value));
  if (format === "percent") return roundRate(value);
  if (format === "points") return Math.round(value * 10_000) / 10_000;
  return format === "hours" ? Math.round(value * 1_000) / 1_000 : value;
};

/** The report as the bytes of a .csv file; each table begins with its title and ends with an empty line. */
export const reportCsv = (report: Report, language: ReportLanguage): Buffer => {
  const words = reportWords[language];
  const lines: (string | number)[][] = [
    [words.title[report.period.kind]],
    [words.township, escapeCell(report.township.name)],
    [words.period, report.period.firstDate, report.lastDate],
    [words.computedAt, new Date(report.computedAtMs).toISOString()],
    [],
  ];
  for (const table of reportTables(report, language)) {
    lines.push(
      [table.title],
      table.columns.map(({ label }) => label),
      ...table.rows.map((row) => row.map((value, at) => plain(value, table.columns[at]?.format ?? "text"))),
      [],
    );
  }
  return Buffer.from(`\ufeff${stringify(lines, { record_delimiter: "\r\n" })}`, "utf8");
};
