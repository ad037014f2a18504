// Secrets that are generated once and kept in the data directory, readable by its owner only.
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The kept secret of this name, or a new random one of 256 bits; `created` tells which. */
export const keepSecret = async (
  dataDir: string,
  name: string,
): Promise<{ secret: string; created: boolean }> => {
  const path = join(dataDir, name);
  const kept = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (kept.trim() !== "") return { secret: kept.trim(), created: false };
  const secret = randomBytes(32).toString("base64url");
  await writeFile(path, `${secret}\n`, { mode: 0o600 });
  return { secret, created: true };
};
