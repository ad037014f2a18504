// Tables of a recorded fleet, as people's tools write them: records by column, with the lines that they stand in.
import { parse } from "csv-parse/sync";

export type TableRecord = { line: number; cells: Record<string, string | undefined> };

/** A table that cannot be used at all, in a sentence. */
export class UnusableTable extends Error {
  readonly code = "UNUSABLE_TABLE";
}

/** What separates the headings of the first line. */
const delimiterOf = (text: string): string => {
  const [header = ""] = text.split(/\r?\n|\r/, 1);
  const countOf = (delimiter: string) => header.split(delimiter).length;
  return [",", ";", "\t"].reduce((best, one) => (countOf(one) > countOf(best) ? one : best));
};

/**
 * Reads a table with a header, separated by commas, semicolons or tabs. `columnOf` names a column by its heading; what it
 * answers null for is ignored. Throws `UnusableTable` where one of `needed` is missing.
 */
export const readTable = (
  text: string,
  needed: readonly string[],
  columnOf: (heading: string) => string | null,
): TableRecord[] => {
  const rows = parse(text, {
    bom: true,
    delimiter: delimiterOf(text),
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
  }) as unknown as { record: string[]; info: { lines: number } }[];
  const [header, ...rest] = rows;
  const columns = header?.record.map((heading) => columnOf(heading.trim())) ?? [];
  const missing = needed.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new UnusableTable(
      `the first line must name ${needed.join(", ")}; ${missing.join(", ")} is missing`,
    );
  return rest.map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(columns.flatMap((column, i) => (column === null ? [] : [[column, record[i]]]))),
  }));
};
