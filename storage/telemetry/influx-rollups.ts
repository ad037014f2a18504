// The tasks that fill the roll-up buckets, as Flux.
import {
  measurements,
  operatingFields,
  readingFields,
  reportMeasurements,
  rollupBuckets,
  rollupOperatingFields,
  rollupReadingFields,
  stateCodes,
} from "./names.ts";

export type InfluxTask = { name: string; flux: string };

/** States are repeated at the multiples of this (ingest/state-points.ts); only those count, or changes would weigh double. */
const repeatNs = 300_000_000_000;
/** How far back the nightly tasks go, so that late data is rolled up too. */
const lateDays = 4;
/** The nightly tasks run at this minute after local midnight, the daily one a little later. */
const nightlyMinute = 40;

const text = (value: string): string => `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;

/** Where the zone's clock stands against UTC at `nowMs`, in minutes. */
const offsetMinutes = (timeZone: string, nowMs: number): number =>
  Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(timeZone).offsetNanoseconds / 6e10;

/** Cron, which InfluxDB reads in UTC, for a minute after local midnight. */
const nightly = (minute: number, timeZone: string, nowMs: number): string => {
  const dayMinutes = 24 * 60;
  const utc = (((minute - offsetMinutes(timeZone, nowMs)) % dayMinutes) + dayMinutes) % dayMinutes;
  return `${utc % 60} ${Math.floor(utc / 60)} * * *`;
};

const rollups = (from: string, to: string, every: "1h" | "1d"): string => {
  const source = (filter: string) =>
    `from(bucket: ${text(from)}) |> range(start: start, stop: stop) |> filter(fn: (r) => ${filter})`;
  const window = (fn: string) =>
    `aggregateWindow(every: ${every}, fn: ${fn}, createEmpty: false, timeSrc: "_start")`;
  const readings = rollupReadingFields.flatMap(({ field, ...aggregates }) =>
    Object.entries(aggregates).map(
      ([fn, name]) =>
        `${source(`r._measurement == ${text(measurements.reading)} and r._field == ${text(readingFields[field])}`)}
  |> ${window(fn)} |> toFloat() |> set(key: "_field", value: ${text(name)}) |> to(bucket: ${text(to)})`,
    ),
  );
  return [
    ...readings,
    `${source(`r._measurement == ${text(reportMeasurements.operating)} and r._field == ${text(operatingFields.stateCode)}`)}
  |> filter(fn: (r) => int(v: r._time) % ${repeatNs} == 0)
  |> map(fn: (r) => ({r with _value: if r._value == ${stateCodes.operating}.0 then 1.0 else 0.0}))
  |> ${window("mean")} |> set(key: "_field", value: ${text(rollupOperatingFields.operatingShare)}) |> to(bucket: ${text(to)})`,
    `${source(`r._measurement == ${text(reportMeasurements.rate)}`)}
  |> ${window("last")} |> to(bucket: ${text(to)})`,
  ].join("\n");
};

/**
 * The tasks of a bucket: every hour over the last three hours; every night over the last days again, for late data; and
 * every night the days, which begin at midnight of `timeZone`. Each run writes the same points again.
 */
export const rollupTasks = (bucket: string, timeZone: string, nowMs: number): InfluxTask[] => {
  const { hourly, daily } = rollupBuckets(bucket);
  const task = (name: string, schedule: string, ...body: string[]): InfluxTask => ({
    name,
    flux: [
      'import "date"',
      'import "timezone"',
      `option task = {name: ${text(name)}, ${schedule}}`,
      ...body,
      "",
    ].join("\n"),
  });
  const cron = (minute: number) => `cron: ${text(nightly(minute, timeZone, nowMs))}`;
  return [
    task(
      hourly,
      "every: 1h, offset: 5m",
      "stop = date.truncate(t: now(), unit: 1h)",
      "start = date.sub(d: 3h, from: stop)",
      rollups(bucket, hourly, "1h"),
    ),
    task(
      `${hourly}_late`,
      cron(nightlyMinute),
      "stop = date.truncate(t: now(), unit: 1h)",
      `start = date.sub(d: ${lateDays}d, from: stop)`,
      rollups(bucket, hourly, "1h"),
    ),
    task(
      daily,
      cron(nightlyMinute + 10),
      `option location = timezone.location(name: ${text(timeZone)})`,
      "stop = date.truncate(t: now(), unit: 1d)",
      `start = date.sub(d: ${lateDays}d, from: stop)`,
      rollups(bucket, daily, "1d"),
    ),
  ];
};
