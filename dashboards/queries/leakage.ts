// Flux of the leakage dashboard: readings against IΔn, and mains against the sum of their households.
import { measurements, readingFields } from "../../storage/telemetry/names.ts";
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
  ratings,
  select,
  seriesOfEach,
  wholeRange,
  windowSums,
  windows,
} from "../flux.ts";

/** Standing leakage above this share of IΔn is trouble coming: a breaker may trip from here on. */
export const mayTripShare = 0.5;
/** Firmware commonly warns from this share of IΔn on. */
export const warnShare = 0.6;
/** Half of the smallest IΔn in use (10 mA): nothing below it can reach `mayTripShare`, and most readings lie below it. */
const leastOfInterestMa = 5;
/** A sum over houses needs every house in every window: a quarter of an hour holds three reports of each. */
const sumEvery = "15m";

const leakage = (range: string, ...where: string[]): string =>
  select({ measurement: measurements.reading, fields: [readingFields.residualCurrentMa], range, where });
const household = ofLevel("household");

/** `peaks`: one row for each breaker with its highest reading of the range and when it was. */
const peaks = `peaks =
${leakage(wholeRange, inPlace, inLevel)}
  |> max()
  |> group()
  |> keep(columns: ["breaker", "area", "village", "level", "_time", "_value"])
  |> rename(columns: {_value: "peakMa", _time: "peakAt"})`;

/** Peaks with IΔn and their share of it. */
const ratedPeaks = [
  ratings(inPlace, inLevel),
  peaks,
  `rated = ${joined("peaks", "ratings", "breaker")}
  |> map(fn: (r) => ({r with share: r.peakMa / r.ratedMa}))`,
] as const;

export const topBreakers = flux(
  ...ratedPeaks,
  addresses,
  namesOf("area"),
  `means =
${leakage(wholeRange, inPlace, inLevel)}
  |> mean()
  |> group()
  |> keep(columns: ["breaker", "_value"])
  |> rename(columns: {_value: "meanMa"})`,
  `top = rated
  |> sort(columns: ["share"], desc: true)
  |> limit(n: 20)`,
  `withMeans = ${joined("top", "means", "breaker")}`,
  `withAddress = ${joined("withMeans", "addresses", "breaker")}`,
  `${joined("withAddress", "areaNames", "area")}
  |> sort(columns: ["share"], desc: true)`,
);

/** The leakage of the eight worst breakers over time. */
export const worstOverTime = flux(
  ...ratedPeaks,
  `worst = rated
  |> sort(columns: ["share"], desc: true)
  |> limit(n: 8)
  |> findColumn(fn: (key) => true, column: "breaker")`,
  seriesOfEach(
    "worst",
    { measurement: measurements.reading, fields: [readingFields.residualCurrentMa], range: wholeRange },
    windows("max"),
  ),
);

/** Households that reached a share of IΔn, for each window of the panel. */
export const spikesOverTime = flux(
  ratings(inPlace, household),
  `high =
${leakage(wholeRange, inPlace, household, `r._value >= ${leastOfInterestMa}.0`)}
  ${windows("max")}
  |> group()
  |> keep(columns: ["_time", "_value", "breaker"])`,
  `${joined("high", "ratings", "breaker")}
  |> filter(fn: (r) => r._value >= ${mayTripShare} * r.ratedMa)
  |> map(fn: (r) => ({_time: r._time, _value: r._value, _field: if r._value >= r.ratedMa then "reached" else if r._value >= ${warnShare} * r.ratedMa then "warned" else "half"}))
  |> group(columns: ["_field", "_time"])
  |> count()
  |> group(columns: ["_field"])
  |> sort(columns: ["_time"])`,
);

export const shareReached = (share: number): string =>
  flux(
    ...ratedPeaks,
    `rated
  |> map(fn: (r) => ({r with breakers: if r.share >= ${share.toFixed(2)} then 1 else 0}))
  |> sum(column: "breakers")`,
  );

/** Last eighth of the range against its first, as a share of IΔn. */
export const drift = flux(
  ratings(inPlace, household),
  addresses,
  "span = int(v: v.timeRangeStop) - int(v: v.timeRangeStart)",
  `early =
${leakage("start: v.timeRangeStart, stop: date.add(d: duration(v: span / 8), to: v.timeRangeStart)", inPlace, household)}
  |> mean()
  |> group()
  |> keep(columns: ["breaker", "_value"])
  |> rename(columns: {_value: "earlyMa"})`,
  `late =
${leakage("start: date.sub(d: duration(v: span / 8), from: v.timeRangeStop), stop: v.timeRangeStop", inPlace, household)}
  |> mean()
  |> group()
  |> keep(columns: ["breaker", "_value"])
  |> rename(columns: {_value: "lateMa"})`,
  `both = ${joined("late", "early", "breaker")}`,
  `rated = ${joined("both", "ratings", "breaker")}
  |> map(fn: (r) => ({r with rise: (r.lateMa - r.earlyMa) / r.ratedMa}))
  |> filter(fn: (r) => r.rise > 0.05)
  |> sort(columns: ["rise"], desc: true)
  |> limit(n: 20)`,
  `${joined("rated", "addresses", "breaker")}
  |> sort(columns: ["rise"], desc: true)`,
);

/** Share of IΔn of every household's highest reading. */
export const peakShares = flux(
  ...ratedPeaks,
  `rated
  |> filter(fn: (r) => r.level == "household")
  |> keep(columns: ["share"])`,
);

/** Σ over the households of an area, window by window; the mean of a house stands for the window. */
export const householdsOverTime = flux(`${leakage(wholeRange, inPlace, household)}
  ${windowSums("mean", ["area"], sumEvery)}`);
export const mainsOverTime = flux(`${leakage(wholeRange, inPlace, ofLevel("main"))}
  ${windows("mean", sumEvery)}
  |> group(columns: ["area"])
  |> keep(columns: ["_time", "_value", "area"])`);

/** Areas by how far the main's reading lies above the sum of the households': what the houses cannot explain. */
export const lineLeakage = flux(
  namesOf("area"),
  `houses =
${leakage(endOfRange(freshFor), inPlace, household)}
  |> last()
  |> group(columns: ["area"])
  |> sum()
  |> group()
  |> rename(columns: {_value: "householdsMa"})`,
  `mains =
${leakage(endOfRange(freshFor), inPlace, ofLevel("main"))}
  |> last()
  |> group()
  |> keep(columns: ["area", "_value"])
  |> rename(columns: {_value: "mainMa"})`,
  `areas = ${joined("mains", "houses", "area")}
  |> map(fn: (r) => ({r with excessMa: r.mainMa - r.householdsMa}))`,
  `${joined("areas", "areaNames", "area")}
  |> sort(columns: ["excessMa"], desc: true)
  |> limit(n: 50)`,
);
