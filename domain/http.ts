// The JSON of the HTTP API under /api/v1, shared by the api (responses), the live feed and the console (types).
// Times are ISO 8601 in UTC; rates are fractions 0–1, null where nothing is installed.
import { z } from "zod";
import { alarmKindSchema, alarmPrioritySchema, alarmStateSchema } from "./alarm.ts";
import { breakerLevelSchema } from "./breaker.ts";
import type { Notice } from "./http-notices.ts";
import { notOperatingReasons, operatingReasonSchema, operatingStateSchema } from "./operating.ts";
import { contacts, protections, reportKinds } from "./wire.ts";

const timeSchema = z.iso.datetime({ offset: true });
const rateSchema = z.number().min(0).max(1).nullable();
const countSchema = z.int().min(0);
const msSchema = z.number().min(0);

/** A page of a list; `nextCursor` is null on the last one. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

/** RFC 9457 problem details, with the fields that were wrong. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  errors: z
    .array(z.object({ line: z.int().optional(), field: z.string().optional(), reason: z.string() }))
    .optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** Breakers of one level, counted now, with the snapshot rates and the plan's target. */
export const levelSummarySchema = z.object({
  shouldInstall: countSchema,
  requiredInstalled: countSchema.describe(
    "places that must have a breaker and have one; never more than shouldInstall",
  ),
  installed: countSchema,
  operating: countSchema,
  notOperating: countSchema,
  unknown: countSchema,
  excused: countSchema,
  installationRate: rateSchema,
  operationalRate: rateSchema,
  operationalRateUpperBound: rateSchema,
  target: z.number(),
});
export type LevelSummary = z.infer<typeof levelSummarySchema>;
const levelsSchema = z.object({
  household: levelSummarySchema,
  intermediate: levelSummarySchema,
  main: levelSummarySchema,
});

const inhabitedShape = {
  households: countSchema,
  inhabitedHouseholds: countSchema,
  inhabitedOperating: countSchema.describe("inhabited households whose breaker is operating"),
  inhabitedCoverage: rateSchema,
  inhabitedCoverageTarget: z.number(),
  openAlarms: countSchema,
};
export const townshipSchema = z.object({
  id: z.string(),
  name: z.string(),
  levels: levelsSchema,
  ...inhabitedShape,
});
export const villageSchema = z.object({
  id: z.string(),
  name: z.string(),
  townshipId: z.string(),
  townshipName: z.string(),
  levels: levelsSchema,
  ...inhabitedShape,
});
export const areaSchema = z.object({
  id: z.string(),
  name: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  townshipId: z.string(),
  levels: levelsSchema,
  ...inhabitedShape,
});
export type TownshipSummary = z.infer<typeof townshipSchema>;
export type VillageSummary = z.infer<typeof villageSchema>;
export type AreaSummary = z.infer<typeof areaSchema>;

/** The newest reading of a breaker. Currents in mA and A, voltage in V. */
export const lastReadingSchema = z.object({
  at: timeSchema,
  residualCurrentMa: z.number(),
  contact: z.enum(contacts),
  protection: z.enum(protections),
  loadCurrentA: z.number().nullable(),
  voltageV: z.number().nullable(),
  temperatureC: z.number().nullable(),
  signalDbm: z.number().nullable(),
});
export type LastReading = z.infer<typeof lastReadingSchema>;

const operatingNowSchema = z.object({
  state: operatingStateSchema,
  reason: operatingReasonSchema.nullable(),
  since: timeSchema,
});

export const alarmSchema = z.object({
  id: z.string(),
  kind: alarmKindSchema,
  priority: alarmPrioritySchema,
  breakerId: z.string().nullable(),
  areaId: z.string(),
  areaName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  address: z.string().nullable().describe("of the breaker's household"),
  raisedAt: timeSchema,
  clearedAt: timeSchema.nullable(),
  acknowledgedAt: timeSchema.nullable(),
  acknowledgedBy: z.string().nullable(),
  state: alarmStateSchema,
  occurrences: z.int().describe("1, or more where the condition returned soon after it had cleared"),
  evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type Alarm = z.infer<typeof alarmSchema>;

export const breakerSchema = z.object({
  id: z.string(),
  level: breakerLevelSchema,
  ratedResidualCurrentMa: z.number(),
  installedOn: z.iso.date(),
  removedOn: z.iso.date().nullable(),
  townshipId: z.string(),
  townshipName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  areaId: z.string(),
  areaName: z.string(),
  householdId: z.string().nullable(),
  address: z.string().nullable(),
  inhabited: z.boolean().nullable(),
  operating: operatingNowSchema,
  last: lastReadingSchema.nullable(),
  openAlarmCount: countSchema,
});
export const breakerDetailSchema = breakerSchema.extend({
  openAlarms: z.array(alarmSchema),
  credentialIssuedAt: timeSchema.nullable(),
});
export type Breaker = z.infer<typeof breakerSchema>;
export type BreakerDetail = z.infer<typeof breakerDetailSchema>;

/** One reading, or with `every` the mean of a window, its extremes and how many readings it holds. */
export const readingPointSchema = z.object({
  at: timeSchema,
  count: countSchema,
  residualCurrentMa: z.number().nullable(),
  residualCurrentMaMin: z.number().nullable(),
  residualCurrentMaMax: z.number().nullable(),
  loadCurrentA: z.number().nullable(),
  voltageV: z.number().nullable(),
  temperatureC: z.number().nullable(),
  contact: z.enum(contacts).nullable().describe("null in windows"),
  protection: z.enum(protections).nullable().describe("null in windows"),
});
export type ReadingPoint = z.infer<typeof readingPointSchema>;

export const timelineEntrySchema = z.object({
  from: timeSchema,
  to: timeSchema,
  state: operatingStateSchema,
  reason: operatingReasonSchema.nullable(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

/** A trip, test or status report as the device sent it. */
export const breakerEventSchema = z.object({
  at: timeSchema,
  kind: z.enum(reportKinds),
  body: z.record(z.string(), z.unknown()),
});
export type BreakerEvent = z.infer<typeof breakerEventSchema>;

export const rateRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  level: breakerLevelSchema,
  from: timeSchema,
  to: timeSchema,
  breakers: countSchema.describe("breakers installed at any time in the interval"),
  installedMs: msSchema,
  excusedMs: msSchema,
  operatingMs: msSchema,
  unknownMs: msSchema,
  notOperatingMs: msSchema,
  notOperatingMsByReason: z.record(z.enum(notOperatingReasons), msSchema),
  operationalRate: rateSchema,
  operationalRateUpperBound: rateSchema,
  target: z.number(),
});
export type RateRow = z.infer<typeof rateRowSchema>;

export const credentialSchema = z.object({
  clientId: z.string(),
  username: z.string(),
  password: z.string(),
});

export const importResultSchema = z.object({
  rows: countSchema,
  townships: countSchema,
  villages: countSchema,
  transformerAreas: countSchema,
  households: countSchema,
  breakers: countSchema,
  changed: countSchema.describe("rows that were new or differed from what was stored"),
});

export const quarantineEntrySchema = z.object({
  id: z.string(),
  receivedAt: timeSchema,
  clientId: z.string(),
  topic: z.string(),
  reason: z.string(),
  detail: z.string(),
  payloadBytes: countSchema,
  payloadText: z.string().nullable().describe("the payload where it is valid UTF-8, cut at 4096 characters"),
  replayRequested: z
    .boolean()
    .describe("an operator wants it tried again; it is about to leave the quarantine"),
  payloadBase64: z.string().describe("the first 4096 bytes as they came"),
});
/** The answer to asking for a quarantined message to be tried again. */
export const replaySchema = z.object({ id: z.string(), requested: z.boolean() });

export type QuarantineEntry = z.infer<typeof quarantineEntrySchema>;

/** Events of `GET /api/v1/live` (SSE): name → data. */
export type LiveEvents = {
  hello: { at: string };
  readings: (LastReading & { breakerId: string })[];
  states: {
    breakerId: string;
    areaId: string;
    villageId: string;
    townshipId: string;
    state: string;
    reason: string | null;
    since: string;
  }[];
  alarms: Alarm[];
  notices: Notice[];
  rates: { villages: VillageSummary[] };
};
