// A fleet that keeps its own books: what was acknowledged, to be held against what is stored.
import type { RegistryRow } from "../../domain/registry.ts";
import { createApi } from "../../simulators/api.ts";
import { issueBreakerTokens } from "../../simulators/credentials.ts";
import { type HistoryOptions, sendHistory } from "../../simulators/history.ts";
import { fleetRegistry } from "../../simulators/township.ts";
import { createWorld, type World } from "../../simulators/world.ts";
import type { Query } from "../../storage/db.ts";
import type { TestHouse } from "./house.ts";

const seed = 7;

export type LedgerFleet = { rows: RegistryRow[]; world: World; tokens: Map<string, string> };

/** Registers areas of `perArea` breakers (one of them the main) and issues their credentials. */
export const registerFleet = async (
  house: TestHouse,
  areas: number,
  perArea: number,
): Promise<LedgerFleet> => {
  const rows = fleetRegistry({
    townships: 1,
    villages: 1,
    areas,
    householdsPerArea: perArea - 1,
    seed,
    todayMs: Date.now(),
  });
  const world = createWorld(rows, seed, []);
  const api = createApi(house.url, house.token);
  await api.importRegistry(rows);
  const tokens = new Map<string, string>();
  await issueBreakerTokens(api, world, tokens);
  return { rows, world, tokens };
};

const keyOf = (breakerId: string, tsMs: number, seq: number): string => `${breakerId}/${tsMs}/${seq}`;

export type Ledger = {
  /** Readings that the broker has acknowledged. */
  acknowledged: ReadonlySet<string>;
  /** Resolves when this many are acknowledged. */
  reached(count: number): Promise<void>;
  /** Resolves when everything is. */
  sent: ReturnType<typeof sendHistory>;
};

/** Sends `perBreaker` readings of each breaker, the last one now, over one connection a breaker. */
export const sendWithLedger = (
  house: TestHouse,
  fleet: LedgerFleet,
  perBreaker: number,
  options: Partial<Pick<HistoryOptions, "signal" | "intervalMs" | "toMs">> = {},
): Ledger => {
  const acknowledged = new Set<string>();
  let waiting: { count: number; resolve: () => void }[] = [];
  const { intervalMs = 300_000, toMs = Date.now(), signal } = options;
  const sent = sendHistory({
    mqttUrl: house.mqttUrl,
    world: fleet.world,
    credentials: fleet.tokens,
    via: "breakers",
    fromMs: toMs - perBreaker * intervalMs,
    toMs,
    intervalMs,
    log: { info() {}, warn() {} },
    onAcknowledged({ breakerId, tsMs, seq }) {
      acknowledged.add(keyOf(breakerId, tsMs, seq));
      for (const { count, resolve } of waiting) if (acknowledged.size >= count) resolve();
      waiting = waiting.filter(({ count }) => acknowledged.size < count);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    acknowledged,
    sent,
    reached: (count) =>
      new Promise((resolve) => {
        if (acknowledged.size >= count) resolve();
        else waiting.push({ count, resolve });
      }),
  };
};

/** Every stored reading, one entry a row. */
export const storedReadings = async (query: Query): Promise<string[]> =>
  (
    await query<{ breaker_id: string; ts_ms: number; seq: number }>(
      "SELECT breaker_id, ts_ms, seq FROM reading",
    )
  ).map((row) => keyOf(row.breaker_id, row.ts_ms, row.seq));

/** Operating intervals that leave a gap, overlap, are empty, or do not reach from the installation until now; none, ever. */
export const brokenIntervals = (query: Query): Promise<object[]> =>
  query(
    `SELECT * FROM (
       SELECT breaker_id, from_ms, to_ms, state, reason,
              lead(from_ms) OVER (PARTITION BY breaker_id ORDER BY from_ms) AS next_ms
         FROM operating_interval) AS i
      WHERE to_ms IS DISTINCT FROM next_ms OR to_ms <= from_ms`,
  );
