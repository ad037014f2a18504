// The days' partitions of the telemetry tables: made before the first report of a day, dropped after the retention.
import type { Db } from "../db.ts";
import { dayMs } from "./order.ts";

const tables = ["reading", "report_event"] as const;
/** Serialises the making of partitions between processes. */
const partitionLock = 0x68_75_62_63;
/** Dropping waits at most this long for readers; it is tried again at the next prune. */
const dropLockTimeoutMs = 5_000;

const suffix = (startMs: number): string => new Date(startMs).toISOString().slice(0, 10).replaceAll("-", "");

export type Partitions = {
  /** Makes what is missing for the UTC days that begin at these instants; remembers what is there. */
  ensure(days: ReadonlySet<number>): Promise<void>;
  /** Forgets what it remembers, after another process has dropped a day. */
  forget(): void;
  /** Whether an insert failed because a day's partition is gone. */
  isMissing(error: unknown): boolean;
  /** Drops the days that end at or before this instant. */
  dropBefore(oldestMs: number): Promise<void>;
};

/** Keeps the partitions of the database behind `db`. */
export const createPartitions = (db: Db): Partitions => {
  let known = new Set<number>();

  const create = (days: readonly number[]) =>
    db.transaction(async (query) => {
      await query("SELECT pg_advisory_xact_lock($1)", [partitionLock]);
      for (const startMs of days) {
        for (const table of tables) {
          const name = `${table}_${suffix(startMs)}`;
          const [found] = await query<{ oid: string | null }>("SELECT to_regclass($1)::text AS oid", [name]);
          if (found?.oid) continue;
          // Attaching takes a weaker lock on the parent than creating in place: readers and writers go on.
          await query(`CREATE TABLE ${name} (LIKE ${table} INCLUDING ALL)`);
          await query(
            `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${startMs}) TO (${startMs + dayMs})`,
          );
        }
      }
    });

  return {
    async ensure(days) {
      const missing = [...days].filter((startMs) => !known.has(startMs)).sort((a, b) => a - b);
      if (missing.length === 0) return;
      await create(missing);
      for (const startMs of missing) known.add(startMs);
    },
    forget() {
      known = new Set();
    },
    isMissing: (error) =>
      error instanceof Error &&
      "code" in error &&
      error.code === "23514" &&
      error.message.startsWith("no partition of relation"),
    async dropBefore(oldestMs) {
      for (const table of tables) {
        const rows = await db.query<{ name: string }>(
          `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass`,
          [table],
        );
        const oldest = `${table}_${suffix(oldestMs)}`;
        for (const { name } of rows.filter((row) => row.name < oldest)) {
          await db.transaction(async (query) => {
            await query(`SET LOCAL lock_timeout = ${dropLockTimeoutMs}`);
            await query(`DROP TABLE IF EXISTS ${name}`);
          });
        }
      }
      known = new Set([...known].filter((startMs) => startMs >= oldestMs));
    },
  };
};
