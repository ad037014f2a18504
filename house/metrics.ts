// Prometheus metrics of the whole house.
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { BrokerEvent } from "../broker/needs.ts";
import { consumerNames, type PipelineEvent } from "../ingest/pipeline.ts";
import type { Journal } from "../journal/port.ts";

export type Metrics = {
  countBroker(event: BrokerEvent, reason?: string): void;
  countPipeline(event: PipelineEvent): void;
  /** Gauges that are read when they are asked for. */
  watchJournal(journal: Journal): void;
  watchConnections(count: () => number): void;
  watchLiveClients(count: () => number): void;
  text(): Promise<string>;
};

export const createMetrics = (): Metrics => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name, help, labelNames, registers: [register] });
  const gauge = (name: string, help: string, collect: (set: (value: number) => void) => void) =>
    new Gauge({
      name,
      help,
      registers: [register],
      collect() {
        collect((value) => this.set(value));
      },
    });

  const acknowledged = counter(
    "hubao_messages_acknowledged_total",
    "Messages of QoS 1 or 2 that were made durable and acknowledged",
  );
  const journaled = counter(
    "hubao_messages_journaled_total",
    "Messages that were made durable in the journal",
  );
  const refused = counter(
    "hubao_refused_total",
    "Messages and connections that the broker refused or cut off",
    ["what", "reason"],
  );
  const stored = counter("hubao_readings_stored_total", "Reports stored in the telemetry store");
  const quarantined = counter("hubao_quarantined_total", "Messages or parts of them put into quarantine", [
    "reason",
  ]);
  const alarms = counter("hubao_alarms_raised_total", "Alarms raised", ["kind"]);
  const revised = counter(
    "hubao_breakers_revised_total",
    "Histories of breakers judged anew because of late data",
  );

  const reported = counter(
    "hubao_points_reported_total",
    "Points about states, rates and alarms that InfluxDB has taken",
  );
  const failures = counter(
    "hubao_pipeline_failures_total",
    "Times that a part of the pipeline could not go on",
    ["part"],
  );
  const failing = new Gauge({
    name: "hubao_pipeline_failing",
    help: "1 while a part of the pipeline cannot go on; health and the log say why",
    labelNames: ["part"],
    registers: [register],
  });

  return {
    countBroker(event, reason = "") {
      if (event === "acknowledged") acknowledged.inc();
      else if (event === "journaled") journaled.inc();
      else refused.inc({ what: event, reason });
    },
    countPipeline(event) {
      if (event.event === "stored") stored.inc(event.count);
      else if (event.event === "quarantined") quarantined.inc({ reason: event.reason }, event.count);
      else if (event.event === "alarmRaised") alarms.inc({ kind: event.kind });
      else if (event.event === "revised") revised.inc(event.breakers);
      else if (event.event === "reported") reported.inc(event.points);
      else if (event.event === "problem") {
        failing.set({ part: event.part }, event.problem === null ? 0 : 1);
        if (event.problem !== null) failures.inc({ part: event.part });
      }
    },
    watchJournal(journal) {
      gauge("hubao_journal_records", "Records held in the journal", (set) => set(journal.stats().records));
      gauge("hubao_journal_bytes", "Bytes used in the journal", (set) => set(journal.stats().bytes));
      gauge("hubao_journal_oldest_age_seconds", "Age of the oldest record in the journal", (set) => {
        const { oldestArrivalMs } = journal.stats();
        set(oldestArrivalMs === null ? 0 : Math.max(0, Date.now() - oldestArrivalMs) / 1_000);
      });
      const lag = new Gauge({
        name: "hubao_consumer_lag_records",
        help: "Records that a consumer has yet to pass",
        labelNames: ["consumer"],
        registers: [register],
        collect() {
          const stats = journal.stats();
          for (const consumer of consumerNames) lag.set({ consumer }, stats.lag[consumer] ?? 0);
        },
      });
    },
    watchConnections: (count) =>
      gauge("hubao_mqtt_connections", "Authenticated MQTT connections", (set) => set(count())),
    watchLiveClients: (count) =>
      gauge("hubao_live_clients", "Listeners of the live feed", (set) => set(count())),
    text: () => register.metrics(),
  };
};
