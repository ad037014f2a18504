// The JSON of the visit list under /api/v1/visits: today's houses in walking order, each with why and what to do.
import { z } from "zod";
import { alarmKindSchema, alarmPrioritySchema } from "./alarm.ts";
import { breakerLevelSchema } from "./breaker.ts";
import { noticeOfficerSchema } from "./http-notices.ts";
import { noticeStateSchema } from "./notice.ts";

const timeSchema = z.iso.datetime({ offset: true });

export const visitMarks = ["done", "notAtHome"] as const;
export const visitMarkSchema = z.object({
  mark: z.enum(visitMarks),
  note: z.string().nullable(),
  actor: z.string(),
  at: timeSchema,
});
export type VisitMark = z.infer<typeof visitMarkSchema>;

/** One ground for a visit: a finding (an alarm, or the state by itself), or a notice in hand. */
export const visitReasonSchema = z.object({
  kind: z.enum(["finding", "notice"]),
  finding: alarmKindSchema.nullable(),
  priority: alarmPrioritySchema,
  since: timeSchema,
  breakerId: z.string().nullable(),
  alarmId: z.string().nullable(),
  evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  notice: z
    .object({
      id: z.uuid(),
      number: z.string(),
      state: noticeStateSchema,
      deadline: z.iso.date(),
      hazard: z.object({ zh: z.string(), en: z.string() }).describe("what the notice is about"),
    })
    .nullable(),
  advice: z.object({ zh: z.string(), en: z.string() }).describe("what to do on the spot"),
});
export type VisitReason = z.infer<typeof visitReasonSchema>;

export const visitSchema = z.object({
  householdId: z.string().nullable(),
  breakerId: z.string().nullable().describe("where it belongs to no house, such as a main breaker"),
  level: breakerLevelSchema.nullable(),
  householder: z.string().nullable(),
  address: z.string().nullable(),
  walkingOrder: z.int().nullable(),
  priority: alarmPrioritySchema.describe("of its weightiest reason"),
  reasons: z.array(visitReasonSchema).describe("weightiest first"),
  mark: visitMarkSchema.nullable().describe("the day's last"),
});
export type Visit = z.infer<typeof visitSchema>;

export const visitAreaSchema = z.object({
  areaId: z.string(),
  areaName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  reasons: z.array(visitReasonSchema).describe("of the area as a whole"),
  visits: z.array(visitSchema).describe("in walking order, else by address"),
});
export type VisitArea = z.infer<typeof visitAreaSchema>;

export const visitListSchema = z.object({
  date: z.iso.date(),
  officer: noticeOfficerSchema.nullable(),
  villages: z.array(z.object({ id: z.string(), name: z.string() })),
  areas: z.array(visitAreaSchema),
  visitCount: z.int().min(0),
  doneCount: z.int().min(0),
  truncated: z.boolean().describe("more reasons than one list holds; ask village by village"),
});
export type VisitList = z.infer<typeof visitListSchema>;
