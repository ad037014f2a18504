// A report as an Excel workbook: one sheet a table, frozen headers, real number formats, no formulas.
import writeWorkbook, { type Cell, type Row, type Sheet } from "write-excel-file/node";
import type { ReportLanguage } from "../domain/http-reports.ts";
import { xmlText } from "../domain/spreadsheet.ts";
import { roundRate } from "./cells.ts";
import type { Report } from "./report.ts";
import { type CellFormat, type ReportCell, type ReportTable, reportTables } from "./tables.ts";
import { reportWords } from "./texts.ts";

const numberFormats: Record<Exclude<CellFormat, "text">, string> = {
  count: "#,##0",
  percent: "0.00%",
  points: "+0.00%;-0.00%;0.00%",
  hours: "#,##0.0",
};
const headerColor = "#dbe7f3";
const sheetNameCharacters = 31;

const bodyCell = (value: ReportCell, format: CellFormat, bold: boolean): Cell => {
  const weight = bold ? { fontWeight: "bold" as const } : {};
  if (value === null) return { value: "–", type: String, align: "right", ...weight };
  if (typeof value === "string" || format === "text")
    return { value: xmlText(String(value)), type: String, ...weight };
  return {
    value: format === "percent" ? roundRate(value) : value,
    type: Number,
    format: numberFormats[format],
    ...weight,
  };
};

/** One table as a sheet. */
export const sheetOf = (table: ReportTable): Sheet<Buffer> => {
  const header: Row = table.columns.map(({ label }) => ({
    value: label,
    type: String,
    fontWeight: "bold",
    backgroundColor: headerColor,
    wrap: true,
    align: "center",
    alignVertical: "center",
  }));
  const rows = table.rows.map((row, i): Row => {
    const isTotal = table.hasTotal && i === table.rows.length - 1;
    return row.map((value, at) => bodyCell(value, table.columns[at]?.format ?? "text", isTotal));
  });
  return {
    data: [header, ...rows],
    sheet: table.title.slice(0, sheetNameCharacters),
    columns: table.columns.map(({ width }) => ({ width })),
    stickyRowsCount: 1,
    orientation: "landscape",
  };
};

const about = (report: Report, language: ReportLanguage): Sheet<Buffer> => {
  const words = reportWords[language];
  const when = new Intl.DateTimeFormat(language, {
    dateStyle: "long",
    timeStyle: "medium",
    timeZone: report.timeZone,
  }).format(report.computedAtMs);
  const lines: [string, string][] = [
    [words.township, `${report.township.name} (${report.township.id})`],
    [words.period, `${report.period.firstDate} ${words.to} ${report.lastDate}`],
    [words.timeZone, report.timeZone],
    [words.computedAt, when],
    [words.noOfficer, report.villagesWithoutOfficer.map(({ name }) => name).join("、") || words.none],
  ];
  return {
    data: [
      [{ value: words.title[report.period.kind], type: String, fontWeight: "bold", fontSize: 14 }],
      ...lines.map(
        ([label, text]): Row => [
          { value: label, type: String, fontWeight: "bold" },
          { value: xmlText(text), type: String, wrap: true },
        ],
      ),
      [null, { value: words.basis, type: String, wrap: true }],
    ],
    sheet: language === "en" ? "About" : "说明",
    columns: [{ width: 22 }, { width: 90 }],
    orientation: "landscape",
  };
};

/** The report as the bytes of an .xlsx file. */
export const reportWorkbook = (report: Report, language: ReportLanguage): Promise<Buffer> =>
  writeWorkbook([...reportTables(report, language).map(sheetOf), about(report, language)], {
    fontFamily: language === "en" ? "Calibri" : "DengXian",
    fontSize: 11,
  }).toBuffer();
