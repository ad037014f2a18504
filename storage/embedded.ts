// The embedded PostgreSQL: a real server in a directory of ours, started, watched and stopped by this process.
import { mkdir } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findAccount, findBinaries, reachDirectory } from "./embedded-account.ts";
import {
  clusterDatabase,
  clusterUser,
  ensureCluster,
  findLeftover,
  stopLeftover,
} from "./embedded-cluster.ts";
import {
  connect,
  type EmbeddedLog,
  host,
  launchServer,
  type RunningServer,
  tryOwn,
} from "./embedded-server.ts";

export type EmbeddedPostgres = {
  /** Connection string of the house's database, password included. */
  url: string;
  /** Stops the server in order; forcibly when that takes too long. Never throws. */
  stop(): Promise<void>;
};

const restartDelayMs = { first: 500, most: 30_000 };

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

/** Takes down a server whose owner died; throws when its owner lives. */
const clearLeftover = async (dataDir: string, password: string, log: EmbeddedLog): Promise<void> => {
  const leftover = await findLeftover(dataDir);
  if (leftover === null) return;
  const connection = await connect(leftover.port, password).catch(() => null);
  const orphaned = connection === null || (await tryOwn(connection));
  await connection?.end().catch(() => {});
  if (!orphaned)
    throw new Error(
      `the database in ${dataDir} is in use by another running process: stop that one, or set another HUBAO_DATA_DIR`,
    );
  log.info(`stopping the PostgreSQL server that an earlier run left behind (process ${leftover.pid})`);
  await stopLeftover(leftover);
};

const ensureDatabase = async (port: number, password: string): Promise<void> => {
  const connection = await connect(port, password);
  try {
    const { rowCount } = await connection.query("SELECT FROM pg_database WHERE datname = $1", [
      clusterDatabase,
    ]);
    if (rowCount === 0) await connection.query(`CREATE DATABASE ${clusterDatabase}`);
  } finally {
    await connection.end().catch(() => {});
  }
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

  let server: RunningServer | null = null;
  let stopping: Promise<void> | null = null;
  const endWithUs = () => server?.signal();
  const end = async () => {
    await server?.stop();
    process.off("exit", endWithUs);
    await reach.close();
  };
  const stop = () => {
    stopping ??= end();
    return stopping;
  };

  try {
    const password = await ensureCluster(dataDir, reach, account, binaries);
    await clearLeftover(dataDir, password, log);
    const port = await freePort(options.port ?? 0);
    const spec = { dataDir, port, password, account, binaries, reach, log };
    const launch = async (): Promise<RunningServer> => {
      const launched = await launchServer(spec, () => stopping !== null);
      server = launched;
      if (stopping !== null) await launched.stop();
      return launched;
    };

    const keepRunning = async (first: RunningServer): Promise<void> => {
      let current = first;
      let delayMs = restartDelayMs.first;
      for (;;) {
        const how = await current.ended;
        if (stopping !== null) return;
        log.warn(`PostgreSQL ended by itself (${how}); starting it again`);
        while (stopping === null && current.hasEnded()) {
          try {
            current = await launch();
            delayMs = restartDelayMs.first;
            log.info("PostgreSQL runs again");
          } catch (error) {
            log.warn(`${String(error)}; trying again in ${delayMs} ms`);
            await delay(delayMs, undefined, { ref: false });
            delayMs = Math.min(2 * delayMs, restartDelayMs.most);
          }
        }
      }
    };

    process.on("exit", endWithUs);
    const first = await launch();
    await ensureDatabase(port, password);
    void keepRunning(first);
    return { url: `postgres://${clusterUser}:${password}@${host}:${port}/${clusterDatabase}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
