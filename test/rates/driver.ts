// Lets detection judge a random township as it would live: with its own clock, its journal offsets, restarts and late data.
import { setTimeout as sleep } from "node:timers/promises";
import type { JudgingRule } from "../../domain/limits.ts";
import { defaultJudgingRule } from "../../domain/limits.ts";
import type { Report } from "../../domain/report.ts";
import type { Consumer } from "../../ingest/consumer.ts";
import type { DecodedMessage } from "../../ingest/decode.ts";
import { startDetectionConsumer } from "../../ingest/detection-consumer.ts";
import { type Registry, registryOf } from "../../ingest/registry.ts";
import type { Db } from "../../storage/db.ts";
import { loadRegistryFacts } from "../../storage/registry-read.ts";
import { openPostgresTelemetry } from "../../storage/telemetry/postgres.ts";
import { until } from "../support/until.ts";
import type { RawReport } from "./count.ts";

const rule: JudgingRule = defaultJudgingRule;

const reportOf = (breakerId: string, raw: RawReport, arrivalMs: number): Report => {
  const common = { breakerId, tsMs: raw.ts, seq: raw.seq, arrivalMs, clockReplaced: false };
  switch (raw.kind) {
    case "reading": {
      const { contact, protection, residualCurrentMa, loadCurrentA, voltageV } = raw;
      return {
        ...common,
        kind: "reading",
        body: { contact, protection, residualCurrentMa, loadCurrentA, voltageV },
      };
    }
    case "trip":
      return {
        ...common,
        kind: "trip",
        body:
          raw.leakedMa === null
            ? { cause: "overload", reclosed: raw.reclosed }
            : { cause: "leakage", residualCurrentMa: raw.leakedMa, reclosed: raw.reclosed },
      };
    case "test":
      return { ...common, kind: "test", body: { kind: "trip", passed: raw.passed } };
    case "status":
      return { ...common, kind: "status", body: { online: raw.online } };
  }
};

export type Driver = {
  /** Reports that arrive now, in this order; all of them are judged when it resolves. */
  deliver(reports: readonly { breakerId: string; report: RawReport }[], atMs: number): Promise<void>;
  /** The registry has changed. */
  reload(): Promise<void>;
  restart(): Promise<void>;
  /** Lets the clock run on until nothing waits to be judged anew. */
  settle(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts detection over `db` at `startMs`. */
export const drive = async (db: Db, timeZone: string, startMs: number): Promise<Driver> => {
  const telemetry = openPostgresTelemetry({ db, retentionDays: 60 });
  let nowMs = startMs;
  let registry: Registry = registryOf([], 0);
  let messages: DecodedMessage[] = [];
  let offset = 0;
  const problems: string[] = [];

  const load = async () => {
    const facts = await loadRegistryFacts(db, timeZone);
    registry = registryOf(facts.breakers, registry.version + 1, facts.plannedOutages);
  };
  const open = () =>
    startDetectionConsumer({
      journal: { id: "J", advance: async () => {}, offsetOf: () => Number.MAX_SAFE_INTEGER },
      log: { read: (after, limit) => messages.filter((m) => m.offset > after).slice(0, limit) },
      db,
      telemetry,
      registry: () => registry,
      clock: () => nowMs,
      rule,
      retentionMs: 60 * 86_400_000,
      publish: { states: () => {}, alarms: () => {} },
      onAlarmRaised: () => {},
      onQuarantined: () => {},
      onRevised: () => {},
      onProblem: (problem) => problem !== null && problems.push(problem),
      onRevisionProblem: (problem) => problem !== null && problems.push(problem),
    });
  await load();
  let consumer: Consumer = await open();

  return {
    async deliver(reports, atMs) {
      nowMs = atMs;
      messages = reports.flatMap(({ breakerId, report: raw }): DecodedMessage[] => {
        const facts = registry.breakers.get(breakerId);
        if (facts === undefined) throw new Error(`no breaker ${breakerId}`);
        offset += 1;
        const report = reportOf(breakerId, raw, Math.max(raw.ts, nowMs - 60_000));
        return [
          {
            offset,
            arrivalMs: report.arrivalMs,
            reports: [{ index: 0, report, facts }],
            rejections: [],
            raw: null,
            gateway: null,
          },
        ];
      });
      await telemetry.write(
        messages.flatMap(({ reports: known }) => known.map(({ report, facts }) => ({ ...facts, report }))),
        nowMs,
      );
      const last = offset;
      await until(
        "the reports to be judged",
        async () => {
          if (problems.length > 0) throw new Error(problems.join("; "));
          return consumer.offset() >= last;
        },
        60_000,
      );
    },
    reload: load,
    async restart() {
      await consumer.stop();
      consumer = await open();
    },
    async settle() {
      let quiet = 0;
      await until(
        "everything to be judged anew",
        async () => {
          nowMs += 5_000;
          await sleep(60);
          const [row] = await db.query<{ count: number }>("SELECT count(*) AS count FROM revision_request");
          quiet = row?.count === 0 ? quiet + 1 : 0;
          return quiet >= 4;
        },
        120_000,
      );
      if (problems.length > 0) throw new Error(problems.join("; "));
    },
    async stop() {
      await consumer.stop();
      await telemetry.stop();
    },
  };
};
