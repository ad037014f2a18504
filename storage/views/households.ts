// Households with their place, what is known of them, and the breakers that protect them now.
import type { BreakerLevel } from "../../domain/breaker.ts";
import type { Query } from "../db.ts";
import type { Now } from "./counts.ts";
import { addScope, conditions, likeLiteral, localDate, type Scope } from "./scope.ts";

export type HouseholdView = {
  id: string;
  townshipId: string;
  villageId: string;
  villageName: string;
  areaId: string;
  areaName: string;
  supplyStation: string | null;
  address: string | null;
  inhabited: boolean;
  householder: string | null;
  accountNumber: string | null;
  walkingOrder: number | null;
  breakers: { id: string; level: BreakerLevel }[];
};

export type HouseholdFilter = Scope & {
  id?: string | undefined;
  inhabited?: boolean | undefined;
  /** Part of the id, the address, the householder or the account number, whatever its case. */
  text?: string | undefined;
};

/** Households in order of their ids. */
export const listHouseholds = (
  query: Query,
  filter: HouseholdFilter,
  page: { afterId?: string | undefined; limit: number },
  now: Now,
): Promise<HouseholdView[]> => {
  const where = conditions();
  addScope(where, filter);
  where.add("h.id = ?", filter.id);
  where.add("h.inhabited = ?", filter.inhabited);
  if (filter.text !== undefined)
    where.add(
      "h.id ILIKE ? OR h.address ILIKE ? OR h.householder ILIKE ? OR h.account_number ILIKE ?",
      `%${likeLiteral(filter.text)}%`,
    );
  where.add("h.id > ?", page.afterId);
  const today = where.value(localDate(now.nowMs, now.timeZone));
  const limit = where.value(page.limit);
  return query<HouseholdView>(
    `SELECT h.id, v.township_id AS "townshipId", v.id AS "villageId", v.name AS "villageName",
            a.id AS "areaId", a.name AS "areaName", a.supply_station AS "supplyStation", h.address, h.inhabited, h.householder,
            h.account_number AS "accountNumber", h.walking_order AS "walkingOrder",
            COALESCE((SELECT jsonb_agg(jsonb_build_object('id', b.id, 'level', b.level) ORDER BY b.id)
                        FROM breaker b
                       WHERE b.household_id = h.id AND b.installed_on <= ${today}::date
                         AND (b.removed_on IS NULL OR b.removed_on > ${today}::date)), '[]') AS breakers
       FROM household h
       JOIN transformer_area a ON a.id = h.area_id
       JOIN village v ON v.id = a.village_id
      WHERE ${where.sql()} ORDER BY h.id LIMIT ${limit}`,
    where.values,
  );
};

/** Every entry of every household's occupancy, in order of ids (by bytes) and time, in parts. */
export const exportOccupancy = async function* (
  query: Query,
): AsyncGenerator<{ householdId: string; fromMs: number; inhabited: boolean }[]> {
  const householdsPerStatement = 5_000;
  let after = "";
  for (;;) {
    const ids = await query<{ id: string }>(
      `SELECT id FROM household WHERE id COLLATE "C" > $1 ORDER BY id COLLATE "C" LIMIT $2`,
      [after, householdsPerStatement],
    );
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last.id;
    yield await query<{ householdId: string; fromMs: number; inhabited: boolean }>(
      `SELECT household_id AS "householdId", from_ms AS "fromMs", inhabited FROM household_occupancy
        WHERE household_id = ANY($1::text[]) ORDER BY household_id COLLATE "C", from_ms`,
      [ids.map(({ id }) => id)],
    );
  }
};
