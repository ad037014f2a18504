// Messages that could not be used, as the API shows them.
import type { QuarantineEntry } from "../../domain/http.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import { conditions } from "./scope.ts";

/** Shown of a payload: bytes as they came, and characters where it is text. */
const shownBytes = 4_096;
const shownCharacters = 4_096;
/** Bytes that surely hold that many characters of UTF-8. */
const readBytes = shownCharacters * 4;

/** The entry after which a page begins. */
export type QuarantinePosition = { receivedAtMs: number; id: string };

type Row = {
  id: string;
  receivedAtMs: number;
  clientId: string;
  topic: string;
  reason: string;
  detail: string;
  payloadBytes: number;
  replayRequested: boolean;
  head: Buffer;
};

/** Quarantined messages, newest first. */
export const listQuarantine = async (
  query: Query,
  filter: { reason?: string | undefined; clientId?: string | undefined },
  page: { after?: QuarantinePosition | undefined; limit: number },
): Promise<QuarantineEntry[]> => {
  const where = conditions();
  const head = where.value(readBytes);
  where.add("reason = ?", filter.reason);
  where.add("client_id = ?", filter.clientId);
  if (page.after !== undefined) {
    const at = where.value(page.after.receivedAtMs);
    where.add(`(received_at_ms, id) < (${at}::bigint, ?)`, page.after.id);
  }
  const limit = where.value(page.limit);
  const rows = await query<Row>(
    `SELECT id, received_at_ms AS "receivedAtMs", client_id AS "clientId", topic, reason, detail,
            octet_length(payload) AS "payloadBytes", replay_requested_at IS NOT NULL AS "replayRequested", substring(payload FROM 1 FOR ${head}::int) AS head
       FROM quarantine WHERE ${where.sql()}
      ORDER BY received_at_ms DESC, id DESC LIMIT ${limit}`,
    where.values,
  );
  return rows.map(({ receivedAtMs, head: bytes, ...rest }) => ({
    ...rest,
    receivedAt: toIso(receivedAtMs),
    payloadText: textOf(bytes, rest.payloadBytes > bytes.length),
    payloadBase64: bytes.subarray(0, shownBytes).toString("base64"),
  }));
};

/** The bytes as text, or null where they are not UTF-8; `cut` bytes may end within a character. */
const textOf = (bytes: Buffer, cut: boolean): string | null => {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut });
    return text.slice(0, shownCharacters);
  } catch {
    return null;
  }
};
