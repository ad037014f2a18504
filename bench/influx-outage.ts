// InfluxDB away under load: `node bench/influx-outage.ts [--json FILE]`. It is stopped for five minutes at 2,000 readings/s,
// killed twice, and refused a wrong token; afterwards stored must equal acknowledged, and alarms must have been on time.
import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { connectAsync } from "mqtt";
import type { Alarm } from "../domain/http.ts";
import type { TestHouse } from "../test/support/house.ts";
import { findInflux, type InfluxServer } from "../test/support/influx.ts";
import { drained, metricsOf, readinessOf } from "../test/support/metrics.ts";
import { until } from "../test/support/until.ts";
import { benchClient } from "./fleet.ts";
import { type OutageHouse, openOutageHouse, type StoredBooks, storedBooks } from "./outage-house.ts";
import { type Load, startLoad } from "./processes.ts";

export type OutageOptions = {
  connections: number;
  ratePerS: number;
  /** Seconds of load before anything happens, while InfluxDB is stopped, around each kill, and with the wrong token. */
  steadyS: number;
  stoppedS: number;
  killS: number;
  wrongTokenS: number;
};

export const fullOutage: OutageOptions = {
  connections: 200,
  ratePerS: 2_000,
  steadyS: 15,
  stoppedS: 300,
  killS: 20,
  wrongTokenS: 20,
};

export type OutagePhase = {
  phase: string;
  /** From the second reading above IΔn until the API shows the alarm. */
  alarmMs: number;
  acknowledged: number;
  acknowledgementP50Ms: number;
  acknowledgementP99Ms: number;
};

export type OutageResult = {
  options: OutageOptions;
  phases: OutagePhase[];
  /** What health said of the telemetry consumer: while InfluxDB was stopped, and with the wrong token. */
  told: { stopped: string; wrongToken: string };
  /** The most records that the journal held. */
  journalPeakRecords: number;
  /** From InfluxDB's return until no more than a second's load was left to store, under load and both kills. */
  caughtUpMs: number;
  acknowledged: number;
  books: StoredBooks;
};

const window = 50;
const alarmBreakers = 6;
const pollMs = 20;

/** Two readings above IΔn through a closed contact; answers how long the alarm takes from the second one on. */
const alarmDelayMs = async ({ house, clients }: OutageHouse, which: number): Promise<number> => {
  const client = clients.at(-1 - which);
  if (client === undefined) throw new Error("no breaker is left to leak");
  const device = await connectAsync(house.mqttUrl, {
    clientId: client.clientId,
    username: client.clientId,
    password: client.password,
    reconnectPeriod: 0,
  });
  try {
    const { topic } = client;
    for (let n = 0; n < 2; n += 1)
      await device.publishAsync(
        topic,
        JSON.stringify({
          ts: Date.now() + n,
          seq: n,
          residualCurrentMa: 34,
          contact: "closed",
          protection: "enabled",
        }),
        { qos: 1 },
      );
    const saidMs = performance.now();
    for (;;) {
      const { items } = await house.get<{ items: Alarm[] }>("/alarms?kind=failureToTrip&limit=100");
      if (items.some((alarm) => alarm.breakerId === client.clientId)) return performance.now() - saidMs;
      await sleep(pollMs);
    }
  } finally {
    await device.endAsync(true);
  }
};

const telemetryTrouble = (house: TestHouse): Promise<string> =>
  until("health to say what is wrong", async () => {
    const { parts } = await readinessOf(house);
    return parts["pipeline.telemetry"]?.detail ?? null;
  });

const telemetryLag = async (house: TestHouse): Promise<number> =>
  (await metricsOf(house)).value("hubao_consumer_lag_records", { consumer: "telemetry" });

/** Runs all phases on servers of its own and stops them. `say` is told of each phase as it ends. */
export const measureInfluxOutage = async (
  server: InfluxServer,
  options: OutageOptions,
  say: (phase: OutagePhase) => void,
): Promise<OutageResult> => {
  const opened = await openOutageHouse(server, options.connections + alarmBreakers);
  const { house } = opened;
  const connect = (): Promise<Load> =>
    startLoad({
      port: Number(new URL(house.mqttUrl).port),
      clients: opened.clients.slice(0, options.connections).map((c) => benchClient(c.clientId, c.password)),
      window,
    });
  const phases: OutagePhase[] = [];
  let journalPeakRecords = 0;
  let load: Load | null = null;
  try {
    /** Load for so many seconds, `meanwhile`, and an alarm in its midst. */
    const phase = async (name: string, seconds: number, meanwhile: () => Promise<void>): Promise<void> => {
      if (load === null) throw new Error("no load");
      const running = load.run({ messages: options.ratePerS * seconds, ratePerS: options.ratePerS });
      const [result, alarmMs] = await Promise.all([
        running,
        sleep((seconds * 1_000) / 2).then(() => alarmDelayMs(opened, phases.length)),
        meanwhile(),
      ]);
      const one: OutagePhase = {
        phase: name,
        alarmMs,
        acknowledged: result.messages,
        acknowledgementP50Ms: result.p50Ms,
        acknowledgementP99Ms: result.p99Ms,
      };
      journalPeakRecords = Math.max(
        journalPeakRecords,
        (await metricsOf(house)).value("hubao_journal_records"),
      );
      phases.push(one);
      say(one);
    };

    load = await connect();
    await phase("steady", options.steadyS, async () => {});

    let stopped = "";
    await server.shutDown();
    await phase("InfluxDB stopped", options.stoppedS, async () => {
      stopped = await telemetryTrouble(house);
    });
    await server.restart();
    const backMs = performance.now();
    const caughtUp = until(
      "the telemetry to catch up",
      async () => (await telemetryLag(house)) <= options.ratePerS,
      600_000,
    ).then(() => performance.now() - backMs);
    // It fails the phases' own way if it fails.
    caughtUp.catch(() => {});
    const killUnderLoad = async () => {
      await sleep((options.killS * 1_000) / 4);
      await server.kill();
      await server.restart();
    };
    await phase("back, and killed", options.killS, killUnderLoad);
    await phase("killed again", options.killS, killUnderLoad);
    const caughtUpMs = await caughtUp;
    await load.stop();
    load = null;

    await opened.restartWithToken(`${server.token}-wrong`);
    load = await connect();
    let wrongToken = "";
    await phase("wrong token", options.wrongTokenS, async () => {
      wrongToken = await telemetryTrouble(house);
    });
    await load.stop();
    load = null;
    await opened.restartWithToken(server.token);
    await drained(house, 600_000);
    const acknowledged = phases.reduce((sum, one) => sum + one.acknowledged, 0) + 2 * phases.length;
    return {
      options,
      phases,
      told: { stopped, wrongToken },
      journalPeakRecords,
      caughtUpMs,
      acknowledged,
      books: await storedBooks(server, opened),
    };
  } finally {
    await load?.stop().catch(() => {});
    await opened.stop();
  }
};

const print = (text: string) => process.stdout.write(`${text}\n`);

const runAlone = async (): Promise<void> => {
  const { values } = parseArgs({ options: { json: { type: "string" } } });
  const source = await findInflux();
  if (source.kind !== "own")
    throw new Error("needs an InfluxDB that may be killed: tools/install-influxd.sh");
  const server = await source.start();
  try {
    print(`load average before: ${loadavg()[0]?.toFixed(2)}; ${JSON.stringify(fullOutage)}`);
    const result = await measureInfluxOutage(server, fullOutage, (one) =>
      print(
        `${one.phase.padEnd(28)} acknowledged ${one.acknowledged}, p50 ${one.acknowledgementP50Ms.toFixed(1)} ms, p99 ${one.acknowledgementP99Ms.toFixed(1)} ms, alarm after ${Math.round(one.alarmMs)} ms`,
      ),
    );
    print(`health, stopped:     ${result.told.stopped}`);
    print(`health, wrong token: ${result.told.wrongToken}`);
    print(
      `journal held at most ${result.journalPeakRecords} records; caught up ${Math.round(result.caughtUpMs)} ms after it was back, both kills included`,
    );
    print(`acknowledged ${result.acknowledged}; ${JSON.stringify(result.books)}`);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, null, 2)}\n`);
  } finally {
    await server.stop();
  }
};

if (import.meta.main) await runAlone();
