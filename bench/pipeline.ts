// How many readings a second go the whole way: broker, journal, decoding, detection, and PostgreSQL, in a house as users run it.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { issueCredentials } from "../storage/credentials.ts";
import { openDatabase } from "../storage/db.ts";
import { startEmbeddedPostgres } from "../storage/embedded.ts";
import { migrate } from "../storage/migrate.ts";
import { importRegistry } from "../storage/registry.ts";
import { startTestHouse, type TestHouse } from "../test/support/house.ts";
import { benchBreakers, benchClient, benchRow } from "./fleet.ts";
import { costOf, cpuOfThreads, cpuOfTree, type Spread, spreadOf } from "./measure.ts";
import { serverOptions, startLoad } from "./processes.ts";

export type PipelineOptions = {
  rounds: number;
  connections: number;
  window: number;
  warmUpMessages: number;
  messages: number;
};

export type PipelineRound = {
  /** All readings ÷ the time from the first one sent to the last one stored (judged). */
  storedPerS: number;
  judgedPerS: number;
  acknowledgedPerS: number;
  p50Ms: number;
  p99Ms: number;
  /** CPU of the house's process, of its main thread (the broker), of its pipeline thread, of PostgreSQL, of the load. */
  houseCpuUsPerMessage: number | null;
  mainThreadCpuUsPerMessage: number | null;
  pipelineThreadCpuUsPerMessage: number | null;
  postgresCpuUsPerMessage: number | null;
  loadCpuUsPerMessage: number;
  housePeakRssBytes: number | null;
};

export type PipelineResult = { options: PipelineOptions; rounds: PipelineRound[]; storedPerS: Spread };

export const defaultPipeline: PipelineOptions = {
  rounds: 5,
  connections: 200,
  window: 50,
  warmUpMessages: 30_000,
  messages: 300_000,
};

const log = { info: () => {}, warn: (message: string) => console.warn(message) };
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

/** Waits until `wanted` readings in all are stored and judged; answers when each was. */
const untilDone = async (
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

const postmasterOf = async (dataDir: string): Promise<number> =>
  Number((await readFile(join(dataDir, "cluster", "postmaster.pid"), "utf8")).split("\n")[0]);
const houseOf = async (dataDir: string): Promise<number> =>
  Number(await readFile(join(dataDir, "hubao-ingest.pid"), "utf8"));

const difference = (after: number | null, before: number | null): number | null =>
  after === null || before === null ? null : after - before;

/** Measures in one house on an empty embedded PostgreSQL; its rounds follow each other in the same tables. */
export const measurePipeline = async (
  options: PipelineOptions,
  onRound: (round: PipelineRound) => void,
): Promise<PipelineResult> => {
  const postgresDir = await mkdtemp(join(tmpdir(), "hubao-bench-"));
  const postgres = await startEmbeddedPostgres({ dataDir: postgresDir, log });
  const stops: (() => Promise<void>)[] = [
    () => postgres.stop(),
    () => rm(postgresDir, { recursive: true, force: true }),
  ];
  try {
    await migrate(postgres.url);
    const db = openDatabase(postgres.url, { maxConnections: 1 });
    stops.unshift(() => db.close());
    const ids = benchBreakers(options.connections);
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
    });
    stops.unshift(() => house.stop());
    const load = await startLoad({
      port: Number(new URL(house.mqttUrl).port),
      clients: issued.map(({ clientId, token }) => benchClient(clientId, token)),
      window: options.window,
    });
    stops.unshift(() => load.stop());

    await load.run({ messages: options.warmUpMessages, ratePerS: null });
    let sentInAll = options.warmUpMessages;
    await untilDone(house, sentInAll, () => true);

    const housePid = await houseOf(house.dataDir);
    const postgresPid = await postmasterOf(postgresDir);
    const rounds: PipelineRound[] = [];
    for (let i = 0; i < options.rounds; i++) {
      sentInAll += options.messages;
      const before = {
        house: costOf(housePid),
        threads: cpuOfThreads(housePid),
        postgres: cpuOfTree(postgresPid),
      };
      const beginMs = performance.now();
      let sent = false;
      const running = load.run({ messages: options.messages, ratePerS: null }).then((result) => {
        sent = true;
        return result;
      });
      const [result, done] = await Promise.all([running, untilDone(house, sentInAll, () => sent)]);
      const house1 = costOf(housePid);
      const threads = [...cpuOfThreads(housePid)].map(
        ([tid, cpuMs]) => [tid, cpuMs - (before.threads.get(tid) ?? 0)] as const,
      );
      const perMessageUs = (cpuMs: number | null | undefined): number | null =>
        cpuMs === null || cpuMs === undefined ? null : (cpuMs * 1_000) / options.messages;
      const perS = (atMs: number) => (options.messages * 1_000) / (atMs - beginMs);
      const round: PipelineRound = {
        storedPerS: perS(done.storedAtMs),
        judgedPerS: perS(done.judgedAtMs),
        acknowledgedPerS: (options.messages * 1_000) / result.wallMs,
        p50Ms: result.p50Ms,
        p99Ms: result.p99Ms,
        houseCpuUsPerMessage: perMessageUs(difference(house1?.cpuMs ?? null, before.house?.cpuMs ?? null)),
        mainThreadCpuUsPerMessage: perMessageUs(threads.find(([tid]) => tid === housePid)?.[1]),
        pipelineThreadCpuUsPerMessage: perMessageUs(
          threads.length === 0
            ? null
            : Math.max(...threads.filter(([tid]) => tid !== housePid).map(([, cpuMs]) => cpuMs)),
        ),
        postgresCpuUsPerMessage: perMessageUs(difference(cpuOfTree(postgresPid), before.postgres)),
        loadCpuUsPerMessage: (result.cpuMs * 1_000) / options.messages,
        housePeakRssBytes: house1?.peakRssBytes ?? null,
      };
      rounds.push(round);
      onRound(round);
    }
    const [row] = await db.query<{ count: number }>("SELECT count(*) AS count FROM reading");
    if (row?.count !== sentInAll)
      throw new Error(`${sentInAll} readings were acknowledged and ${row?.count} stored`);
    return { options, rounds, storedPerS: spreadOf(rounds.map((round) => round.storedPerS)) };
  } finally {
    for (const stop of stops) await stop();
  }
};
