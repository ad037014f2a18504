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
} as const;

export const tripFields = {
  cause: "cause",
  residualCurrentMa: "residualCurrentMa",
  phase: "phase",
  reclosed: "reclosed",
} as const;

export const testFields = { kind: "kind", passed: "passed", breakTimeMs: "breakTimeMs" } as const;

export const statusFields = { online: "online" } as const;
