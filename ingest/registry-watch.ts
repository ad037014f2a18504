// Keeps the registry in step with PostgreSQL, and makes sure of it before a message is turned away because of it.
import { setTimeout as sleep } from "node:timers/promises";
import { settingsBook } from "../detection/settings.ts";
import type { Db } from "../storage/db.ts";
import { loadHandTests, loadLimitOverrides, loadOwnRules } from "../storage/finding-settings.ts";
import { loadGatewayAreas } from "../storage/gateways.ts";
import { loadRegistryFacts, newestImport } from "../storage/registry-read.ts";
import type { ConsumerOptions } from "./consumer.ts";
import type { DecodedMessage } from "./decode.ts";
import type { DecodedReader } from "./decoded-log.ts";
import { type Registry, registryOf } from "./registry.ts";

export type RegistryWatch = {
  current(): Registry;
  /** Resolves when the registry holds every import that was committed before `atMs`. Rejects when PostgreSQL does. */
  confirm(atMs: number): Promise<void>;
  stop(): Promise<void>;
};

const retryMs = 1_000;

/** Reads the registry and follows its changes; rejects when it cannot be read at first, and leaves nothing behind then. */
export const watchRegistry = async (needs: {
  db: Db;
  timeZone: string;
  clock: () => number;
  log(level: "info" | "warn", message: string): void;
}): Promise<RegistryWatch> => {
  const { db, clock, log } = needs;
  const life: { stopping: boolean } = { stopping: false };
  let registry = registryOf([], 0);
  let knownImport = -1;
  let confirmedMs = Number.NEGATIVE_INFINITY;
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time, so that an older reading never takes the place of a newer one. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = turn.then(work);
    turn = done.catch(() => {});
    return done;
  };

  const readSettings = async () => ({
    gateways: await loadGatewayAreas(db.query),
    settingsOf: settingsBook({
      overrides: await loadLimitOverrides(db.query),
      rules: await loadOwnRules(db.query),
      testedMs: await loadHandTests(db.query),
    }),
  });
  const read = async () => {
    const askedMs = clock();
    // The import first: the facts are at least as new.
    knownImport = await newestImport(db.query);
    const { breakers, plannedOutages } = await loadRegistryFacts(db, needs.timeZone);
    registry = registryOf(breakers, registry.version + 1, plannedOutages, await readSettings());
    confirmedMs = askedMs;
  };
  const untilDone = async (reading: () => Promise<void>) => {
    while (!life.stopping) {
      try {
        await reading();
        return;
      } catch (error) {
        log("warn", `the registry could not be read, and is tried again: ${(error as Error).message}`);
        await sleep(retryMs, undefined, { ref: false });
      }
    }
  };
  const readAll = async () => {
    await read();
    log("info", `registry: ${registry.breakers.size} breakers`);
  };
  const readSettingsOnly = async () => {
    registry = { ...registry, ...(await readSettings()), version: registry.version + 1 };
  };
  /** Credentials are issued by the thousand; only a gateway's makes a difference here. */
  const readGateways = async () => {
    const gateways = await loadGatewayAreas(db.query);
    const same =
      gateways.size === registry.gateways.size &&
      [...gateways].every(([id, areaId]) => registry.gateways.get(id) === areaId);
    if (!same) registry = { ...registry, gateways, version: registry.version + 1 };
  };
  const waiting = new Set<() => Promise<void>>();
  /** In turn, and once for all the notices that came before its turn. */
  const soon = (work: () => Promise<void>) => {
    if (waiting.has(work)) return;
    waiting.add(work);
    void inTurn(() => {
      waiting.delete(work);
      return untilDone(work);
    });
  };
  const reload = () => soon(readAll);
  const listener = await db.listen((notice) => {
    if (notice.kind === "registry") reload();
    else if (notice.kind === "findingSettings") soon(readSettingsOnly);
    else if (notice.kind === "credential") soon(readGateways);
  }, reload);
  const stop = () => {
    life.stopping = true;
    return listener.stop();
  };
  try {
    // Only now: what changes from here on is told to the listener.
    await inTurn(read);
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    current: () => registry,
    confirm: (atMs) =>
      inTurn(async () => {
        if (atMs < confirmedMs) return;
        const askedMs = clock();
        if ((await newestImport(db.query)) !== knownImport) await read();
        else confirmedMs = askedMs;
      }),
    stop,
  };
};

/** When the last message came in that the registry turns away; null where there is none. */
const doubtedAtMs = (messages: readonly DecodedMessage[]): number | null => {
  const doubted = messages.findLast(({ rejections }) =>
    rejections.some(({ reason }) => reason === "unknownBreaker" || reason === "wrongArea"),
  );
  return doubted?.arrivalMs ?? null;
};

/**
 * A reader whose messages the registry turns away only when it is newer than they are: a breaker may report the moment
 * its import is answered, before the notice of that has come.
 */
export const confirmedReader = (
  reader: DecodedReader,
  watch: RegistryWatch,
): Pick<ConsumerOptions, "read"> => ({
  async read(afterOffset, limit) {
    for (;;) {
      const messages = reader.read(afterOffset, limit);
      if (messages === "wait") return messages;
      const atMs = doubtedAtMs(messages);
      if (atMs === null) return messages;
      const { version } = watch.current();
      await watch.confirm(atMs);
      // With another registry they are read anew, and more of them may have come, to be doubted in their turn.
      if (watch.current().version === version) return messages;
    }
  },
});
