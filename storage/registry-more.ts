// Writes the registry's optional columns: supply station, householder, account, walking order, safety officer of a village.
import type { RegistryRow } from "../domain/registry.ts";
import type { Query } from "./db.ts";
import type { NumberedRow } from "./registry-check.ts";
import { chunksOf, column } from "./registry-write.ts";

/** Rows in which the column stands; a table that leaves it out says nothing about what is stored. */
const saying = (rows: readonly NumberedRow[], name: keyof RegistryRow): NumberedRow[] =>
  rows.filter(({ row }) => row[name] !== undefined);

/** Updates areas by the table's rows of them; answers the ids of those that differed. */
export const updateAreaFacts = async (query: Query, areas: readonly NumberedRow[]): Promise<string[]> => {
  const changed: string[] = [];
  for (const chunk of chunksOf(saying(areas, "supplyStation"))) {
    const updated = await query<{ id: string }>(
      `UPDATE transformer_area AS t SET supply_station = n.value
         FROM unnest($1::text[], $2::text[]) AS n (id, value)
        WHERE t.id = n.id AND t.supply_station IS DISTINCT FROM n.value
        RETURNING t.id`,
      [column(chunk, (row) => row.areaId), column(chunk, (row) => row.supplyStation)],
    );
    changed.push(...updated.map((row) => row.id));
  }
  return changed;
};

const householdColumns = ["householder", "accountNumber", "walkingOrder"] as const;

/** Updates households by the table's rows of them, in the columns that the table has; answers the ids of those that differed. */
export const updateHouseholdFacts = async (
  query: Query,
  households: readonly NumberedRow[],
): Promise<string[]> => {
  const has = householdColumns.map((name) => saying(households, name).length > 0);
  if (!has.includes(true)) return [];
  const changed: string[] = [];
  for (const chunk of chunksOf(households)) {
    const updated = await query<{ id: string }>(
      `UPDATE household AS t
          SET householder = CASE WHEN $5 THEN n.householder ELSE t.householder END,
              account_number = CASE WHEN $6 THEN n.account_number ELSE t.account_number END,
              walking_order = CASE WHEN $7 THEN n.walking_order ELSE t.walking_order END
         FROM unnest($1::text[], $2::text[], $3::text[], $4::int[])
              AS n (id, householder, account_number, walking_order)
        WHERE t.id = n.id
          AND (($5 AND t.householder IS DISTINCT FROM n.householder)
            OR ($6 AND t.account_number IS DISTINCT FROM n.account_number)
            OR ($7 AND t.walking_order IS DISTINCT FROM n.walking_order))
        RETURNING t.id`,
      [
        column(chunk, (row) => row.householdId),
        ...householdColumns.map((name) => column(chunk, (row) => row[name] ?? null)),
        ...has,
      ],
    );
    changed.push(...updated.map((row) => row.id));
  }
  return changed;
};

/**
 * Stores the safety officers that rows name, and that they look after the row's village from the local day `today` on,
 * unless they do already. An empty cell ends nothing. Answers the ids of villages for which something was new or differed.
 */
export const upsertOfficers = async (
  query: Query,
  rows: readonly NumberedRow[],
  today: string,
): Promise<string[]> => {
  const officers = new Map<string, NumberedRow>();
  const pairs = new Map<string, NumberedRow>();
  for (const numbered of rows) {
    const { officerId, villageId } = numbered.row;
    if (officerId === undefined || officerId === null) continue;
    if (!officers.has(officerId)) officers.set(officerId, numbered);
    pairs.set(`${villageId}\0${officerId}`, numbered);
  }
  if (officers.size === 0) return [];
  const named = [...officers.values()];
  const changed = await query<{ id: string }>(
    `INSERT INTO safety_officer AS o (id, name, phone)
     SELECT id, name, coalesce(phone, '') FROM unnest($1::text[], $2::text[], $3::text[]) AS n (id, name, phone)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name,
       phone = CASE WHEN $4 THEN excluded.phone ELSE o.phone END
     WHERE o.name <> excluded.name OR ($4 AND o.phone <> excluded.phone)
     RETURNING id`,
    [
      column(named, (row) => row.officerId),
      column(named, (row) => row.officerName),
      column(named, (row) => row.officerPhone ?? null),
      saying(named, "officerPhone").length > 0,
    ],
  );
  const differs = new Set(changed.map((row) => row.id));
  const all = [...pairs.values()];
  const assigned = await query<{ village_id: string }>(
    `INSERT INTO village_officer (village_id, officer_id, from_on)
     SELECT n.village_id, n.officer_id, $3::date
       FROM unnest($1::text[], $2::text[]) AS n (village_id, officer_id)
      WHERE NOT EXISTS (SELECT FROM village_officer k
                         WHERE k.village_id = n.village_id AND k.officer_id = n.officer_id
                           AND (k.to_on IS NULL OR k.to_on > $3::date) AND k.from_on <= $3::date)
     ON CONFLICT (village_id, officer_id, from_on) DO NOTHING
     RETURNING village_id`,
    [column(all, (row) => row.villageId), column(all, (row) => row.officerId), today],
  );
  return [
    ...all.filter(({ row }) => differs.has(row.officerId ?? "")).map(({ row }) => row.villageId),
    ...assigned.map((row) => row.village_id),
  ];
};
