// The durable log of raw messages in one lmdb environment: append, read, advance, trim.
import { randomUUID } from "node:crypto";
import { type Database, open } from "lmdb";
import { type Fullness, fullnessOf } from "./fullness.ts";
import type { AppendOutcome, Journal, JournalRecord, JournalStats, RawMessage } from "./port.ts";
import { decodeRecord, encodeRecord } from "./record.ts";

export type JournalOptions = {
  /** Directory of the environment; made when it is missing. */
  dir: string;
  /** Live bytes at which `append` answers `full`. */
  maxBytes: number;
  /** Who must have passed a record before it may be trimmed. */
  consumers: readonly string[];
};

/** Appends that share one sync. */
type Group = {
  firstOffset: number;
  records: Buffer[];
  charge: number;
  settle: PromiseWithResolvers<void>;
};
const emptyGroup = (): Group => ({
  firstOffset: 0,
  records: [],
  charge: 0,
  settle: Promise.withResolvers<void>(),
});

/** Bytes after which one `read` stops. */
const maxReadBytes = 8 * 1024 * 1024;
const journalIdKey = "journalId";

const toBytes = (value: number): Buffer => {
  const out = Buffer.allocUnsafe(8);
  out.writeDoubleLE(value);
  return out;
};
const toNumber = (bytes: Uint8Array | undefined): number =>
  bytes === undefined ? 0 : Buffer.from(bytes).readDoubleLE(0);

/** lmdb rejects with a wrapper whose `commitError` is a second promise; unheard, it would end the process. */
const commitFailure = async (error: unknown): Promise<Error> => {
  const inner: unknown = (error as { commitError?: unknown }).commitError;
  if (!(inner instanceof Promise)) return error instanceof Error ? error : new Error(String(error));
  const cause: unknown = await inner.then(
    () => error,
    (reason: unknown) => reason,
  );
  return new Error(`journal commit failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
};

/**
 * Opens (or makes) the journal in `dir`. Several threads and processes may hold the same directory open, but exactly
 * one may append, and each consumer is advanced by one holder. Throws when the directory cannot be used.
 */
export const openJournal = (options: JournalOptions): Journal => {
  const { dir, maxBytes, consumers } = options;
  if (!(maxBytes > 0)) throw new RangeError("maxBytes must be positive");
  // put() resolves after the sync only without overlappingSync. The map is sized once, so that it is seldom remapped.
  const env = open<Buffer, string>({
    path: dir,
    noSubdir: false,
    overlappingSync: false,
    // Our own groups take its place: when a commit fails, it leaves a rejected promise behind that nobody hears.
    eventTurnBatching: false,
    encoding: "binary",
    maxDbs: 4,
    mapSize: 2 * maxBytes + 64 * 1024 * 1024,
  });
  const records: Database<Buffer, number> = env.openDB({ name: "records", encoding: "binary" });
  const offsets: Database<Buffer, string> = env.openDB({ name: "offsets", encoding: "binary" });
  const meta: Database<Buffer, string> = env.openDB({ name: "meta", encoding: "binary" });
  const id = meta.transactionSync(() => {
    const known = meta.get(journalIdKey);
    if (known !== undefined) return known.toString();
    const made = randomUUID();
    meta.putSync(journalIdKey, Buffer.from(made));
    return made;
  });
  const life: { closed: boolean } = { closed: false };
  const fullness: Fullness = fullnessOf(records, maxBytes);
  const pending = new Set<Promise<unknown>>();
  const advancing = new Map<string, { offset: number; committed: Promise<unknown> }>();
  let nextOffset: number | undefined;
  let group = emptyGroup();
  let committing = false;

  const track = <T>(work: Promise<T>): Promise<T> => {
    pending.add(work);
    const settle = () => pending.delete(work);
    work.then(settle, settle);
    return work;
  };
  const edgeKey = (reverse: boolean): number => {
    for (const key of records.getKeys({ limit: 1, reverse })) return key;
    return 0;
  };
  const offsetOf = (consumer: string): number => {
    env.resetReadTxn();
    return toNumber(offsets.get(consumer));
  };
  /** Past everything ever handed out: what is trimmed away is remembered by the consumers that passed it. */
  const firstFreeOffset = (): number => {
    env.resetReadTxn();
    let highest = edgeKey(true);
    for (const { value } of offsets.getRange()) highest = Math.max(highest, toNumber(value));
    return highest + 1;
  };

  /** One transaction, synced. */
  const commit = (write: () => void): Promise<unknown> => {
    if (life.closed) return Promise.reject(new Error("the journal is closed"));
    return track(
      records.batch(write).catch(async (error: unknown) => {
        throw await commitFailure(error);
      }),
    );
  };

  /** Commits the group that has formed; the next forms while this one is being synced. */
  const flush = async (): Promise<void> => {
    if (committing || group.records.length === 0) return;
    const { firstOffset, records: bytes, charge, settle } = group;
    group = emptyGroup();
    committing = true;
    try {
      await commit(() => {
        let offset = firstOffset;
        for (const value of bytes) void records.put(offset++, value);
      });
      settle.resolve();
    } catch (error) {
      settle.reject(error);
    }
    fullness.settle(charge);
    committing = false;
    void flush();
  };

  /** Takes a message into the group that forms; its offset, or null when the journal is full. */
  const join = (message: RawMessage): number | null => {
    const bytes = encodeRecord(message);
    const charge = fullness.reserve(bytes.length);
    if (charge === null) return null;
    nextOffset ??= firstFreeOffset();
    const offset = nextOffset++;
    if (group.records.length === 0) {
      group.firstOffset = offset;
      void track(group.settle.promise);
    }
    group.records.push(bytes);
    group.charge += charge;
    return offset;
  };

  const append = async (message: RawMessage): Promise<AppendOutcome> => {
    if (life.closed) throw new Error("the journal is closed");
    const offset = join(message);
    if (offset === null) return { kind: "full" };
    if (group.records.length === 1) setImmediate(() => void flush());
    await group.settle.promise;
    return { kind: "durable", offset };
  };

  const appendAll = async (messages: readonly RawMessage[]): Promise<number> => {
    if (life.closed) throw new Error("the journal is closed");
    let joined = 0;
    for (const message of messages) {
      if (join(message) === null) break;
      joined++;
    }
    if (joined === 0) return 0;
    const { promise } = group.settle;
    void flush();
    await promise;
    return joined;
  };

  const read = (afterOffset: number, limit: number): JournalRecord[] => {
    env.resetReadTxn();
    const found: JournalRecord[] = [];
    let bytes = 0;
    for (const { key, value } of records.getRange({ start: afterOffset + 1, limit })) {
      found.push(decodeRecord(key, value));
      bytes += value.length;
      if (bytes >= maxReadBytes) break;
    }
    return found;
  };

  const advance = async (consumer: string, offset: number): Promise<void> => {
    const underWay = advancing.get(consumer);
    const ahead = underWay !== undefined && underWay.offset >= offset;
    if (!ahead && offset <= offsetOf(consumer)) return;
    const own = ahead
      ? underWay
      : { offset, committed: commit(() => void offsets.put(consumer, toBytes(offset))) };
    advancing.set(consumer, own);
    try {
      await own.committed;
    } finally {
      if (advancing.get(consumer) === own) advancing.delete(consumer);
    }
  };

  const trim = async (limit: number): Promise<number> => {
    const passed = Math.min(...consumers.map(offsetOf), edgeKey(true) - 1);
    const keys = [...records.getKeys({ end: passed + 1, limit })];
    if (keys.length === 0) return 0;
    await commit(() => {
      for (const key of keys) void records.remove(key);
    });
    fullness.roomMade();
    return keys.length;
  };

  const stats = (): JournalStats => {
    env.resetReadTxn();
    const { bytes, records: held } = fullness.measure();
    const lastOffset = edgeKey(true);
    const beforeFirst = Math.max(edgeKey(false) - 1, 0);
    let oldestArrivalMs: number | null = null;
    for (const { key, value } of records.getRange({ limit: 1 })) {
      oldestArrivalMs = decodeRecord(key, value).arrivalMs;
    }
    const lagOf = (consumer: string) =>
      Math.max(0, lastOffset - Math.max(toNumber(offsets.get(consumer)), beforeFirst));
    return {
      records: held,
      bytes,
      maxBytes,
      oldestArrivalMs,
      lastOffset,
      lag: Object.fromEntries(consumers.map((consumer) => [consumer, lagOf(consumer)])),
      full: fullness.isFull(),
    };
  };

  const close = async (): Promise<void> => {
    if (life.closed) return;
    if (group.records.length > 0) await Promise.allSettled([group.settle.promise]);
    life.closed = true;
    await Promise.allSettled([...pending]);
    await env.close();
  };

  return { id, append, appendAll, read, offsetOf, advance, trim, stats, close };
};
