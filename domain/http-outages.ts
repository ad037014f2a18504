// The JSON of the calendar of planned outages.
import { z } from "zod";
import { idSchema } from "./ids.ts";

/** Areas of one outage; a larger one is entered in parts. */
const maxAreas = 1_000;
const instant = z.iso.datetime({ offset: true, error: "must be a time with offset" });
const noteSchema = z
  .string()
  .trim()
  .max(500)
  .refine((text) => !text.includes("\0"), "must not hold NUL");

export const plannedOutageSchema = z.object({
  id: z.uuid(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  note: z.string(),
  areas: z.array(
    z.object({
      areaId: z.string(),
      areaName: z.string(),
      villageId: z.string(),
      villageName: z.string(),
    }),
  ),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  cancelledAt: z.iso.datetime().nullable(),
});
export type PlannedOutageEntry = z.infer<typeof plannedOutageSchema>;

const areaIds = z.array(idSchema).max(maxAreas);
export const outageBodySchema = z.strictObject({
  id: z.uuid().optional().describe("chosen by the caller, so that the same request again changes nothing"),
  areaIds: areaIds.default([]),
  villageId: idSchema.optional().describe("every transformer area of the village"),
  from: instant,
  to: instant,
  note: noteSchema.default(""),
});
export const outageEditSchema = z.strictObject({
  areaIds: areaIds.min(1).optional(),
  from: instant.optional(),
  to: instant.optional(),
  note: noteSchema.optional(),
});
