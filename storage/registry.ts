// Imports the registry table: all or nothing, the same table twice changes nothing.
import type { z } from "zod";
import type { importResultSchema } from "../domain/http.ts";
import { toIso } from "../domain/time.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";
import { placeMoved } from "./placements.ts";
import { contradictions, type LineError, type NumberedRow } from "./registry-check.ts";
import { updateAreaFacts, updateHouseholdFacts, upsertOfficers } from "./registry-more.ts";
import {
  chunksOf,
  column,
  idChunksOf,
  upsertAreas,
  upsertBreakers,
  upsertHouseholds,
  upsertTownships,
  upsertVillages,
} from "./registry-write.ts";

export type ImportResult = z.infer<typeof importResultSchema>;
export type ImportOutcome =
  | { kind: "imported"; result: ImportResult }
  | { kind: "rejected"; errors: LineError[] };

/** Serialises everything that decides over ids: imports, and gateway ids, which must not be a breaker's. */
export const lockRegistry = async (query: Query): Promise<void> => {
  await query("SELECT pg_advisory_xact_lock(hashtext('hubao_registry'))");
};

/** How long somebody at a page waits for whoever changes the registry before. */
const actWaitMs = 5_000;

/** The same for one act of a person: behind an import, which may take a minute, it fails soon (`isBusy`). */
export const lockRegistryForAct = async (query: Query): Promise<void> => {
  await query("SELECT set_config('lock_timeout', $1, true)", [`${actWaitMs}ms`]);
  await lockRegistry(query);
  await query("SELECT set_config('lock_timeout', '0', true)");
};

/** Who imports, and when. */
export type ImportBy = {
  actor: string;
  nowMs: number;
  /** The township's local day, from which moved breakers are where they are and safety officers look after their villages; that of `nowMs` in UTC when left out. */
  today?: string;
  /** Told how many rows of how many have been looked at; cheap to call often. */
  progress?: (done: number, total: number) => void;
  /** Aborted: nothing is written, and the abort's reason is thrown. */
  signal?: AbortSignal;
};

/** Statements that each look at every breaker or household, about: what the progress counts. */
const looksAtEachRow = 5;

const watched = (query: Query, rows: number, by: ImportBy): Query => {
  let done = 0;
  return async (text, values) => {
    by.signal?.throwIfAborted();
    const answer = await query(text, values);
    const [first] = values ?? [];
    if (Array.isArray(first)) done += first.length;
    by.progress?.(Math.min(done, rows * looksAtEachRow), rows * looksAtEachRow);
    return answer as never;
  };
};

/**
 * Stores the rows by their ids: what is new is added, what differs is updated (a breaker may move to another area or
 * household), what the table does not mention stays. Occupancy that changes does so from `nowMs` on.
 * Answers `rejected` with every line that contradicts another or what is stored, and then nothing is written.
 */
export const importRegistry = async (
  db: Db,
  rows: readonly NumberedRow[],
  by: ImportBy,
): Promise<ImportOutcome> => {
  const errors = contradictions(rows);
  if (errors.length > 0) return { kind: "rejected", errors };
  return db.transaction(async (query) => {
    await lockRegistry(query);
    return importLocked(db, query, rows, by);
  });
};

/** `importRegistry` within a transaction that holds the registry's lock; the rows do not contradict each other. */
export const importLocked = async (
  db: Pick<Db, "notify">,
  plain: Query,
  rows: readonly NumberedRow[],
  by: ImportBy,
): Promise<ImportOutcome> => {
  const query = watched(plain, rows.length, by);
  const tables = tablesOf(rows);
  const conflicts = await storedConflicts(query, tables);
  if (conflicts.length > 0) return { kind: "rejected", errors: conflicts };

  const moved = await movedClients(query, tables.breakers);
  const changed = {
    township: await upsertTownships(query, tables.townships),
    village: await upsertVillages(query, tables.villages),
    area: await upsertAreas(query, tables.areas),
    household: await upsertHouseholds(query, tables.households, by.nowMs),
    breaker: await upsertBreakers(query, tables.breakers),
  };
  const today = by.today ?? toIso(by.nowMs).slice(0, 10);
  for (const ids of idChunksOf([...changed.breaker])) await placeMoved(query, ids, today);
  for (const id of await updateAreaFacts(query, tables.areas)) changed.area.add(id);
  for (const id of await updateHouseholdFacts(query, tables.households)) changed.household.add(id);
  for (const id of await upsertOfficers(query, rows, today)) changed.village.add(id);
  const result: ImportResult = {
    rows: rows.length,
    townships: tables.townships.length,
    villages: tables.villages.length,
    transformerAreas: tables.areas.length,
    households: tables.households.length,
    breakers: tables.breakers.length,
    changed: rows.filter(
      ({ row }) =>
        changed.township.has(row.townshipId) ||
        changed.village.has(row.villageId) ||
        changed.area.has(row.areaId) ||
        (row.householdId !== null && changed.household.has(row.householdId)) ||
        (row.breakerId !== null && changed.breaker.has(row.breakerId)),
    ).length,
  };
  await writeAudit(query, {
    actor: by.actor,
    act: "registry.import",
    subject: "registry",
    detail: result,
  });
  if (result.changed > 0) await db.notify({ kind: "registry" }, query);
  // A moved breaker must speak under its new area, a removed one no more: its connection has to be looked at again.
  for (const clientId of moved) await db.notify({ kind: "credential", clientId }, query);
  return { kind: "imported", result };
};

/** What rows say that what is stored, and they leave alone, cannot agree with. */
export const conflictsWithStored = (query: Query, rows: readonly NumberedRow[]): Promise<LineError[]> =>
  storedConflicts(query, tablesOf(rows));

type Tables = ReturnType<typeof tablesOf>;

const tablesOf = (rows: readonly NumberedRow[]) => {
  const firstBy = (key: (numbered: NumberedRow) => string | null) => {
    const found = new Map<string, NumberedRow>();
    for (const numbered of rows) {
      const id = key(numbered);
      if (id !== null && !found.has(id)) found.set(id, numbered);
    }
    return [...found.values()];
  };
  return {
    townships: firstBy(({ row }) => row.townshipId),
    villages: firstBy(({ row }) => row.villageId),
    areas: firstBy(({ row }) => row.areaId),
    households: firstBy(({ row }) => row.householdId),
    breakers: firstBy(({ row }) => row.breakerId),
  };
};

/** What the table says that what is stored, and the table leaves alone, cannot agree with. */
const storedConflicts = async (query: Query, tables: Tables): Promise<LineError[]> => {
  const errors: LineError[] = [];
  const lineOfBreaker = new Map(tables.breakers.map(({ line, row }) => [row.breakerId, line]));
  const lineOfHousehold = new Map(tables.households.map(({ line, row }) => [row.householdId, line]));

  for (const chunk of chunksOf(tables.breakers)) {
    const gateways = await query<{ client_id: string }>(
      "SELECT client_id FROM credential WHERE kind = 'gateway' AND client_id = ANY($1::text[])",
      [column(chunk, (r) => r.breakerId)],
    );
    for (const { client_id } of gateways)
      errors.push({
        line: lineOfBreaker.get(client_id) ?? 0,
        field: "breakerId",
        reason: `${client_id} is the id of a gateway; a breaker's id must be its own`,
      });
  }
  for (const chunk of chunksOf(tables.households)) {
    const elsewhere = await query<{ id: string; household_id: string; area_id: string }>(
      `SELECT b.id, b.household_id, b.area_id
         FROM unnest($1::text[], $2::text[]) AS h (id, area_id)
         JOIN breaker b ON b.household_id = h.id AND b.area_id <> h.area_id`,
      [column(chunk, (r) => r.householdId), column(chunk, (r) => r.areaId)],
    );
    for (const { id, household_id, area_id } of elsewhere) {
      if (lineOfBreaker.has(id)) continue;
      errors.push({
        line: lineOfHousehold.get(household_id) ?? 0,
        field: "areaId",
        reason: `household ${household_id} moves, but its breaker ${id} in transformer area ${area_id} is not in this table`,
      });
    }
  }
  return errors.sort((a, b) => a.line - b.line);
};

/** Breakers with a credential that this table puts into another area, or whose removal it changes. */
const movedClients = async (query: Query, breakers: readonly NumberedRow[]): Promise<string[]> => {
  const moved: string[] = [];
  for (const chunk of chunksOf(breakers)) {
    const rows = await query<{ id: string }>(
      `SELECT b.id
         FROM unnest($1::text[], $2::text[], $3::date[]) AS n (id, area_id, removed_on)
         JOIN breaker b ON b.id = n.id
          AND (b.area_id <> n.area_id OR b.removed_on IS DISTINCT FROM n.removed_on)
         JOIN credential c ON c.client_id = b.id`,
      [column(chunk, (r) => r.breakerId), column(chunk, (r) => r.areaId), column(chunk, (r) => r.removedOn)],
    );
    moved.push(...rows.map((row) => row.id));
  }
  return moved;
};
