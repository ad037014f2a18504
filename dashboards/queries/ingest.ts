// Flux of the ingest dashboard: the pipeline's own numbers, and what arrived in InfluxDB.
import {
  commonFields,
  ingestFields,
  measurements,
  reportMeasurements,
} from "../../storage/telemetry/names.ts";
import { endOfRange, flux, select, wholeRange, windows } from "../flux.ts";

const ingest = (fields: readonly string[], range: string): string =>
  select({ measurement: reportMeasurements.ingest, fields, range });
export const now = (field: string): string =>
  flux(`${ingest([field], endOfRange("2m"))}
  |> last()
  |> keep(columns: ["_value"])`);
export const overTime = (...fields: string[]): string =>
  flux(`${ingest(fields, wholeRange)}
  ${windows("max")}
  |> keep(columns: ["_time", "_value", "_field"])`);
/** Totals as rates; a restart of the process begins them at 0 again. */
export const perSecond = (...fields: string[]): string =>
  flux(`${ingest(fields, wholeRange)}
  ${windows("last")}
  |> derivative(unit: 1s, nonNegative: true)
  |> keep(columns: ["_time", "_value", "_field"])`);
/** How much a total has grown in the range. */
export const grown = (field: string): string =>
  flux(`${ingest([field], wholeRange)}
  |> increase()
  |> last()
  |> keep(columns: ["_value"])`);

export const fullness =
  flux(`${ingest([ingestFields.journalBytes, ingestFields.journalMaxBytes], endOfRange("2m"))}
  |> last()
  |> group()
  |> pivot(rowKey: ["_measurement"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => exists r.journalBytes and exists r.journalMaxBytes and r.journalMaxBytes > 0.0)
  |> map(fn: (r) => ({_value: r.journalBytes / r.journalMaxBytes}))`);

/** Readings stored, by the minute of their device time. */
export const stored = flux(`${select({
  measurement: measurements.reading,
  fields: [commonFields.seq],
  range: wholeRange,
})}
  |> group()
  |> aggregateWindow(every: v.windowPeriod, fn: count, createEmpty: true)
  |> map(fn: (r) => ({_time: r._time, _value: float(v: r._value) / (float(v: int(v: v.windowPeriod)) / 60000000000.0), _field: "stored"}))`);

/** How long reports of the last quarter of an hour took from the device to the journal, in ms. */
export const delay = flux(`${select({
  measurement: measurements.reading,
  fields: [commonFields.arrivalMs],
  range: endOfRange("15m"),
})}
  |> group()
  |> map(fn: (r) => ({_value: r._value - float(v: int(v: r._time) / 1000000)}))
  |> quantile(q: 0.95, method: "estimate_tdigest")`);

export const clockReplaced = flux(`${select({
  measurement: measurements.reading,
  fields: [commonFields.clockReplaced],
  range: endOfRange("1h"),
  where: ["r._value == true"],
})}
  |> group()
  |> count()
  |> keep(columns: ["_value"])`);
