// The JSON of the test ledger (剩余电流动作保护器测试记录). Currents in mA, break times in ms, times ISO 8601.
import { z } from "zod";
import { breakerLevelSchema } from "./breaker.ts";
import { idSchema } from "./ids.ts";

const timeSchema = z.iso.datetime({ offset: true });

/** `trip` and `self` are what the breaker reported; `hand` is a test that a person has written down. */
export const testKinds = ["trip", "self", "hand"] as const;
export type TestKind = (typeof testKinds)[number];
export const testSources = ["report", "hand"] as const;

export const testRecordSchema = z.object({
  id: z.string(),
  at: timeSchema,
  kind: z.enum(testKinds),
  source: z.enum(testSources).describe("only what was written by hand can be changed"),
  passed: z.boolean(),
  operatingCurrentMa: z.number().nullable(),
  breakTimeMs: z.number().nullable(),
  offAt: timeSchema.nullable().describe("when the breaker went off for the test"),
  onAt: timeSchema.nullable().describe("when it was on again"),
  tester: z.string().nullable(),
  supplyStation: z.string().nullable().describe("the record's own, else the transformer area's"),
  note: z.string().nullable(),
  breakerId: z.string(),
  level: breakerLevelSchema,
  ratedResidualCurrentMa: z.number(),
  areaId: z.string().describe("where the breaker was at the time of the test, as are village and household"),
  areaName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  householdId: z.string().nullable(),
  address: z.string().nullable(),
});
export type TestRecord = z.infer<typeof testRecordSchema>;

const text = (maxCharacters: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxCharacters)
    .refine((value) => !value.includes("\0"), "must not hold NUL");

const offThenOn = (test: { offAt?: string | null | undefined; onAt?: string | null | undefined }): boolean =>
  !test.offAt || !test.onAt || Date.parse(test.offAt) <= Date.parse(test.onAt);
const offThenOnMessage = { path: ["onAt"], error: "must not be before offAt" };

const fields = {
  at: timeSchema,
  passed: z.boolean(),
  operatingCurrentMa: z.number().min(0).max(1_000_000).nullish(),
  breakTimeMs: z.number().min(0).max(600_000).nullish(),
  offAt: timeSchema.nullish(),
  onAt: timeSchema.nullish(),
  tester: text(100),
  supplyStation: text(200).nullish(),
  note: text(1_000).nullish(),
};

/** A test as a person writes it down. */
export const newTestSchema = z
  .strictObject({ breakerId: idSchema, ...fields })
  .refine(offThenOn, offThenOnMessage);
export type NewTest = z.infer<typeof newTestSchema>;

/** What is to be changed of a test written by hand; null takes a value away. */
export const testChangeSchema = z.strictObject(fields).partial().refine(offThenOn, offThenOnMessage);
export type TestChange = z.infer<typeof testChangeSchema>;

export const stationSchema = z.object({ name: z.string() });
