// The registry table as CSV: read into validated rows with their lines, and written back.
import { isUtf8 } from "node:buffer";
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import { type RegistryRow, registryColumns, registryRowSchema } from "../domain/registry.ts";
import type { LineError, NumberedRow } from "../storage/registry-check.ts";

/** Bad lines that one answer lists. */
export const maxLineErrors = 10_000;
/** Bytes that are parsed before others get a turn. */
const sliceBytes = 256 * 1024;
const maxRecordBytes = 64 * 1024;

/*
 * Spreadsheets take a cell that begins with = + - @ (or a tab or return) for a formula. Such a cell is written with an
 * apostrophe before it, and so is one that begins with an apostrophe; reading takes that one apostrophe off again, so the
 * table comes back exactly. An apostrophe before anything else is the cell's own.
 */
const escapeCell = (text: string): string => (/^[=+\-@\t\r']/.test(text) ? `'${text}` : text);
const unescapeCell = (text: string): string => (/^'[=+\-@\t\r']/.test(text) ? text.slice(1) : text);

export type CsvOutcome = { kind: "rows"; rows: NumberedRow[] } | { kind: "bad"; errors: LineError[] };

/** Reads a table with a header that names all columns, in any order. Answers every bad line; the header is line 1. */
export const readRegistryCsv = async (bytes: Buffer): Promise<CsvOutcome> => {
  if (!isUtf8(bytes))
    return bad([{ line: 1, reason: "is not UTF-8; save the table as 'CSV UTF-8' and send it again" }]);
  const rows: NumberedRow[] = [];
  const errors: LineError[] = [];
  let columns: string[] | null = null;
  let lastLine = 0;
  try {
    for await (const { record, info } of parseSlices(bytes)) {
      lastLine = info.lines;
      if (columns === null) {
        columns = record.map((name) => name.trim());
        const wrong = headerProblem(columns);
        if (wrong !== null) return bad([{ line: 1, reason: wrong }]);
        continue;
      }
      if (errors.length >= maxLineErrors) break;
      // The parser counts the line on which a record ends; people look for where it begins.
      const line = info.lines - record.reduce((n, cell) => n + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
      const outcome = readRow(columns, record);
      if ("row" in outcome) rows.push({ line, row: outcome.row });
      else errors.push(...outcome.errors.map((error) => ({ line, ...error })));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    errors.push({ line: Number(error["lines"] ?? lastLine + 1), reason: error.message });
  }
  if (columns === null && errors.length === 0)
    return bad([{ line: 1, reason: `is empty; the header must be ${registryColumns.join(",")}` }]);
  return errors.length > 0 ? bad(errors.slice(0, maxLineErrors)) : { kind: "rows", rows };
};

const bad = (errors: LineError[]): CsvOutcome => ({ kind: "bad", errors });

type Parsed = { record: string[]; info: { lines: number } };

const parseSlices = (bytes: Buffer): AsyncIterable<Parsed> => {
  const slices = function* () {
    for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
  };
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
  });
  const source = Readable.from(slices(), { objectMode: false });
  source.on("error", (error) => parser.destroy(error));
  return source.pipe(parser);
};

const headerProblem = (columns: readonly string[]): string | null => {
  const missing = registryColumns.filter((name) => !columns.includes(name));
  const unknown = columns.filter((name) => !(registryColumns as readonly string[]).includes(name));
  const repeated = columns.filter((name, i) => columns.indexOf(name) !== i);
  const parts = [
    missing.length > 0 ? `lacks ${missing.join(", ")}` : "",
    unknown.length > 0 ? `has unknown ${unknown.map((name) => `'${name}'`).join(", ")}` : "",
    repeated.length > 0 ? `repeats ${repeated.join(", ")}` : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? null : `the header ${parts.join(" and ")}`;
};

const readRow = (
  columns: readonly string[],
  record: readonly string[],
): { row: RegistryRow } | { errors: Omit<LineError, "line">[] } => {
  if (record.length !== columns.length)
    return { errors: [{ reason: `has ${record.length} cells where the header has ${columns.length}` }] };
  const cells: Record<string, string> = {};
  for (const [i, name] of columns.entries()) {
    const cell = record[i] ?? "";
    if (cell.includes("\0")) return { errors: [{ field: name, reason: "must not hold NUL" }] };
    cells[name] = unescapeCell(cell);
  }
  const parsed = registryRowSchema.safeParse(cells);
  if (parsed.success) return { row: parsed.data };
  return {
    errors: parsed.error.issues.map((issue) => ({
      ...(issue.path.length > 0 ? { field: issue.path.join(".") } : {}),
      reason: issue.message,
    })),
  };
};

/** The header line. */
export const registryCsvHeader = `${registryColumns.join(",")}\r\n`;

/** Rows as CSV lines. */
export const writeRegistryCsv = (rows: readonly RegistryRow[]): string =>
  stringify(
    rows.map((row) =>
      registryColumns.map((name) => (row[name] === null ? "" : escapeCell(String(row[name])))),
    ),
    { record_delimiter: "\r\n" },
  );
