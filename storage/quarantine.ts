// Messages that could not be used, kept as they came.
import type { Query } from "./db.ts";

export type QuarantineRow = {
  /** journal id : offset : index, so that a replay quarantines nothing twice. */
  id: string;
  receivedAtMs: number;
  clientId: string;
  topic: string;
  /** A short word that is counted. */
  reason: string;
  detail: string;
  payload: Uint8Array;
};

/** PostgreSQL's text cannot hold NUL; everything else of a client's words is kept. */
const text = (value: string): string => value.replaceAll("\0", "\u2400").toWellFormed();

/** Stores the rows that are not there yet. */
export const storeQuarantine = async (query: Query, rows: readonly QuarantineRow[]): Promise<void> => {
  if (rows.length === 0) return;
  await query(
    `INSERT INTO quarantine (id, received_at_ms, client_id, topic, reason, detail, payload)
     SELECT id, received_at_ms, client_id, topic, reason, detail, decode(payload, 'base64')
     FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
       AS r(id, received_at_ms, client_id, topic, reason, detail, payload)
     ON CONFLICT (id) DO NOTHING`,
    [
      rows.map((r) => r.id),
      rows.map((r) => r.receivedAtMs),
      rows.map((r) => text(r.clientId)),
      rows.map((r) => text(r.topic)),
      rows.map((r) => r.reason),
      rows.map((r) => text(r.detail)),
      rows.map((r) => Buffer.from(r.payload).toString("base64")),
    ],
  );
};
