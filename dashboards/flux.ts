// Building blocks of Flux queries. Every query is bounded in time, and filters by tag before anything else, so that the
// storage engine does the work. Fragments that need a package name it; `flux` puts the imports in front.
import { reportMeasurements, reportTags, tags } from "../storage/telemetry/names.ts";

const packages = ["array", "date"] as const;

/** Joins statements to one query and imports the packages that they name. */
export const flux = (...statements: string[]): string => {
  const body = statements.join("\n\n");
  const imports = packages.filter((name) => new RegExp(`\\b${name}\\.`).test(body));
  return [...imports.map((name) => `import "${name}"`), ...(imports.length > 0 ? [""] : []), body].join("\n");
};

/** The time range that the user has chosen. */
export const wholeRange = "start: v.timeRangeStart, stop: v.timeRangeStop";
/** The last `duration` (Flux, `15m`) of the user's range: what stands now, when the range ends now. */
export const endOfRange = (duration: string): string =>
  `start: date.sub(d: ${duration}, from: v.timeRangeStop), stop: v.timeRangeStop`;
/** The user's range with as long a time before it. */
export const rangeAndBefore =
  "start: date.sub(d: duration(v: int(v: v.timeRangeStop) - int(v: v.timeRangeStart)), from: v.timeRangeStart), stop: v.timeRangeStop";

/** How long ago the newest repeat of a state or a rate may lie: states repeat every five minutes, three may be missed. */
export const freshFor = "15m";

export type Selection = {
  measurement: string;
  /** Fields wanted; none means all. */
  fields?: readonly string[];
  /** Arguments of `range`. */
  range: string;
  /** Further conditions on `r`. */
  where?: readonly string[];
};

const anyOf = (column: string, values: readonly string[]): string =>
  values.map((value) => `r.${column} == "${value}"`).join(" or ");

/** Points of one measurement, as one table a series. */
export const select = ({ measurement, fields = [], range, where = [] }: Selection): string =>
  [
    "from(bucket: v.defaultBucket)",
    `  |> range(${range})`,
    `  |> filter(fn: (r) => r._measurement == "${measurement}")`,
    ...(fields.length > 0 ? [`  |> filter(fn: (r) => ${anyOf("_field", fields)})`] : []),
    ...where.map((condition) => `  |> filter(fn: (r) => ${condition})`),
  ].join("\n");

const matches = (tag: string): string => `r.${tag} =~ /^\${${tag}:regex}$/`;
/** The user's choice of places, for series that have all three tags. */
export const inPlace = [tags.township, tags.village, tags.area].map(matches).join(" and ");
export const inVillage = [tags.township, tags.village].map(matches).join(" and ");
export const inTownship = matches(tags.township);
export const inLevel = matches(tags.level);
/** The one breaker that the user has chosen. */
export const thisBreaker = matches(tags.breaker);
export const ofLevel = (level: string): string => `r.${tags.level} == "${level}"`;
export const ofScope = (scope: string): string => `r.${reportTags.scope} == "${scope}"`;

/** Names of places are written hourly; a month is enough for those that are still there. */
const namesRange = "start: -30d";
const infoRange = "start: -3d";

/** `<scope>Names`: a table of `<scope>` (id) and `<scope>Name`. */
export const namesOf = (scope: "township" | "village" | "area"): string =>
  `${scope}Names =
${select({ measurement: reportMeasurements.place, fields: ["name"], range: namesRange, where: [ofScope(scope)] })}
  |> last()
  |> group()
  |> keep(columns: ["${scope}", "_value"])
  |> rename(columns: {_value: "${scope}Name"})`;

/** `addresses`: a table of `breaker` and `address`. */
export const addresses = `addresses =
${select({ measurement: reportMeasurements.breakerInfo, fields: ["address"], range: infoRange })}
  |> last()
  |> group()
  |> keep(columns: ["breaker", "_value"])
  |> rename(columns: {_value: "address"})`;

/** `ratings`: a table of `breaker` and `ratedMa` (IΔn in mA) within the user's choice. */
export const ratings = (...where: string[]): string => `ratings =
${select({ measurement: reportMeasurements.breakerInfo, fields: ["ratedResidualCurrentMa"], range: infoRange, where })}
  |> last()
  |> group()
  |> keep(columns: ["breaker", "_value"])
  |> rename(columns: {_value: "ratedMa"})`;

/**
 * Rows of `left` with the columns of the row of `right` that has the same `key`; rows without a partner are left out, and
 * no order holds. The older `join` on purpose: the functions of package `join` fail when either side is empty, as the
 * list of silent breakers is on a good day.
 */
export const joined = (left: string, right: string, key: string): string =>
  `join(tables: {l: ${left}, r: ${right}}, on: ["${key}"])`;

/**
 * The series of each breaker of the list `breakers` (Flux: an array of text), one query each: filters by a list known
 * only at run time are not done by the storage engine, those by one value are.
 */
export const seriesOfEach = (breakers: string, selection: Omit<Selection, "where">, then: string): string =>
  `each = (breaker) =>
${select({ ...selection, where: ["r.breaker == breaker"] })}
  ${then}
  |> group(columns: ["breaker"])
  |> keep(columns: ["_time", "_value", "breaker"])

// A union needs two streams at least. No id holds a "?"; "" would mean "without the tag", and read everything.
union(tables: array.concat(arr: ${breakers}, v: ["?", "?"]) |> array.map(fn: (x) => each(breaker: x)))`;

/** One row for each time of a series, with a column for each field, whatever its type. */
export const byTime = `|> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> group()`;

/** One row for each value of `keys`, with a column for each field; fields of one type only. */
export const asRows = (...keys: string[]): string =>
  `|> group()
  |> pivot(rowKey: [${keys.map((key) => `"${key}"`).join(", ")}], columnKey: ["_field"], valueColumn: "_value")`;

/** Reduces each series to one value in each window of the panel's resolution. Windows without points stay out. */
export const windows = (fn: "mean" | "max" | "last" | "count", every = "v.windowPeriod"): string =>
  `|> aggregateWindow(every: ${every}, fn: ${fn}, createEmpty: false)`;

/**
 * The sum over the series of each group, window by window: first one value for each series, stamped with the window's
 * beginning so that it lies in the same window again, and then their sum.
 */
export const windowSums = (
  fn: "mean" | "last",
  groups: readonly string[],
  every = "v.windowPeriod",
): string =>
  `|> aggregateWindow(every: ${every}, fn: ${fn}, createEmpty: false, timeSrc: "_start")
  |> group(columns: [${groups.map((column) => `"${column}"`).join(", ")}])
  |> aggregateWindow(every: ${every}, fn: sum, createEmpty: false)
  |> keep(columns: ["_time", "_value", ${groups.map((column) => `"${column}"`).join(", ")}])`;
