// How many readings a second go the whole way: broker, journal, decoding, detection, and PostgreSQL, in a house as users run it.
import { openBenchHouse, untilStoredAndJudged } from "./bench-house.ts";
import { costOf, cpuOfThreads, cpuOfTree, type Spread, spreadOf } from "./measure.ts";
import { startLoad } from "./processes.ts";

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

const difference = (after: number | null, before: number | null): number | null =>
  after === null || before === null ? null : after - before;

/** Measures in one house on an empty embedded PostgreSQL; its rounds follow each other in the same tables. */
export const measurePipeline = async (
  options: PipelineOptions,
  onRound: (round: PipelineRound) => void,
): Promise<PipelineResult> => {
  const opened = await openBenchHouse(options.connections);
  const { house, db, housePid, postgresPid } = opened;
  const stops: (() => Promise<void>)[] = [() => opened.stop()];
  try {
    const load = await startLoad({
      port: Number(new URL(house.mqttUrl).port),
      clients: opened.clients,
      window: options.window,
    });
    stops.unshift(() => load.stop());

    await load.run({ messages: options.warmUpMessages, ratePerS: null });
    let sentInAll = options.warmUpMessages;
    await untilStoredAndJudged(house, sentInAll, () => true);

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
      const [result, done] = await Promise.all([running, untilStoredAndJudged(house, sentInAll, () => sent)]);
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
