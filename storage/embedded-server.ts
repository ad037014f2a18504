// One run of the embedded PostgreSQL's server process: launched, waited for, owned, stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Account, Binaries, Reach } from "./embedded-account.ts";
import { cleanEnvironment, clusterUser } from "./embedded-cluster.ts";

export type EmbeddedLog = { info(message: string): void; warn(message: string): void };

export const host = "127.0.0.1";
/** Crash recovery replays at most max_wal_size of log, which may take minutes on a slow disk. */
const startTimeoutMs = 300_000;
/** What a dying predecessor holds (its memory, its port) is waited for this long. */
const predecessorTimeoutMs = 15_000;
const stopFastMs = 20_000;
const stopImmediateMs = 5_000;
const keptLogLines = 20;
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

export type ServerSpec = {
  dataDir: string;
  port: number;
  password: string;
  account: Account;
  binaries: Binaries;
  reach: Reach;
  log: EmbeddedLog;
};

export type RunningServer = {
  /** Resolves with how it ended, when it has ended. */
  ended: Promise<string>;
  hasEnded(): boolean;
  /** Asks it to stop without waiting; for the process's last moment. */
  signal(): void;
  /** Stops it in order, forcibly after a deadline. */
  stop(): Promise<void>;
};

/** Connects to the cluster's maintenance database as its owner would. */
export const connect = async (port: number, password: string): Promise<pg.Client> => {
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

/** Makes the connection's process the owner of the server; false when another process is. */
export const tryOwn = async (connection: pg.Client): Promise<boolean> => {
  const { rows } = await connection.query<{ own: boolean }>("SELECT pg_try_advisory_lock($1) AS own", [
    ownerLock,
  ]);
  return rows[0]?.own === true;
};

const spawnServer = ({ dataDir, port, account, binaries, reach }: ServerSpec): ChildProcess => {
  const flags = Object.entries({ ...settings, port }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return spawn(binaries.postgres, ["-D", `${reach.path}/cluster`, ...flags], {
    ...account,
    cwd: dataDir,
    env: cleanEnvironment(),
    // Its own session: a terminal's Ctrl-C goes to us alone, and we decide when the database ends.
    detached: process.platform !== "win32",
    stdio: ["ignore", "ignore", "pipe", ...(reach.inherit === null ? [] : [reach.inherit])],
  });
};

const untilConnected = async (
  { port, password }: ServerSpec,
  hasEnded: () => boolean,
): Promise<pg.Client | null> => {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (!hasEnded() && Date.now() < deadlineMs) {
    const connection = await connect(port, password).catch((error: { code?: string }) => {
      // Another server answers on this port.
      if (error.code === "28P01") return undefined;
      return null;
    });
    if (connection === undefined) return null;
    if (connection !== null) return connection;
    await delay(25);
  }
  return null;
};

const launchOnce = async (spec: ServerSpec): Promise<RunningServer | { failed: string }> => {
  const { log } = spec;
  const child = spawnServer(spec);
  let lines: string[] = [];
  let over = false;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    lines = [...lines, ...text.split("\n").filter((line) => line !== "")].slice(-keptLogLines);
    // What starting and stopping say to waiting clients is no trouble.
    if (/\b(WARNING|FATAL|PANIC):/.test(text) && !/the database system is|terminating connection/.test(text))
      log.warn(text.trim());
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  }).then((how) => {
    over = true;
    return how;
  });
  const within = (timeoutMs: number) =>
    Promise.race([ended.then(() => true), delay(timeoutMs, false, { ref: false })]);
  let owner: pg.Client | null = null;
  const stop = async () => {
    await owner?.end().catch(() => {});
    if (over) return;
    child.kill("SIGINT");
    if (await within(stopFastMs)) return;
    log.warn(`PostgreSQL did not stop within ${stopFastMs} ms; stopping it at once`);
    child.kill("SIGQUIT");
    if (await within(stopImmediateMs)) return;
    child.kill("SIGKILL");
    await ended;
  };
  owner = await untilConnected(spec, () => over);
  if (owner === null || !(await tryOwn(owner).catch(() => false))) {
    await stop();
    return { failed: lines.join("\n") || "no word from it" };
  }
  return { ended, hasEnded: () => over, signal: () => void child.kill("SIGINT"), stop };
};

/** Launches the server and waits until it answers; throws with the server's own words when it does not. */
export const launchServer = async (spec: ServerSpec, isStopping: () => boolean): Promise<RunningServer> => {
  const deadlineMs = Date.now() + predecessorTimeoutMs;
  for (;;) {
    const result = await launchOnce(spec);
    if (!("failed" in result)) return result;
    const held = /shared memory block|still in use|could not bind/.test(result.failed);
    if (!held || isStopping() || Date.now() > deadlineMs)
      throw new Error(`PostgreSQL did not start in ${spec.dataDir}: ${result.failed}`);
    await delay(200);
  }
};
