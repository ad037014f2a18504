// The demo township as it stands in the registry: equipped the day before, with safety officers and ways to walk.
import type { RegistryRow } from "../domain/registry.ts";
import type { Api } from "./api.ts";
import type { Log } from "./connection.ts";
import { demoTownship, demoTownshipId } from "./township.ts";

/** The demo's own zone: the township is a Chinese one, whatever the house is set to. */
export const demoTimeZone = "Asia/Shanghai";
const removedDaysAgo = 45;

/** The local date (`YYYY-MM-DD`) so many days before `nowMs`. */
export const dateAgo = (nowMs: number, days: number): string =>
  Temporal.Instant.fromEpochMilliseconds(nowMs)
    .toZonedDateTimeISO(demoTimeZone)
    .toPlainDate()
    .subtract({ days })
    .toString();

/**
 * The township as if it had been equipped the day before: only so far does the simulated history reach, and what is
 * installed without a report counts against the rates of a week or a month.
 */
const justInstalled = (rows: readonly RegistryRow[], nowMs: number): RegistryRow[] =>
  rows.map((row) => {
    if (row.breakerId === null) return row;
    return row.removedOn === null
      ? { ...row, installedOn: dateAgo(nowMs, 1) }
      : { ...row, removedOn: dateAgo(nowMs, removedDaysAgo) };
  });

/** Village → its simulated safety officer; one village has none on purpose, so that the share falls short of its target. */
const officers: Readonly<Record<string, string>> = { shanghe: "协管员-01", shiqiao: "协管员-02" };

/** Safety officers, the supply station, and houses in the order in which they are walked. */
const withPeopleAndPaths = (rows: readonly RegistryRow[]): RegistryRow[] => {
  const walked = new Map<string, number>();
  return rows.map((row) => {
    const officerName = officers[row.villageId] ?? null;
    const step = row.householdId === null ? null : (walked.get(row.householdId) ?? walked.size + 1);
    if (row.householdId !== null && step !== null) walked.set(row.householdId, step);
    return {
      ...row,
      supplyStation: "青溪供电所",
      walkingOrder: step,
      officerId: officerName === null ? null : `officer-${row.villageId}`,
      officerName,
    };
  });
};

/** The demo township's rows, imported first where the registry lacks them. */
export const demoRegistry = async (
  api: Api,
  seed: number,
  log: Log,
): Promise<{ rows: RegistryRow[]; imported: boolean }> => {
  const isDemo = (row: RegistryRow) => row.townshipId === demoTownshipId;
  const present = (await api.registry()).filter(isDemo);
  if (present.length > 0) return { rows: present, imported: false };
  const rows = withPeopleAndPaths(justInstalled(demoTownship(seed, Date.now()), Date.now()));
  await api.importRegistry(rows);
  log.info({ rows: rows.length, township: rows[0]?.townshipName }, "demo township imported");
  return { rows, imported: true };
};
