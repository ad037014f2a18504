// Where breakers have been since which local day. The first entry of a breaker holds for all time before it.
import type { Query } from "./db.ts";

/** A breaker's place from a local day on (`YYYY-MM-DD`). */
export type Placement = { fromOn: string; areaId: string; householdId: string | null };

/** A breaker's places in order of time; empty for one that is not known. */
export const placementsOf = (query: Query, breakerId: string): Promise<Placement[]> =>
  query<Placement>(
    `SELECT from_on AS "fromOn", area_id AS "areaId", household_id AS "householdId"
       FROM breaker_placement WHERE breaker_id = $1 ORDER BY from_on`,
    [breakerId],
  );

/** Breakers read in one statement of the export. */
const breakersPerStatement = 5_000;

/** Every placement in order of breaker ids (by bytes) and days, in parts. */
export const exportPlacements = async function* (
  query: Query,
): AsyncGenerator<(Placement & { breakerId: string })[]> {
  let after = "";
  for (;;) {
    const ids = await query<{ id: string }>(
      `SELECT id FROM breaker WHERE id COLLATE "C" > $1 ORDER BY id COLLATE "C" LIMIT $2`,
      [after, breakersPerStatement],
    );
    const last = ids.at(-1);
    if (last === undefined) return;
    after = last.id;
    yield await query<Placement & { breakerId: string }>(
      `SELECT breaker_id AS "breakerId", from_on AS "fromOn", area_id AS "areaId",
              household_id AS "householdId"
         FROM breaker_placement WHERE breaker_id = ANY($1::text[])
        ORDER BY breaker_id COLLATE "C", from_on`,
      [ids.map(({ id }) => id)],
    );
  }
};

/** Breakers whose row says another place than their newest placement are there from `today` on. */
export const placeMoved = async (
  query: Query,
  breakerIds: readonly string[],
  today: string,
): Promise<void> => {
  await query(
    `INSERT INTO breaker_placement (breaker_id, from_on, area_id, household_id)
     SELECT b.id, GREATEST($2::date, p.from_on), b.area_id, b.household_id
       FROM breaker b
       JOIN LATERAL (SELECT from_on, area_id, household_id FROM breaker_placement
                      WHERE breaker_id = b.id ORDER BY from_on DESC LIMIT 1) p
         ON (p.area_id, p.household_id) IS DISTINCT FROM (b.area_id, b.household_id)
      WHERE b.id = ANY($1::text[])
     ON CONFLICT (breaker_id, from_on)
       DO UPDATE SET area_id = excluded.area_id, household_id = excluded.household_id`,
    [breakerIds, today],
  );
};

/** Writes the place from a day on, and makes the newest placement the breaker's present place. */
export const writePlacement = async (query: Query, breakerId: string, place: Placement): Promise<void> => {
  await query(
    `INSERT INTO breaker_placement (breaker_id, from_on, area_id, household_id) VALUES ($1, $2, $3, $4)
     ON CONFLICT (breaker_id, from_on)
       DO UPDATE SET area_id = excluded.area_id, household_id = excluded.household_id`,
    [breakerId, place.fromOn, place.areaId, place.householdId],
  );
  await settlePlace(query, breakerId);
};

/** Makes the newest placement the breaker's present place. */
export const settlePlace = async (query: Query, breakerId: string): Promise<void> => {
  await query(
    `UPDATE breaker b SET area_id = p.area_id, household_id = p.household_id
       FROM (SELECT area_id, household_id FROM breaker_placement
              WHERE breaker_id = $1 ORDER BY from_on DESC LIMIT 1) p
      WHERE b.id = $1`,
    [breakerId],
  );
};

/** The first placement begins with the installation, wherever that was put since. */
export const alignFirstPlacement = async (query: Query, breakerId: string): Promise<void> => {
  await query(
    `UPDATE breaker_placement p SET from_on = b.installed_on
       FROM breaker b
      WHERE b.id = $1 AND p.breaker_id = b.id AND p.from_on <> b.installed_on
        AND p.from_on = (SELECT min(from_on) FROM breaker_placement WHERE breaker_id = b.id)
        AND NOT EXISTS (SELECT FROM breaker_placement q
                         WHERE q.breaker_id = b.id AND q.from_on > p.from_on AND q.from_on <= b.installed_on)`,
    [breakerId],
  );
};

/**
 * A breaker of the level that is at that place (household, or area where there is none) at any time of
 * `[fromOn, toOn)`, other than `exceptId`; null where there is none. `toOn` null: for ever.
 */
export const whoIsAt = async (
  query: Query,
  place: { areaId: string; householdId: string | null; level: string },
  during: { fromOn: string; toOn: string | null },
  exceptIds: readonly string[],
): Promise<string | null> => {
  const [found] = await query<{ breaker_id: string }>(
    `SELECT s.breaker_id
       FROM (SELECT p.breaker_id, p.area_id, p.household_id, b.level,
                    GREATEST(p.from_on, b.installed_on) AS from_on,
                    LEAST(b.removed_on, (SELECT min(q.from_on) FROM breaker_placement q
                                          WHERE q.breaker_id = p.breaker_id AND q.from_on > p.from_on)) AS to_on
               FROM breaker_placement p JOIN breaker b ON b.id = p.breaker_id
              WHERE p.area_id = $1) s
      WHERE s.household_id IS NOT DISTINCT FROM $2 AND s.level = $3
        AND s.from_on < COALESCE($5::date, 'infinity') AND COALESCE(s.to_on, 'infinity') > $4::date
        AND s.from_on < COALESCE(s.to_on, 'infinity') AND s.breaker_id <> ALL($6::text[])
      ORDER BY s.from_on DESC LIMIT 1`,
    [place.areaId, place.householdId, place.level, during.fromOn, during.toOn, exceptIds],
  );
  return found?.breaker_id ?? null;
};
