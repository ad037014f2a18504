// Quarantined messages that are to be tried again: asked for by the api, done by whoever writes the journal.
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";

/** A message as it came; Unix milliseconds. */
export type QuarantinedMessage = {
  id: string;
  receivedAtMs: number;
  clientId: string;
  topic: string;
  payload: Uint8Array;
};

export type ReplayOutcome =
  | { kind: "requested" }
  | { kind: "notFound" }
  | { kind: "refused"; reason: string };

/** What the broker did not let pass stays out: trying it again would let a device speak as another. */
const refusedByBroker = new Set([
  "foreignTopic",
  "reservedTopic",
  "commandTopic",
  "invalidTopic",
  "tooLarge",
]);

/** Marks a message to be tried again; asking twice changes nothing. Writes the audit log. */
export const requestReplay = (db: Db, id: string, actor: string): Promise<ReplayOutcome> =>
  db.transaction(async (query) => {
    const [row] = await query<{ reason: string }>("SELECT reason FROM quarantine WHERE id = $1 FOR UPDATE", [
      id,
    ]);
    if (row === undefined) return { kind: "notFound" };
    if (refusedByBroker.has(row.reason)) return { kind: "refused", reason: row.reason };
    await query(
      "UPDATE quarantine SET replay_requested_at = coalesce(replay_requested_at, now()) WHERE id = $1",
      [id],
    );
    await writeAudit(query, { actor, act: "quarantine.replay", subject: id });
    await db.notify({ kind: "replay" }, query);
    return { kind: "requested" };
  });

/** The oldest messages that wait to be tried again. */
export const messagesToReplay = (query: Query, limit: number): Promise<QuarantinedMessage[]> =>
  query(
    `SELECT id, received_at_ms AS "receivedAtMs", client_id AS "clientId", topic, payload FROM quarantine
      WHERE replay_requested_at IS NOT NULL ORDER BY replay_requested_at, id LIMIT $1`,
    [limit],
  );

/** Forgets messages that are in the journal again; what is still wrong with them quarantines them anew. */
export const removeReplayed = async (query: Query, ids: readonly string[]): Promise<void> => {
  await query("DELETE FROM quarantine WHERE id = ANY($1) AND replay_requested_at IS NOT NULL", [ids]);
};
