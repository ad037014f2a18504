// The JSON of low-voltage areas (低电压台区) and of line-loss hints. Durations in ms, shares fractions 0–1.
import { z } from "zod";

const countSchema = z.int().min(0);
const msSchema = z.number().min(0);
const shareSchema = z.number().min(0).max(1).nullable();
const timeSchema = z.iso.datetime({ offset: true });

/** What the load currents say of the line between the main breaker and the houses. */
export const lineLossSchema = z.object({
  share: z
    .number()
    .nullable()
    .describe(
      "1 − charge through the houses ÷ charge through the main; null where too little was known. A hint: it takes the main's current for the mean of three phases and every load for resistive, and a house without a breaker looks like a loss",
    ),
  mainAh: z.number().min(0),
  householdAh: z.number().min(0),
  comparedMs: msSchema.describe("time in which the main and at least 90 % of the houses were known"),
});
export type LineLoss = z.infer<typeof lineLossSchema>;

const supplyShape = {
  measured: countSchema.describe("household breakers with a voltage reading, on the day with most of them"),
  low: countSchema.describe("of those, low for ten minutes or more, on the day with most of them"),
  lowShare: shareSchema.describe("low ÷ measured on the worst day"),
  lowMs: msSchema.describe("time in which at least one house was low"),
  minV: z.number().nullable(),
  minAt: timeSchema.nullable(),
  lineLoss: lineLossSchema,
};

/** One area over the days asked for. */
export const areaSupplySchema = z.object({
  areaId: z.string(),
  areaName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  days: countSchema.describe("days that have been computed"),
  lowDays: countSchema.describe("of those, days with at least one low house"),
  lowNow: countSchema.describe("household breakers whose newest reading is low and still counts"),
  lastLowDay: z.iso.date().nullable(),
  ...supplyShape,
});
export type AreaSupplyRow = z.infer<typeof areaSupplySchema>;

/** One day: of one area, or summed over the areas of a place. */
export const supplyDaySchema = z.object({
  day: z.iso.date(),
  areas: countSchema,
  lowAreas: countSchema,
  measured: countSchema,
  low: countSchema,
  lowMs: msSchema.describe("summed over the areas"),
  minV: z.number().nullable(),
});
export type SupplyDay = z.infer<typeof supplyDaySchema>;

export const supplyTrendSchema = z.object({
  items: z.array(supplyDaySchema),
  lowVoltageV: z.number().describe("the threshold, in V"),
});
export type SupplyTrend = z.infer<typeof supplyTrendSchema>;

export const areaSupplyDaySchema = z.object({
  day: z.iso.date(),
  ...supplyShape,
  computedAt: timeSchema,
  lowVoltageV: z.number().describe("the threshold it was computed with"),
  worst: z.array(
    z.object({
      breakerId: z.string(),
      address: z.string().nullable(),
      lowMs: msSchema,
      minV: z.number(),
    }),
  ),
});
export type AreaSupplyDay = z.infer<typeof areaSupplyDaySchema>;
