// Tables of a recorded fleet, as people's tools write them: records by column, with the lines that they stand in.
import { parse } from "csv-parse/sync";

export type TableRecord = { line: number; cells: Record<string, string | undefined> };

/** A table that cannot be used at all, in a sentence. */
export class UnusableTable extends Error {
  readonly code = "UNUSABLE_TABLE";
}

/** What keeps the cells of the first lines apart: the mark that each of them has equally often. */
export const delimiterOf = (text: string): string => {
  const lines = text
    .split(/\r?\n/)
    .slice(0, 6)
    .filter((line) => line.trim() !== "")
    .map((line) => line.replace(/"[^"]*"?/g, ""));
  // The last line may be cut where the chunk ends.
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  const counts = (mark: string) => whole.map((line) => line.split(mark).length - 1);
  const marks = ["\t", ";", ","];
  const even = marks.find((mark) => counts(mark).every((count, _, all) => count > 0 && count === all[0]));
  return even ?? marks.find((mark) => (counts(mark)[0] ?? 0) > 0) ?? ",";
};

/**
 * Reads a table with a header, separated by commas, semicolons or tabs. `columnOf` names a column by its heading; what it
 * answers null for is ignored. `bareColumns` names the columns where the first line is data already, else answers null.
 * Throws `UnusableTable` where one of `needed` is missing.
 */
export const readTable = (
  text: string,
  needed: readonly string[],
  columnOf: (heading: string) => string | null,
  bareColumns: (row: readonly string[]) => readonly string[] | null = () => null,
): TableRecord[] => {
  const rows = parse(text, {
    bom: true,
    delimiter: delimiterOf(text),
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
  }) as unknown as { record: string[]; info: { lines: number } }[];
  const first = rows[0]?.record ?? [];
  const bare = bareColumns(first);
  const columns = bare ?? first.map((heading) => columnOf(heading.trim()));
  const missing = needed.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new UnusableTable(
      `the first line must name ${needed.join(", ")}; ${missing.join(", ")} is missing`,
    );
  return rows.slice(bare === null ? 1 : 0).map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(columns.flatMap((column, i) => (column === null ? [] : [[column, record[i]]]))),
  }));
};
