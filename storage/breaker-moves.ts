// A breaker is taken to another household or transformer area on a day; an entry that was wrong is taken back.
import { readBreakerRow, takenPlace, wrongPlace } from "./breaker-acts.ts";
import type { Db } from "./db.ts";
import {
  alignFirstPlacement,
  type Placement,
  placementsOf,
  settlePlace,
  writePlacement,
} from "./placements.ts";
import {
  type ActBy,
  type ActOutcome,
  missing,
  refused,
  registryAct,
  todayOf,
  unchanged,
} from "./registry-act.ts";

/** Where it was on a day: the newest entry up to it, else the first. */
const placeOn = (places: readonly Placement[], on: string): Placement | undefined =>
  places.findLast((p) => p.fromOn <= on) ?? places[0];

const samePlace = (a: Omit<Placement, "fromOn"> | undefined, b: Omit<Placement, "fromOn">): boolean =>
  a !== undefined && a.areaId === b.areaId && a.householdId === b.householdId;

/**
 * From the local day `on` on the breaker is at another place, until its next move. The day may be past; on the day of
 * installation it means that it has always been there. `additional`: another breaker at that place is meant to stay.
 */
export const moveBreaker = (
  db: Db,
  id: string,
  to: { areaId: string; householdId: string | null; on: string; additional: boolean },
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record, lookAgain }) => {
    const breaker = await readBreakerRow(query, id);
    if (breaker === null) return missing("breaker", id);
    if (to.on > todayOf(by)) return refused(`${to.on} has not come yet`);
    if (to.on < breaker.installedOn)
      return refused(`breaker ${id} was installed only on ${breaker.installedOn}`);
    if (breaker.removedOn !== null && to.on >= breaker.removedOn)
      return refused(`breaker ${id} was removed on ${breaker.removedOn}`);
    await alignFirstPlacement(query, id);
    const places = await placementsOf(query, id);
    const before = placeOn(places, to.on);
    if (samePlace(before, to)) return unchanged;
    const until = places.find((p) => p.fromOn > to.on)?.fromOn ?? breaker.removedOn;
    const target = { areaId: to.areaId, householdId: to.householdId, level: breaker.level };
    const wrong =
      (await wrongPlace(query, target)) ??
      (to.additional ? null : await takenPlace(query, target, { fromOn: to.on, toOn: until }, [id]));
    if (wrong) return wrong;
    await writePlacement(query, id, { fromOn: to.on, areaId: to.areaId, householdId: to.householdId });
    await record("registry.move", id, {
      on: to.on,
      areaId: to.areaId,
      householdId: to.householdId,
      from: { areaId: before?.areaId ?? null, householdId: before?.householdId ?? null },
    });
    lookAgain(id);
    return { kind: "done", changed: true };
  });

/** Takes a move back: what was before it goes on until the next. The first place cannot be taken back. */
export const withdrawMove = (db: Db, id: string, fromOn: string, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record, lookAgain }) => {
    const breaker = await readBreakerRow(query, id);
    if (breaker === null) return missing("breaker", id);
    const places = await placementsOf(query, id);
    const at = places.findIndex((p) => p.fromOn === fromOn);
    const entry = places[at];
    if (entry === undefined) return missing(`move of breaker ${id} on`, fromOn);
    const before = places[at - 1];
    if (before === undefined)
      return refused("this is where the breaker was installed: say where that was by moving it on that day");
    const during = { fromOn, toOn: places[at + 1]?.fromOn ?? breaker.removedOn };
    const wrong = await takenPlace(query, { ...before, level: breaker.level }, during, [id]);
    if (wrong) return wrong;
    await query("DELETE FROM breaker_placement WHERE breaker_id = $1 AND from_on = $2", [id, fromOn]);
    await settlePlace(query, id);
    await record("registry.withdrawMove", id, { ...entry });
    lookAgain(id);
    return { kind: "done", changed: true };
  });
