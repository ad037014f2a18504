// What the journal holds and answers; one implementation (lmdb), named here so that its users need not open it to read it.

/** A message as it came from a client, before anyone has looked into it. */
export type RawMessage = {
  arrivalMs: number;
  /** MQTT client id, or the subscriber's name for an external broker. */
  clientId: string;
  topic: string;
  payload: Uint8Array;
  /** Why the broker refused to route it (it is kept for the quarantine), or null. */
  refusal: string | null;
};

export type JournalRecord = RawMessage & { offset: number };

export type AppendOutcome = { kind: "durable"; offset: number } | { kind: "full" };

export type JournalStats = {
  records: number;
  bytes: number;
  maxBytes: number;
  /** Arrival of the oldest record that is still held; null when empty. */
  oldestArrivalMs: number | null;
  /** Offset of the newest record; 0 before the first. */
  lastOffset: number;
  /** Consumer → records that it has not passed. */
  lag: Record<string, number>;
  full: boolean;
};

export type Journal = {
  /** Identifies this log; offsets of another log mean nothing here. */
  readonly id: string;
  /** Resolves when the message is on disk (after fsync, grouped with its neighbours) or the journal is full. Rejects when the disk fails. */
  append(message: RawMessage): Promise<AppendOutcome>;
  /**
   * Appends in order as far as there is room: resolves with how many of them, from the first on, are on disk. One
   * promise for many messages, as a promise for each costs the broker more than the append. Rejects when the disk fails.
   */
  appendAll(messages: readonly RawMessage[]): Promise<number>;
  /** Records with offset > `afterOffset` in order, at most `limit` and at most about 8 MiB. */
  read(afterOffset: number, limit: number): JournalRecord[];
  /** The offset up to which the consumer has passed; 0 at the beginning. */
  offsetOf(consumer: string): number;
  /** Records that the consumer has passed everything up to `offset`; resolves when committed. Never moves backwards. */
  advance(consumer: string, offset: number): Promise<void>;
  /** Removes up to `limit` records that all consumers have passed; answers how many. The newest record always stays. */
  trim(limit: number): Promise<number>;
  stats(): JournalStats;
  close(): Promise<void>;
};
