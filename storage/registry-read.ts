// Reads the registry back: as the table it was imported from, and as the facts that judging needs.
import type { BreakerFacts, BreakerLevel, TimeWindow } from "../domain/breaker.ts";
import type { RegistryRow } from "../domain/registry.ts";
import { midnightMs } from "../domain/time.ts";
import { loadDatedFacts, loadPlannedWindows } from "./dated-facts.ts";
import type { Query, Reader } from "./db.ts";

/** Transformer areas read in one statement of the export. */
const areasPerStatement = 100;

/**
 * The registry table in a stable order (township, village, area, household, breaker; by bytes), in parts: houses
 * without a breaker and breakers without a house included. No connection is held between two parts. A village's safety
 * officer is who looks after it on the local day `onDate`, the first by id where there are several.
 */
export const exportRegistry = async function* (query: Query, onDate?: string): AsyncGenerator<RegistryRow[]> {
  const areas = await query<{ id: string }>(
    `SELECT a.id FROM transformer_area a JOIN village v ON v.id = a.village_id
      ORDER BY v.township_id COLLATE "C", v.id COLLATE "C", a.id COLLATE "C"`,
  );
  for (let at = 0; at < areas.length; at += areasPerStatement) {
    const ids = areas.slice(at, at + areasPerStatement).map((area) => area.id);
    yield await query<RegistryRow>(
      `SELECT t.id AS "townshipId", t.name AS "townshipName", v.id AS "villageId", v.name AS "villageName",
              a.id AS "areaId", a.name AS "areaName", p.household_id AS "householdId", p.address, p.inhabited,
              p.id AS "breakerId", p.level, p.rated_residual_current_ma AS "ratedResidualCurrentMa",
              p.installed_on AS "installedOn", p.removed_on AS "removedOn", a.supply_station AS "supplyStation",
              p.householder, p.account_number AS "accountNumber", p.walking_order AS "walkingOrder",
              o.id AS "officerId", o.name AS "officerName", nullif(o.phone, '') AS "officerPhone"
         FROM (SELECT b.area_id, b.household_id, h.address, h.inhabited, b.id, b.level,
                      b.rated_residual_current_ma, b.installed_on, b.removed_on,
                      h.householder, h.account_number, h.walking_order
                 FROM breaker b LEFT JOIN household h ON h.id = b.household_id
                WHERE b.area_id = ANY($1::text[])
               UNION ALL
               SELECT h.area_id, h.id, h.address, h.inhabited, NULL, NULL, NULL, NULL, NULL,
                      h.householder, h.account_number, h.walking_order
                 FROM household h
                WHERE h.area_id = ANY($1::text[])
                  AND NOT EXISTS (SELECT FROM breaker b WHERE b.household_id = h.id)) p
         JOIN transformer_area a ON a.id = p.area_id
         JOIN village v ON v.id = a.village_id
         JOIN township t ON t.id = v.township_id
         LEFT JOIN (SELECT DISTINCT ON (k.village_id) k.village_id, s.id, s.name, s.phone
                      FROM village_officer k JOIN safety_officer s ON s.id = k.officer_id
                     WHERE k.from_on <= coalesce($2::date, current_date)
                       AND (k.to_on IS NULL OR k.to_on > coalesce($2::date, current_date))
                     ORDER BY k.village_id, s.id) o ON o.village_id = v.id
        ORDER BY t.id COLLATE "C", v.id COLLATE "C", a.id COLLATE "C",
                 p.household_id COLLATE "C" NULLS FIRST, p.id COLLATE "C" NULLS FIRST`,
      [ids, onDate ?? null],
    );
  }
};

/** What judging needs of the registry: breakers, and when each area's power is taken off on purpose. */
export type RegistryFacts = { breakers: BreakerFacts[]; plannedOutages: Map<string, TimeWindow[]> };

/** Every breaker as judging sees it, removed ones too; dates become midnights of `timeZone`. */
export const loadRegistryFacts = async (
  { query, copyOut }: Reader,
  timeZone: string,
): Promise<RegistryFacts> => {
  // Few dates, many breakers: a calendar computation costs more than a look-up.
  const midnights = new Map<string, number>();
  const midnight = (date: string): number => {
    const known = midnights.get(date) ?? midnightMs(date, timeZone);
    midnights.set(date, known);
    return known;
  };
  const plannedOutages = await loadPlannedWindows(query);
  const datedFacts = await loadDatedFacts({ query, copyOut }, plannedOutages, midnight);
  // Few places, many breakers: each name of a place is held once.
  const names = new Map<string, string>();
  const once = (name: string | null): string => {
    if (name === null) return "";
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  };
  const breakers: BreakerFacts[] = [];
  await copyOut(
    `SELECT b.id, v.township_id, a.village_id, b.area_id, b.household_id, b.level,
            b.rated_residual_current_ma::text, b.installed_on::text, b.removed_on::text
       FROM breaker b
       JOIN transformer_area a ON a.id = b.area_id
       JOIN village v ON v.id = a.village_id
      ORDER BY b.id`,
    (row) => {
      const breakerId = row.text(0) ?? "";
      const areaId = once(row.text(3));
      const householdId = row.text(4);
      const removedOn = row.text(8);
      breakers.push({
        breakerId,
        townshipId: once(row.text(1)),
        villageId: once(row.text(2)),
        areaId,
        householdId,
        level: once(row.text(5)) as BreakerLevel,
        ratedResidualCurrentMa: Number(row.text(6)),
        installedAtMs: midnight(once(row.text(7))),
        removedAtMs: removedOn === null ? null : midnight(removedOn),
        ...datedFacts(breakerId, areaId, householdId),
      });
    },
  );
  return { breakers, plannedOutages };
};

/** The breakers of `loadRegistryFacts`. */
export const loadBreakerFacts = async (reader: Reader, timeZone: string): Promise<BreakerFacts[]> =>
  (await loadRegistryFacts(reader, timeZone)).breakers;

/** A number that rises with every change of the registry, by import or by one act; 0 before the first. */
export const newestImport = async (query: Query): Promise<number> => {
  const [newest] = await query<{ id: number }>(
    "SELECT id FROM audit WHERE act LIKE 'registry.%' ORDER BY id DESC LIMIT 1",
  );
  return newest?.id ?? 0;
};

/** Where a transformer area lies. */
export type AreaPlace = {
  areaId: string;
  areaName: string;
  villageId: string;
  villageName: string;
  townshipId: string;
  townshipName: string;
};

/** Area id → its names, village and township. */
export const loadAreas = async (query: Query): Promise<Map<string, AreaPlace>> => {
  const rows = await query<AreaPlace>(
    `SELECT a.id AS "areaId", a.name AS "areaName", v.id AS "villageId", v.name AS "villageName",
            t.id AS "townshipId", t.name AS "townshipName"
       FROM transformer_area a
       JOIN village v ON v.id = a.village_id
       JOIN township t ON t.id = v.township_id`,
  );
  return new Map(rows.map((row) => [row.areaId, row]));
};
