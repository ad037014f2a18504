// The embedded PostgreSQL through what happens to real ones: kills, Ctrl-C, stale files, closed directories.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../storage/embedded.ts";
import { findLeftover, stopLeftover } from "../../storage/embedded-cluster.ts";

const ownerScript = fileURLToPath(new URL("../support/embedded-owner.ts", import.meta.url));
const log = { info: () => {}, warn: () => {} };

const freshDir = async (): Promise<string> => {
  const directory = await mkdtemp(path.join(tmpdir(), "hubao-embedded-"));
  await chmod(directory, 0o755);
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return path.join(directory, "postgres");
};

const start = async (dataDir: string, port?: number): Promise<EmbeddedPostgres> => {
  const postgres = await startEmbeddedPostgres({ dataDir, log, ...(port === undefined ? {} : { port }) });
  onTestFinished(postgres.stop);
  return postgres;
};

const query = async <T extends object>(url: string, text: string): Promise<T[]> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<T>(text)).rows;
  } finally {
    await client.end();
  }
};

const notes = async (url: string) =>
  (await query<{ text: string }>(url, "SELECT text FROM note")).map(({ text }) => text);

const postmasterPid = async (dataDir: string): Promise<number> =>
  Number((await readFile(path.join(dataDir, "cluster", "postmaster.pid"), "utf8")).split("\n")[0]);

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Another process, in its own process group, that owns the database in `dataDir`. */
const startOwner = async (dataDir: string, env: NodeJS.ProcessEnv = {}) => {
  const owner: ChildProcess = spawn(process.execPath, [ownerScript, dataDir], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  owner.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  onTestFinished(async () => {
    owner.kill("SIGKILL");
    const leftover = await findLeftover(dataDir);
    if (leftover !== null) await stopLeftover(leftover);
  });
  const url = await new Promise<string>((resolve, reject) => {
    owner.stdout?.once("data", (chunk) => resolve(String(chunk).trim()));
    owner.once("exit", () => reject(new Error(said)));
  });
  const { pid } = owner;
  if (pid === undefined) throw new Error("the owner has no pid");
  return { owner, pid, url, postmaster: await postmasterPid(dataDir), said: () => said };
};

describe("embedded PostgreSQL", () => {
  it("keeps its data and its password from one start to the next", async () => {
    const dataDir = await freshDir();
    const first = await start(dataDir);
    await query(first.url, "CREATE TABLE note AS SELECT 'kept' AS text");
    await first.stop();
    const second = await start(dataDir);
    expect(await notes(second.url)).toEqual(["kept"]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    expect(new URL(second.url).password.length).toBeGreaterThanOrEqual(32);
    expect((await stat(path.join(dataDir, "password"))).mode & 0o777).toBe(0o600);
  });

  it("listens on the loopback address only, asks for the password, and syncs commits", async () => {
    const { url } = await start(await freshDir());
    const { port } = new URL(url);
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === "IPv4" && !internal);
    for (const { address } of others) {
      const elsewhere = new URL(url);
      elsewhere.hostname = address;
      await expect(query(elsewhere.href, "SELECT 1")).rejects.toThrow(/ECONNREFUSED/);
    }
    await expect(query(`postgres://hubao:wrong@127.0.0.1:${port}/hubao`, "SELECT 1")).rejects.toThrow(
      /password/,
    );
    expect(await query(url, "SHOW synchronous_commit")).toEqual([{ synchronous_commit: "on" }]);
    expect(await query(url, "SHOW fsync")).toEqual([{ fsync: "on" }]);
  });

  it("is UTF-8 in code point order whatever the locale of its user", async () => {
    const odd = { LANG: "de_DE.ISO-8859-1", LC_ALL: "xx_YY.nowhere", PGPORT: "1", TZ: "America/Caracas" };
    const { url } = await startOwner(await freshDir(), odd);
    expect(await query(url, "SELECT upper('é') AS u, '漏电' AS t, 'a' > 'B' AS c")).toEqual([
      { u: "É", t: "漏电", c: true },
    ]);
    expect(await query(url, "SHOW server_encoding")).toEqual([{ server_encoding: "UTF8" }]);
    expect(await query(url, "SHOW timezone")).toEqual([{ TimeZone: "UTC" }]);
  });

  it("takes the port it is given, and says so when that is busy", async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void busy.close());
    const address = busy.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    const dataDir = await freshDir();
    await expect(start(dataDir, port)).rejects.toThrow(`port ${port} for PostgreSQL is in use`);
    await new Promise((resolve) => busy.close(resolve));
    const { url } = await start(dataDir, port);
    expect(new URL(url).port).toBe(String(port));
  });

  it("starts anew where an earlier start was cut off while making the cluster", async () => {
    const dataDir = await freshDir();
    await mkdir(path.join(dataDir, "cluster.new", "base"), { recursive: true });
    await writeFile(path.join(dataDir, "password"), "half");
    const { url } = await start(dataDir);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect((await readdir(dataDir)).sort()).toEqual(["cluster", "password"]);
  });

  it("takes down the server of an owner that was killed, and has all that was committed", async () => {
    const dataDir = await freshDir();
    const { owner, postmaster } = await startOwner(dataDir);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    expect(isAlive(postmaster)).toBe(true);
    const { url } = await start(dataDir);
    expect(await notes(url)).toEqual(["started"]);
    expect(isAlive(postmaster)).toBe(false);
  });

  it("starts after owner and server were killed together", async () => {
    const dataDir = await freshDir();
    const { owner, postmaster } = await startOwner(dataDir);
    owner.kill("SIGKILL");
    process.kill(postmaster, "SIGKILL");
    await once(owner, "exit");
    const { url } = await start(dataDir);
    expect(await notes(url)).toEqual(["started"]);
  });

  it("is not stopped by a stale pid file that names a living stranger, and leaves the stranger alone", async () => {
    const dataDir = await freshDir();
    const first = await start(dataDir);
    const pidFile = path.join(dataDir, "cluster", "postmaster.pid");
    const text = await readFile(pidFile, "utf8");
    await first.stop();
    const stranger = spawn("sleep", ["60"]);
    onTestFinished(() => {
      stranger.kill("SIGKILL");
    });
    await writeFile(pidFile, text.replace(/^\d+/, String(stranger.pid)));
    const { url } = await start(dataDir);
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });

  it("refuses a directory whose owner lives, and does not disturb it", async () => {
    const dataDir = await freshDir();
    const { url } = await start(dataDir);
    await expect(startEmbeddedPostgres({ dataDir, log })).rejects.toThrow(
      /in use by another running process/,
    );
    expect(await query(url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("starts a server that was killed again, at the same address, with all that was committed", async () => {
    const dataDir = await freshDir();
    const { url } = await start(dataDir);
    await query(url, "CREATE TABLE note AS SELECT 'kept' AS text");
    for (let kill = 0; kill < 2; kill += 1) {
      const pid = await postmasterPid(dataDir);
      process.kill(pid, "SIGKILL");
      await expect
        .poll(() => postmasterPid(dataDir).catch(() => pid), { timeout: 20_000, interval: 50 })
        .not.toBe(pid);
      await expect
        .poll(() => notes(url).catch(() => null), { timeout: 20_000, interval: 50 })
        .toEqual(["kept"]);
    }
  });

  it.skipIf(process.platform === "win32")(
    "outlives a Ctrl-C in the terminal until its owner has flushed",
    async () => {
      const dataDir = await freshDir();
      const { owner, pid, postmaster, said } = await startOwner(dataDir);
      // What a terminal does: SIGINT to the whole foreground process group.
      process.kill(-pid, "SIGINT");
      const [code] = await once(owner, "exit");
      expect(said()).toBe("");
      expect(code).toBe(0);
      expect(isAlive(postmaster)).toBe(false);
      const { url } = await start(dataDir);
      expect(await notes(url)).toEqual(["started", "flushed"]);
    },
  );

  it("stops within its time though a client is in the middle of a long statement", async () => {
    const { url, stop } = await start(await freshDir());
    const sleeping = query(url, "SELECT pg_sleep(600)").catch((error: Error) => error.message);
    await expect
      .poll(() => query(url, "SELECT FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"), {
        timeout: 5_000,
        interval: 20,
      })
      .toHaveLength(1);
    const beganMs = performance.now();
    await stop();
    expect(performance.now() - beganMs).toBeLessThan(10_000);
    expect(await sleeping).toMatch(/terminat/);
  });

  it("works below a directory that only its owner may enter", async () => {
    const dataDir = await freshDir();
    await chmod(path.dirname(dataDir), 0o700);
    const { owner } = await startOwner(dataDir);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    const { url } = await start(dataDir);
    expect(await notes(url)).toEqual(["started"]);
    expect((await stat(path.dirname(dataDir))).mode & 0o777).toBe(0o700);
  });
});
