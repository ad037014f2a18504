// The JSON of rectification notices under /api/v1/notices.
import { z } from "zod";
import { alarmKindSchema } from "./alarm.ts";
import { lastReadingSchema } from "./http.ts";
import { noticeStateSchema } from "./notice.ts";
import { operatingReasonSchema, operatingStateSchema } from "./operating.ts";

const timeSchema = z.iso.datetime({ offset: true });
const evidenceValueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** What a notice says, in one language. */
export const noticeTextsSchema = z.object({
  hazard: z.string().describe("what is wrong"),
  rule: z.string().describe("the rule it breaks"),
  requirement: z.string().describe("what has to be done"),
});
export type NoticeTexts = z.infer<typeof noticeTextsSchema>;
export const noticeLanguages = ["zh", "en"] as const;
export type NoticeLanguage = (typeof noticeLanguages)[number];

/** What telemetry showed when the notice was made: copied, so that it stays. */
export const noticeEvidenceSchema = z.object({
  at: timeSchema.describe("when it was copied"),
  ratedResidualCurrentMa: z.number().nullable(),
  alarm: z
    .object({
      kind: alarmKindSchema,
      raisedAt: timeSchema,
      clearedAt: timeSchema.nullable(),
      values: z.record(z.string(), evidenceValueSchema),
    })
    .nullable(),
  operating: z
    .object({ state: operatingStateSchema, reason: operatingReasonSchema.nullable(), since: timeSchema })
    .nullable(),
  lastReading: lastReadingSchema.nullable(),
  chart: z.object({
    everyMs: z.int(),
    points: z.array(z.object({ at: timeSchema, residualCurrentMaMax: z.number() })),
  }),
});
export type NoticeEvidence = z.infer<typeof noticeEvidenceSchema>;

export const noticeOfficerSchema = z.object({ id: z.string(), name: z.string(), phone: z.string() });
export type NoticeOfficer = z.infer<typeof noticeOfficerSchema>;

/** What a person found on the spot; never makes a notice verified. */
export const reinspectionSchema = z.object({
  result: z.enum(["passed", "failed"]),
  on: z.iso.date(),
  by: z.string(),
  note: z.string().nullable(),
});
export type Reinspection = z.infer<typeof reinspectionSchema>;

export const verificationSchema = z.object({
  from: timeSchema,
  to: timeSchema,
  maxResidualCurrentMa: z.number(),
  thresholdMa: z.number(),
});
export type Verification = z.infer<typeof verificationSchema>;

export const contradictionSchema = z.object({
  kind: z.enum(["notOperating", "leakage", "findingReturned"]),
  at: timeSchema,
  reason: z.string().nullable().describe("why it was not operating"),
  residualCurrentMa: z.number().nullable(),
  thresholdMa: z.number().nullable(),
});

export const noticeSchema = z.object({
  id: z.uuid(),
  number: z.string().describe("year and serial number within the township, such as 2026-0001"),
  state: noticeStateSchema,
  townshipId: z.string(),
  townshipName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  areaId: z.string(),
  areaName: z.string(),
  supplyStation: z.string().nullable(),
  householdId: z.string().nullable(),
  breakerId: z.string().nullable(),
  householder: z.string().nullable(),
  accountNumber: z.string().nullable(),
  address: z.string().nullable(),
  alarmId: z.string().nullable(),
  finding: alarmKindSchema.nullable().describe("null where the hazard was found by a person"),
  texts: z.object({ zh: noticeTextsSchema, en: noticeTextsSchema }),
  deadline: z.iso.date(),
  inspector: z.string().nullable(),
  officer: noticeOfficerSchema.nullable(),
  createdAt: timeSchema,
  createdBy: z.string(),
  issuedAt: timeSchema.nullable(),
  rectifiedAt: timeSchema.nullable(),
  verifiedAt: timeSchema.nullable(),
  refusedAt: timeSchema.nullable(),
  withdrawnAt: timeSchema.nullable(),
  remindedAt: timeSchema.nullable(),
  overdueAt: timeSchema.nullable(),
  escalatedAt: timeSchema.nullable().describe("to the village: refused, or long overdue"),
  reinspection: reinspectionSchema.nullable(),
  contradiction: contradictionSchema
    .nullable()
    .describe("why telemetry sent a rectified notice back to issued; null once it is rectified again"),
});
export type Notice = z.infer<typeof noticeSchema>;

export const noticeEventKinds = [
  "created",
  "edited",
  "issued",
  "reminded",
  "overdue",
  "escalated",
  "refused",
  "rectified",
  "contradicted",
  "verified",
  "reinspected",
  "withdrawn",
] as const;
export type NoticeEventKind = (typeof noticeEventKinds)[number];
export const noticeEventSchema = z.object({
  at: timeSchema,
  actor: z.string().describe("`hubao` for what the calendar or telemetry did"),
  event: z.enum(noticeEventKinds),
  detail: z.record(z.string(), z.unknown()),
});
export type NoticeEvent = z.infer<typeof noticeEventSchema>;

export const noticeDetailSchema = noticeSchema.extend({
  evidence: noticeEvidenceSchema,
  verification: verificationSchema.nullable(),
  events: z.array(noticeEventSchema).describe("oldest first"),
});
export type NoticeDetail = z.infer<typeof noticeDetailSchema>;

export const noticeCountSchema = z.object({
  id: z.string(),
  issued: z.int().min(0).describe("issued in the period"),
  closed: z
    .int()
    .min(0)
    .describe(
      "verified in the period; a notice without a breaker, which telemetry cannot verify, by a passed re-inspection",
    ),
  overdue: z
    .int()
    .min(0)
    .describe("past the deadline and not rectified at the period's end (or now), refused ones too"),
});
export type NoticeCount = z.infer<typeof noticeCountSchema>;
