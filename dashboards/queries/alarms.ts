// Flux of the alarms dashboard: alarm load by ISA-18.2, standing, stale and chattering alarms.
import { alarmFields, reportMeasurements } from "../../storage/telemetry/names.ts";
import {
  byTime,
  endOfRange,
  flux,
  inPlace,
  inVillage,
  joined,
  namesOf,
  select,
  wholeRange,
  windowSums,
} from "../flux.ts";

/** ISA-18.2 and EEMUA 191: alarms of one operator in ten minutes. */
export const good = 1;
export const most = 2;
export const flood = 10;
const window = "10m";
/** More transitions of one alarm in a minute than this is chattering. */
const chatteringFrom = 3;
const staleAfter = "24h";
/** How far back a standing alarm is looked for. */
const longAgo = "30d";

const { alarm, standingAlarms } = reportMeasurements;
const raised = select({
  measurement: alarm,
  fields: [alarmFields.open],
  range: wholeRange,
  where: [inPlace, "r._value > 0.5"],
});

/** `counts`: alarms raised in each ten minutes of the range, windows without one included. */
const counts = `counts =
${raised}
  |> group()
  |> aggregateWindow(every: ${window}, fn: count, createEmpty: true)`;

export const raisedOverTime = flux(`${raised}
  |> group(columns: ["priority"])
  |> aggregateWindow(every: ${window}, fn: count, createEmpty: true)
  |> keep(columns: ["_time", "_value", "priority"])`);

const standing = (range: string): string =>
  select({ measurement: standingAlarms, fields: ["count"], range, where: [inVillage] });
export const standingOverTime = flux(`${standing(wholeRange)}
  ${windowSums("last", ["priority"])}`);

/** `events`: alarm events with their breaker, event and id as columns. */
const events = (range: string): string => `${select({ measurement: alarm, range, where: [inPlace] })}
  ${byTime}`;

export const latestEvents = flux(
  namesOf("area"),
  `events =
${events(wholeRange)}
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 200)
  |> rename(columns: {_time: "at"})
  |> keep(columns: ["at", "area", "kind", "priority", "breaker", "event"])`,
  `${joined("events", "areaNames", "area")}
  |> sort(columns: ["at"], desc: true)`,
);

export const badActors = flux(`${events(wholeRange)}
  |> filter(fn: (r) => r.event == "raised")
  |> map(fn: (r) => ({breaker: if r.breaker == "" then r.area else r.breaker, kind: r.kind, alarms: 1}))
  |> group(columns: ["breaker", "kind"])
  |> sum(column: "alarms")
  |> group()
  |> sort(columns: ["alarms"], desc: true)
  |> limit(n: 20)`);

/** The worst minute of each alarm that chattered; minutes begin every ten seconds, so that none is cut in two by the clock. */
export const chattering = flux(`${events(wholeRange)}
  |> filter(fn: (r) => r.event == "raised" or r.event == "cleared")
  |> map(fn: (r) => ({_time: r._time, breaker: if r.breaker == "" then r.area else r.breaker, kind: r.kind, transitions: 1}))
  |> group(columns: ["breaker", "kind"])
  |> window(every: 10s, period: 1m)
  |> sum(column: "transitions")
  |> group(columns: ["breaker", "kind"])
  |> max(column: "transitions")
  |> map(fn: (r) => ({minute: r._start, breaker: r.breaker, kind: r.kind, transitions: r.transitions}))
  |> group()
  |> filter(fn: (r) => r.transitions > ${chatteringFrom})
  |> sort(columns: ["transitions"], desc: true)
  |> limit(n: 20)`);

/** Alarms raised long ago that nothing has cleared since. */
export const stale = flux(
  namesOf("area"),
  `events =
${events(endOfRange(longAgo))}
  |> filter(fn: (r) => r.event == "raised" or r.event == "cleared")
  |> group(columns: ["id"])
  |> sort(columns: ["_time"])
  |> last(column: "event")
  |> group()
  |> filter(fn: (r) => r.event == "raised" and r._time < date.sub(d: ${staleAfter}, from: v.timeRangeStop))
  |> rename(columns: {_time: "raisedAt"})
  |> keep(columns: ["raisedAt", "area", "kind", "priority", "breaker"])
  |> sort(columns: ["raisedAt"])
  |> limit(n: 100)`,
  joined("events", "areaNames", "area"),
);

export const byColumn = (column: "kind" | "priority"): string =>
  flux(`${raised}
  |> group(columns: ["${column}"])
  |> count()
  |> group()
  |> keep(columns: ["${column}", "_value"])
  |> rename(columns: {_value: "alarms"})
  |> sort(columns: ["alarms"], desc: true)`);

export const standingNow = flux(`${standing(endOfRange("5m"))}
  |> last()
  |> group()
  |> sum()`);
export const meanRate = flux(
  counts,
  `counts
  |> mean()
  |> keep(columns: ["_value"])`,
);
export const peakRate = flux(
  counts,
  `counts
  |> max()
  |> keep(columns: ["_value"])`,
);
export const floodShare = flux(
  counts,
  `counts
  |> map(fn: (r) => ({r with flood: if r._value > ${flood} then 1.0 else 0.0}))
  |> mean(column: "flood")`,
);
