// The files of an embedded PostgreSQL: making the cluster once, its password, and what a dead owner left behind.
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type Account, type Binaries, giveTo, type Reach } from "./embedded-account.ts";

const run = promisify(execFile);
const initdbTimeoutMs = 120_000;
/** How long a leftover server may take to stop in order before it is stopped without. */
const leftoverFastMs = 10_000;
const leftoverImmediateMs = 5_000;

/** The superuser of an embedded cluster, and the database the house lives in. */
export const clusterUser = "hubao";
export const clusterDatabase = "hubao";

const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Environment of PostgreSQL's programs: independent of the user's locale and PG variables. */
export const cleanEnvironment = (): NodeJS.ProcessEnv => {
  const kept = Object.entries(process.env).filter(([name]) => !/^(LANG|LANGUAGE|LC_.*|PG.*|TZ)$/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C", TZ: "UTC" };
};

const initialise = async (
  dataDir: string,
  reach: Reach,
  account: Account,
  initdb: string,
  password: string,
): Promise<void> => {
  // Made beside its place and renamed, so that a half-made cluster is never taken for a whole one.
  const made = path.join(dataDir, "cluster.new");
  const passwordFile = path.join(dataDir, "password.new");
  await rm(made, { recursive: true, force: true });
  await mkdir(made, { mode: 0o700 });
  await giveTo(account, made);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await giveTo(account, passwordFile);
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn(
        initdb,
        [
          `--pgdata=${reach.path}/cluster.new`,
          `--username=${clusterUser}`,
          `--pwfile=${reach.path}/password.new`,
          "--auth=scram-sha-256",
          "--encoding=UTF8",
          "--locale=C",
          "--locale-provider=builtin",
          "--builtin-locale=C.UTF-8",
          "--text-search-config=simple",
        ],
        {
          ...account,
          cwd: dataDir,
          env: cleanEnvironment(),
          detached: process.platform !== "win32",
          stdio: ["ignore", "ignore", "pipe", ...(reach.inherit === null ? [] : [reach.inherit])],
          timeout: initdbTimeoutMs,
        },
      );
      let said = "";
      child.stderr?.on("data", (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-2_000);
      });
      child.on("error", reject);
      child.on("close", (code) =>
        code === 0
          ? resolve()
          : reject(
              new Error(`PostgreSQL's initdb failed in ${dataDir}: ${said.trim() || `exit code ${code}`}`),
            ),
      );
    });
    await rename(made, path.join(dataDir, "cluster"));
  } finally {
    await rm(passwordFile, { force: true });
    await rm(made, { recursive: true, force: true });
  }
};

/** Makes the cluster in `dataDir/cluster` when there is none; answers its superuser's password. */
export const ensureCluster = async (
  dataDir: string,
  reach: Reach,
  account: Account,
  binaries: Binaries,
): Promise<string> => {
  const passwordFile = path.join(dataDir, "password");
  const cluster = path.join(dataDir, "cluster");
  if (!(await exists(cluster))) {
    const password = randomBytes(24).toString("base64url");
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await chmod(passwordFile, 0o600);
    await initialise(dataDir, reach, account, binaries.initdb, password);
    return password;
  }
  const found = (await readFile(path.join(cluster, "PG_VERSION"), "utf8")).trim();
  const major = /\d+/.exec(binaries.version)?.[0];
  if (found !== major)
    throw new Error(
      `the database in ${dataDir} was made by PostgreSQL ${found} and this is ${major}: move its data with pg_dump and pg_restore, or start with another HUBAO_DATA_DIR`,
    );
  return (await readFile(passwordFile, "utf8")).trim();
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Whether the process is a PostgreSQL server of this very cluster, and not a stranger that got the same number. */
const servesCluster = async (pid: number, cluster: string): Promise<boolean> => {
  try {
    if (process.platform === "linux") {
      const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
      return (
        command.includes("postgres") && (await readlink(`/proc/${pid}/cwd`)) === (await realpath(cluster))
      );
    }
    if (process.platform === "win32") return true;
    const { stdout } = await run("ps", ["-o", "command=", "-p", String(pid)]);
    return stdout.includes("postgres") && stdout.includes(cluster);
  } catch {
    return false;
  }
};

const untilGone = async (pid: number, timeoutMs: number): Promise<boolean> => {
  const deadlineMs = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadlineMs) return false;
    await delay(20);
  }
  return true;
};

/** A server that still runs on a cluster though nobody here started it. */
export type Leftover = { pid: number; port: number };

/** Finds a server that runs on the cluster, by its pid file; removes the file when it speaks of no such server. */
export const findLeftover = async (dataDir: string): Promise<Leftover | null> => {
  const cluster = path.join(dataDir, "cluster");
  const pidFile = path.join(cluster, "postmaster.pid");
  const lines = (await readFile(pidFile, "utf8").catch(() => "")).split("\n");
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0 || !isAlive(pid) || !(await servesCluster(pid, cluster))) {
    await rm(pidFile, { force: true });
    return null;
  }
  return { pid, port: Number(lines[3]) };
};

/** Stops a leftover server: in order (fast shutdown), else at once (it recovers from its log at the next start). */
export const stopLeftover = async (leftover: Leftover): Promise<void> => {
  process.kill(leftover.pid, "SIGINT");
  if (await untilGone(leftover.pid, leftoverFastMs)) return;
  process.kill(leftover.pid, "SIGQUIT");
  if (await untilGone(leftover.pid, leftoverImmediateMs)) return;
  process.kill(leftover.pid, "SIGKILL");
  await untilGone(leftover.pid, leftoverImmediateMs);
};
