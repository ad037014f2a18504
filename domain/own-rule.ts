// Rules of one's own: conditions that an operator adds as data, checked before they are saved, judged like the house's own.
import { z } from "zod";
import { alarmPrioritySchema } from "./alarm.ts";
import { type BreakerFacts, breakerLevelSchema } from "./breaker.ts";
import { idSchema } from "./ids.ts";

/** What a rule may look at in a reading; `residualShareOfRated` is the residual current ÷ IΔn. */
export const ownRuleFields = [
  "residualCurrentMa",
  "residualShareOfRated",
  "loadCurrentA",
  "voltageV",
  "temperatureC",
  "signalDbm",
] as const;
export const ownRuleFieldSchema = z.enum(ownRuleFields);
export type OwnRuleField = z.infer<typeof ownRuleFieldSchema>;

/** The values that a field can take at all: a threshold outside them would never, or always, hold. */
export const ownRuleFieldBounds: Readonly<Record<OwnRuleField, { min: number; max: number }>> = {
  residualCurrentMa: { min: 0, max: 1_000_000 },
  residualShareOfRated: { min: 0, max: 100 },
  loadCurrentA: { min: 0, max: 100_000 },
  voltageV: { min: 0, max: 2_000 },
  temperatureC: { min: -100, max: 500 },
  signalDbm: { min: -200, max: 100 },
};

/** Most rules that one installation may have: every reading is held against those that concern its breaker. */
export const maxOwnRules = 100;

const textSchema = z.string().trim().min(1).max(200);

/** A rule as an operator writes it. */
export const ownRuleInputSchema = z
  .strictObject({
    field: ownRuleFieldSchema,
    comparison: z.enum(["above", "below"]),
    threshold: z.number().describe("in the field's own unit; raised at it or beyond"),
    deadband: z.number().min(0).describe("cleared only when this far on the other side of the threshold"),
    holdMs: z.int().min(0).max(86_400_000).describe("must hold this long before it is raised"),
    level: breakerLevelSchema.nullable().describe("breakers of this level; null for all"),
    townshipId: idSchema.nullable(),
    villageId: idSchema.nullable(),
    areaId: idSchema.nullable(),
    priority: alarmPrioritySchema,
    textZh: textSchema,
    textEn: textSchema,
    enabled: z.boolean(),
  })
  .superRefine((rule, context) => {
    const wrong = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const { min, max } = ownRuleFieldBounds[rule.field];
    if (rule.threshold < min || rule.threshold > max)
      wrong("threshold", `must lie between ${min} and ${max}, what ${rule.field} can be`);
    const clearAt =
      rule.comparison === "above" ? rule.threshold - rule.deadband : rule.threshold + rule.deadband;
    if (clearAt < min || clearAt > max) wrong("deadband", "is so wide that the alarm could never clear");
    // Without a deadband or a hold a value that stands at the threshold would chatter (ISA-18.2).
    if (rule.deadband === 0 && rule.holdMs < 60_000)
      wrong("deadband", "needs to be above 0 where the hold is shorter than a minute");
    if ([rule.townshipId, rule.villageId, rule.areaId].filter((id) => id !== null).length > 1)
      wrong("areaId", "give a township, a village or an area, not several");
  });
export type OwnRuleInput = z.infer<typeof ownRuleInputSchema>;
export type OwnRule = OwnRuleInput & { id: string };

/** Whether a rule concerns a breaker. */
export const ownRuleConcerns = (
  rule: OwnRule,
  facts: Pick<BreakerFacts, "level" | "townshipId" | "villageId" | "areaId">,
): boolean =>
  rule.enabled &&
  (rule.level === null || rule.level === facts.level) &&
  (rule.townshipId === null || rule.townshipId === facts.townshipId) &&
  (rule.villageId === null || rule.villageId === facts.villageId) &&
  (rule.areaId === null || rule.areaId === facts.areaId);
