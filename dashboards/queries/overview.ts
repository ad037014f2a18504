// Flux of the township overview: counts and rates of places, now and over time.
import { rateFields, reportMeasurements } from "../../storage/telemetry/names.ts";
import {
  asRows,
  endOfRange,
  flux,
  freshFor,
  inLevel,
  inPlace,
  inVillage,
  joined,
  namesOf,
  ofLevel,
  ofScope,
  rangeAndBefore,
  select,
  wholeRange,
  windowSums,
  windows,
} from "../flux.ts";

const { rate } = reportMeasurements;
const villagesNow = (fields: readonly string[], ...where: string[]): string =>
  select({
    measurement: rate,
    fields,
    range: endOfRange(freshFor),
    where: [ofScope("village"), inVillage, ...where],
  });

/** Σ of a count over the chosen villages. */
export const countNow = (field: string, ...where: string[]): string =>
  flux(`${villagesNow([field], ...where)}
  |> last()
  |> group()
  |> sum()`);

/** Σ of one thing ÷ Σ of another over the chosen villages; `share` is an expression over the fields of a village. */
export const shareNow = (
  fields: readonly string[],
  over: string,
  under: string,
  ...where: string[]
): string =>
  flux(`${villagesNow(fields, ...where)}
  |> last()
  ${asRows("village")}
  |> group()
  |> reduce(identity: {over: 0.0, under: 0.0}, fn: (r, accumulator) => ({over: accumulator.over + ${over}, under: accumulator.under + ${under}}))
  |> filter(fn: (r) => r.under > 0.0)
  |> map(fn: (r) => ({_value: r.over / r.under}))`);

/** `rows`: every place of a scope with its counts and rates now, a row for each level. */
const placesNow = (scope: "village" | "area", within: string, keys: readonly string[]): string => `rows =
${select({ measurement: rate, range: endOfRange(freshFor), where: [ofScope(scope), within, inLevel] })}
  |> last()
  ${asRows(...keys)}
  |> filter(fn: (r) => r.installed > 0.0)
  |> map(fn: (r) => ({r with gap: r.operationalRate - r.target}))`;

export const villagesAgainstTarget = flux(
  namesOf("village"),
  placesNow("village", inVillage, ["township", "village", "level"]),
  joined("rows", "villageNames", "village"),
);

/** The ten areas furthest below their target. */
export const areasBelowTarget = flux(
  namesOf("village"),
  namesOf("area"),
  placesNow("area", inPlace, ["township", "village", "area", "level"]),
  `named = ${joined("rows", "villageNames", "village")}`,
  `${joined("named", "areaNames", "area")}
  |> filter(fn: (r) => r.gap < 0.0)
  |> sort(columns: ["gap"])
  |> limit(n: 10)`,
);

/** Operational rate of household breakers now, a row for each village. */
export const ratesByVillage = flux(
  namesOf("village"),
  `rows =
${villagesNow([rateFields.operationalRate], ofLevel("household"))}
  |> last()
  |> group()
  |> keep(columns: ["village", "_value"])
  |> rename(columns: {_value: "operationalRate"})`,
  `${joined("rows", "villageNames", "village")}
  |> keep(columns: ["villageName", "operationalRate"])
  |> sort(columns: ["operationalRate"])`,
);

/** Mean rate of a field per village over time, for households. */
export const trend = (field: string): string =>
  flux(
    namesOf("village"),
    `series =
${select({
  measurement: rate,
  fields: [field],
  range: wholeRange,
  where: [ofScope("village"), inVillage, ofLevel("household")],
})}
  ${windows("mean")}
  |> group()
  |> keep(columns: ["_time", "_value", "village"])`,
    `${joined("series", "villageNames", "village")}
  |> group(columns: ["village", "villageName"])
  |> sort(columns: ["_time"])`,
  );

export const statesOverTime = flux(`${select({
  measurement: rate,
  fields: [rateFields.operating, rateFields.notOperating, rateFields.unknown, rateFields.excused],
  range: wholeRange,
  where: [ofScope("village"), inVillage, inLevel],
})}
  ${windowSums("last", ["_field"])}`);

/** Mean operational rate of each village in the chosen range and in the equally long one before. */
export const beforeAndNow = flux(
  namesOf("village"),
  `rows =
${select({
  measurement: rate,
  fields: [rateFields.operationalRate],
  range: rangeAndBefore,
  where: [ofScope("village"), inVillage, ofLevel("household")],
})}
  |> aggregateWindow(every: 30m, fn: mean, createEmpty: false)
  |> group()
  |> map(fn: (r) => ({village: r.village, rate: r._value, period: if r._time > v.timeRangeStart then "now" else "before"}))
  |> group(columns: ["village", "period"])
  |> mean(column: "rate")
  |> group()
  |> pivot(rowKey: ["village"], columnKey: ["period"], valueColumn: "rate")`,
  `${joined("rows", "villageNames", "village")}
  |> drop(columns: ["village"])`,
);
