// Flux of the live dashboard: states and reasons now, and the breakers behind them.
import { operatingFields, reportMeasurements, stateCodes } from "../../storage/telemetry/names.ts";
import {
  addresses,
  endOfRange,
  flux,
  freshFor,
  inLevel,
  inPlace,
  joined,
  namesOf,
  ofLevel,
  ofScope,
  select,
  seriesOfEach,
  wholeRange,
  windows,
} from "../flux.ts";

const { operating, rate } = reportMeasurements;
/** Breakers of one timeline; more would be unreadable, and slow. */
const maxRows = 60;

const lastOf = (field: string): string => `${select({
  measurement: operating,
  fields: [field],
  range: endOfRange(freshFor),
  where: [inPlace, inLevel],
})}
  |> last()
  |> group()`;

/** How many breakers answer to a condition on the last `state` or `reason`. */
export const countNow = (field: "state" | "reason", value: string): string =>
  flux(`${lastOf(operatingFields[field])}
  |> map(fn: (r) => ({r with breakers: if r._value == "${value}" then 1 else 0}))
  |> sum(column: "breakers")`);

export const byReason = flux(`${lastOf(operatingFields.reason)}
  |> filter(fn: (r) => r._value != "")
  |> group(columns: ["_value"])
  |> count(column: "_field")
  |> group()
  |> rename(columns: {_value: "reason", _field: "breakers"})
  |> sort(columns: ["breakers"], desc: true)`);

/** Breakers whose last reason is one of these, with address, village, area and when they were last seen operating. */
export const breakersWith = (reasons: readonly string[]): string =>
  flux(
    addresses,
    namesOf("area"),
    `found =
${lastOf(operatingFields.reason)}
  |> filter(fn: (r) => ${reasons.map((reason) => `r._value == "${reason}"`).join(" or ")})
  |> keep(columns: ["breaker", "area", "level", "_value"])
  |> rename(columns: {_value: "reason"})`,
    `operated =
${select({
  measurement: operating,
  fields: [operatingFields.stateCode],
  range: wholeRange,
  where: [inPlace, inLevel, `r._value == ${stateCodes.operating}.0`],
})}
  |> last()
  |> group()
  |> keep(columns: ["breaker", "_time"])
  |> rename(columns: {_time: "lastOperating"})`,
    // Those that did not operate at all in the range show its beginning: not since then, at least.
    `lastOperating = union(tables: [operated, found |> map(fn: (r) => ({breaker: r.breaker, lastOperating: v.timeRangeStart}))])
  |> sort(columns: ["lastOperating"], desc: true)
  |> unique(column: "breaker")`,
    `withAddress = ${joined("found", "addresses", "breaker")}`,
    `withArea = ${joined("withAddress", "areaNames", "area")}`,
    `${joined("withArea", "lastOperating", "breaker")}
  |> sort(columns: ["lastOperating"])
  |> limit(n: 500)`,
  );

/** State codes over time of the breakers that were not operating, or silent, at some time of the range. */
export const troubledOverTime = flux(
  `troubled =
${select({
  measurement: operating,
  fields: [operatingFields.stateCode],
  range: wholeRange,
  where: [inPlace, inLevel, `r._value > ${stateCodes.operating}.0`, `r._value < ${stateCodes.excused}.0`],
})}
  |> last()
  |> group()
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: ${maxRows})
  |> findColumn(fn: (key) => true, column: "breaker")`,
  seriesOfEach(
    "troubled",
    { measurement: operating, fields: [operatingFields.stateCode], range: wholeRange },
    windows("last"),
  ),
);

export const areasOverTime = flux(
  namesOf("area"),
  `series =
${select({
  measurement: rate,
  fields: ["operationalRate"],
  range: wholeRange,
  where: [ofScope("area"), inPlace, ofLevel("household")],
})}
  ${windows("last")}
  |> group()
  |> keep(columns: ["_time", "_value", "area"])`,
  `${joined("series", "areaNames", "area")}
  |> group(columns: ["area", "areaName"])
  |> sort(columns: ["_time"])`,
);

/** Every breaker's state now, for the mosaic of tiles. */
export const mosaic = flux(`${lastOf(operatingFields.stateCode)}
  |> keep(columns: ["breaker", "area", "_value"])
  |> rename(columns: {_value: "stateCode"})
  |> sort(columns: ["area", "breaker"])
  |> drop(columns: ["area"])
  |> limit(n: 1000)`);
