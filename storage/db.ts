// The connection to PostgreSQL: a bounded pool, transactions, and notices of change.
import pg from "pg";
import { type CopyOut, copyOutOver } from "./copy-out.ts";

/** Runs one statement; answers its rows. */
export type Query = <T extends object>(text: string, values?: readonly unknown[]) => Promise<T[]>;

/** What the api tells the other roles through PostgreSQL, so that they need not poll. */
export type ChangeNotice =
  | { kind: "registry" }
  | { kind: "findingSettings" }
  | { kind: "credential"; clientId: string }
  | { kind: "replay" }
  | { kind: "job" };

export type Db = {
  query: Query;
  /** Tells of very many rows, one by one. */
  copyOut: CopyOut;
  /** Runs `work` in one transaction; rolls back when it throws. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** Tells others of a change; inside a transaction pass its `query`, so that the notice leaves with the commit. */
  notify(notice: ChangeNotice, query?: Query): Promise<void>;
  /**
   * Calls `onNotice` for every change that others announce, and `onGap` whenever some may have been missed (the
   * connection was lost and is back). Reconnects by itself until stopped.
   */
  listen(onNotice: (notice: ChangeNotice) => void, onGap: () => void): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
};

const channel = "hubao_changes";
const reconnectMs = 1_000;
/** The longest statement is a fraction of it; what waits longer waits for a lock that is not let go. */
const defaultStatementTimeoutMs = 120_000;
/** So long after the server should have given up, it is taken for hung, and its connection is cut. */
const answerGraceMs = 5_000;
/** How often the connection that only listens is asked whether it still lives, and how long it may take to answer. */
const pingEveryMs = 30_000;

// bigint columns hold Unix milliseconds and counts, well inside 2^53; dates stay text (a date has no time zone).
const parsers = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.INT8, Number],
  [pg.types.builtins.DATE, (text) => text],
]);
const types = {
  getTypeParser: (oid: number, format?: string) =>
    parsers.get(oid) ?? pg.types.getTypeParser(oid, format as "text"),
} as pg.CustomTypesConfig;

/** The driver gave up waiting (its `query_timeout`): the connection is of no more use. */
const isUnanswered = (error: unknown): error is Error =>
  error instanceof Error && error.message === "Query read timeout";

/** What reads, a few rows or very many. */
export type Reader = Pick<Db, "query" | "copyOut">;

export type DatabaseOptions = {
  maxConnections?: number;
  /** How long one statement may take, waiting for locks included. */
  statementTimeoutMs?: number;
  onError?: (error: Error) => void;
};

/**
 * Opens a pool of at most `maxConnections`. Connection errors surface in the queries, never as a crash; so does a server
 * that takes a statement and never answers, shortly after `statementTimeoutMs`.
 */
export const openDatabase = (url: string, options: DatabaseOptions = {}): Db => {
  const onError = options.onError ?? (() => {});
  const statementTimeoutMs = options.statementTimeoutMs ?? defaultStatementTimeoutMs;
  const answerTimeoutMs = statementTimeoutMs + answerGraceMs;
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 8,
    connectionTimeoutMillis: 5_000,
    // A server that vanished without a word is noticed, even by a statement that waits for its answer.
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: answerTimeoutMs,
    types,
  });
  let closing = false;
  pool.on("error", (error: Error) => {
    // The pool has ended before its connections have: one whose goodbye a stopping server has not read yet is terminated.
    if (!closing) onError(error);
  });

  const runner =
    (on: pg.Pool | pg.PoolClient): Query =>
    async <T extends object>(text: string, values: readonly unknown[] = []) =>
      (await on.query<T>(text, values as unknown[])).rows;

  /** Lends a connection to `work`; when that fails, `mend` tells whether the connection can serve the next. */
  const withClient = async <T>(work: (client: pg.PoolClient) => Promise<T>, mend: string): Promise<T> => {
    const client = await pool.connect();
    // A client that is checked out reports its lost connection here and not to the pool.
    client.on("error", onError);
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      // Anything else would wait behind the statement that was not answered: the server ends it when the connection goes.
      if (isUnanswered(error)) broken = error;
      else
        await client.query(mend).catch((e: Error) => {
          broken = e;
        });
      throw error;
    } finally {
      client.off("error", onError);
      client.release(broken);
    }
  };

  const db: Db = {
    query: runner(pool),
    copyOut: (select, onRow) =>
      withClient(
        (client) => copyOutOver(client, select, onRow),
        // A server that says goodbye has said so before this is answered.
        "SELECT 1",
      ),
    transaction: (work) =>
      withClient(async (client) => {
        await client.query("BEGIN");
        const result = await work(runner(client));
        await client.query("COMMIT");
        return result;
      }, "ROLLBACK"),
    async notify(notice, query = db.query) {
      await query("SELECT pg_notify($1, $2)", [channel, JSON.stringify(notice)]);
    },
    async listen(onNotice, onGap) {
      let stopped = false;
      let timer: NodeJS.Timeout | undefined;
      let current: pg.Client | undefined;
      const connect = async (): Promise<void> => {
        const client = new pg.Client({
          connectionString: url,
          connectionTimeoutMillis: 5_000,
          keepAlive: true,
          query_timeout: answerTimeoutMs,
        });
        const askAlive = { text: "SELECT 1", query_timeout: Math.min(pingEveryMs, statementTimeoutMs) };
        let ping: NodeJS.Timeout | undefined;
        const again = (error?: Error) => {
          clearTimeout(ping);
          client.removeAllListeners();
          client.on("error", () => {});
          if (stopped || client !== current) return;
          current = undefined;
          if (error) onError(error);
          timer = setTimeout(() => void retry(), reconnectMs);
        };
        client.on("error", again);
        client.on("end", () => again());
        client.on("notification", (message) => onNotice(JSON.parse(message.payload ?? "") as ChangeNotice));
        current = client;
        await client.connect();
        await client.query(`LISTEN ${channel}`);
        const ask = () => {
          ping = setTimeout(() => {
            client.query(askAlive).then(ask, (error: Error) => {
              again(error);
              // It is cut, as its statement is under way, or was cut already.
              void client.end().catch(() => {});
            });
          }, askAlive.query_timeout).unref();
        };
        ask();
      };
      const retry = () =>
        connect().then(onGap, (error: Error) => {
          onError(error);
          current = undefined;
          if (!stopped) timer = setTimeout(() => void retry(), reconnectMs);
        });
      const stop = async () => {
        stopped = true;
        clearTimeout(timer);
        await current?.end().catch(() => {});
      };
      try {
        await connect();
      } catch (error) {
        await stop();
        throw error;
      }
      return { stop };
    },
    close() {
      closing = true;
      return pool.end();
    },
  };
  return db;
};
