// The data directory: made where it is missing, and used by one house at a time.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "./user-error.ts";

const isAlive = (pid: number): boolean => {
  // A container gives every start the same id: that is ourselves, not another.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
};

/** Takes the directory for a role; throws UserError where it cannot be used or is in use. Answers how to give it back. */
export const takeDataDir = async (dataDir: string, role: string): Promise<() => Promise<void>> => {
  const path = join(dataDir, `hubao-${role}.pid`);
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    const pid = Number(await readFile(path, "utf8").catch(() => ""));
    if (isAlive(pid))
      throw new UserError(
        `another hubao (process ${pid}) uses the data directory ${resolve(dataDir)}: stop it, set HUBAO_DATA_DIR to another directory, or delete ${path} if that process is something else`,
      );
    await writeFile(path, `${process.pid}\n`);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `the data directory ${resolve(dataDir)} cannot be used (${(error as NodeJS.ErrnoException).code ?? error}): make it writable, or set HUBAO_DATA_DIR to one that is`,
    );
  }
  return () => rm(path, { force: true });
};
