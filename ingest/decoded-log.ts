// The journal as decoded messages. Consumers in step share the work of decoding; one that lags behind decodes for itself.
import type { Journal } from "../journal/port.ts";
import { type DecodedMessage, decodeMessage } from "./decode.ts";
import type { Registry } from "./registry.ts";

/** Decoded messages kept for the consumers that come after the first, small ones only: about 60 MB, 150 MB at the most. */
const keptMessages = 1 << 16;
const keptPayloadBytes = 2_048;

export type DecodedLog = {
  /** Messages with offset > `afterOffset`, in order, at most `limit`. */
  read(afterOffset: number, limit: number): DecodedMessage[];
};

export const openDecodedLog = (
  journal: Pick<Journal, "read">,
  registry: () => Registry,
  retentionMs: number,
): DecodedLog => {
  const kept: (DecodedMessage | undefined)[] = new Array(keptMessages);
  let keptVersion = -1;

  return {
    read(afterOffset, limit) {
      const { version } = registry();
      // What an older registry did not know may be known now.
      if (version !== keptVersion) kept.fill(undefined);
      keptVersion = version;

      const messages: DecodedMessage[] = [];
      for (let offset = afterOffset + 1; messages.length < limit; offset += 1) {
        const message = kept[offset % keptMessages];
        if (message?.record.offset !== offset) break;
        messages.push(message);
      }
      if (messages.length > 0) return messages;
      for (const record of journal.read(afterOffset, limit)) {
        const message = decodeMessage(record, registry(), retentionMs);
        if (record.payload.byteLength <= keptPayloadBytes) kept[record.offset % keptMessages] = message;
        messages.push(message);
      }
      return messages;
    },
  };
};
