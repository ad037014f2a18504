// The JSON of a period's performance: every rate of the plan, per township, village or transformer area, against target.
// Times are ISO 8601 in UTC, durations in ms, rates fractions 0–1, null where the denominator is 0.
import { z } from "zod";
import { breakerLevelSchema } from "./breaker.ts";
import { notOperatingReasons } from "./operating.ts";

const timeSchema = z.iso.datetime({ offset: true });
const rateSchema = z.number().min(0).max(1).nullable();
const countSchema = z.int().min(0);
const msSchema = z.number().min(0);

/** One level of one group over a period. Counts are as of the period's end. */
export const levelPerformanceSchema = z.object({
  shouldInstall: countSchema.describe("places that must have a breaker of this level"),
  requiredInstalled: countSchema.describe("of those, the places that have one"),
  installed: countSchema,
  operating: countSchema,
  notOperating: countSchema,
  unknown: countSchema,
  excused: countSchema,
  installationRate: rateSchema,
  installationTarget: z.number(),
  snapshotRate: rateSchema.describe("operating ÷ installed at the period's end"),
  installedMs: msSchema,
  excusedMs: msSchema,
  operatingMs: msSchema,
  unknownMs: msSchema,
  notOperatingMs: msSchema,
  notOperatingMsByReason: z.record(z.enum(notOperatingReasons), msSchema),
  operationalRate: rateSchema.describe("time-weighted; what is not known counts as not operating"),
  operationalRateUpperBound: rateSchema.describe("what is not known counts as operating"),
  unknownShare: rateSchema.describe("unknown ÷ (installed − excused) time"),
  operationalTarget: z.number(),
  gap: z.number().nullable().describe("operational rate − target; negative where the target is missed"),
  testedBreakers: countSchema.describe("breakers tested at least once in the period"),
  tested: countSchema.describe("tests in the period"),
  passed: countSchema,
  testPassRate: rateSchema,
  testCoverage: rateSchema.describe("tested breakers ÷ installed at the end, 1 at the most"),
  correctTrips: countSchema,
  nuisanceTrips: countSchema,
  failuresToTrip: countSchema,
  correctOperationRate: rateSchema,
});
export type LevelPerformance = z.infer<typeof levelPerformanceSchema>;

/** One group over a period. */
export const performanceRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  from: timeSchema,
  to: timeSchema,
  households: countSchema,
  inhabitedHouseholds: countSchema,
  inhabitedOperating: countSchema.describe(
    "inhabited households whose breaker is operating at the period's end",
  ),
  inhabitedCoverage: rateSchema,
  inhabitedOperationalRate: rateSchema.describe(
    "time operating ÷ (time inhabited − time excused), over all inhabited houses, those without a breaker too",
  ),
  inhabitedTarget: z.number(),
  villages: countSchema,
  villagesWithOfficer: countSchema.describe("villages with a safety officer on the period's last day"),
  officerShare: rateSchema,
  officerTarget: z.number(),
  noticesIssued: countSchema,
  noticesClosed: countSchema,
  noticesOverdue: countSchema,
  levels: z.object({
    household: levelPerformanceSchema,
    intermediate: levelPerformanceSchema,
    main: levelPerformanceSchema,
  }),
});
export type PerformanceRow = z.infer<typeof performanceRowSchema>;

/** A breaker that cost its group time: what it lost in the period, by reason. */
export const worstBreakerSchema = z.object({
  breakerId: z.string(),
  level: breakerLevelSchema,
  areaId: z.string(),
  areaName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  address: z.string().nullable(),
  lostMs: msSchema.describe("time not operating or unknown"),
  unknownMs: msSchema,
  notOperatingMsByReason: z.record(z.enum(notOperatingReasons), msSchema),
});
export type WorstBreaker = z.infer<typeof worstBreakerSchema>;
