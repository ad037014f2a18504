// One act of an operator on the registry: decided under the registry's lock, written with its audit entries, told to all.
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";
import { lockRegistryForAct } from "./registry.ts";
import { localDate } from "./views/scope.ts";

/** Who acts, when (Unix ms), and where days begin. */
export type ActBy = { actor: string; nowMs: number; timeZone: string };

/** The local day on which it is done. */
export const todayOf = (by: ActBy): string => localDate(by.nowMs, by.timeZone);

export type ActOutcome =
  /** `changed` is false where everything was so already. */
  | { kind: "done"; changed: boolean }
  | { kind: "notFound"; what: string; id: string }
  | { kind: "refused"; reason: string };

export const refused = (reason: string): ActOutcome => ({ kind: "refused", reason });
export const missing = (what: string, id: string): ActOutcome => ({ kind: "notFound", what, id });
export const unchanged: ActOutcome = { kind: "done", changed: false };

export type ActTools = {
  query: Query;
  by: ActBy;
  /** What was done, for the audit log: `act` follows on "registry." where judging depends on it. */
  record(act: string, subject: string, detail?: Record<string, unknown>): Promise<void>;
  /** Whoever holds this device's connection has to look again. */
  lookAgain(clientId: string): void;
};

/** Runs `work` in one transaction; what it did is told to the other roles when it changed something that they judge by. */
export const registryAct = (
  db: Db,
  by: ActBy,
  work: (tools: ActTools) => Promise<ActOutcome>,
): Promise<ActOutcome> =>
  db.transaction(async (query) => {
    await lockRegistryForAct(query);
    const clientIds = new Set<string>();
    let judged = false;
    const outcome = await work({
      query,
      by,
      async record(act, subject, detail) {
        judged ||= act.startsWith("registry.");
        await writeAudit(query, { actor: by.actor, act, subject, ...(detail && { detail }) });
      },
      lookAgain: (clientId) => clientIds.add(clientId),
    });
    if (outcome.kind !== "done" || !outcome.changed) return outcome;
    if (judged) await db.notify({ kind: "registry" }, query);
    for (const clientId of clientIds) await db.notify({ kind: "credential", clientId }, query);
    return outcome;
  });
