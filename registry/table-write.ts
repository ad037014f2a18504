// Writes the registry table as a file that its import takes back unchanged: CSV in three encodings, or XLSX.
import { stringify } from "csv-stringify/sync";
import { type ColumnDef, writeXlsxStream, type XlsxStreamRow } from "hucre/xlsx";
import { allRegistryColumns, type RegistryColumn, type RegistryRow } from "../domain/registry.ts";
import { chineseLevels, type HeadingLanguage, headingOf } from "../domain/registry-words.ts";
import { escapeCell } from "../domain/spreadsheet.ts";
import { encodeGb18030 } from "./gb18030.ts";

/** `utf-8-bom` is what Excel takes for UTF-8. */
export const exportEncodings = ["utf-8", "utf-8-bom", "gb18030"] as const;
export type ExportEncoding = (typeof exportEncodings)[number];

type Rows = AsyncIterable<readonly RegistryRow[]>;

const valueFor = (row: RegistryRow, column: RegistryColumn, language: HeadingLanguage) => {
  const value = row[column] ?? null;
  if (language === "en" || value === null) return value;
  if (column === "inhabited") return value ? "是" : "否";
  if (column === "level") return row.level === null ? null : chineseLevels[row.level];
  return value;
};

const headings = (language: HeadingLanguage) =>
  allRegistryColumns.map((column) => headingOf(column, language));

/** The table as CSV; cells that a spreadsheet would take for formulas have an apostrophe before them. */
export const writeCsv = async function* (
  parts: Rows,
  form: { language: HeadingLanguage; encoding: ExportEncoding },
): AsyncGenerator<Buffer> {
  const encode = (text: string) => (form.encoding === "gb18030" ? encodeGb18030(text) : Buffer.from(text));
  yield encode(`${form.encoding === "utf-8-bom" ? "\ufeff" : ""}${headings(form.language).join(",")}\r\n`);
  for await (const rows of parts) {
    const records = rows.map((row) =>
      allRegistryColumns.map((column) => {
        const value = valueFor(row, column, form.language);
        return value === null ? "" : escapeCell(String(value));
      }),
    );
    if (records.length > 0) yield encode(stringify(records, { record_delimiter: "\r\n" }));
  }
};

const dates = new Set<RegistryColumn>(["installedOn", "removedOn"]);
const numbers = new Set<RegistryColumn>(["ratedResidualCurrentMa", "walkingOrder"]);
const wide = new Set<RegistryColumn>(["address", "supplyStation", "areaName", "villageName"]);
const columnWidth = { narrow: 16, wide: 28 };

/** Texts carry the text format, so that they stay texts when someone edits them. */
const columnDef = (column: RegistryColumn, language: HeadingLanguage): ColumnDef => ({
  header: headingOf(column, language),
  width: wide.has(column) ? columnWidth.wide : columnWidth.narrow,
  numFmt: dates.has(column) ? "yyyy-mm-dd" : numbers.has(column) ? "General" : "@",
});

/** What a workbook's XML cannot hold, written as _xHHHH_; and such a text of the cell's own, so that it stays itself. */
const xlsxText = (text: string): string =>
  text.replace(/_x(?=[0-9A-Fa-f]{4}_)|(?![\t\n])\p{Cc}|[\ufffe\uffff]/gu, (found) =>
    found === "_x" ? "_x005F_x" : `_x${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`,
  );

/** The table as XLSX, in bounded memory: one sheet with a frozen header; no cell of it is a formula. */
export const writeXlsx = async function* (
  parts: Rows,
  language: HeadingLanguage,
): AsyncGenerator<Uint8Array> {
  const rows = async function* (): AsyncGenerator<XlsxStreamRow> {
    for await (const part of parts)
      for (const row of part)
        yield allRegistryColumns.map((column) => {
          const value = valueFor(row, column, language);
          if (value === null) return null;
          if (dates.has(column)) return new Date(`${String(value)}T00:00:00Z`);
          return typeof value === "string"
            ? xlsxText(value)
            : typeof value === "boolean"
              ? String(value)
              : value;
        });
  };
  const stream = writeXlsxStream(rows(), {
    name: language === "zh" ? "台账" : "Registry",
    columns: allRegistryColumns.map((column) => columnDef(column, language)),
    freezePane: { rows: 1 },
  });
  // Node's streams of the web are iterable, which the DOM's types do not say.
  yield* stream as unknown as AsyncIterable<Uint8Array>;
};
