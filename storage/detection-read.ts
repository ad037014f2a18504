// What detection reads back: its memory, histories, checkpoints and requests for revision.
import type { StateChange } from "../domain/operating.ts";
import { type CopyOut, quoteAll } from "./copy-out.ts";
import type { Query } from "./db.ts";
import type { OwnChangeRow } from "./detection.ts";

/** How far detection has committed in this journal; 0 where never. */
export const detectionOffset = async (query: Query, journalId: string): Promise<number> => {
  const [row] = await query<{ offset: number }>(
    `SELECT "offset" FROM consumer_offset WHERE journal_id = $1 AND consumer = 'detection'`,
    [journalId],
  );
  return row?.offset ?? 0;
};

/**
 * A breaker's memory as last committed, the facts that it was judged with, and what it usually leaks; null where nothing has
 * been learnt. Bytes are held as text of one a character, because a buffer of a few hundred bytes costs as much again.
 */
export type StoredMemory = { breakerId: string; memory: string; facts: string; baseline: string | null };

/** Tells of the memories of those breakers that have one. */
export const readMemories = (
  copyOut: CopyOut,
  breakerIds: readonly string[],
  take: (stored: StoredMemory) => void,
): Promise<void> => {
  // Both sides are narrowed, so that they are merged in the order of their keys: looking up one for the other costs twice as much.
  const wanted = `WHERE breaker_id = ANY(${quoteAll(breakerIds)})`;
  return copyOut(
    `SELECT s.breaker_id, s.memory, s.facts, b.baseline FROM (SELECT * FROM breaker_state ${wanted}) s
       LEFT JOIN (SELECT * FROM breaker_baseline ${wanted}) b USING (breaker_id)`,
    (row) =>
      take({
        breakerId: row.text(0) ?? "",
        memory: row.oneByteText(1) ?? "",
        facts: row.text(2) ?? "",
        baseline: row.oneByteText(3),
      }),
  );
};

export const loadAreaFolds = (
  query: Query,
  areaIds: readonly string[],
): Promise<{ areaId: string; fold: unknown }[]> =>
  query(`SELECT area_id AS "areaId", fold FROM area_state WHERE area_id = ANY($1::text[])`, [areaIds]);

type HistoryRow<T> = T & { breakerId: string };

/**
 * Own changes from `fromMs(breaker)` on and the last one before it, in order; breakers by id (all, or those listed).
 * `before` tells for each breaker the instant from which on the whole history is wanted.
 */
export const loadOwnChanges = async (
  query: Query,
  before: readonly { breakerId: string; fromMs: number }[],
): Promise<HistoryRow<OwnChangeRow>[]> =>
  query(
    `SELECT o.breaker_id AS "breakerId", o.from_ms AS "fromMs", o.state, o.reason, o.dark
     FROM jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint)
     JOIN own_change o ON o.breaker_id = r."breakerId" AND o.from_ms >= coalesce(
       (SELECT max(from_ms) FROM own_change p WHERE p.breaker_id = r."breakerId" AND p.from_ms < r."fromMs"), r."fromMs")
     ORDER BY o.breaker_id, o.from_ms`,
    [JSON.stringify(before)],
  );

/** Published changes from the given instants on and the last one before them, in order. */
export const loadPublishedChanges = async (
  query: Query,
  before: readonly { breakerId: string; fromMs: number }[],
): Promise<HistoryRow<StateChange>[]> =>
  query(
    `SELECT o.breaker_id AS "breakerId", o.from_ms AS "fromMs", o.state, o.reason
     FROM jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint)
     JOIN operating_interval o ON o.breaker_id = r."breakerId" AND o.from_ms >= coalesce(
       (SELECT max(from_ms) FROM operating_interval p WHERE p.breaker_id = r."breakerId" AND p.from_ms < r."fromMs"), r."fromMs")
     ORDER BY o.breaker_id, o.from_ms`,
    [JSON.stringify(before)],
  );

/** Requests for revision that are waiting. */
export const loadRevisions = async (query: Query): Promise<{ breakerId: string; fromMs: number }[]> =>
  query(`SELECT breaker_id AS "breakerId", from_ms AS "fromMs" FROM revision_request`);

/** The newest checkpoint at or before `atMs`, else the oldest there is; null where there is none. */
export const loadCheckpoint = async (
  query: Query,
  breakerId: string,
  atMs: number,
): Promise<{ dayMs: number; fold: unknown } | null> => {
  const [row] = await query<{ dayMs: number; fold: unknown }>(
    `SELECT day_ms AS "dayMs", fold FROM fold_checkpoint WHERE breaker_id = $1
     ORDER BY day_ms <= $2 DESC, abs(day_ms - $2) LIMIT 1`,
    [breakerId, atMs],
  );
  return row ?? null;
};
