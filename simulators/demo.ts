// The demo: loads the demo township through the API, gives its devices credentials, uploads their past day and lets them report.
import { join } from "node:path";
import mqtt from "mqtt";
import { midnightMs } from "../domain/time.ts";
import { createApi } from "./api.ts";
import type { Counters, Log } from "./connection.ts";
import { issueBreakerTokens, issueGatewayTokens, type Kept, readKept, writeKept } from "./credentials.ts";
import { demoFaults } from "./demo-plan.ts";
import { dateAgo, demoRegistry, demoTimeZone } from "./demo-registry.ts";
import { doOfficeWork, testSomeBreakers } from "./demo-work.ts";
import { type Fault, labelOf } from "./faults.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { type GatewayLines, startGatewayLines } from "./gateway-lines.ts";
import { sendHistory } from "./history.ts";
import { createNumbering, type Numbering } from "./messages.ts";
import { createWorld, type World } from "./world.ts";

export type DemoConfig = {
  /** Without `/api/v1`. */
  apiUrl: string;
  /** The API's admin token. */
  token: string;
  mqttUrl: string;
  /** Where `demo-credentials.json` is kept, mode 600, so that a second start goes on with the same devices. */
  dataDir: string;
  seed: number;
  /** How far back the first start's history reaches; by default to the installation, the midnight before the last. */
  historyHours?: number;
  /** Every breaker reports this often; default 30,000. */
  intervalMs?: number;
};

export type Demo = {
  /** Resolves when the fleet reports live; rejects with one sentence when the demo cannot start. */
  ready: Promise<void>;
  stats(): Counters | null;
  stop(): Promise<void>;
};

const historyIntervalMs = 300_000;
const keepEveryMs = 60_000;
/** Numbers that a device may have used after the last that was kept: an end without a goodbye repeats none. */
const keptLate = 100;
const hourMs = 3_600_000;

/** Starts the demo in the background: answers at once. Its problems go to the log and to `ready`. */
export const startDemo = (config: DemoConfig, log: Log): Demo => {
  const aborter = new AbortController();
  let fleet: Fleet | null = null;
  let gateways: GatewayLines | null = null;
  let office: Promise<void> | null = null;
  let keeper: NodeJS.Timeout | undefined;
  let keep: (() => Promise<void>) | null = null;
  const run = async () => {
    const { signal } = aborter;
    const api = createApi(config.apiUrl, config.token, signal);
    const path = join(config.dataDir, "demo-credentials.json");
    const { rows, imported } = await demoRegistry(api, config.seed, log);
    const people = createWorld(rows, config.seed, []);
    const kept = await usableKept(path, imported, people, config.mqttUrl);
    const tokens = new Map(Object.entries(kept.tokens));
    await issueBreakerTokens(api, people, tokens);
    await issueGatewayTokens(api, people, tokens);
    kept.tokens = Object.fromEntries(tokens);
    await writeKept(path, kept);

    const nowMs = Date.now();
    const faults = demoFaults(people, config.seed, nowMs);
    const world = createWorld(rows, config.seed, faults);
    announce(log, faults, nowMs);
    const sequences = new Map(Object.entries(kept.sequences).map(([id, last]) => [id, last + keptLate]));
    const numbering = createNumbering(nowMs, sequences);
    await uploadPast(config, world, tokens, kept.reportedUntilMs, nowMs, numbering, signal, log);
    if (signal.aborted) return;
    gateways = startGatewayLines({ mqttUrl: config.mqttUrl, world, credentials: tokens, numbering, log });
    if (imported) {
      testSomeBreakers(gateways, world, Date.now());
      office = doOfficeWork(api, { day: dateAgo(nowMs, 1), signal, log });
    }
    fleet = startFleet({
      mqttUrl: config.mqttUrl,
      world,
      credentials: tokens,
      intervalMs: config.intervalMs ?? 30_000,
      numbering,
      log,
    });
    keep = () =>
      writeKept(path, {
        tokens: kept.tokens,
        reportedUntilMs: Date.now(),
        sequences: Object.fromEntries(sequences),
      });
    await keep();
    const warn = (error: Error) => log.warn({ reason: error.message }, "demo credentials could not be kept");
    keeper = setInterval(() => void keep?.().catch(warn), keepEveryMs);
    log.info({ breakers: world.breakers.length }, "simulated fleet is reporting");
  };
  const ready = run();
  ready.catch((error: Error) => {
    if (!aborter.signal.aborted) log.warn({ reason: error.message }, "the demo's fleet could not start");
  });
  return {
    ready,
    stats: () => fleet?.stats() ?? null,
    async stop() {
      aborter.abort();
      await ready.catch(() => {});
      clearInterval(keeper);
      await office?.catch(() => {});
      await Promise.all([fleet?.stop(), gateways?.stop()]);
      await keep?.().catch(() => {});
    },
  };
};

/** What an earlier start kept, unless it belongs to a database that is gone: then the broker refuses its tokens. */
const usableKept = async (path: string, imported: boolean, world: World, mqttUrl: string): Promise<Kept> => {
  const none: Kept = { tokens: {}, reportedUntilMs: null, sequences: {} };
  const kept = imported ? null : await readKept(path);
  if (kept === null) return none;
  // Three, because an operator may have given one of the breakers a new credential.
  const probes = world.breakers.filter((_, i) => i % Math.ceil(world.breakers.length / 3) === 0);
  for (const { breakerId } of probes) {
    const password = kept.tokens[breakerId];
    if (password !== undefined && (await accepts(mqttUrl, breakerId, password))) return kept;
  }
  return none;
};

const accepts = async (mqttUrl: string, clientId: string, password: string): Promise<boolean> => {
  try {
    const client = await mqtt.connectAsync(mqttUrl, {
      clientId,
      username: clientId,
      password,
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 10_000,
    });
    await client.endAsync();
    return true;
  } catch {
    return false;
  }
};

/** What the area gateways had buffered: all since the installation at the first start, since the last stop at a later one. */
const uploadPast = async (
  config: DemoConfig,
  world: World,
  tokens: ReadonlyMap<string, string>,
  reportedUntilMs: number | null,
  nowMs: number,
  numbering: Numbering,
  signal: AbortSignal,
  log: Log,
): Promise<void> => {
  const earliestMs =
    config.historyHours === undefined
      ? midnightMs(dateAgo(nowMs, 1), demoTimeZone)
      : nowMs - config.historyHours * hourMs;
  const fromMs = Math.max(earliestMs, reportedUntilMs ?? earliestMs);
  if (fromMs >= nowMs) return;
  const counters = await sendHistory({
    mqttUrl: config.mqttUrl,
    world,
    credentials: tokens,
    via: "gateways",
    fromMs,
    toMs: nowMs,
    intervalMs: historyIntervalMs,
    numbering,
    log,
    signal,
  });
  log.info(
    { reports: counters.acknowledged, hours: Math.round((nowMs - fromMs) / hourMs) },
    "gateways uploaded what they had buffered",
  );
};

/** Lists the faults of the next minutes, so that a user can compare them with what the page finds. */
const announce = (log: Log, faults: readonly Fault[], nowMs: number): void => {
  for (const label of faults.map(labelOf)) {
    if (label.startMs > nowMs + hourMs) continue;
    log.info(
      {
        subject: label.subjectId,
        expect: label.finding,
        from: new Date(label.startMs).toISOString(),
        to: new Date(label.endMs).toISOString(),
      },
      "planned fault",
    );
  }
};
