// The demo: loads the demo township through the API, gives its devices credentials, uploads their past day and lets them report.
import { join } from "node:path";
import mqtt from "mqtt";
import type { RegistryRow } from "../domain/registry.ts";
import { midnightMs } from "../domain/time.ts";
import { type Api, createApi } from "./api.ts";
import type { Counters, Log } from "./connection.ts";
import { issueBreakerTokens, issueGatewayTokens, type Kept, readKept, writeKept } from "./credentials.ts";
import { demoFaults } from "./demo-plan.ts";
import { type Fault, labelOf } from "./faults.ts";
import { type Fleet, startFleet } from "./fleet.ts";
import { sendHistory } from "./history.ts";
import { demoTownship, demoTownshipId } from "./township.ts";
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
const hourMs = 3_600_000;

/** Starts the demo in the background: answers at once. Its problems go to the log and to `ready`. */
export const startDemo = (config: DemoConfig, log: Log): Demo => {
  const aborter = new AbortController();
  let fleet: Fleet | null = null;
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
    await uploadPast(config, world, tokens, kept.reportedUntilMs, nowMs, signal, log);
    if (signal.aborted) return;
    fleet = startFleet({
      mqttUrl: config.mqttUrl,
      world,
      credentials: tokens,
      intervalMs: config.intervalMs ?? 30_000,
      log,
    });
    keep = () => writeKept(path, { tokens: kept.tokens, reportedUntilMs: Date.now() });
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
      await fleet?.stop();
      await keep?.().catch(() => {});
    },
  };
};

/** The demo's own zone: the township is a Chinese one, whatever the house is set to. */
const timeZone = "Asia/Shanghai";
const removedDaysAgo = 45;

const dateAgo = (nowMs: number, days: number): string =>
  Temporal.Instant.fromEpochMilliseconds(nowMs)
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .subtract({ days })
    .toString();

/**
 * The township as if it had been equipped the day before: only so far does the simulated history reach, and what is
 * installed without a report counts against the rates of a week or a month.
 */
const justInstalled = (rows: readonly RegistryRow[], nowMs: number): RegistryRow[] =>
  rows.map((row) => {
    if (row.breakerId === null) return row;
    return row.removedOn === null
      ? { ...row, installedOn: dateAgo(nowMs, 1) }
      : { ...row, removedOn: dateAgo(nowMs, removedDaysAgo) };
  });

/** Village → its simulated safety officer; one village has none on purpose, so that the share falls short of its target. */
const officers: Readonly<Record<string, string>> = { shanghe: "协管员-01", shiqiao: "协管员-02" };

/** Safety officers, the supply station, and houses in the order in which they are walked. */
const withPeopleAndPaths = (rows: readonly RegistryRow[]): RegistryRow[] => {
  const walked = new Map<string, number>();
  return rows.map((row) => {
    const officerName = officers[row.villageId] ?? null;
    const step = row.householdId === null ? null : (walked.get(row.householdId) ?? walked.size + 1);
    if (row.householdId !== null && step !== null) walked.set(row.householdId, step);
    return {
      ...row,
      supplyStation: "青溪供电所",
      walkingOrder: step,
      officerId: officerName === null ? null : `officer-${row.villageId}`,
      officerName,
    };
  });
};

/** The demo township's rows, imported first where the registry lacks them. */
const demoRegistry = async (
  api: Api,
  seed: number,
  log: Log,
): Promise<{ rows: RegistryRow[]; imported: boolean }> => {
  const isDemo = (row: RegistryRow) => row.townshipId === demoTownshipId;
  const present = (await api.registry()).filter(isDemo);
  if (present.length > 0) return { rows: present, imported: false };
  const rows = withPeopleAndPaths(justInstalled(demoTownship(seed, Date.now()), Date.now()));
  await api.importRegistry(rows);
  log.info({ rows: rows.length, township: rows[0]?.townshipName }, "demo township imported");
  return { rows, imported: true };
};

/** What an earlier start kept, unless it belongs to a database that is gone: then the broker refuses its tokens. */
const usableKept = async (path: string, imported: boolean, world: World, mqttUrl: string): Promise<Kept> => {
  const none: Kept = { tokens: {}, reportedUntilMs: null };
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
  signal: AbortSignal,
  log: Log,
): Promise<void> => {
  const earliestMs =
    config.historyHours === undefined
      ? midnightMs(dateAgo(nowMs, 1), timeZone)
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
