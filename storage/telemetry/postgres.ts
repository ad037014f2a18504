// The telemetry store in PostgreSQL: a partition per UTC day of device time, made when needed, dropped after retention.
import type { Db } from "../db.ts";
import { cutBetweenMilliseconds, dayMs, inOrder, oldestKeptMs, refusal } from "./order.ts";
import { createPartitions } from "./partitions.ts";
import type { StoredReading, TelemetryRecord, TelemetryStore, WriteOutcome } from "./port.ts";
import {
  type EventRow,
  eventReport,
  insertEvents,
  insertReadings,
  type ReadingRow,
  readingReport,
} from "./postgres-rows.ts";

/** Records of one INSERT: small enough for a short statement, large enough that its fixed cost does not count. */
const maxBatchRecords = 5_000;
/** Reports of a single millisecond that are read at once. */
const maxReportsOfMillisecond = 100_000;

const windowedReadings = `
  SELECT ts_ms - ts_ms % $4 AS "atMs", count(*) AS count,
    avg(residual_current_ma) AS "residualCurrentMa",
    min(residual_current_ma) AS "residualCurrentMaMin", max(residual_current_ma) AS "residualCurrentMaMax",
    avg(load_current_a) AS "loadCurrentA", avg(voltage_v) AS "voltageV", avg(temperature_c) AS "temperatureC",
    NULL AS contact, NULL AS protection
  FROM reading WHERE breaker_id = $1 AND ts_ms >= $2 AND ts_ms < $3
  GROUP BY 1 ORDER BY 1 LIMIT $5`;

const rawReadings = `
  SELECT ts_ms AS "atMs", 1 AS count, residual_current_ma AS "residualCurrentMa",
    residual_current_ma AS "residualCurrentMaMin", residual_current_ma AS "residualCurrentMaMax",
    load_current_a AS "loadCurrentA", voltage_v AS "voltageV", temperature_c AS "temperatureC", contact, protection
  FROM reading WHERE breaker_id = $1 AND ts_ms >= $2 AND ts_ms < $3
  ORDER BY ts_ms, seq LIMIT $4`;

/** SQLSTATE classes that say something of the data: another try would end the same. */
const isDataError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && "code" in error && /^(22|23)/.test(String(error.code));

/** Opens the store in the database behind `db` (migrated). Keeps `retentionDays` whole days before today, UTC. */
export const openPostgresTelemetry = (options: { db: Db; retentionDays: number }): TelemetryStore => {
  const { db, retentionDays } = options;
  const partitions = createPartitions(db);

  const insert = async (records: readonly TelemetryRecord[]): Promise<void> => {
    const reports = records.map(({ report }) => report);
    await partitions.ensure(new Set(reports.map(({ tsMs }) => Math.floor(tsMs / dayMs) * dayMs)));
    await insertReadings(
      db,
      reports.filter((report) => report.kind === "reading"),
    );
    await insertEvents(
      db,
      reports.filter((report) => report.kind !== "reading"),
    );
  };

  type Numbered = { index: number; record: TelemetryRecord };
  const insertOrReject = async (
    batch: readonly Numbered[],
    rejected: { index: number; reason: string }[],
  ): Promise<void> => {
    try {
      await insert(batch.map(({ record }) => record));
    } catch (error) {
      if (partitions.isMissing(error)) {
        partitions.forget();
        await insert(batch.map(({ record }) => record));
        return;
      }
      if (!isDataError(error)) throw error;
      const [only] = batch;
      if (batch.length === 1 && only) {
        rejected.push({ index: only.index, reason: error.message });
        return;
      }
      const middle = Math.ceil(batch.length / 2);
      await insertOrReject(batch.slice(0, middle), rejected);
      await insertOrReject(batch.slice(middle), rejected);
    }
  };

  const reportsBetween = async (breakerId: string, fromMs: number, toMs: number, limit: number) => {
    const values = [breakerId, fromMs, toMs, limit];
    const [readings, events] = await Promise.all([
      db.query<ReadingRow>(
        "SELECT * FROM reading WHERE breaker_id = $1 AND ts_ms >= $2 AND ts_ms < $3 ORDER BY ts_ms, seq LIMIT $4",
        values,
      ),
      db.query<EventRow>(
        "SELECT * FROM report_event WHERE breaker_id = $1 AND ts_ms >= $2 AND ts_ms < $3 ORDER BY ts_ms, seq LIMIT $4",
        values,
      ),
    ]);
    return inOrder([
      ...readings.map((row) => readingReport(breakerId, row)),
      ...events.map((row) => eventReport(breakerId, row)),
    ]);
  };

  return {
    async write(records, nowMs): Promise<WriteOutcome> {
      const oldestMs = oldestKeptMs(nowMs, retentionDays);
      const rejected: { index: number; reason: string }[] = [];
      const good: Numbered[] = [];
      for (const [index, record] of records.entries()) {
        const reason = refusal(record, oldestMs);
        if (reason === null) good.push({ index, record });
        else rejected.push({ index, reason });
      }
      try {
        for (let start = 0; start < good.length; start += maxBatchRecords)
          await insertOrReject(good.slice(start, start + maxBatchRecords), rejected);
      } catch (error) {
        return { kind: "unavailable", reason: `PostgreSQL does not store: ${(error as Error).message}` };
      }
      return { kind: "stored", rejected };
    },

    readings: ({ breakerId, fromMs, toMs, everyMs, limit }) =>
      everyMs === null
        ? db.query<StoredReading>(rawReadings, [breakerId, fromMs, toMs, limit])
        : db.query<StoredReading>(windowedReadings, [breakerId, fromMs, toMs, everyMs, limit]),

    async events({ breakerId, fromMs, toMs, limit }) {
      const rows = await db.query<EventRow>(
        `SELECT * FROM report_event WHERE breaker_id = $1 AND ts_ms >= $2 AND ts_ms < $3
         ORDER BY ts_ms DESC, seq DESC, array_position(ARRAY['status', 'trip', 'test'], kind) DESC LIMIT $4`,
        [breakerId, fromMs, toMs, limit],
      );
      return rows.map((row) => eventReport(breakerId, row));
    },

    async reports({ breakerId, fromMs, toMs, limit }) {
      const found = await reportsBetween(breakerId, fromMs, toMs, limit + 1);
      const kept = cutBetweenMilliseconds(found, limit);
      const first = found[0];
      if (kept !== null || first === undefined) return kept ?? [];
      return reportsBetween(breakerId, first.tsMs, first.tsMs + 1, maxReportsOfMillisecond);
    },

    prune: (nowMs) => partitions.dropBefore(oldestKeptMs(nowMs, retentionDays)),

    problem: () =>
      db.query("SELECT FROM reading LIMIT 0").then(
        () => null,
        (error: Error) => `PostgreSQL does not answer: ${error.message}`,
      ),

    // The database belongs to whoever opened it.
    stop: () => Promise.resolve(),
  };
};
