// What people do to breakers, each with its day: install, replace, remove, take a removal back, correct.
import type { BreakerLevel } from "../domain/breaker.ts";
import type { Db, Query } from "./db.ts";
import { alignFirstPlacement, placementsOf, whoIsAt } from "./placements.ts";
import {
  type ActBy,
  type ActOutcome,
  missing,
  refused,
  registryAct,
  todayOf,
  unchanged,
} from "./registry-act.ts";

/** A breaker's row. Days are `YYYY-MM-DD`; on `removedOn` it is no longer there. */
export type BreakerRow = {
  id: string;
  areaId: string;
  householdId: string | null;
  level: BreakerLevel;
  ratedResidualCurrentMa: number;
  installedOn: string;
  removedOn: string | null;
};

export const readBreakerRow = async (query: Query, id: string): Promise<BreakerRow | null> => {
  const [row] = await query<BreakerRow>(
    `SELECT id, area_id AS "areaId", household_id AS "householdId", level,
            rated_residual_current_ma AS "ratedResidualCurrentMa", installed_on AS "installedOn",
            removed_on AS "removedOn" FROM breaker WHERE id = $1`,
    [id],
  );
  return row ?? null;
};

const insertBreaker = async (query: Query, b: BreakerRow): Promise<void> => {
  await query(
    `INSERT INTO breaker (id, area_id, household_id, level, rated_residual_current_ma, installed_on)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [b.id, b.areaId, b.householdId, b.level, b.ratedResidualCurrentMa, b.installedOn],
  );
};

/** Why the place does not exist or is none for a breaker of that level; null where it is. */
export const wrongPlace = async (
  query: Query,
  { areaId, householdId, level }: Pick<BreakerRow, "areaId" | "householdId" | "level">,
): Promise<ActOutcome | null> => {
  if ((await query("SELECT FROM transformer_area WHERE id = $1", [areaId])).length === 0)
    return missing("transformer area", areaId);
  if (level === "household" && householdId === null)
    return refused("a household breaker needs the household that it protects");
  if (level === "main" && householdId !== null)
    return refused("a main breaker protects a whole transformer area and belongs to no household");
  if (householdId === null) return null;
  const [household] = await query<{ area_id: string }>("SELECT area_id FROM household WHERE id = $1", [
    householdId,
  ]);
  if (household === undefined) return missing("household", householdId);
  return household.area_id === areaId
    ? null
    : refused(`household ${householdId} lies in transformer area ${household.area_id}, not in ${areaId}`);
};

/** Why somebody else is at the place in that time; null where it is free. Intermediate breakers may share a place. */
export const takenPlace = async (
  query: Query,
  place: Pick<BreakerRow, "areaId" | "householdId" | "level">,
  during: { fromOn: string; toOn: string | null },
  exceptIds: readonly string[],
): Promise<ActOutcome | null> => {
  if (place.level === "intermediate") return null;
  const other = await whoIsAt(query, place, during, exceptIds);
  if (other === null) return null;
  const where =
    place.householdId === null ? `transformer area ${place.areaId}` : `household ${place.householdId}`;
  return refused(
    `${where} has breaker ${other} in that time: replace or remove it, or say that both are meant (additional)`,
  );
};

const isGateway = async (query: Query, id: string): Promise<boolean> =>
  (await query("SELECT FROM credential WHERE client_id = $1 AND kind = 'gateway'", [id])).length > 0;

/** Installs a new breaker. `additional`: a second one at the same place is meant. */
export const installBreaker = (
  db: Db,
  wanted: Omit<BreakerRow, "removedOn"> & { additional: boolean },
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const { additional, ...breaker } = wanted;
    const known = await readBreakerRow(query, breaker.id);
    if (known !== null) {
      const same =
        known.removedOn === null &&
        known.areaId === breaker.areaId &&
        known.householdId === breaker.householdId &&
        known.level === breaker.level &&
        known.ratedResidualCurrentMa === breaker.ratedResidualCurrentMa &&
        known.installedOn === breaker.installedOn;
      if (same) return unchanged;
      return refused(
        known.removedOn === null
          ? `breaker ${known.id} is installed already, since ${known.installedOn}`
          : `breaker ${known.id} was removed on ${known.removedOn}: take that back, or give a device that is put up anew a new id`,
      );
    }
    if (await isGateway(query, breaker.id))
      return refused(`${breaker.id} is the id of a gateway; a breaker's id must be its own`);
    const wrong =
      (await wrongPlace(query, breaker)) ??
      (additional ? null : await takenPlace(query, breaker, { fromOn: breaker.installedOn, toOn: null }, []));
    if (wrong) return wrong;
    await insertBreaker(query, { ...breaker, removedOn: null });
    await record("registry.install", breaker.id, { ...breaker });
    return { kind: "done", changed: true };
  });

/** Why a breaker cannot go on that day; null where it can. */
const cannotGo = async (
  query: Query,
  old: BreakerRow,
  on: string,
  today: string,
): Promise<ActOutcome | null> => {
  if (on > today) return refused(`${on} has not come yet`);
  if (old.removedOn !== null) return refused(`breaker ${old.id} was removed on ${old.removedOn} already`);
  if (on < old.installedOn) return refused(`breaker ${old.id} was installed only on ${old.installedOn}`);
  const moved = (await placementsOf(query, old.id)).slice(1).findLast((p) => p.fromOn > on);
  return moved ? refused(`breaker ${old.id} was moved on ${moved.fromOn}, after ${on}`) : null;
};

/** Removes a breaker: from that day on it is not there, and its credential no longer holds. */
export const removeBreaker = (db: Db, id: string, on: string, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record, lookAgain }) => {
    const old = await readBreakerRow(query, id);
    if (old === null) return missing("breaker", id);
    if (old.removedOn === on) return unchanged;
    const wrong = await cannotGo(query, old, on, todayOf(by));
    if (wrong) return wrong;
    await query("UPDATE breaker SET removed_on = $2 WHERE id = $1", [id, on]);
    await record("registry.remove", id, { on });
    lookAgain(id);
    return { kind: "done", changed: true };
  });

/** Takes a removal back; the credential that the breaker had holds again. */
export const reinstateBreaker = (db: Db, id: string, additional: boolean, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record, lookAgain }) => {
    const old = await readBreakerRow(query, id);
    if (old === null) return missing("breaker", id);
    if (old.removedOn === null) return unchanged;
    const during = { fromOn: old.removedOn, toOn: null };
    const wrong = additional ? null : await takenPlace(query, old, during, [id]);
    if (wrong) return wrong;
    await query("UPDATE breaker SET removed_on = NULL WHERE id = $1", [id]);
    await record("registry.reinstate", id, { removedOn: old.removedOn });
    lookAgain(id);
    return { kind: "done", changed: true };
  });

/** Puts a new breaker in the place of an old one, in one act: the old one goes on the day on which the new one comes. */
export const replaceBreaker = (
  db: Db,
  oldId: string,
  by: ActBy,
  wanted: { id: string; on: string; ratedResidualCurrentMa?: number | undefined },
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record, lookAgain }) => {
    const old = await readBreakerRow(query, oldId);
    if (old === null) return missing("breaker", oldId);
    const fresh: BreakerRow = {
      ...old,
      id: wanted.id,
      installedOn: wanted.on,
      ratedResidualCurrentMa: wanted.ratedResidualCurrentMa ?? old.ratedResidualCurrentMa,
      removedOn: null,
    };
    const known = await readBreakerRow(query, fresh.id);
    if (known !== null) {
      const done = old.removedOn === wanted.on && JSON.stringify(known) === JSON.stringify(fresh);
      return done ? unchanged : refused(`there is a breaker ${fresh.id} already, since ${known.installedOn}`);
    }
    if (await isGateway(query, fresh.id))
      return refused(`${fresh.id} is the id of a gateway; a breaker's id must be its own`);
    const wrong = await cannotGo(query, old, wanted.on, todayOf(by));
    if (wrong) return wrong;
    await query("UPDATE breaker SET removed_on = $2 WHERE id = $1", [old.id, wanted.on]);
    await insertBreaker(query, fresh);
    await record("registry.replace", old.id, { by: fresh.id, on: wanted.on });
    await record("registry.install", fresh.id, { ...fresh, insteadOf: old.id });
    lookAgain(old.id);
    return { kind: "done", changed: true };
  });

/** Corrects what was entered wrongly: the day of installation, the rating in mA. */
export const correctBreaker = (
  db: Db,
  id: string,
  change: { installedOn?: string | undefined; ratedResidualCurrentMa?: number | undefined },
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const old = await readBreakerRow(query, id);
    if (old === null) return missing("breaker", id);
    const installedOn = change.installedOn ?? old.installedOn;
    const rated = change.ratedResidualCurrentMa ?? old.ratedResidualCurrentMa;
    if (installedOn === old.installedOn && rated === old.ratedResidualCurrentMa) return unchanged;
    if (old.removedOn !== null && installedOn > old.removedOn)
      return refused(`breaker ${id} was removed on ${old.removedOn}, before ${installedOn}`);
    const moved = (await placementsOf(query, id))[1];
    if (moved !== undefined && installedOn >= moved.fromOn)
      return refused(`breaker ${id} was moved on ${moved.fromOn}, so it was installed before`);
    if (installedOn < old.installedOn) {
      const during = { fromOn: installedOn, toOn: old.installedOn };
      const first = (await placementsOf(query, id))[0] ?? old;
      const wrong = await takenPlace(query, { ...first, level: old.level }, during, [id]);
      if (wrong) return wrong;
    }
    await query("UPDATE breaker SET installed_on = $2, rated_residual_current_ma = $3 WHERE id = $1", [
      id,
      installedOn,
      rated,
    ]);
    await alignFirstPlacement(query, id);
    await record("registry.correct", id, {
      installedOn,
      ratedResidualCurrentMa: rated,
      was: { installedOn: old.installedOn, ratedResidualCurrentMa: old.ratedResidualCurrentMa },
    });
    return { kind: "done", changed: true };
  });
