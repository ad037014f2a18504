// The JSON of households, of where breakers have been, and of the acts that change either from a day on.
import { z } from "zod";
import { breakerLevelSchema } from "./breaker.ts";
import { idSchema } from "./ids.ts";

const noNul = (text: string) => !text.includes("\0");
const text = (maxCharacters: number) =>
  z.string().trim().max(maxCharacters).refine(noNul, "must not hold NUL");
const nullableText = (maxCharacters: number) =>
  text(maxCharacters)
    .transform((t) => (t === "" ? null : t))
    .nullable();
const ratedSchema = z.number().positive().max(10_000).describe("IΔn, mA");
const dayOf = (what: string) => z.iso.date().describe(`local day from which on ${what}; today when left out`);
const additionalSchema = z
  .boolean()
  .default(false)
  .describe("another breaker at the same place is meant to stay beside it");

/** `changed` is false where everything was so already. */
export const actResultSchema = z.object({ changed: z.boolean() });

export const installBodySchema = z.strictObject({
  id: idSchema,
  areaId: idSchema,
  householdId: idSchema.nullable().default(null),
  level: breakerLevelSchema,
  ratedResidualCurrentMa: ratedSchema,
  installedOn: dayOf("it is there").optional(),
  additional: additionalSchema,
});
export const replaceBodySchema = z.strictObject({
  id: idSchema.describe("the new breaker's"),
  on: dayOf("the new one is there and the old one is not").optional(),
  ratedResidualCurrentMa: ratedSchema.optional().describe("of the new one, mA; as before when left out"),
});
export const moveBodySchema = z.strictObject({
  areaId: idSchema,
  householdId: idSchema.nullable().default(null),
  on: dayOf("it is there").optional(),
  additional: additionalSchema,
});
export const removeBodySchema = z.strictObject({ on: dayOf("it is not there").optional() });
export const reinstateBodySchema = z.strictObject({ additional: additionalSchema });
export const correctBodySchema = z.strictObject({
  installedOn: z.iso.date().optional(),
  ratedResidualCurrentMa: ratedSchema.optional(),
});

/** A place of a breaker, from a local day on. The first holds for all time before it. */
export const placementSchema = z.object({
  fromOn: z.iso.date(),
  areaId: z.string(),
  areaName: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  householdId: z.string().nullable(),
  address: z.string().nullable(),
});
export type PlacementEntry = z.infer<typeof placementSchema>;
export const placementsSchema = z.object({ items: z.array(placementSchema) });

const householdShape = {
  address: nullableText(300),
  householder: nullableText(200),
  accountNumber: nullableText(64),
  walkingOrder: z.int().min(0).max(1_000_000).nullable().describe("in which order houses are walked to"),
};
export const householdBodySchema = z.strictObject({
  id: idSchema,
  areaId: idSchema,
  inhabited: z.boolean(),
  address: householdShape.address.default(null),
  householder: householdShape.householder.default(null),
  accountNumber: householdShape.accountNumber.default(null),
  walkingOrder: householdShape.walkingOrder.default(null),
});
export const householdEditSchema = z.strictObject(householdShape).partial();

export const householdSchema = z.object({
  id: z.string(),
  townshipId: z.string(),
  villageId: z.string(),
  villageName: z.string(),
  areaId: z.string(),
  areaName: z.string(),
  supplyStation: z.string().nullable().describe("of the transformer area"),
  address: z.string().nullable(),
  inhabited: z.boolean().describe("now"),
  householder: z.string().nullable(),
  accountNumber: z.string().nullable(),
  walkingOrder: z.int().nullable(),
  breakers: z.array(z.object({ id: z.string(), level: breakerLevelSchema })).describe("installed today"),
});
export type Household = z.infer<typeof householdSchema>;
/** Since then inhabited or vacant. The first entry holds for all time before it, too. */
export const occupancyEntrySchema = z.object({
  sinceMs: z.int().describe("Unix ms; names the entry"),
  since: z.iso.datetime(),
  inhabited: z.boolean(),
});
export const householdDetailSchema = householdSchema.extend({ occupancy: z.array(occupancyEntrySchema) });
export type HouseholdDetail = z.infer<typeof householdDetailSchema>;

export const occupancyBodySchema = z.strictObject({
  inhabited: z.boolean(),
  on: dayOf("it is so").optional(),
});
export const areaEditSchema = z.strictObject({ supplyStation: nullableText(200) });
