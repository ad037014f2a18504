// Flux of one breaker: its readings, states, reports and alarms.
import { measurements, readingFields, reportMeasurements } from "../../storage/telemetry/names.ts";
import { byTime, endOfRange, flux, freshFor, select, thisBreaker, wholeRange, windows } from "../flux.ts";

/** Nominal 220 V less 10 %. */
export const lowVoltageV = 198;

const own = [thisBreaker];
const reading = (field: string, range: string): string =>
  select({ measurement: measurements.reading, fields: [field], range, where: own });
export const lastReading = (field: string): string =>
  flux(`${reading(field, wholeRange)}
  |> last()
  |> keep(columns: ["_value"])`);
export const overTime = (field: string, fn: "mean" | "max" | "last" = "mean"): string =>
  flux(`${reading(field, wholeRange)}
  ${windows(fn)}
  |> keep(columns: ["_time", "_value", "_field"])`);

export const ratedMa = select({
  measurement: reportMeasurements.breakerInfo,
  fields: ["ratedResidualCurrentMa"],
  range: "start: -3d",
  where: own,
});
/** IΔn, or a share of it, as a level line over the range; at 0 where the registry does not know it. */
export const ratedLine = (share: number): string =>
  flux(
    `known = ${ratedMa}
  |> last()
  |> findColumn(fn: (key) => true, column: "_value")

ratedMa = if length(arr: known) > 0 then known[0] else 0.0`,
    `${reading(readingFields.residualCurrentMa, wholeRange)}
  |> aggregateWindow(every: v.windowPeriod, fn: last, createEmpty: true)
  |> map(fn: (r) => ({_time: r._time, _value: ratedMa * ${share.toFixed(1)}, _field: "${share === 1 ? "rated" : "half"}"}))`,
  );

export const state = (field: string, range: string): string =>
  select({ measurement: reportMeasurements.operating, fields: [field], range, where: own });
export const stateNow = (field: string): string =>
  flux(`${state(field, endOfRange(freshFor))}
  |> last()
  |> keep(columns: ["_value"])`);

export const events = (measurement: string, columns: readonly string[]): string =>
  `${select({ measurement, range: wholeRange, where: own })}
  ${byTime}
  |> rename(columns: {_time: "at"})
  |> sort(columns: ["at"], desc: true)
  |> limit(n: 100)
  |> keep(columns: [${["at", ...columns].map((column) => `"${column}"`).join(", ")}])`;

export const alarmsOfBreaker = flux(`${select({ measurement: reportMeasurements.alarm, range: wholeRange })}
  ${byTime}
  |> filter(fn: (r) => r.breaker =~ /^\${breaker:regex}$/)
  |> rename(columns: {_time: "at"})
  |> keep(columns: ["at", "kind", "priority", "event"])
  |> sort(columns: ["at"], desc: true)
  |> limit(n: 100)`);

export const lastHeard = flux(`${reading(readingFields.residualCurrentMa, wholeRange)}
  |> last()
  |> map(fn: (r) => ({heard: r._time}))
  |> group()`);
