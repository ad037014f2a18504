// What a consumer leaves out, it quarantines: each answers for its own completeness, and the ids make it happen once.
import type { QuarantineRow } from "../storage/quarantine.ts";
import type { DecodedMessage } from "./decode.ts";
import type { Rejection } from "./decoders/rejection.ts";

/** The row for one rejected part of a message. */
export const quarantineRow = (
  journalId: string,
  message: DecodedMessage,
  index: number,
  rejection: Rejection,
): QuarantineRow => ({
  id: `${journalId}:${message.record.offset}:${index}`,
  receivedAtMs: message.record.arrivalMs,
  clientId: message.record.clientId,
  topic: message.record.topic,
  reason: rejection.reason,
  detail: rejection.detail,
  payload: message.record.payload,
});

/** The rows for everything that decoding refused in these messages. */
export const quarantineRows = (journalId: string, messages: readonly DecodedMessage[]): QuarantineRow[] =>
  messages.flatMap((message) =>
    message.rejections.map((rejection) => quarantineRow(journalId, message, rejection.index, rejection)),
  );
