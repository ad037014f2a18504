// The test ledger as CSV and as a workbook; no cell of either is ever taken for a formula.
import { stringify } from "csv-stringify/sync";
import writeWorkbook, { type Row } from "write-excel-file/node";
import type { TestRecord } from "../domain/http-tests.ts";
import { escapeCell, xmlText } from "../domain/spreadsheet.ts";
import { type LedgerLanguage, ledgerColumns, ledgerWords } from "./table.ts";

const bom = "\ufeff";
const headerColor = "#dbe7f3";

/** The ledger as CSV with a header, UTF-8 with the mark by which spreadsheets know it. */
export const ledgerCsv = (
  tests: readonly TestRecord[],
  language: LedgerLanguage,
  timeZone: string,
): string => {
  const words = ledgerWords[language];
  const columns = ledgerColumns(language, timeZone);
  const cell = (value: string | number | null) =>
    typeof value === "string" ? escapeCell(value) : (value ?? "");
  return (
    bom +
    stringify(
      [
        columns.map(({ key }) => words.columns[key]),
        ...tests.map((test) => columns.map(({ value }) => cell(value(test)))),
      ],
      { record_delimiter: "\r\n" },
    )
  );
};

/** The ledger as the bytes of an .xlsx file: one sheet, its header frozen, numbers as numbers and text as text. */
export const ledgerWorkbook = (
  tests: readonly TestRecord[],
  language: LedgerLanguage,
  timeZone: string,
): Promise<Buffer> => {
  const words = ledgerWords[language];
  const columns = ledgerColumns(language, timeZone);
  const header: Row = columns.map(({ key }) => ({
    value: words.columns[key],
    type: String,
    fontWeight: "bold",
    backgroundColor: headerColor,
    wrap: true,
    align: "center",
    alignVertical: "center",
  }));
  const rows = tests.map(
    (test): Row =>
      columns.map((column) => {
        const value = column.value(test);
        if (value === null) return null;
        return typeof value === "number"
          ? { value, type: Number, format: "#,##0.##" }
          : { value: xmlText(value), type: String };
      }),
  );
  return writeWorkbook([header, ...rows], {
    sheet: language === "zh" ? "测试记录" : "Tests",
    columns: columns.map(({ width }) => ({ width })),
    stickyRowsCount: 1,
    orientation: "landscape",
  }).toBuffer();
};
