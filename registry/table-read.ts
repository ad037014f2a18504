// Reads a registry table from the bytes of a file, CSV or XLSX: validated rows with their lines, and every bad line.
import {
  type RegistryColumn,
  type RegistryRow,
  registryColumns,
  registryRowSchema,
} from "../domain/registry.ts";
import { columnOf, plainCell } from "../domain/registry-words.ts";
import type { LineError, NumberedRow } from "../storage/registry-check.ts";
import { csvFormOf, type Encoding, readCsv } from "./csv-read.ts";
import { fileLimits } from "./limits.ts";
import { asFileProblem, fileProblem, type RawCell, type RawRow } from "./raw.ts";
import { isXlsx, readXlsx } from "./xlsx-read.ts";

/** What kind of file it was found to be. */
export type FileForm =
  | { format: "csv"; encoding: Encoding; delimiter: string }
  | { format: "xlsx"; sheet: string; otherSheets: number };

/** A bad line; `heading` is the column as the file calls it. */
export type FileError = LineError & { heading?: string };

export type ReadOutcome = { form: FileForm | null; rows: number; errors: FileError[] };

const openFile = async (bytes: Buffer): Promise<{ form: FileForm; rows: AsyncIterable<RawRow> }> => {
  if (isXlsx(bytes)) {
    const { sheet, otherSheets, rows } = await readXlsx(bytes);
    return { form: { format: "xlsx", sheet, otherSheets }, rows };
  }
  const form = csvFormOf(bytes);
  return { form: { format: "csv", ...form }, rows: readCsv(bytes, form) };
};

/** The file's columns in its own order; a string is what is wrong with the header. */
type Header = { columns: RegistryColumn[]; headings: string[] } | { problem: string };

const readHeader = (cells: readonly RawCell[]): Header => {
  const headings = cells.map((cell) => (typeof cell === "string" ? cell.trim() : ""));
  while (headings.at(-1) === "") headings.pop();
  const found = headings.map(columnOf);
  const columns = found.filter((column) => column !== null);
  const missing = registryColumns.filter((name) => !columns.includes(name));
  const unknown = headings.filter((_, i) => found[i] === null);
  const repeated = columns.filter((name, i) => columns.indexOf(name) !== i);
  const parts = [
    missing.length > 0 ? `lacks ${missing.join(", ")}` : "",
    unknown.length > 0 ? `has unknown ${unknown.map((name) => `'${name}'`).join(", ")}` : "",
    repeated.length > 0 ? `repeats ${repeated.join(", ")}` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? { columns, headings } : { problem: `the header ${parts.join(" and ")}` };
};

const readRow = (
  columns: readonly RegistryColumn[],
  all: readonly RawCell[],
  exactWidth: boolean,
): { row: RegistryRow } | { errors: Omit<LineError, "line">[] } => {
  const raw = [...all];
  // Spreadsheets write empty cells beyond the table's last column.
  while (raw.length > columns.length && raw.at(-1) === "") raw.pop();
  if (exactWidth && raw.length !== columns.length)
    return { errors: [{ reason: `has ${raw.length} cells where the header has ${columns.length}` }] };
  if (raw.length > columns.length) return { errors: [{ reason: "has a value beyond the header's columns" }] };
  const cells: Record<string, string> = {};
  const errors: Omit<LineError, "line">[] = [];
  for (const [i, column] of columns.entries()) {
    const cell = raw[i] ?? "";
    if (typeof cell !== "string") errors.push({ field: column, reason: cell.problem });
    else if (cell.includes("\0")) errors.push({ field: column, reason: "must not hold NUL" });
    else cells[column] = plainCell(column, cell);
  }
  if (errors.length > 0) return { errors };
  const parsed = registryRowSchema.safeParse(cells);
  if (parsed.success) return { row: parsed.data };
  return {
    errors: parsed.error.issues.map((issue) => ({
      ...(issue.path.length > 0 ? { field: issue.path.join(".") } : {}),
      reason: issue.message,
    })),
  };
};

/**
 * Reads the file and hands on its good rows in batches. Answers what the file was and every bad line (the header is line
 * 1 of CSV, the first row with content of a sheet), up to `fileLimits.lineErrors`.
 */
export const readRegistryTable = async (
  bytes: Buffer,
  onRows: (rows: NumberedRow[]) => void | Promise<void>,
  batchRows = 5_000,
): Promise<ReadOutcome> => {
  const outcome: ReadOutcome = { form: null, rows: 0, errors: [] };
  let header: { columns: RegistryColumn[]; headings: string[] } | null = null;
  let batch: NumberedRow[] = [];
  const note = (line: number, columns: readonly RegistryColumn[], error: Omit<LineError, "line">) => {
    const at = error.field === undefined ? -1 : columns.indexOf(error.field as RegistryColumn);
    const heading = header?.headings[at];
    outcome.errors.push({ line, ...error, ...(heading === undefined ? {} : { heading }) });
  };
  try {
    const { form, rows } = await openFile(bytes);
    outcome.form = form;
    for await (const { line, cells } of rows) {
      if (header === null) {
        const found = readHeader(cells);
        if ("problem" in found) throw fileProblem(found.problem, line);
        header = found;
        continue;
      }
      outcome.rows += 1;
      if (outcome.rows > fileLimits.rows) throw fileProblem(`holds more than ${fileLimits.rows} rows`, line);
      const read = readRow(header.columns, cells, form.format === "csv");
      if ("row" in read) batch.push({ line, row: read.row });
      else for (const error of read.errors) note(line, header.columns, error);
      if (outcome.errors.length >= fileLimits.lineErrors)
        throw fileProblem(`more than ${fileLimits.lineErrors} lines are wrong; the rest was not read`, line);
      if (batch.length >= batchRows) {
        await onRows(batch);
        batch = [];
      }
    }
    if (header === null) throw fileProblem(`is empty; the header must be ${registryColumns.join(",")}`);
    if (batch.length > 0) await onRows(batch);
  } catch (error) {
    const problem = asFileProblem(error);
    if (problem === null) throw error;
    outcome.errors.push(problem);
  }
  return outcome;
};
