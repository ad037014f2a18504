// Where a breaker has been, with names.
import type { PlacementEntry } from "../../domain/http-registry.ts";
import type { Query } from "../db.ts";

/** A breaker's places in order of time. */
export const listPlacements = (query: Query, breakerId: string): Promise<PlacementEntry[]> =>
  query<PlacementEntry>(
    `SELECT p.from_on AS "fromOn", a.id AS "areaId", a.name AS "areaName", v.id AS "villageId",
            v.name AS "villageName", p.household_id AS "householdId", h.address
       FROM breaker_placement p
       JOIN transformer_area a ON a.id = p.area_id
       JOIN village v ON v.id = a.village_id
       LEFT JOIN household h ON h.id = p.household_id
      WHERE p.breaker_id = $1 ORDER BY p.from_on`,
    [breakerId],
  );
