// The telemetry tables row by row: reports into INSERTs, rows back into reports.
import type { Report } from "../../domain/report.ts";
import type { Db } from "../db.ts";

type ReadingReport = Extract<Report, { kind: "reading" }>;
type EventReport = Exclude<Report, { kind: "reading" }>;

// Array literals are written by hand: the driver's own quoting of each element costs more than the insert.
const numbers = (values: readonly (number | undefined)[]): string =>
  `{${values.map((value) => value ?? "NULL").join(",")}}`;
const words = (values: readonly string[]): string => `{"${values.join('","')}"}`;
const flags = (values: readonly boolean[]): string => `{${values.join(",")}}`;

/** Columns of numbers that a reading may lack. */
const optionalColumns: Readonly<Record<string, (body: ReadingReport["body"]) => number | undefined>> = {
  load_current_a: (body) => body.loadCurrentA,
  voltage_v: (body) => body.voltageV,
  temperature_c: (body) => body.temperatureC,
  signal_dbm: (body) => body.signalDbm,
  rated_residual_current_ma: (body) => body.ratedResidualCurrentMa,
  non_driving_time_ms: (body) => body.nonDrivingTimeMs,
  phase_a_current_a: (body) => body.phaseCurrentsA?.[0],
  phase_b_current_a: (body) => body.phaseCurrentsA?.[1],
  phase_c_current_a: (body) => body.phaseCurrentsA?.[2],
};

/** Stores readings; those that are there already stay as they are. */
export const insertReadings = async (db: Db, readings: readonly ReadingReport[]): Promise<void> => {
  if (readings.length === 0) return;
  // Columns that none of them fills are not named: a column of nulls costs as much as one of numbers.
  const optional = Object.entries(optionalColumns).flatMap(([column, of]) => {
    const values = readings.map((r) => of(r.body));
    return values.every((value) => value === undefined) ? [] : [{ column, values: numbers(values) }];
  });
  const names = optional.map(({ column }) => `, ${column}`).join("");
  const lists = optional.map((_, i) => `, $${i + 9}::float8[]`).join("");
  await db.query(
    `INSERT INTO reading (breaker_id, ts_ms, seq, arrival_ms, clock_replaced, contact, protection,
       residual_current_ma${names})
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[], $6::text[], $7::text[],
       $8::float8[]${lists})
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
      ...optional.map(({ values }) => values),
    ],
  );
};

/** Stores trips, tests and statuses; those that are there already stay as they are. */
export const insertEvents = async (db: Db, events: readonly EventReport[]): Promise<void> => {
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

export type ReadingRow = {
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
  rated_residual_current_ma: number | null;
  non_driving_time_ms: number | null;
  phase_a_current_a: number | null;
  phase_b_current_a: number | null;
  phase_c_current_a: number | null;
};

const phaseCurrents = (row: ReadingRow): Pick<ReadingReport["body"], "phaseCurrentsA"> => {
  const { phase_a_current_a: a, phase_b_current_a: b, phase_c_current_a: c } = row;
  return a === null || b === null || c === null ? {} : { phaseCurrentsA: [a, b, c] };
};

export const readingReport = (breakerId: string, row: ReadingRow): Report => ({
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
    ...phaseCurrents(row),
    ...(row.rated_residual_current_ma === null
      ? {}
      : { ratedResidualCurrentMa: row.rated_residual_current_ma }),
    ...(row.non_driving_time_ms === null ? {} : { nonDrivingTimeMs: row.non_driving_time_ms }),
  },
});

export type EventRow = { ts_ms: number; seq: number; arrival_ms: number; clock_replaced: boolean } & Pick<
  EventReport,
  "kind" | "body"
>;

export const eventReport = (breakerId: string, row: EventRow): Report =>
  ({
    kind: row.kind,
    breakerId,
    tsMs: row.ts_ms,
    seq: row.seq,
    arrivalMs: row.arrival_ms,
    clockReplaced: row.clock_replaced,
    body: row.body,
  }) as Report;
