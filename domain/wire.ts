// The wire contract, version 1: topics and payloads that breakers and gateways send.
import { z } from "zod";
import { idPattern, idSchema } from "./ids.ts";
import { wireLimits } from "./limits.ts";

export const protections = ["enabled", "alarmOnly", "disabled", "faulty"] as const;
export const contacts = ["closed", "open", "reclosing", "lockedOut"] as const;
export type Protection = (typeof protections)[number];
export type Contact = (typeof contacts)[number];

/** Trip causes of the DL/T 645 residual-current extension; any other is `vendor:<code>`. */
export const tripCauses = [
  "normal",
  "leakage",
  "neutralLoss",
  "overload",
  "shortCircuit",
  "phaseLoss",
  "undervoltage",
  "overvoltage",
  "earthFault",
  "outage",
  "timedTest",
  "remote",
  "keyTest",
  "lockout",
  "ctFault",
  "closeFailed",
  "manual",
  "settingsChanged",
] as const;
const causeSchema = z.union([z.enum(tripCauses), z.string().regex(/^vendor:[A-Za-z0-9_.-]{1,32}$/)]);

const tsSchema = z.int();
const seqSchema = z.int().min(0);
const currentMaSchema = z.number().min(0).max(1_000_000);
const phaseCurrentSchema = z.number().min(0).max(100_000);

export type TripCause = z.infer<typeof causeSchema>;

/** Periodic report of a breaker. Currents in mA and A, voltage in V, `ts` in Unix milliseconds of the device. */
export const readingSchema = z.object({
  ts: tsSchema,
  seq: seqSchema,
  residualCurrentMa: currentMaSchema,
  contact: z.enum(contacts),
  protection: z.enum(protections),
  loadCurrentA: z.number().min(0).max(100_000).optional(),
  voltageV: z.number().min(0).max(2_000).optional(),
  temperatureC: z.number().min(-100).max(500).optional(),
  signalDbm: z.number().min(-200).max(100).optional(),
  /** Load by phase (A, B, C), where the breaker is three-phase. */
  phaseCurrentsA: z.tuple([phaseCurrentSchema, phaseCurrentSchema, phaseCurrentSchema]).optional(),
  /** The settings that the breaker itself says are active: IΔn and non-driving time. */
  ratedResidualCurrentMa: currentMaSchema.optional(),
  nonDrivingTimeMs: z.number().min(0).max(600_000).optional(),
});
export type Reading = z.infer<typeof readingSchema>;

/** The breaker opened by itself; `reclosed` says whether it has closed again. */
export const tripSchema = z.object({
  ts: tsSchema,
  seq: seqSchema,
  cause: causeSchema,
  residualCurrentMa: currentMaSchema.optional(),
  phase: z.enum(["A", "B", "C", "N"]).optional(),
  reclosed: z.boolean().default(false),
});
export type Trip = z.infer<typeof tripSchema>;

/** Link state; `online: false` is also the last will. */
export const statusSchema = z.object({ ts: tsSchema, online: z.boolean() });
export type Status = z.infer<typeof statusSchema>;

/** Result of a trip test or self-test. */
export const testSchema = z.object({
  ts: tsSchema,
  seq: seqSchema,
  kind: z.enum(["trip", "self"]),
  passed: z.boolean(),
  breakTimeMs: z.number().min(0).max(600_000).optional(),
});
export type Test = z.infer<typeof testSchema>;

export const reportKinds = ["reading", "trip", "status", "test"] as const;
export type ReportKind = (typeof reportKinds)[number];
export const bodySchemas = {
  reading: readingSchema,
  trip: tripSchema,
  status: statusSchema,
  test: testSchema,
} as const;

/** Envelope of a gateway's batch; every entry's body is validated by itself, so that one bad entry costs only itself. */
export const batchSchema = z.object({
  ts: tsSchema,
  entries: z.array(z.unknown()).max(wireLimits.maxBatchEntries),
});
export const batchEntrySchema = z.object({
  breakerId: idSchema,
  kind: z.enum(reportKinds),
  body: z.unknown(),
});

/** What comes in under `hubao/v1/…`, told apart by the topic alone. */
export type UpTopic =
  | { kind: ReportKind; townshipId: string; areaId: string; breakerId: string }
  | { kind: "batch" | "dlt645"; townshipId: string; areaId: string; gatewayId: string };

const prefix = "hubao/v1/";
const id = `(${idPattern.source.slice(1, -1)})`;
const upTopic = new RegExp(`^${prefix}${id}/${id}/${id}/(${reportKinds.join("|")}|batch|dlt645)$`);

/** Reads a device's topic; null when it is not one of the contract's upward topics. */
export const parseUpTopic = (topic: string): UpTopic | null => {
  const [, townshipId, areaId, deviceId, kind] = upTopic.exec(topic) ?? [];
  if (townshipId === undefined || areaId === undefined || deviceId === undefined) return null;
  if (kind === "batch" || kind === "dlt645") return { kind, townshipId, areaId, gatewayId: deviceId };
  return { kind: kind as ReportKind, townshipId, areaId, breakerId: deviceId };
};

/** The topic prefix under which a device may publish, ending in `/`. */
export const devicePrefix = (townshipId: string, areaId: string, deviceId: string): string =>
  `${prefix}${townshipId}/${areaId}/${deviceId}/`;

/** Topic of one report. */
export const reportTopic = (
  at: { townshipId: string; areaId: string; breakerId: string },
  kind: ReportKind,
): string => `${devicePrefix(at.townshipId, at.areaId, at.breakerId)}${kind}`;

/** Filter for every upward topic of the contract, for a subscriber at an external broker. */
export const upTopicFilter = "hubao/v1/+/+/+/+";
