// The JSON of a recomputation: what is asked for, and what came of it.
import { z } from "zod";
import { idSchema } from "./ids.ts";
import { operatingReasonSchema, operatingStateSchema } from "./operating.ts";

const timeSchema = z.iso.datetime({ offset: true });

export const recomputeRequestSchema = z.strictObject({
  township: idSchema.optional(),
  village: idSchema.optional(),
  area: idSchema.optional(),
  breaker: idSchema.optional(),
  from: timeSchema
    .optional()
    .describe("from when on; the beginning of what telemetry is kept where not given"),
});
export type RecomputeRequest = z.infer<typeof recomputeRequestSchema>;

const movedTimeSchema = z.object({
  state: operatingStateSchema,
  reason: operatingReasonSchema.nullable(),
  ms: z.number().describe("more (or, negative, less) time than before"),
});
export type MovedTime = z.infer<typeof movedTimeSchema>;

/** Changed breakers that a result names, at most. */
export const maxChangedNamed = 100;

export const recomputeResultSchema = z.object({
  areas: z.int(),
  breakers: z.int(),
  changedBreakers: z.int(),
  moved: z.array(movedTimeSchema).describe("over all breakers"),
  changed: z
    .array(z.object({ breakerId: idSchema, moved: z.array(movedTimeSchema) }))
    .describe(`the first ${maxChangedNamed} breakers whose history is another`),
  from: timeSchema,
  to: timeSchema.describe("the history is compared up to here; what is newer is still being judged"),
});
export type RecomputeResult = z.infer<typeof recomputeResultSchema>;
