// The pipeline: three consumers of one journal, the registry they judge by, and the trimming of what all have passed.
import { setTimeout as sleep } from "node:timers/promises";
import type { JudgingRule } from "../domain/limits.ts";
import { liveTopics } from "../domain/live.ts";
import { openJournal } from "../journal/journal.ts";
import { openDatabase } from "../storage/db.ts";
import { loadBreakerFacts } from "../storage/registry-read.ts";
import { type InfluxConfig, openTelemetry } from "../storage/telemetry/open.ts";
import type { Consumer } from "./consumer.ts";
import { openDecodedLog } from "./decoded-log.ts";
import { startDetectionConsumer } from "./detection-consumer.ts";
import { openFeed } from "./feed.ts";
import { startLiveConsumer } from "./live-consumer.ts";
import { type Registry, registryOf } from "./registry.ts";
import { startTelemetryConsumer } from "./telemetry-consumer.ts";

/** Who reads the journal; a record is removed when all of them have passed it. */
export const consumerNames = ["telemetry", "detection", "live"] as const;
export type ConsumerName = (typeof consumerNames)[number];
export type PipelinePart = ConsumerName | "revision";

/** Plain data, so that it can cross into a worker thread. */
export type PipelineConfig = {
  journalDir: string;
  journalMaxBytes: number;
  databaseUrl: string;
  influx: InfluxConfig | null;
  retentionDays: number;
  timeZone: string;
  feed: { url: string; username: string; password: string };
  rule: JudgingRule;
};

/** What the pipeline tells the process it runs in. */
export type PipelineEvent =
  | { event: "stored"; count: number }
  | { event: "quarantined"; reason: string; count: number }
  | { event: "alarmRaised"; kind: string }
  | { event: "revised"; breakers: number }
  /** A part cannot go on, or (null) can again. */
  | { event: "problem"; part: PipelinePart; problem: string | null }
  | { event: "log"; level: "info" | "warn" | "error"; message: string };

export type Pipeline = { stop(): Promise<void> };

const dayMs = 86_400_000;
const trimEveryMs = 100;
const trimRecords = 20_000;
const pruneEveryMs = 3_600_000;
const registryRetryMs = 1_000;

/** Starts everything; rejects when PostgreSQL cannot be read, and leaves nothing behind then. */
export const startPipeline = async (
  config: PipelineConfig,
  emit: (event: PipelineEvent) => void,
): Promise<Pipeline> => {
  const warn = (message: string) => emit({ event: "log", level: "warn", message });
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one().catch((error: Error) => warn(error.message));
    stops.length = 0;
  };
  try {
    const db = openDatabase(config.databaseUrl, {
      maxConnections: 6,
      onError: (error) => warn(`PostgreSQL: ${error.message}`),
    });
    stops.push(() => db.close());
    const journal = openJournal({
      dir: config.journalDir,
      maxBytes: config.journalMaxBytes,
      consumers: consumerNames,
    });
    stops.push(() => journal.close());
    const telemetry = openTelemetry(config, db, warn);
    stops.push(() => telemetry.stop());
    const feed = openFeed(config.feed);
    stops.push(() => feed.stop());

    let registry: Registry = registryOf([], 0);
    const readRegistry = async () => {
      registry = registryOf(await loadBreakerFacts(db.query, config.timeZone), registry.version + 1);
    };
    let stopping = false;
    let reading: Promise<void> = Promise.resolve();
    const followRegistry = async () => {
      while (!stopping) {
        try {
          await readRegistry();
          emit({ event: "log", level: "info", message: `registry: ${registry.breakers.size} breakers` });
          return;
        } catch (error) {
          warn(`the registry could not be read, and is tried again: ${(error as Error).message}`);
          await sleep(registryRetryMs, undefined, { ref: false });
        }
      }
    };
    const reloadRegistry = () => {
      reading = reading.then(followRegistry);
    };
    const listener = await db.listen((notice) => {
      if (notice.kind === "registry") reloadRegistry();
    }, reloadRegistry);
    stops.push(() => {
      stopping = true;
      return listener.stop();
    });
    // Only now: what changes from here on is told to the listener.
    const firstReading = reading.then(readRegistry);
    reading = firstReading.catch(() => {});
    await firstReading;

    const retentionMs = config.retentionDays * dayMs;
    const log = openDecodedLog(journal, () => registry, retentionMs);
    const clock = Date.now;
    const told = new Map<PipelinePart, string | null>();
    const problems = (part: PipelinePart) => (problem: string | null) => {
      if ((told.get(part) ?? null) === problem) return;
      told.set(part, problem);
      emit({ event: "problem", part, problem });
    };
    const begin = (consumer: Consumer) => stops.push(() => consumer.stop());

    begin(
      startTelemetryConsumer({
        journal,
        log: log.reader(),
        store: telemetry,
        query: db.query,
        clock,
        onStored: (count) => emit({ event: "stored", count }),
        onProblem: problems("telemetry"),
      }),
    );
    begin(
      await startDetectionConsumer({
        journal,
        log: log.reader(),
        db,
        telemetry,
        registry: () => registry,
        clock,
        rule: config.rule,
        retentionMs,
        publish: {
          states: (states) => feed.publish(liveTopics.states, states),
          alarms: (alarms) => feed.publish(liveTopics.alarms, alarms),
        },
        onAlarmRaised: (kind) => emit({ event: "alarmRaised", kind }),
        onQuarantined: (reason, count) => emit({ event: "quarantined", reason, count }),
        onRevised: (breakers) => emit({ event: "revised", breakers }),
        onProblem: problems("detection"),
        onRevisionProblem: problems("revision"),
      }),
    );
    begin(
      startLiveConsumer({
        journal,
        log: log.reader(),
        clock,
        publish: (readings) => feed.publish(liveTopics.readings, readings),
        onProblem: problems("live"),
      }),
    );

    let trimming: Promise<void> = Promise.resolve();
    const trimmer = setInterval(() => {
      trimming = trimming
        .then(async () => {
          await journal.trim(trimRecords);
        })
        .catch((error: Error) => warn(`the journal could not be trimmed: ${error.message}`));
    }, trimEveryMs);
    const prune = () =>
      telemetry
        .prune(clock())
        .catch((error: Error) => warn(`old telemetry could not be removed: ${error.message}`));
    const pruner = setInterval(() => void prune(), pruneEveryMs);
    void prune();
    stops.push(async () => {
      clearInterval(trimmer);
      clearInterval(pruner);
      await trimming;
    });
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
