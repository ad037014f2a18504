// The JSON of targets: what the plan asks of a place, from a day on.
import { z } from "zod";
import { breakerLevelSchema } from "./breaker.ts";
import { idSchema } from "./ids.ts";
import { isOfLevel, targetMeasures } from "./targets.ts";

const fields = {
  measure: z.enum(targetMeasures),
  level: breakerLevelSchema
    .nullable()
    .describe("of installationRate and operationalRate; null for the others"),
  township: idSchema.nullable().describe("null with village null: for everybody"),
  village: idSchema.nullable(),
  value: z.number().min(0).max(1).describe("fraction 0–1"),
  validFrom: z.iso.date().describe("the first local day of which it holds"),
};

export const targetRequestSchema = z
  .strictObject({
    ...fields,
    level: fields.level.default(null),
    township: fields.township.default(null),
    village: fields.village.default(null),
  })
  .refine((target) => (target.level !== null) === isOfLevel(target.measure), {
    path: ["level"],
    error: "installationRate and operationalRate are set for a level, the others for none",
  })
  .refine((target) => target.township === null || target.village === null, {
    path: ["village"],
    error: "a target is for a township or for a village, not for both",
  });

export const targetSchema = z.object({
  id: z.int(),
  ...fields,
  setBy: z.string(),
  setAt: z.iso.datetime({ offset: true }),
});
export type Target = z.infer<typeof targetSchema>;

const byLevelSchema = z.record(breakerLevelSchema, z.number());
export const targetsSchema = z.object({
  defaults: z.object({
    installationRate: byLevelSchema,
    operationalRate: byLevelSchema,
    inhabitedCoverage: z.number(),
    officerShare: z.number(),
  }),
  items: z.array(targetSchema),
});
