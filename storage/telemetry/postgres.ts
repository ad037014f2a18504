// The telemetry store in PostgreSQL: a partition per UTC day of device time, made when needed, dropped after retention.
import type { Report } from "../../domain/report.ts";
import type { Db } from "../db.ts";
import { cutBetweenMilliseconds, dayMs, inOrder, oldestKeptMs, refusal } from "./order.ts";
import { createPartitions } from "./partitions.ts";
import type { StoredReading, TelemetryRecord, TelemetryStore, WriteOutcome } from "./port.ts";

type ReadingReport = Extract<Report, { kind: "reading" }>;
type EventReport = Exclude<Report, { kind: "reading" }>;

/** Records of one INSERT: small enough for a short statement, large enough that its fixed cost does not count. */
const maxBatchRecords = 5_000;
/** Reports of a single millisecond that are read at once. */
const maxReportsOfMillisecond = 100_000;

// Array literals are written by hand: the driver's own quoting of each element costs more than the insert.
const numbers = (values: readonly (number | undefined)[]): string =>
  `{${values.map((value) => value ?? "NULL").join(",")}}`;
const words = (values: readonly string[]): string => `{"${values.join('","')}"}`;
const flags = (values: readonly boolean[]): string => `{${values.join(",")}}`;

const insertReadings = async (db: Db, readings: readonly ReadingReport[]): Promise<void> => {
  if (readings.length === 0) return;
  await db.query(
    `INSERT INTO reading (breaker_id, ts_ms, seq, arrival_ms, clock_replaced, contact, protection,
       residual_current_ma, load_current_a, voltage_v, temperature_c, signal_dbm)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[], $7::text[],
       $8::float8[], $9::float8[], $10::float8[], $11::float8[], $12::float8[])
     ON CONFLICT DO NOTHING`,
    [
      words(readings.map((r) => r.breakerId)),
      numbers(readings.map((r) => r.tsMs)),
      numbers(readings.map((r) => r.seq)),
      numbers(readings.map((r) => r.arrivalMs)),
      flags(readings.map((r) => r.clockReplaced)),
      words(readings.map((r) => r.body.contact)),
      words(readings.map((r) => r.body.protection)),
      numbers(readings.map((r) => r.body.residualCurrentMa)),
      numbers(readings.map((r) => r.body.loadCurrentA)),
      numbers(readings.map((r) => r.body.voltageV)),
      numbers(readings.map((r) => r.body.temperatureC)),
      numbers(readings.map((r) => r.body.signalDbm)),
    ],
  );
};

const insertEvents = async (db: Db, events: readonly EventReport[]): Promise<void> => {
  if (events.length === 0) return;
  await db.query(
    `INSERT INTO report_event (breaker_id, ts_ms, seq, kind, arrival_ms, clock_replaced, body)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::boolean[], $7::jsonb[])
     ON CONFLICT DO NOTHING`,
    [
      words(events.map((e) => e.breakerId)),
      numbers(events.map((e) => e.tsMs)),
      numbers(events.map((e) => e.seq)),
      words(events.map((e) => e.kind)),
      numbers(events.map((e) => e.arrivalMs)),
      flags(events.map((e) => e.clockReplaced)),
      events.map((e) => JSON.stringify(e.body)),
    ],
  );
};

type ReadingRow = {
  ts_ms: number;
  seq: number;
  arrival_ms: number;
  clock_replaced: boolean;
  contact: ReadingReport["body"]["contact"];
  protection: ReadingReport["body"]["protection"];
  residual_current_ma: number;
  load_current_a: number | null;
  voltage_v: number | null;
  temperature_c: number | null;
  signal_dbm: number | null;
};

const readingReport = (breakerId: string, row: ReadingRow): Report => ({
  kind: "reading",
  breakerId,
  tsMs: row.ts_ms,
  seq: row.seq,
  arrivalMs: row.arrival_ms,
  clockReplaced: row.clock_replaced,
  body: {
    residualCurrentMa: row.residual_current_ma,
    contact: row.contact,
    protection: row.protection,
    ...(row.load_current_a === null ? {} : { loadCurrentA: row.load_current_a }),
    ...(row.voltage_v === null ? {} : { voltageV: row.voltage_v }),
    ...(row.temperature_c === null ? {} : { temperatureC: row.temperature_c }),
    ...(row.signal_dbm === null ? {} : { signalDbm: row.signal_dbm }),
  },
});

type EventRow = { ts_ms: number; seq: number; arrival_ms: number; clock_replaced: boolean } & Pick<
  EventReport,
  "kind" | "body"
>;

const eventReport = (breakerId: string, row: EventRow): Report =>
  ({
    kind: row.kind,
    breakerId,
    tsMs: row.ts_ms,
    seq: row.seq,
    arrivalMs: row.arrival_ms,
    clockReplaced: row.clock_replaced,
    body: row.body,
  }) as Report;

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
