// A house as users run it on a PostgreSQL of its own, with registered breakers and their credentials, for measuring.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { issueCredentials } from "../storage/credentials.ts";
import { type Db, openDatabase } from "../storage/db.ts";
import { startEmbeddedPostgres } from "../storage/embedded.ts";
import { migrate } from "../storage/migrate.ts";
import { importRegistry } from "../storage/registry.ts";
import { startTestHouse, type TestHouse } from "../test/support/house.ts";
import { benchBreakers, benchClient, benchRow } from "./fleet.ts";
import type { LoadClient } from "./load.ts";
import { serverOptions } from "./processes.ts";

export type BenchHouse = {
  house: TestHouse;
  db: Db;
  clients: LoadClient[];
  /** Process ids of the house and of its PostgreSQL. */
  housePid: number;
  postgresPid: number;
  stop(): Promise<void>;
};

const log = { info: () => {}, warn: (message: string) => console.warn(message) };

const postmasterOf = async (dataDir: string): Promise<number> =>
  Number((await readFile(join(dataDir, "cluster", "postmaster.pid"), "utf8")).split("\n")[0]);
const houseOf = async (dataDir: string): Promise<number> =>
  Number(await readFile(join(dataDir, "hubao-ingest.pid"), "utf8"));

/** Starts it with so many breakers; `env` are more settings of the house. */
export const openBenchHouse = async (
  breakers: number,
  env: Record<string, string> = {},
): Promise<BenchHouse> => {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await one();
  };
  try {
    const postgresDir = await mkdtemp(join(tmpdir(), "hubao-bench-"));
    stops.push(() => rm(postgresDir, { recursive: true, force: true }));
    const postgres = await startEmbeddedPostgres({ dataDir: postgresDir, log });
    stops.push(() => postgres.stop());
    await migrate(postgres.url);
    const db = openDatabase(postgres.url, { maxConnections: 1 });
    stops.push(() => db.close());
    const ids = benchBreakers(breakers);
    const imported = await importRegistry(
      db,
      ids.map((id, index) => ({ line: index + 1, row: benchRow(id) })),
      { actor: "bench", nowMs: Date.now() },
    );
    if (imported.kind !== "imported") throw new Error(JSON.stringify(imported).slice(0, 500));
    const { issued } = await issueCredentials(db, ids, "bench");
    // Node's own options reach the house, so that it can be profiled (NODE_OPTIONS=--cpu-prof).
    const house = await startTestHouse({
      DATABASE_URL: postgres.url,
      HUBAO_LOG_LEVEL: "warn",
      NODE_OPTIONS: [...serverOptions, process.env["NODE_OPTIONS"] ?? ""].join(" "),
      ...env,
    });
    stops.push(() => house.stop());
    return {
      house,
      db,
      clients: issued.map(({ clientId, token }) => benchClient(clientId, token)),
      housePid: await houseOf(house.dataDir),
      postgresPid: await postmasterOf(postgresDir),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** Each look costs the house a few milliseconds: it reads its own memory use and more. */
const pollMs = 100;
const timeoutMs = 300_000;

type Progress = { stored: number; judgedLag: number; quarantined: number };

const progressOf = async (house: TestHouse): Promise<Progress> => {
  const text = await (await fetch(`${house.url}/metrics`)).text();
  const value = (line: RegExp) => Number(line.exec(text)?.[1] ?? 0);
  return {
    stored: value(/^hubao_readings_stored_total (\d+)/m),
    judgedLag: value(/^hubao_consumer_lag_records\{consumer="detection"\} (\d+)/m),
    quarantined: [...text.matchAll(/^hubao_quarantined_total\{.*\} (\d+)/gm)].reduce(
      (total, match) => total + Number(match[1]),
      0,
    ),
  };
};

/** Waits until `wanted` readings in all are stored and judged; answers when each was (performance.now). */
export const untilStoredAndJudged = async (
  house: TestHouse,
  wanted: number,
  isSent: () => boolean,
): Promise<{ storedAtMs: number; judgedAtMs: number }> => {
  const endMs = performance.now() + timeoutMs;
  let storedAtMs = 0;
  let judgedAtMs = 0;
  while (storedAtMs === 0 || judgedAtMs === 0) {
    const { stored, judgedLag, quarantined } = await progressOf(house);
    const nowMs = performance.now();
    if (quarantined > 0) throw new Error(`${quarantined} readings were put into quarantine`);
    if (storedAtMs === 0 && stored >= wanted) storedAtMs = nowMs;
    if (judgedAtMs === 0 && isSent() && judgedLag === 0) judgedAtMs = nowMs;
    if (nowMs > endMs) throw new Error(`only ${stored} of ${wanted} readings were stored in time`);
    await sleep(pollMs);
  }
  return { storedAtMs, judgedAtMs };
};
