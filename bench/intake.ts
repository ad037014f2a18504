// How many messages a second are acknowledged: our broker, which has each on disk before, beside bare aedes.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchBreakers, benchClient, benchPassword } from "./fleet.ts";
import type { LoadResult } from "./load.ts";
import { type Cost, costOf, type Spread, spreadOf } from "./measure.ts";
import { endProcess, nextMessage, serverOptions, startLoad, startProcess } from "./processes.ts";

export type IntakeOptions = {
  rounds: number;
  connections: number;
  window: number;
  warmUpMessages: number;
  messages: number;
  /** A stretch before at a fixed rate, for the latency of a broker that is not saturated. */
  calm: { messages: number; ratePerS: number };
};

export type IntakeRound = {
  broker: "bare" | "durable";
  messagesPerS: number;
  p50Ms: number;
  p99Ms: number;
  calmP50Ms: number;
  calmP99Ms: number;
  brokerCpuUsPerMessage: number | null;
  loadCpuUsPerMessage: number;
  brokerPeakRssBytes: number | null;
};

export type IntakeResult = {
  options: IntakeOptions;
  payloadBytes: number;
  rounds: IntakeRound[];
  bareMessagesPerS: Spread;
  durableMessagesPerS: Spread;
  /** Durable ÷ bare, of neighbouring rounds. */
  ratio: Spread;
};

export const defaultIntake: IntakeOptions = {
  rounds: 7,
  connections: 200,
  window: 50,
  warmUpMessages: 60_000,
  messages: 300_000,
  calm: { messages: 20_000, ratePerS: 10_000 },
};

const measureRound = async (
  broker: IntakeRound["broker"],
  options: IntakeOptions,
): Promise<{ round: IntakeRound; result: LoadResult }> => {
  const dir = await mkdtemp(join(tmpdir(), "hubao-bench-"));
  const server = startProcess("broker-process.ts", [broker, dir], serverOptions);
  const pid = server.pid ?? 0;
  try {
    const port = await nextMessage<number>(server);
    const clients = benchBreakers(options.connections).map((id) => benchClient(id, benchPassword(id)));
    const load = await startLoad({ port, clients, window: options.window });
    await load.run({ messages: options.warmUpMessages, ratePerS: null });
    const calm = await load.run(options.calm);
    const before: Cost | null = costOf(pid);
    const result = await load.run({ messages: options.messages, ratePerS: null });
    const after = costOf(pid);
    await load.stop();
    const perMessageUs = (cpuMs: number) => (cpuMs * 1_000) / result.messages;
    const round: IntakeRound = {
      broker,
      messagesPerS: (result.messages * 1_000) / result.wallMs,
      p50Ms: result.p50Ms,
      p99Ms: result.p99Ms,
      calmP50Ms: calm.p50Ms,
      calmP99Ms: calm.p99Ms,
      brokerCpuUsPerMessage: before && after ? perMessageUs(after.cpuMs - before.cpuMs) : null,
      loadCpuUsPerMessage: perMessageUs(result.cpuMs),
      brokerPeakRssBytes: after?.peakRssBytes ?? null,
    };
    return { round, result };
  } finally {
    await endProcess(server);
    await rm(dir, { recursive: true, force: true });
  }
};

/** Measures both in turn, round by round, so that what drifts touches both alike. */
export const measureIntake = async (
  options: IntakeOptions,
  onRound: (round: IntakeRound) => void,
): Promise<IntakeResult> => {
  const rounds: IntakeRound[] = [];
  let payloadBytes = 0;
  for (let i = 0; i < options.rounds; i++)
    for (const broker of ["bare", "durable"] as const) {
      const { round, result } = await measureRound(broker, options);
      payloadBytes = result.payloadBytes;
      rounds.push(round);
      onRound(round);
    }
  const speeds = (broker: IntakeRound["broker"]) =>
    rounds.filter((round) => round.broker === broker).map((round) => round.messagesPerS);
  const bare = speeds("bare");
  const durable = speeds("durable");
  return {
    options,
    payloadBytes,
    rounds,
    bareMessagesPerS: spreadOf(bare),
    durableMessagesPerS: spreadOf(durable),
    ratio: spreadOf(durable.map((speed, i) => speed / (bare[i] ?? Number.NaN))),
  };
};
