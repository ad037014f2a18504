// Finds where the rows of one registry table contradict each other.
import type { optionalRegistryColumns, RegistryRow } from "../domain/registry.ts";

/** A row with the number of its line in the table; the header is line 1. */
export type NumberedRow = { line: number; row: RegistryRow };
/** What is wrong with one line, and in which column where that can be said. */
export type LineError = { line: number; field?: string; reason: string };

type Seen = { line: number; value: string | number | boolean | null };

/** Contradictions, each reported on the later of the two lines, in order of lines. */
export const contradictions = (rows: readonly NumberedRow[]): LineError[] => {
  const errors: LineError[] = [];
  const seen = new Map<string, Seen>();

  const agree = (line: number, field: string, subject: string, value: Seen["value"]) => {
    const key = `${field}\0${subject}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, { line, value });
    else if (first.value !== value)
      errors.push({
        line,
        field,
        reason: `${subject} has ${field} ${shown(value)} here, but ${shown(first.value)} on line ${first.line}`,
      });
  };

  const breakerLines = new Map<string, number>();
  for (const { line, row } of rows) {
    agree(line, "townshipName", `township ${row.townshipId}`, row.townshipName);
    agree(line, "townshipId", `village ${row.villageId}`, row.townshipId);
    agree(line, "villageName", `village ${row.villageId}`, row.villageName);
    agree(line, "villageId", `transformer area ${row.areaId}`, row.villageId);
    agree(line, "areaName", `transformer area ${row.areaId}`, row.areaName);
    if (row.householdId !== null) {
      agree(line, "areaId", `household ${row.householdId}`, row.areaId);
      agree(line, "address", `household ${row.householdId}`, row.address);
      agree(line, "inhabited", `household ${row.householdId}`, row.inhabited);
    }
    for (const [field, subject] of optionalFacts(row)) {
      const value = row[field];
      if (value !== undefined) agree(line, field, subject, value);
    }
    if (row.breakerId === null) continue;
    const first = breakerLines.get(row.breakerId);
    if (first === undefined) breakerLines.set(row.breakerId, line);
    else
      errors.push({
        line,
        field: "breakerId",
        reason: `breaker ${row.breakerId} already stands on line ${first}`,
      });
  }
  return errors;
};

/** Optional columns, with whose fact each is. */
const optionalFacts = (
  row: RegistryRow,
): [Exclude<(typeof optionalRegistryColumns)[number], "officerId">, string][] => [
  ["supplyStation", `transformer area ${row.areaId}`],
  ...(row.householdId === null
    ? []
    : (["householder", "accountNumber", "walkingOrder"] as const).map((field): [typeof field, string] => [
        field,
        `household ${row.householdId}`,
      ])),
  ...((row.officerId ?? null) === null
    ? []
    : (["officerName", "officerPhone"] as const).map((field): [typeof field, string] => [
        field,
        `safety officer ${row.officerId}`,
      ])),
];

const shown = (value: Seen["value"]): string => (value === null ? "empty" : `'${value}'`);
