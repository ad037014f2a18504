// The journal as decoded messages. Consumers in step share the work of decoding; one that lags behind decodes for itself.
import type { Journal } from "../journal/port.ts";
import { type DecodedMessage, decodeMessage } from "./decode.ts";
import type { Registry } from "./registry.ts";

/** Decoded messages kept for the consumers that come after the first, small ones only: about 15 MB, 40 MB at the most. */
const defaultKeptMessages = 1 << 14;
const keptPayloadBytes = 2_048;
/** A consumer that has not moved for this long is waited for no more: its store may be down for hours. */
const patienceMs = 1_000;

/** One consumer's view of the log. */
export type DecodedReader = {
  /**
   * Messages with offset > `afterOffset`, in order, at most `limit`; none only when there are none. `wait` asks to come
   * again soon: going on now would take from another what was decoded for it, and have it decoded once more.
   */
  read(afterOffset: number, limit: number): DecodedMessage[] | "wait";
};

export type DecodedLog = { reader(): DecodedReader };

/** Where a reader stands: it has been given everything up to `offset`. */
type Progress = { offset: number; movedAtMs: number };

export const openDecodedLog = (
  journal: Pick<Journal, "read">,
  registry: () => Registry,
  retentionMs: number,
  options: { keptMessages?: number; elapsedMs?: () => number } = {},
): DecodedLog => {
  const keptMessages = options.keptMessages ?? defaultKeptMessages;
  const elapsedMs = options.elapsedMs ?? (() => performance.now());
  const kept: (DecodedMessage | undefined)[] = new Array(keptMessages);
  const readers: Progress[] = [];
  let keptVersion = -1;

  const keptAt = (offset: number): DecodedMessage | undefined => {
    const message = kept[offset % keptMessages];
    return message?.offset === offset ? message : undefined;
  };
  const keptAfter = (afterOffset: number, limit: number): DecodedMessage[] => {
    const messages: DecodedMessage[] = [];
    while (messages.length < limit) {
      const message = keptAt(afterOffset + 1 + messages.length);
      if (message === undefined) break;
      messages.push(message);
    }
    return messages;
  };
  /** Whether decoding up to `offset` would take the place of what another is about to read. */
  const hurries = (self: Progress, offset: number): boolean =>
    readers.some(
      (other) =>
        other !== self &&
        offset - other.offset > keptMessages &&
        elapsedMs() - other.movedAtMs < patienceMs &&
        keptAt(other.offset + 1) !== undefined,
    );
  const decodeAfter = (afterOffset: number, limit: number): DecodedMessage[] =>
    journal.read(afterOffset, limit).map((record) => {
      const message = decodeMessage(record, registry(), retentionMs);
      if (record.payload.byteLength <= keptPayloadBytes) kept[record.offset % keptMessages] = message;
      return message;
    });

  return {
    reader() {
      const self: Progress = { offset: 0, movedAtMs: Number.NEGATIVE_INFINITY };
      readers.push(self);
      return {
        read(afterOffset, limit) {
          const { version } = registry();
          // What an older registry did not know may be known now.
          if (version !== keptVersion) kept.fill(undefined);
          keptVersion = version;

          let messages = keptAfter(afterOffset, limit);
          if (messages.length === 0) {
            if (hurries(self, afterOffset + limit)) return "wait";
            messages = decodeAfter(afterOffset, limit);
          }
          const last = messages.at(-1)?.offset ?? afterOffset;
          if (last !== self.offset) self.movedAtMs = elapsedMs();
          self.offset = last;
          return messages;
        },
      };
    },
  };
};
