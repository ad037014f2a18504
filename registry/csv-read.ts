// Reads CSV as people save it: UTF-8 with or without its mark, UTF-16, GB18030; commas, semicolons or tabs.
import { isUtf8 } from "node:buffer";
import { Readable } from "node:stream";
import { CsvError, parse } from "csv-parse";
import { columnOf } from "../domain/registry-words.ts";
import { unescapeCell } from "../domain/spreadsheet.ts";
import { fileLimits } from "./limits.ts";
import { fileProblem, type RawRow } from "./raw.ts";

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "gb18030";
export type CsvForm = { encoding: Encoding; delimiter: string };

/** Bytes that are parsed before others get a turn. */
const sliceBytes = 256 * 1024;
const headBytes = 16 * 1024;
const delimiters = [",", ";", "\t"] as const;

const isGb18030 = (bytes: Buffer): boolean => {
  const decoder = new TextDecoder("gb18030", { fatal: true });
  try {
    for (let at = 0; at < bytes.length; at += sliceBytes)
      decoder.decode(bytes.subarray(at, at + sliceBytes), { stream: true });
    decoder.decode();
    return true;
  } catch {
    return false;
  }
};

const encodingOf = (bytes: Buffer): Encoding => {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  if (isUtf8(bytes)) return "utf-8";
  if (isGb18030(bytes)) return "gb18030";
  throw fileProblem("is neither UTF-8 nor GB18030; save the table as 'CSV UTF-8' and send it again");
};

const knownHeadings = (line: string, delimiter: string): number =>
  line.split(delimiter).filter((cell) => columnOf(cell.replace(/^\s*"|"\s*$/g, "")) !== null).length;

/** Encoding and delimiter, as the file's bytes and the names in its first line tell. Throws a file problem on other bytes. */
export const csvFormOf = (bytes: Buffer): CsvForm => {
  const encoding = encodingOf(bytes);
  const head = new TextDecoder(encoding).decode(bytes.subarray(0, headBytes), { stream: true });
  const line = head.trimStart().split(/\r\n|\r|\n/, 1)[0] ?? "";
  const [first, ...others] = delimiters;
  const delimiter = others.reduce<string>(
    (best, one) => (knownHeadings(line, one) > knownHeadings(line, best) ? one : best),
    first,
  );
  return { encoding, delimiter };
};

const textOf = function* (bytes: Buffer, encoding: Encoding): Generator<string | Buffer> {
  const decoder = encoding === "utf-8" ? null : new TextDecoder(encoding);
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    const slice = bytes.subarray(at, at + sliceBytes);
    yield decoder === null ? slice : decoder.decode(slice, { stream: true });
  }
};

type Parsed = { record: string[]; info: { lines: number } };

/** The rows; throws a file problem where a record cannot be read. `line` is where a record begins. */
export const readCsv = async function* (bytes: Buffer, form: CsvForm): AsyncGenerator<RawRow> {
  const parser = parse({
    bom: true,
    info: true,
    delimiter: form.delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: fileLimits.recordBytes,
  });
  const source = Readable.from(textOf(bytes, form.encoding), { objectMode: false });
  source.on("error", (error) => parser.destroy(error));
  let lastLine = 0;
  try {
    for await (const { record, info } of source.pipe(parser) as AsyncIterable<Parsed>) {
      lastLine = info.lines;
      // The parser counts the line on which a record ends; people look for where it begins.
      const line = info.lines - record.reduce((n, cell) => n + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
      yield { line, cells: record.map(unescapeCell) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw fileProblem(error.message, Number(error["lines"] ?? lastLine + 1));
  }
};
