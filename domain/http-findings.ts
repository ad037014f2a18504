// The JSON of the findings' settings: thresholds with their overrides and history, rules of one's own, dry runs.
import { z } from "zod";
import { alarmKindSchema } from "./alarm.ts";
import { breakerLevelSchema } from "./breaker.ts";
import { limitNames } from "./finding-limits.ts";
import { idSchema } from "./ids.ts";
import { ownRuleInputSchema } from "./own-rule.ts";

const timeSchema = z.iso.datetime({ offset: true });

export const limitNameSchema = z.enum(limitNames);
export const limitScopes = ["township", "area", "breaker"] as const;
export const limitScopeSchema = z.enum(limitScopes);
export type LimitScope = z.infer<typeof limitScopeSchema>;

/** One threshold as it is by default, and within which bounds it may be set. */
export const limitDefaultSchema = z.object({
  name: limitNameSchema,
  household: z.number(),
  intermediate: z.number(),
  main: z.number(),
  min: z.number(),
  max: z.number(),
  source: z.string(),
});

/** A threshold that is set otherwise; `level` null: for all levels. */
export const limitOverrideSchema = z.object({
  scope: limitScopeSchema,
  scopeId: idSchema,
  level: breakerLevelSchema.nullable(),
  name: limitNameSchema,
  value: z.number(),
});
export type LimitOverride = z.infer<typeof limitOverrideSchema>;

export const limitChangeInputSchema = z.strictObject({
  scope: limitScopeSchema,
  scopeId: idSchema,
  level: breakerLevelSchema.nullable().default(null).describe("null: for all levels"),
  name: limitNameSchema,
  value: z.number().nullable().describe("null takes the override away"),
});
export type LimitChangeInput = z.infer<typeof limitChangeInputSchema>;

export const limitsSchema = z.object({
  defaults: z.array(limitDefaultSchema),
  overrides: z.array(limitOverrideSchema),
});

export type Limits = z.infer<typeof limitsSchema>;

/** One change of a threshold; null is the default. */
export const limitChangeSchema = z.object({
  id: z.int(),
  at: timeSchema,
  actor: z.string(),
  scope: limitScopeSchema,
  scopeId: z.string(),
  level: breakerLevelSchema.nullable(),
  name: z.string(),
  oldValue: z.number().nullable(),
  newValue: z.number().nullable(),
});
export type LimitChange = z.infer<typeof limitChangeSchema>;

export const ownRuleSchema = z.object({
  id: z.uuid(),
  ...ownRuleInputSchema.shape,
  changedBy: z.string(),
  changedAt: timeSchema,
});
export type StoredOwnRule = z.infer<typeof ownRuleSchema>;

/** What a dry run is asked: the thresholds and rules as they would be, over the last days. */
export const dryRunInputSchema = z.strictObject({
  changes: z.array(limitChangeInputSchema).max(50).default([]),
  rule: ownRuleInputSchema.nullable().default(null),
  township: idSchema.nullable().default(null),
  village: idSchema.nullable().default(null),
  area: idSchema.nullable().default(null),
  days: z.int().min(1).max(30).default(30),
});
export type DryRunInput = z.infer<typeof dryRunInputSchema>;

/** What it would have raised: by kind, with the settings as they are and as they would be. */
export const dryRunResultSchema = z.object({
  from: timeSchema,
  to: timeSchema,
  breakers: z.int(),
  reports: z.int(),
  kinds: z.array(z.object({ kind: alarmKindSchema, asSet: z.int(), asProposed: z.int() })),
});
export type DryRunResult = z.infer<typeof dryRunResultSchema>;
