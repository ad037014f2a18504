// The registry table as CSV text, in the columns that the import takes, and back.
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import {
  optionalRegistryColumns,
  type RegistryRow,
  registryColumns,
  registryRowSchema,
} from "../domain/registry.ts";

/** Rows as CSV text with a header; empty cells are null. An optional column stands there where a row says something of it. */
export const registryCsv = (rows: readonly RegistryRow[]): string =>
  stringify([...rows], {
    header: true,
    columns: [
      ...registryColumns,
      ...optionalRegistryColumns.filter((name) => rows.some((row) => row[name] !== undefined)),
    ],
    cast: { boolean: (value) => String(value) },
  });

/** Reads a registry table. Throws an Error that names the line when one is not a registry row. */
export const parseRegistryCsv = (text: string): RegistryRow[] => {
  const records = parse(text, { columns: true, bom: true, skip_empty_lines: true }) as Record<
    string,
    string
  >[];
  return records.map((record, i) => {
    const row = registryRowSchema.safeParse(record);
    if (row.success) return row.data;
    const issue = row.error.issues[0];
    throw new Error(
      `Registry line ${i + 2}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? "is wrong"}.`,
    );
  });
};
