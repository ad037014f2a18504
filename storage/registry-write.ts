// Writes the registry's tables in bulk: what is new is added, what differs is updated, and the rest is left alone.
import type { Query } from "./db.ts";
import type { NumberedRow } from "./registry-check.ts";

/** Rows sent to PostgreSQL in one statement. */
const chunkRows = 10_000;

/** The rows in parts of one statement each. */
export const chunksOf = function* (rows: readonly NumberedRow[]): Generator<NumberedRow[]> {
  for (let at = 0; at < rows.length; at += chunkRows) yield rows.slice(at, at + chunkRows);
};

/** Ids in parts of one statement each. */
export const idChunksOf = function* (ids: readonly string[]): Generator<string[]> {
  for (let at = 0; at < ids.length; at += chunkRows) yield ids.slice(at, at + chunkRows);
};

/** One column of the rows, for unnest. */
export const column = <T>(rows: readonly NumberedRow[], pick: (row: NumberedRow["row"]) => T): T[] =>
  rows.map(({ row }) => pick(row));

/** Runs one upsert per chunk; answers the ids of rows that were new or differed. */
const upsert = async (
  query: Query,
  rows: readonly NumberedRow[],
  sql: string,
  columns: readonly ((row: NumberedRow["row"]) => unknown)[],
): Promise<Set<string>> => {
  const changed = new Set<string>();
  for (const chunk of chunksOf(rows)) {
    const values = columns.map((pick) => column(chunk, pick));
    for (const { id } of await query<{ id: string }>(sql, values)) changed.add(id);
  }
  return changed;
};

export const upsertTownships = (query: Query, rows: readonly NumberedRow[]) =>
  upsert(
    query,
    rows,
    `INSERT INTO township AS t (id, name) SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE t.name IS DISTINCT FROM excluded.name
     RETURNING id`,
    [(r) => r.townshipId, (r) => r.townshipName],
  );

export const upsertVillages = (query: Query, rows: readonly NumberedRow[]) =>
  upsert(
    query,
    rows,
    `INSERT INTO village AS t (id, township_id, name) SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
     ON CONFLICT (id) DO UPDATE SET township_id = excluded.township_id, name = excluded.name
     WHERE (t.township_id, t.name) IS DISTINCT FROM (excluded.township_id, excluded.name)
     RETURNING id`,
    [(r) => r.villageId, (r) => r.townshipId, (r) => r.villageName],
  );

export const upsertAreas = (query: Query, rows: readonly NumberedRow[]) =>
  upsert(
    query,
    rows,
    `INSERT INTO transformer_area AS t (id, village_id, name)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
     ON CONFLICT (id) DO UPDATE SET village_id = excluded.village_id, name = excluded.name
     WHERE (t.village_id, t.name) IS DISTINCT FROM (excluded.village_id, excluded.name)
     RETURNING id`,
    [(r) => r.areaId, (r) => r.villageId, (r) => r.areaName],
  );

/** Occupancy that changes does so from `nowMs` on; that of a new household holds for all time before, too. */
export const upsertHouseholds = async (query: Query, rows: readonly NumberedRow[], nowMs: number) => {
  for (const chunk of chunksOf(rows)) {
    await query(
      `INSERT INTO household_occupancy AS o (household_id, from_ms, inhabited)
       SELECT h.id, $3, n.inhabited
         FROM unnest($1::text[], $2::boolean[]) AS n (id, inhabited)
         JOIN household h ON h.id = n.id AND h.inhabited <> n.inhabited
       ON CONFLICT (household_id, from_ms) DO UPDATE SET inhabited = excluded.inhabited`,
      [column(chunk, (r) => r.householdId), column(chunk, (r) => r.inhabited), nowMs],
    );
  }
  const changed = await upsert(
    query,
    rows,
    `INSERT INTO household AS t (id, area_id, address, inhabited)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[])
     ON CONFLICT (id) DO UPDATE
       SET area_id = excluded.area_id, address = excluded.address, inhabited = excluded.inhabited
     WHERE (t.area_id, t.address, t.inhabited)
       IS DISTINCT FROM (excluded.area_id, excluded.address, excluded.inhabited)
     RETURNING id`,
    [(r) => r.householdId, (r) => r.areaId, (r) => r.address, (r) => r.inhabited],
  );
  for (const ids of idChunksOf([...changed]))
    await query(
      `INSERT INTO household_occupancy (household_id, from_ms, inhabited)
       SELECT h.id, 0, h.inhabited FROM household h
        WHERE h.id = ANY($1::text[])
          AND NOT EXISTS (SELECT FROM household_occupancy o WHERE o.household_id = h.id)`,
      [ids],
    );
  return changed;
};

export const upsertBreakers = (query: Query, rows: readonly NumberedRow[]) =>
  upsert(
    query,
    rows,
    `INSERT INTO breaker AS t
       (id, area_id, household_id, level, rated_residual_current_ma, installed_on, removed_on)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::date[], $7::date[])
     ON CONFLICT (id) DO UPDATE
       SET area_id = excluded.area_id, household_id = excluded.household_id, level = excluded.level,
           rated_residual_current_ma = excluded.rated_residual_current_ma,
           installed_on = excluded.installed_on, removed_on = excluded.removed_on
     WHERE (t.area_id, t.household_id, t.level, t.rated_residual_current_ma, t.installed_on, t.removed_on)
       IS DISTINCT FROM (excluded.area_id, excluded.household_id, excluded.level,
                         excluded.rated_residual_current_ma, excluded.installed_on, excluded.removed_on)
     RETURNING id`,
    [
      (r) => r.breakerId,
      (r) => r.areaId,
      (r) => r.householdId,
      (r) => r.level,
      (r) => r.ratedResidualCurrentMa,
      (r) => r.installedOn,
      (r) => r.removedOn,
    ],
  );
