// Reading reports back from InfluxDB by Flux.
import {
  type FluxParameterLike,
  flux,
  fluxDateTime,
  fluxDuration,
  fluxExpression,
  fluxInteger,
  type QueryApi,
} from "@influxdata/influxdb-client";
import type { Report } from "../../domain/report.ts";
import type { Contact, Protection, ReportKind } from "../../domain/wire.ts";
import {
  commonFields,
  measurements,
  phaseCurrentFields,
  readingFields,
  statusFields,
  tags,
  testFields,
  tripFields,
} from "./names.ts";
import type { StoredReading } from "./port.ts";

/** Instants that nanoseconds in 64 bits can hold, from the epoch on. */
const timeRangeMs = { min: 0, max: 9_223_372_036_000 };

export type Range = { breakerId: string; fromMs: number; toMs: number };
type Row = Record<string, unknown>;

/** Device time in ms of a timestamp such as `2026-01-02T03:04:05.678000042Z`; `Date` alone would not mind the nanoseconds on every engine. */
const millisecondsOf = (time: unknown): number => {
  const [whole = "", fraction = ""] = String(time).replace(/Z$/, "").split(".");
  return Date.parse(`${whole}Z`) + Number(fraction.padEnd(3, "0").slice(0, 3));
};

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
/** An object without the members that are missing; the answer's CSV shows a missing string as an empty one. */
const present = (members: Row): Row =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null && value !== ""),
  );

const bodyOf = (kind: ReportKind, row: Row): Row => {
  const fields = { reading: readingFields, trip: tripFields, test: testFields, status: statusFields }[kind];
  const body = Object.fromEntries(Object.entries(fields).map(([name, column]) => [name, row[column]]));
  const byPhase = phaseCurrentFields.map((column) => number(row[column]));
  if (kind === "reading" && byPhase.every((value) => value !== undefined)) body["phaseCurrentsA"] = byPhase;
  return present(body);
};

const reportOf = (kind: ReportKind, row: Row): Report =>
  ({
    kind,
    breakerId: String(row[tags.breaker]),
    tsMs: millisecondsOf(row["_time"]),
    seq: number(row[commonFields.seq]) ?? 0,
    arrivalMs: number(row[commonFields.arrivalMs]) ?? 0,
    clockReplaced: row[commonFields.clockReplaced] === true,
    body: bodyOf(kind, row),
  }) as Report;

/** A reading as the port shows it raw. */
export const storedReading = (report: Report): StoredReading | null => {
  if (report.kind !== "reading") return null;
  const { body } = report;
  return {
    atMs: report.tsMs,
    count: 1,
    residualCurrentMa: body.residualCurrentMa,
    residualCurrentMaMin: body.residualCurrentMa,
    residualCurrentMaMax: body.residualCurrentMa,
    loadCurrentA: body.loadCurrentA ?? null,
    voltageV: body.voltageV ?? null,
    temperatureC: body.temperatureC ?? null,
    contact: body.contact as Contact,
    protection: body.protection as Protection,
  };
};

const clamp = (ms: number): number => Math.min(Math.max(ms, timeRangeMs.min), timeRangeMs.max);
const instant = (ms: number): FluxParameterLike => fluxDateTime(new Date(clamp(ms)).toISOString());
const source = (bucket: string, range: Range, measurement: string): FluxParameterLike =>
  fluxExpression(
    flux`from(bucket: ${bucket}) |> range(start: ${instant(range.fromMs)}, stop: ${instant(range.toMs)}) |> filter(fn: (r) => r._measurement == ${measurement} and r[${tags.breaker}] == ${range.breakerId})`.toString(),
  );
const isEmpty = (range: Range): boolean => !(clamp(range.fromMs) < clamp(range.toMs));

/** Reports of one kind in the range, oldest (or newest) first by time and nanoseconds, at most `limit`. */
export const readReports = async (
  api: QueryApi,
  bucket: string,
  kind: ReportKind,
  range: Range,
  limit: number,
  newestFirst = false,
): Promise<Report[]> => {
  if (isEmpty(range) || limit < 1) return [];
  // A report that was redelivered after its breaker had moved is in two series. Cut before the pivot too: each field's series holds its points in order, and `seq` is in every point.
  const first = newestFirst ? flux`tail(n: ${fluxInteger(limit)})` : flux`limit(n: ${fluxInteger(limit)})`;
  const query = flux`${source(bucket, range, measurements[kind])}
    |> ${first}
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => exists r[${commonFields.seq}])
    |> group()
    |> unique(column: "_time")
    |> sort(columns: ["_time"], desc: ${newestFirst})
    |> limit(n: ${fluxInteger(limit)})`;
  const rows = await api.collectRows<Row>(query);
  return rows.map((row) => reportOf(kind, row));
};

const windowed = {
  sum: [
    readingFields.residualCurrentMa,
    readingFields.loadCurrentA,
    readingFields.voltageV,
    readingFields.temperatureC,
  ],
  count: [
    readingFields.residualCurrentMa,
    readingFields.loadCurrentA,
    readingFields.voltageV,
    readingFields.temperatureC,
  ],
  min: [readingFields.residualCurrentMa],
  max: [readingFields.residualCurrentMa],
} as const;

type Window = { sum: Record<string, number>; count: Record<string, number>; min: number; max: number };

/** Readings of the range in windows aligned to the epoch: means, extremes, counts; empty windows are left out. */
export const readWindows = async (
  api: QueryApi,
  bucket: string,
  range: Range,
  everyMs: number,
  limit: number,
): Promise<StoredReading[]> => {
  if (isEmpty(range) || limit < 1) return [];
  // Sums and counts, not means: a breaker that was moved has several series, and theirs add up. Each of these
  // aggregates is computed by the storage engine itself.
  const aggregates = Object.entries(windowed).map(
    ([name, fields]) =>
      flux`${source(bucket, range, measurements.reading)}
        |> filter(fn: (r) => contains(value: r._field, set: ${fields}))
        |> aggregateWindow(every: ${fluxDuration(`${everyMs}ms`)}, fn: ${fluxExpression(name)}, createEmpty: false, timeSrc: "_start")
        |> limit(n: ${fluxInteger(limit)})
        |> toFloat()
        |> keep(columns: ["_time", "_field", "_value"])
        |> yield(name: ${name})`,
  );
  const rows = await api.collectRows<Row>(aggregates.join("\n"));
  const windows = new Map<number, Window>();
  for (const row of rows) {
    // The first window's start is cut to the range by the server.
    const atMs = Math.floor(millisecondsOf(row["_time"]) / everyMs) * everyMs;
    let window = windows.get(atMs);
    if (window === undefined) {
      window = { sum: {}, count: {}, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
      windows.set(atMs, window);
    }
    const value = number(row["_value"]) ?? 0;
    const name = String(row["_field"]);
    switch (row["result"]) {
      case "sum":
      case "count":
        window[row["result"]][name] = (window[row["result"]][name] ?? 0) + value;
        break;
      case "min":
        window.min = Math.min(window.min, value);
        break;
      case "max":
        window.max = Math.max(window.max, value);
        break;
    }
  }
  const meanOf = ({ sum, count }: Window, name: string): number | null => {
    const n = count[name] ?? 0;
    return n === 0 ? null : (sum[name] ?? 0) / n;
  };
  return [...windows]
    .sort(([a], [b]) => a - b)
    .slice(0, limit)
    .map(([atMs, window]) => ({
      atMs,
      count: window.count[readingFields.residualCurrentMa] ?? 0,
      residualCurrentMa: meanOf(window, readingFields.residualCurrentMa) ?? 0,
      residualCurrentMaMin: window.min,
      residualCurrentMaMax: window.max,
      loadCurrentA: meanOf(window, readingFields.loadCurrentA),
      voltageV: meanOf(window, readingFields.voltageV),
      temperatureC: meanOf(window, readingFields.temperatureC),
      contact: null,
      protection: null,
    }));
};

/** Asks for nothing from the bucket; throws when the server, the token or the bucket is not right. */
export const askNothing = async (api: QueryApi, bucket: string): Promise<void> => {
  await api.collectRows(flux`from(bucket: ${bucket}) |> range(start: -1s) |> limit(n: 1)`);
};
