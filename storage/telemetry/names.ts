// Names of measurements, tags and fields in InfluxDB: the adapter writes them, dashboards read them.
import type { ReportKind } from "../../domain/wire.ts";

/** A measurement for each kind of report. */
export const measurements: Record<ReportKind, string> = {
  reading: "reading",
  trip: "trip",
  status: "status",
  test: "test",
};

/** Tags of every point; their values match `idPattern`. */
export const tags = {
  breaker: "breaker",
  area: "area",
  village: "village",
  township: "township",
  level: "level",
} as const;

/** Fields of every point. Numbers are floats everywhere. */
export const commonFields = {
  /** The device's sequence; its last six digits are also the nanoseconds within the millisecond of the timestamp. */
  seq: "seq",
  arrivalMs: "arrivalMs",
  clockReplaced: "clockReplaced",
} as const;

export const readingFields = {
  residualCurrentMa: "residualCurrentMa",
  loadCurrentA: "loadCurrentA",
  voltageV: "voltageV",
  temperatureC: "temperatureC",
  signalDbm: "signalDbm",
  contact: "contact",
  protection: "protection",
  ratedResidualCurrentMa: "ratedResidualCurrentMa",
  nonDrivingTimeMs: "nonDrivingTimeMs",
} as const;

/** `phaseCurrentsA` of a reading: a field for each of A, B, C. */
export const phaseCurrentFields = ["phaseACurrentA", "phaseBCurrentA", "phaseCCurrentA"] as const;

export const tripFields = {
  cause: "cause",
  residualCurrentMa: "residualCurrentMa",
  phase: "phase",
  reclosed: "reclosed",
} as const;

export const testFields = { kind: "kind", passed: "passed", breakTimeMs: "breakTimeMs" } as const;

export const statusFields = { online: "online" } as const;

/** Measurements of what the pipeline reports about states, rates, alarms and itself (ingest/reporting.ts). */
export const reportMeasurements = {
  /** A breaker's published state: a point at the instant of every change, and a repeat every five minutes. */
  operating: "operating",
  /** Snapshot counts and rates of a place and a level, once a minute. */
  rate: "rate",
  /** The name of a township, village or area, hourly. */
  place: "place",
  /** What a table shows beside a breaker's id, hourly. */
  breakerInfo: "breaker_info",
  /** An alarm was raised, cleared or acknowledged. */
  alarm: "alarm",
  /** Alarms that stand open, once a minute; 0 too for a series that has had one. */
  standingAlarms: "standing_alarms",
  /** Journal, consumers and store, every ten seconds. */
  ingest: "ingest",
} as const;

/** Tags besides those of `tags`: which kind of place a point is about, and of an alarm its kind and priority. */
export const reportTags = { scope: "scope", kind: "kind", priority: "priority" } as const;

/** Values of the tag `scope`. `rate` and `place` carry the tags of the places that hold it, and its own. */
export const scopes = ["township", "village", "area"] as const;
export type PlaceScope = (typeof scopes)[number];

/** Of `operating`, tagged like a report. `reason` is "" for none. */
export const operatingFields = { state: "state", reason: "reason", stateCode: "stateCode" } as const;

/** `stateCode` of each state, so that a mosaic can map it to a colour. */
export const stateCodes = { operating: 1, notOperating: 2, unknown: 3, excused: 4 } as const;

/** Of `rate`. Rates are fractions 0–1 and absent where their denominator is 0. */
export const rateFields = {
  shouldInstall: "shouldInstall",
  installed: "installed",
  operating: "operating",
  notOperating: "notOperating",
  unknown: "unknown",
  excused: "excused",
  installationRate: "installationRate",
  operationalRate: "operationalRate",
  operationalRateUpperBound: "operationalRateUpperBound",
  /** The plan's target for this level, as a fraction. */
  target: "target",
  /** Level household only. */
  inhabitedCoverage: "inhabitedCoverage",
  /** Level household only, so that a sum counts each alarm once: open alarms of the place, of every level. */
  openAlarms: "openAlarms",
} as const;

/** Of `place`, tagged with `scope`, its own id and those of the places that hold it. */
export const placeFields = { name: "name" } as const;

/** Of `breaker_info`, tagged like a report. `address` is "" where the breaker has no household. */
export const breakerInfoFields = {
  address: "address",
  ratedResidualCurrentMa: "ratedResidualCurrentMa",
} as const;

/** Of `alarm`. `breaker` is "" for an alarm of a whole area; `open` is 1 for `raised` and 0 for `cleared`, absent else. */
export const alarmFields = { breaker: "breaker", event: "event", id: "id", open: "open" } as const;
export const alarmEvents = ["raised", "cleared", "acknowledged"] as const;
export type AlarmEvent = (typeof alarmEvents)[number];

/** Of `standing_alarms`, tagged with village, township, kind and priority. */
export const standingAlarmFields = { count: "count" } as const;

/** Of `ingest`, which has no tags. Totals count since the start of the process, and begin at 0 again with it. */
export const ingestFields = {
  journalRecords: "journalRecords",
  journalBytes: "journalBytes",
  journalMaxBytes: "journalMaxBytes",
  journalOldestAgeS: "journalOldestAgeS",
  /** Records that a consumer has yet to pass. */
  lagTelemetry: "lagTelemetry",
  lagDetection: "lagDetection",
  lagLive: "lagLive",
  /** Messages that the broker has acknowledged: durable in the journal. */
  acknowledgedTotal: "acknowledgedTotal",
  storedTotal: "storedTotal",
  quarantinedTotal: "quarantinedTotal",
  /** Authenticated MQTT connections. */
  connections: "connections",
  /** 1 while the telemetry store could not be written, else 0. */
  telemetryProblem: "telemetryProblem",
} as const;

/** Buckets of the roll-ups beside a bucket, which `npm run influx:setup` makes and whose tasks it fills. */
export const rollupBuckets = (bucket: string) => ({ hourly: `${bucket}_hourly`, daily: `${bucket}_daily` });

/** Of `reading` in a roll-up: per breaker over an hour or a local day that begins at the point's time. */
export const rollupReadingFields = (["residualCurrentMa", "loadCurrentA", "voltageV"] as const).map(
  (field) => ({
    field,
    mean: `${field}Mean`,
    max: `${field}Max`,
    min: `${field}Min`,
    count: `${field}Count`,
  }),
);

/** Of `operating` in a roll-up: the share of its five-minute repeats in which the breaker was operating, 0–1. */
export const rollupOperatingFields = { operatingShare: "operatingShare" } as const;
// `rate` has the same fields in a roll-up as outside: the last of the hour or the day.
