// Our whole pipeline beside Mosquitto and Telegraf: the same load, in turn, into the same InfluxDB.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { prepareInflux } from "../storage/telemetry/influx-setup.ts";
import { freePort } from "../test/broker/mosquitto.ts";
import { fluxRows } from "../test/support/flux.ts";
import { findInfluxd, launchInfluxd, setUpInfluxd } from "../tools/influxd.ts";
import { openBenchHouse, untilStoredAndJudged } from "./bench-house.ts";
import { costOf, cpuOfTree, type Spread, spreadOf } from "./measure.ts";
import { type Load, startLoad } from "./processes.ts";
import { findTelegraf, type InfluxBucket, startTelegrafPeer } from "./telegraf-peer.ts";

export type TelegrafOptions = {
  rounds: number;
  connections: number;
  window: number;
  warmUpMessages: number;
  messages: number;
};

export const defaultTelegraf: TelegrafOptions = {
  rounds: 5,
  connections: 200,
  window: 50,
  warmUpMessages: 30_000,
  messages: 300_000,
};

export type TelegrafRound = {
  pipeline: "hubao" | "telegraf";
  /** All readings ÷ the time from the first one sent to the last one stored. */
  storedPerS: number;
  acknowledgedPerS: number;
  /** CPU of the broker and the pipeline: hubao's process, or Mosquitto and Telegraf. */
  cpuUsPerMessage: number;
  /** CPU of hubao's PostgreSQL, which detection commits to; 0 for the peer, who judges nothing. */
  postgresCpuUsPerMessage: number;
  /** CPU of InfluxDB, until all is stored. */
  influxCpuUsPerMessage: number;
};

export type TelegrafResult = {
  options: TelegrafOptions;
  rounds: TelegrafRound[];
  /** Ours ÷ the peer's, of neighbouring rounds. */
  storedRatio: Spread;
  cpuRatio: Spread;
  /** As `cpuRatio`, with PostgreSQL on our side. */
  cpuWithPostgresRatio: Spread;
};

const setup = { org: "hubao", token: "token-of-a-throw-away-influxdb" } as const;
const buckets = { hubao: "telemetry", telegraf: "telegraf" } as const;
const retentionDays = 90;
const pollMs = 100;
const timeoutMs = 120_000;
const settleMs = 10_000;
const missing = (what: string, script: string) => new Error(`${what} is not here: run tools/${script} first`);

const cpu = (pid: number): number => costOf(pid)?.cpuMs ?? Number.NaN;

type Side = {
  load: Load;
  /** CPU milliseconds so far. */
  cpuMs(): number;
  postgresCpuMs(): number;
  /** Before a stretch of load. Answers what waits until so many readings more are stored, and then says when they were. */
  begin(messages: number): Promise<(isSent: () => boolean) => Promise<number>>;
};

/** Points that InfluxDB has stored since its start, by its own count: a query would cost it more than the writing. */
const pointsStored = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^storage_writer_ok_points_sum\{.*\} (\S+)$/m.exec(text)?.[1] ?? 0);
};

const openOurs = async (options: TelegrafOptions, influx: InfluxBucket, stops: (() => Promise<void>)[]) => {
  const opened = await openBenchHouse(options.connections, {
    INFLUX_URL: influx.url,
    INFLUX_TOKEN: influx.token,
    INFLUX_ORG: influx.org,
    INFLUX_BUCKET: influx.bucket,
  });
  stops.unshift(() => opened.stop());
  const { house, clients, housePid, postgresPid } = opened;
  const load = await startLoad({
    port: Number(new URL(house.mqttUrl).port),
    clients,
    window: options.window,
  });
  stops.unshift(() => load.stop());
  let wanted = 0;
  const side: Side = {
    load,
    cpuMs: () => cpu(housePid),
    postgresCpuMs: () => cpuOfTree(postgresPid) ?? Number.NaN,
    begin(messages) {
      wanted += messages;
      return Promise.resolve(async (isSent) => {
        const { storedAtMs, judgedAtMs } = await untilStoredAndJudged(house, wanted, isSent);
        return Math.max(storedAtMs, judgedAtMs);
      });
    },
  };
  return { side, clients };
};

const openPeer = async (
  binary: string,
  options: TelegrafOptions,
  influx: InfluxBucket,
  clients: Parameters<typeof startLoad>[0]["clients"],
  stops: (() => Promise<void>)[],
): Promise<Side> => {
  const peer = await startTelegrafPeer(binary, influx);
  stops.unshift(() => peer.stop());
  const load = await startLoad({ port: peer.mqttPort, clients, window: options.window });
  stops.unshift(() => load.stop());
  return {
    load,
    cpuMs: () => cpu(peer.mosquittoPid) + cpu(peer.telegrafPid),
    postgresCpuMs: () => 0,
    // The idle house reports about itself meanwhile: some points in ten thousand, which are taken for the peer's.
    async begin(messages) {
      const wanted = (await pointsStored(influx.url)) + messages;
      return async () => {
        const endMs = performance.now() + timeoutMs;
        for (;;) {
          const stored = await pointsStored(influx.url);
          const nowMs = performance.now();
          if (stored >= wanted) return nowMs;
          if (nowMs > endMs)
            throw new Error(`Telegraf left ${wanted - stored} of ${messages} readings unstored`);
          await sleep(pollMs);
        }
      };
    },
  };
};

const measureRound = async (
  pipeline: TelegrafRound["pipeline"],
  side: Side,
  influxPid: number,
  messages: number,
): Promise<TelegrafRound> => {
  const costs = () => [side.cpuMs(), side.postgresCpuMs(), cpu(influxPid)] as const;
  const untilStored = await side.begin(messages);
  const before = costs();
  const beginMs = performance.now();
  let sent = false;
  const running = side.load.run({ messages, ratePerS: null }).then((result) => {
    sent = true;
    return result;
  });
  const [result, storedAtMs] = await Promise.all([running, untilStored(() => sent)]);
  const after = costs();
  const perMessageUs = (index: 0 | 1 | 2) => ((after[index] - before[index]) * 1_000) / messages;
  return {
    pipeline,
    storedPerS: (messages * 1_000) / (storedAtMs - beginMs),
    acknowledgedPerS: (messages * 1_000) / result.wallMs,
    cpuUsPerMessage: perMessageUs(0),
    postgresCpuUsPerMessage: perMessageUs(1),
    influxCpuUsPerMessage: perMessageUs(2),
  };
};

/** Both must hold every reading once, at once or (the peer's last ones) shortly after; throws where they do not. */
const checkStored = async (influx: InfluxBucket, wanted: number): Promise<void> => {
  const endMs = performance.now() + settleMs;
  for (;;) {
    const rows = await fluxRows(
      influx,
      `from(bucket: "${influx.bucket}") |> range(start: -1d, stop: 1h) |> filter(fn: (r) => r._measurement == "reading" and r._field == "seq") |> count() |> group() |> sum()`,
    );
    const stored = Number(rows[0]?.["_value"]);
    if (stored === wanted) return;
    if (stored > wanted || performance.now() > endMs)
      throw new Error(`${influx.bucket}: ${wanted} were acknowledged and ${stored} are stored`);
    await sleep(pollMs);
  }
};

/** Measures both in turn, round by round. Needs `influxd` and `telegraf` (tools/install-*.sh). */
export const measureTelegraf = async (
  options: TelegrafOptions,
  onRound: (round: TelegrafRound) => void,
): Promise<TelegrafResult> => {
  const [influxd, telegraf] = await Promise.all([findInfluxd(), findTelegraf()]);
  if (influxd === null) throw missing("influxd", "install-influxd.sh");
  if (telegraf === null) throw missing("telegraf", "install-telegraf.sh");
  const directory = await mkdtemp(join(tmpdir(), "hubao-bench-influx-"));
  const stops: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  try {
    const server = await launchInfluxd({ binary: influxd, directory, port: await freePort() });
    stops.unshift(() => server.end("SIGTERM"));
    await setUpInfluxd(server.url, { ...setup, bucket: buckets.hubao });
    const target = (bucket: string): InfluxBucket => ({ ...setup, url: server.url, bucket });
    for (const bucket of Object.values(buckets))
      await prepareInflux(
        { ...target(bucket), retentionDays, timeZone: "Asia/Shanghai", grafanaToken: false },
        () => {},
      );
    const ours = await openOurs(options, target(buckets.hubao), stops);
    const peer = await openPeer(telegraf, options, target(buckets.telegraf), ours.clients, stops);
    const sides = { hubao: ours.side, telegraf: peer } as const;
    for (const side of Object.values(sides)) {
      const untilStored = await side.begin(options.warmUpMessages);
      await side.load.run({ messages: options.warmUpMessages, ratePerS: null });
      await untilStored(() => true);
    }
    const rounds: TelegrafRound[] = [];
    const ratios: { stored: number; cpu: number; cpuWithPostgres: number }[] = [];
    for (let i = 0; i < options.rounds; i++) {
      const one = async (pipeline: TelegrafRound["pipeline"]): Promise<TelegrafRound> => {
        const round = await measureRound(pipeline, sides[pipeline], server.pid, options.messages);
        rounds.push(round);
        onRound(round);
        return round;
      };
      const our = await one("hubao");
      const their = await one("telegraf");
      ratios.push({
        stored: our.storedPerS / their.storedPerS,
        cpu: our.cpuUsPerMessage / their.cpuUsPerMessage,
        cpuWithPostgres: (our.cpuUsPerMessage + our.postgresCpuUsPerMessage) / their.cpuUsPerMessage,
      });
    }
    const sent = options.warmUpMessages + options.rounds * options.messages;
    for (const bucket of Object.values(buckets)) await checkStored(target(bucket), sent);
    return {
      options,
      rounds,
      storedRatio: spreadOf(ratios.map(({ stored }) => stored)),
      cpuRatio: spreadOf(ratios.map((ratio) => ratio.cpu)),
      cpuWithPostgresRatio: spreadOf(ratios.map(({ cpuWithPostgres }) => cpuWithPostgres)),
    };
  } finally {
    for (const stop of stops) await stop();
  }
};
