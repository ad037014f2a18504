// Tokens of simulated devices: asked from the API once, and kept in a file that only its owner can read.
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { type Api, apiLimits, forEachAtMost } from "./api.ts";
import { gatewayIdOf } from "./messages.ts";
import type { World } from "./world.ts";

const keptSchema = z.object({
  /** Client id → token. */
  tokens: z.record(z.string(), z.string()),
  /** Until when the devices have reported, Unix ms; null before the first time. */
  reportedUntilMs: z.number().nullable(),
  /** Breaker → the number of its last report. */
  sequences: z.record(z.string(), z.number()).default({}),
});
/** What a simulator remembers from one start to the next. */
export type Kept = z.infer<typeof keptSchema>;

/** Reads the file; null where there is none or it is not one of ours (then the tokens are issued anew). */
export const readKept = async (path: string): Promise<Kept | null> => {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
};

/** Writes the file as a whole or not at all, with mode 600. */
export const writeKept = async (path: string, kept: Kept): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  await writeFile(draft, JSON.stringify(kept), { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
};

/** Issues a token for each breaker of the world that has none in `tokens` yet. Mutates `tokens`. */
export const issueBreakerTokens = async (
  api: Api,
  world: World,
  tokens: Map<string, string>,
): Promise<void> => {
  const missing = world.breakers.map((b) => b.breakerId).filter((id) => !tokens.has(id));
  await forEachAtMost(missing, apiLimits.concurrency, async (id) => {
    tokens.set(id, await api.breakerToken(id));
  });
};

/** Issues a token for the gateway of each area of the world that has none in `tokens` yet. Mutates `tokens`. */
export const issueGatewayTokens = async (
  api: Api,
  world: World,
  tokens: Map<string, string>,
): Promise<void> => {
  const areaIds = [...new Set(world.breakers.map((b) => b.areaId))].filter(
    (id) => !tokens.has(gatewayIdOf(id)),
  );
  await forEachAtMost(areaIds, apiLimits.concurrency, async (areaId) => {
    const gatewayId = gatewayIdOf(areaId);
    tokens.set(gatewayId, await api.gatewayToken(areaId, gatewayId));
  });
};
