// Anybody's registry table as the facts that the fold judges by. Tolerant: what a judgement does not need may be missing.
import { type BreakerFacts, breakerLevels } from "../domain/breaker.ts";
import { type RegistryRow, registryColumns, registryRowSchema } from "../domain/registry.ts";
import { columnOf, plainCell } from "../domain/registry-words.ts";
import { midnightMs } from "../domain/time.ts";
import { readTable } from "./table.ts";

/** IΔn where the table does not tell, in mA, by level (DOMAIN.md). */
const usualRatedMa: Record<string, number> = { household: 30, intermediate: 100, main: 300 };

/** What a judgement needs to know; what else a table says cannot be wrong here. */
const needed: ReadonlySet<string> = new Set([
  "townshipId",
  "villageId",
  "areaId",
  "householdId",
  "inhabited",
  "breakerId",
  "level",
  "ratedResidualCurrentMa",
  "installedOn",
  "removedOn",
]);

/** Fills in what a judgement can do without. */
const completed = (record: Record<string, string | undefined>): Record<string, string> => {
  const full: Record<string, string> = {};
  for (const column of registryColumns)
    full[column] = needed.has(column) ? plainCell(column, record[column]?.trim() ?? "") : "";
  for (const place of ["township", "village", "area"]) {
    const id = full[`${place}Id`] || `unnamed-${place}`;
    full[`${place}Id`] = id;
    full[`${place}Name`] ||= id;
  }
  if (full["breakerId"]) {
    full["level"] ||= full["householdId"] ? "household" : "main";
    if (full["level"] === "household") full["householdId"] ||= `house-${full["breakerId"]}`;
    if (full["level"] === "main") {
      full["householdId"] = "";
      full["inhabited"] = "";
    }
    if (!breakerLevels.some((level) => level === full["level"])) return full;
    full["ratedResidualCurrentMa"] ||= String(usualRatedMa[full["level"] ?? ""]);
    full["installedOn"] = (full["installedOn"] || "2015-01-01").slice(0, 10);
    full["removedOn"] = (full["removedOn"] ?? "").slice(0, 10);
  }
  if (full["householdId"]) full["inhabited"] ||= "true";
  return full;
};

const factsOf = (row: RegistryRow, timeZone: string): BreakerFacts | null => {
  if (row.breakerId === null || row.level === null || row.ratedResidualCurrentMa === null) return null;
  return {
    breakerId: row.breakerId,
    townshipId: row.townshipId,
    villageId: row.villageId,
    areaId: row.areaId,
    householdId: row.householdId,
    level: row.level,
    ratedResidualCurrentMa: row.ratedResidualCurrentMa,
    installedAtMs: midnightMs(row.installedOn ?? "2015-01-01", timeZone),
    removedAtMs: row.removedOn === null ? null : midnightMs(row.removedOn, timeZone),
    occupancy: row.inhabited === null ? [] : [{ fromMs: Number.MIN_SAFE_INTEGER, inhabited: row.inhabited }],
  };
};

export type RegistryProblem = { line: number; reason: string };

/** Facts of registry rows; houses without a breaker give none. */
export const factsOfRows = (rows: readonly RegistryRow[], timeZone: string): BreakerFacts[] =>
  rows.flatMap((row) => factsOf(row, timeZone) ?? []);

/**
 * Reads a registry table (the columns of `domain/registry.ts` by any of their headings, in any order, others ignored) into
 * facts. Answers the lines (the header is 1) that are no rows; days begin at midnight in `timeZone`. Throws `UnusableTable`
 * where it has no breakers or no areas.
 */
export const readRegistry = (
  text: string,
  timeZone: string,
): { facts: BreakerFacts[]; problems: RegistryProblem[] } => {
  const facts = new Map<string, BreakerFacts>();
  const problems: RegistryProblem[] = [];
  for (const { line, cells } of readTable(text, ["breakerId", "areaId"], columnOf)) {
    const row = registryRowSchema.safeParse(completed(cells));
    if (!row.success) {
      const issue = row.error.issues[0];
      problems.push({ line, reason: `${issue?.path.join(".") ?? ""} ${issue?.message ?? "is wrong"}` });
      continue;
    }
    const one = factsOf(row.data, timeZone);
    if (one === null) continue;
    if (facts.has(one.breakerId)) problems.push({ line, reason: `breaker ${one.breakerId} stands twice` });
    else facts.set(one.breakerId, one);
  }
  return { facts: [...facts.values()], problems };
};
