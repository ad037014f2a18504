// What people do to households: register, edit, and say since which day they are inhabited or vacant.
import { midnightMs, toIso } from "../domain/time.ts";
import type { Db, Query } from "./db.ts";
import {
  type ActBy,
  type ActOutcome,
  missing,
  refused,
  registryAct,
  todayOf,
  unchanged,
} from "./registry-act.ts";

/** What is known of a household besides where it lies. */
export type HouseholdFacts = {
  address: string | null;
  householder: string | null;
  accountNumber: string | null;
  walkingOrder: number | null;
};

type Stored = HouseholdFacts & { id: string; areaId: string; inhabited: boolean };

const readHousehold = async (query: Query, id: string): Promise<Stored | null> => {
  const [row] = await query<Stored>(
    `SELECT id, area_id AS "areaId", inhabited, address, householder, account_number AS "accountNumber",
            walking_order AS "walkingOrder" FROM household WHERE id = $1`,
    [id],
  );
  return row ?? null;
};

/** Registers a household; it is inhabited or vacant since ever, until an entry says otherwise. */
export const createHousehold = (db: Db, wanted: Stored, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const known = await readHousehold(query, wanted.id);
    if (known !== null) {
      const same = (Object.keys(known) as (keyof Stored)[]).every((key) => known[key] === wanted[key]);
      return same ? unchanged : refused(`there is a household ${wanted.id} already, in ${known.areaId}`);
    }
    if ((await query("SELECT FROM transformer_area WHERE id = $1", [wanted.areaId])).length === 0)
      return missing("transformer area", wanted.areaId);
    await query(
      `INSERT INTO household (id, area_id, address, inhabited, householder, account_number, walking_order)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        wanted.id,
        wanted.areaId,
        wanted.address,
        wanted.inhabited,
        wanted.householder,
        wanted.accountNumber,
        wanted.walkingOrder,
      ],
    );
    await query("INSERT INTO household_occupancy (household_id, from_ms, inhabited) VALUES ($1, 0, $2)", [
      wanted.id,
      wanted.inhabited,
    ]);
    await record("registry.household", wanted.id, { ...wanted });
    return { kind: "done", changed: true };
  });

/** Changes what is known of a household; what is left out stays. */
export const editHousehold = (
  db: Db,
  id: string,
  change: { [K in keyof HouseholdFacts]?: HouseholdFacts[K] | undefined },
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const known = await readHousehold(query, id);
    if (known === null) return missing("household", id);
    const pick = <K extends keyof HouseholdFacts>(key: K): HouseholdFacts[K] =>
      change[key] === undefined ? known[key] : (change[key] as HouseholdFacts[K]);
    const next: HouseholdFacts = {
      address: pick("address"),
      householder: pick("householder"),
      accountNumber: pick("accountNumber"),
      walkingOrder: pick("walkingOrder"),
    };
    const keys = Object.keys(next) as (keyof HouseholdFacts)[];
    if (keys.every((key) => next[key] === known[key])) return unchanged;
    await query(
      `UPDATE household SET address = $2, householder = $3, account_number = $4, walking_order = $5
        WHERE id = $1`,
      [id, next.address, next.householder, next.accountNumber, next.walkingOrder],
    );
    const was = Object.fromEntries(keys.map((key) => [key, known[key]]));
    await record("registry.household", id, { ...next, was });
    return { kind: "done", changed: true };
  });

/** An entry: since `fromMs` the household is inhabited or vacant. The first holds for all time before it, too. */
export type OccupancyEntry = { fromMs: number; inhabited: boolean };

/** A household's entries in order of time. */
export const occupancyOf = (query: Query, householdId: string): Promise<OccupancyEntry[]> =>
  query<OccupancyEntry>(
    `SELECT from_ms AS "fromMs", inhabited FROM household_occupancy WHERE household_id = $1 ORDER BY from_ms`,
    [householdId],
  );

/** The household's own row says what holds at `nowMs`. */
const settleOccupancy = async (query: Query, householdId: string, nowMs: number): Promise<void> => {
  await query(
    `UPDATE household SET inhabited = (
       SELECT inhabited FROM household_occupancy WHERE household_id = $1
        ORDER BY from_ms <= $2 DESC, CASE WHEN from_ms <= $2 THEN -from_ms ELSE from_ms END LIMIT 1)
      WHERE id = $1`,
    [householdId, nowMs],
  );
};

/** From the midnight of the local day `on` on the household is inhabited or vacant, until its next entry. */
export const setOccupancy = (
  db: Db,
  id: string,
  entry: { on: string; inhabited: boolean },
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    if ((await readHousehold(query, id)) === null) return missing("household", id);
    if (entry.on > todayOf(by)) return refused(`${entry.on} has not come yet`);
    const fromMs = midnightMs(entry.on, by.timeZone);
    const entries = await occupancyOf(query, id);
    const held = entries.findLast((e) => e.fromMs <= fromMs) ?? entries[0];
    if (held?.inhabited === entry.inhabited) return unchanged;
    // What holds for all time before must still do so when an earlier day than every other is entered.
    if (held !== undefined && held.fromMs > fromMs)
      await query(
        `INSERT INTO household_occupancy (household_id, from_ms, inhabited) VALUES ($1, 0, $2)
         ON CONFLICT DO NOTHING`,
        [id, held.inhabited],
      );
    await query(
      `INSERT INTO household_occupancy (household_id, from_ms, inhabited) VALUES ($1, $2, $3)
       ON CONFLICT (household_id, from_ms) DO UPDATE SET inhabited = excluded.inhabited`,
      [id, fromMs, entry.inhabited],
    );
    await settleOccupancy(query, id, by.nowMs);
    await record("registry.occupancy", id, { ...entry });
    return { kind: "done", changed: true };
  });

/** Takes an entry back: what was before it goes on until the next. */
export const withdrawOccupancy = (db: Db, id: string, fromMs: number, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    if ((await readHousehold(query, id)) === null) return missing("household", id);
    const entries = await occupancyOf(query, id);
    const entry = entries.find((e) => e.fromMs === fromMs);
    if (entry === undefined) return missing(`occupancy of household ${id} since`, toIso(fromMs));
    if (entry === entries[0])
      return refused("the first entry holds for all time before the others: enter what is right instead");
    await query("DELETE FROM household_occupancy WHERE household_id = $1 AND from_ms = $2", [id, fromMs]);
    await settleOccupancy(query, id, by.nowMs);
    await record("registry.withdrawOccupancy", id, {
      since: toIso(fromMs),
      inhabited: entry.inhabited,
    });
    return { kind: "done", changed: true };
  });

/** The supply station (供电所) that a transformer area belongs to; null for none. */
export const setSupplyStation = (
  db: Db,
  areaId: string,
  supplyStation: string | null,
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const [area] = await query<{ supply_station: string | null }>(
      "SELECT supply_station FROM transformer_area WHERE id = $1",
      [areaId],
    );
    if (area === undefined) return missing("transformer area", areaId);
    if (area.supply_station === supplyStation) return unchanged;
    await query("UPDATE transformer_area SET supply_station = $2 WHERE id = $1", [areaId, supplyStation]);
    await record("registry.area", areaId, { supplyStation, was: area.supply_station });
    return { kind: "done", changed: true };
  });
