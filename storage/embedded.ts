// The embedded PostgreSQL: a real server in a directory of ours, started, watched and stopped by this process.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { findAccount, findBinaries, reachDirectory } from "./embedded-account.ts";
import {
  cleanEnvironment,
  clusterDatabase,
  clusterUser,
  ensureCluster,
  findLeftover,
  stopLeftover,
} from "./embedded-cluster.ts";

export type EmbeddedLog = { info(message: string): void; warn(message: string): void };
export type EmbeddedPostgres = {
  /** Connection string of the house's database, password included. */
  url: string;
  /** Stops the server in order; forcibly when that takes too long. Never throws. */
  stop(): Promise<void>;
};

const host = "127.0.0.1";
/** Crash recovery replays at most max_wal_size of log, which may take minutes on a slow disk. */
const startTimeoutMs = 300_000;
const stopFastMs = 20_000;
const stopImmediateMs = 5_000;
const restartDelayMs = { first: 500, most: 30_000 };
/** Held for the life of the owner on a connection of its own, so that it ends with the owner however that dies. */
const ownerLock = 0x68_75_62_61;

/** For two cores and a shared memory of a few GB; everything else is PostgreSQL's default. */
const settings = {
  listen_addresses: host,
  unix_socket_directories: "",
  max_connections: 60,
  shared_buffers: "256MB",
  effective_cache_size: "1GB",
  synchronous_commit: "on",
  max_wal_size: "2GB",
  min_wal_size: "256MB",
  checkpoint_timeout: "15min",
  // A container's /dev/shm is often too small for parallel hash joins.
  max_parallel_workers_per_gather: 0,
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_checkpoints: "off",
  // Failed statements reach their caller as errors; the log is for the server's own troubles.
  log_min_messages: "log",
};

const freePort = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE"
          ? new Error(`port ${port} for PostgreSQL is in use: free it or choose another`)
          : error,
      ),
    );
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === "object" ? address.port : port));
    });
  });

const connect = async (port: number, password: string): Promise<pg.Client> => {
  const client = new pg.Client({
    host,
    port,
    user: clusterUser,
    password,
    database: "postgres",
    connectionTimeoutMillis: 5_000,
    application_name: "hubao owner",
  });
  client.on("error", () => {});
  await client.connect();
  return client;
};

const tryOwn = async (owner: pg.Client): Promise<boolean> => {
  const { rows } = await owner.query<{ own: boolean }>("SELECT pg_try_advisory_lock($1) AS own", [ownerLock]);
  return rows[0]?.own === true;
};

/** Takes down a server whose owner died; throws when its owner lives. */
const clearLeftover = async (dataDir: string, password: string, log: EmbeddedLog): Promise<void> => {
  const leftover = await findLeftover(dataDir);
  if (leftover === null) return;
  const owner = await connect(leftover.port, password).catch(() => null);
  const orphaned = owner === null || (await tryOwn(owner));
  await owner?.end().catch(() => {});
  if (!orphaned)
    throw new Error(
      `the database in ${dataDir} is in use by another running process: stop that one, or set another HUBAO_DATA_DIR`,
    );
  log.info(`stopping the PostgreSQL server that an earlier run left behind (process ${leftover.pid})`);
  await stopLeftover(leftover);
};

/**
 * Starts PostgreSQL on `dataDir` (made when missing) at 127.0.0.1, on a free port when none is given; restarts it on
 * the same port should it die. Ctrl-C does not reach it: only `stop()` ends it, or the end of this process.
 * Throws an error that says what to do when the directory, the port or the programs cannot be used.
 */
export const startEmbeddedPostgres = async (options: {
  dataDir: string;
  port?: number;
  log: EmbeddedLog;
}): Promise<EmbeddedPostgres> => {
  const { log } = options;
  const dataDir = path.resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const account = await findAccount(log);
  const binaries = await findBinaries(account, log);
  const reach = await reachDirectory(account, dataDir);
  const password = await ensureCluster(dataDir, reach, account, binaries);
  await clearLeftover(dataDir, password, log);
  const port = await freePort(options.port ?? 0);

  let child: ChildProcess | null = null;
  let owner: pg.Client | null = null;
  let stopping = false;
  let lastLines: string[] = [];

  const launch = (): ChildProcess => {
    const flags = Object.entries({ ...settings, port }).flatMap(([name, value]) => [
      "-c",
      `${name}=${value}`,
    ]);
    const started = spawn(binaries.postgres, ["-D", `${reach.path}/cluster`, ...flags], {
      ...account,
      cwd: dataDir,
      env: cleanEnvironment(),
      // Its own session: a terminal's Ctrl-C goes to us alone, and we decide when the database ends.
      detached: process.platform !== "win32",
      stdio: ["ignore", "ignore", "pipe", ...(reach.inherit === null ? [] : [reach.inherit])],
    });
    started.stderr?.setEncoding("utf8").on("data", (text: string) => {
      lastLines = [...lastLines, ...text.split("\n").filter((line) => line !== "")].slice(-20);
      if (/\b(WARNING|FATAL|PANIC):/.test(text) && !text.includes("the database system is"))
        log.warn(text.trim());
    });
    started.on("error", (error) => lastLines.push(error.message));
    return started;
  };

  const start = async (): Promise<void> => {
    const deadlineMs = Date.now() + startTimeoutMs;
    for (;;) {
      lastLines = [];
      const started = launch();
      child = started;
      let ended = false;
      const end = () => {
        ended = true;
      };
      started.once("exit", end);
      started.once("error", end);
      while (!ended) {
        if (Date.now() > deadlineMs) break;
        const client = await connect(port, password).catch((error: { code?: string }) => {
          // 28P01: another server answers on this port.
          if (error.code === "28P01") ended = true;
          return null;
        });
        if (client === null) {
          await delay(25);
          continue;
        }
        if (!(await tryOwn(client))) throw new Error(`the database in ${dataDir} has another owner`);
        owner = client;
        started.once("exit", (code, signal) => void revive(code, signal));
        // It may have died before that listener was there.
        if (started.exitCode !== null || started.signalCode !== null)
          void revive(started.exitCode, started.signalCode);
        return;
      }
      // After kill -9 of a server its children hold the shared memory for a moment.
      const said = lastLines.join("\n");
      const heldByDying = /shared memory block|still in use/.test(said) && Date.now() < deadlineMs;
      if (!heldByDying || stopping) {
        started.kill("SIGQUIT");
        throw new Error(`PostgreSQL did not start in ${dataDir}: ${said || "no word from it"}`);
      }
      await delay(200);
    }
  };

  let reviving = false;
  const revive = async (code: number | null, signal: string | null): Promise<void> => {
    if (stopping || reviving) return;
    reviving = true;
    log.warn(`PostgreSQL ended by itself (${signal ?? `exit code ${code}`}); starting it again`);
    await owner?.end().catch(() => {});
    owner = null;
    for (
      let delayMs = restartDelayMs.first;
      !stopping;
      delayMs = Math.min(2 * delayMs, restartDelayMs.most)
    ) {
      try {
        await start();
        log.info("PostgreSQL runs again");
        break;
      } catch (error) {
        log.warn(`${String(error)}; trying again in ${delayMs} ms`);
        await delay(delayMs, undefined, { ref: false });
      }
    }
    reviving = false;
  };

  const endWithUs = () => {
    child?.kill("SIGINT");
  };

  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await owner?.end().catch(() => {});
    const running = child;
    if (running !== null && running.exitCode === null && running.signalCode === null) {
      const gone = new Promise<true>((resolve) => running.once("exit", () => resolve(true)));
      const within = (timeoutMs: number) => Promise.race([gone, delay(timeoutMs, false, { ref: false })]);
      running.kill("SIGINT");
      if (!(await within(stopFastMs))) {
        log.warn(`PostgreSQL did not stop within ${stopFastMs} ms; stopping it at once`);
        running.kill("SIGQUIT");
        if (!(await within(stopImmediateMs))) running.kill("SIGKILL");
      }
    }
    process.off("exit", endWithUs);
    await reach.close();
  };

  process.on("exit", endWithUs);
  try {
    await start();
    const client = await connect(port, password);
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [clusterDatabase]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${clusterDatabase}`);
    await client.end();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `postgres://${clusterUser}:${password}@${host}:${port}/${clusterDatabase}`, stop };
};
