// The pipeline: three consumers of one journal, the registry they judge by, and the trimming of what all have passed.
import type { JudgingRule } from "../domain/limits.ts";
import { liveTopics } from "../domain/live.ts";
import { openJournal } from "../journal/journal.ts";
import { openDatabase } from "../storage/db.ts";
import { endReporting } from "../storage/reporting.ts";
import { openInfluxLines } from "../storage/telemetry/influx-write.ts";
import { type InfluxConfig, openTelemetry } from "../storage/telemetry/open.ts";
import type { Consumer } from "./consumer.ts";
import { openDecodedLog } from "./decoded-log.ts";
import { startDetectionConsumer } from "./detection-consumer.ts";
import { openFeed } from "./feed.ts";
import type { ProcessCounters } from "./gauges.ts";
import { startLiveConsumer } from "./live-consumer.ts";
import { confirmedReader, watchRegistry } from "./registry-watch.ts";
import { startReporting } from "./reporting.ts";
import { startTelemetryConsumer } from "./telemetry-consumer.ts";

/** Who reads the journal; a record is removed when all of them have passed it. */
export const consumerNames = ["telemetry", "detection", "live"] as const;
export type ConsumerName = (typeof consumerNames)[number];
export type PipelinePart = ConsumerName | "revision" | "reporting";

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
  /** Points about states, rates and alarms that InfluxDB has taken. */
  | { event: "reported"; points: number }
  /** A part cannot go on, or (null) can again. */
  | { event: "problem"; part: PipelinePart; problem: string | null }
  | { event: "log"; level: "info" | "warn" | "error"; message: string };

export type Pipeline = {
  /** Counters that only the process around it has; they are reported with its own. */
  tell(counters: ProcessCounters): void;
  stop(): Promise<void>;
};

const dayMs = 86_400_000;
const trimEveryMs = 100;
const trimRecords = 20_000;
const pruneEveryMs = 3_600_000;

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
  let processCounters: ProcessCounters = {};
  const totals = { stored: 0, quarantined: 0 };
  try {
    const db = openDatabase(config.databaseUrl, {
      maxConnections: 6,
      // Consumers try again, and have alarms to give: they wait for less than people do.
      statementTimeoutMs: 30_000,
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

    const registry = await watchRegistry({
      db,
      timeZone: config.timeZone,
      clock: Date.now,
      log: (level, message) => emit({ event: "log", level, message }),
    });
    stops.push(registry.stop);

    const retentionMs = config.retentionDays * dayMs;
    const log = openDecodedLog(journal, registry.current, retentionMs);
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
        log: confirmedReader(log.reader(), registry),
        store: telemetry,
        query: db.query,
        clock,
        onStored(count) {
          totals.stored += count;
          emit({ event: "stored", count });
        },
        onProblem: problems("telemetry"),
      }),
    );
    begin(
      await startDetectionConsumer({
        journal,
        log: confirmedReader(log.reader(), registry),
        db,
        telemetry,
        registry: registry.current,
        clock,
        rule: config.rule,
        retentionMs,
        publish: {
          states: (states) => feed.publish(liveTopics.states, states),
          alarms: (alarms) => feed.publish(liveTopics.alarms, alarms),
        },
        onAlarmRaised: (kind) => emit({ event: "alarmRaised", kind }),
        onQuarantined(reason, count) {
          totals.quarantined += count;
          emit({ event: "quarantined", reason, count });
        },
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

    if (config.influx === null) await endReporting(db.query);
    else {
      const reporting = startReporting({
        journal,
        query: db.query,
        registry: registry.current,
        clock,
        timeZone: config.timeZone,
        retentionDays: config.retentionDays,
        write: openInfluxLines(config.influx),
        counters: () => ({
          ...processCounters,
          storedTotal: totals.stored,
          quarantinedTotal: totals.quarantined,
          telemetryProblem: (told.get("telemetry") ?? null) !== null,
        }),
        onReported: (points) => emit({ event: "reported", points }),
        onProblem: problems("reporting"),
        warn,
      });
      stops.push(() => reporting.stop());
    }

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
    return {
      tell(counters) {
        processCounters = counters;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
