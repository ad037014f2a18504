// What a consumer leaves out, it quarantines: each answers for its own completeness, and the ids make it happen once.
import type { JournalRecord } from "../journal/port.ts";
import type { QuarantineRow } from "../storage/quarantine.ts";
import type { DecodedMessage } from "./decode.ts";
import type { Rejection } from "./decoders/rejection.ts";

/** The row for one rejected part of a message, as it came. */
export const quarantineRow = (
  journalId: string,
  record: JournalRecord,
  index: number,
  rejection: Rejection,
): QuarantineRow => ({
  id: `${journalId}:${record.offset}:${index}`,
  receivedAtMs: record.arrivalMs,
  clientId: record.clientId,
  topic: record.topic,
  reason: rejection.reason,
  detail: rejection.detail,
  payload: record.payload,
});

/** The rows for everything that decoding refused in these messages. */
export const quarantineRows = (journalId: string, messages: readonly DecodedMessage[]): QuarantineRow[] =>
  messages.flatMap(({ raw, rejections }) =>
    raw === null
      ? []
      : rejections.map((rejection) => quarantineRow(journalId, raw, rejection.index, rejection)),
  );
