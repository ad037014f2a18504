// Finds where the rows of one registry table contradict each other.
import type { RegistryColumn, RegistryRow } from "../domain/registry.ts";

/** A row with the number of its line in the table; the header is line 1. */
export type NumberedRow = { line: number; row: RegistryRow };
/** What is wrong with one line, and in which column where that can be said. */
export type LineError = { line: number; field?: string; reason: string };

/** What every row about a subject must say the same of it. */
const facts = {
  township: ["townshipName"],
  village: ["townshipId", "villageName"],
  "transformer area": ["villageId", "areaName", "supplyStation"],
  household: ["areaId", "address", "inhabited", "householder", "accountNumber", "walkingOrder"],
  "safety officer": ["officerName", "officerPhone"],
} satisfies Record<string, readonly RegistryColumn[]>;
type Subject = keyof typeof facts;

/** Contradictions, each reported on the later of the two lines, in order of lines. */
export const contradictions = (rows: readonly NumberedRow[]): LineError[] => {
  const errors: LineError[] = [];
  const firsts = Object.fromEntries(
    Object.keys(facts).map((subject) => [subject, new Map<string, NumberedRow>()]),
  ) as Record<Subject, Map<string, NumberedRow>>;

  const agree = (numbered: NumberedRow, subject: Subject, id: string | null | undefined) => {
    if (id === null || id === undefined) return;
    const first = firsts[subject].get(id);
    if (first === undefined) {
      firsts[subject].set(id, numbered);
      return;
    }
    const { line, row } = numbered;
    for (const field of facts[subject]) {
      const [here, there] = [row[field], first.row[field]];
      if (here !== there && here !== undefined && there !== undefined)
        errors.push({
          line,
          field,
          reason: `${subject} ${id} has ${field} ${shown(here)} here, but ${shown(there)} on line ${first.line}`,
        });
    }
  };

  const breakerLines = new Map<string, number>();
  for (const numbered of rows) {
    const { line, row } = numbered;
    agree(numbered, "township", row.townshipId);
    agree(numbered, "village", row.villageId);
    agree(numbered, "transformer area", row.areaId);
    agree(numbered, "household", row.householdId);
    agree(numbered, "safety officer", row.officerId);
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

const shown = (value: string | number | boolean | null): string => (value === null ? "empty" : `'${value}'`);
