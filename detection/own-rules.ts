// Rules of one's own as alarm rules, with the guarantees of the house's: hold, deadband, repeat suppression, derived ids.
import type { BreakerFacts } from "../domain/breaker.ts";
import { type OwnRule, ownRuleConcerns } from "../domain/own-rule.ts";
import {
  type AlarmRule,
  type AlarmView,
  above,
  below,
  readingEvidence,
  readingStartMs,
} from "./alarm-view.ts";

const fieldOf = (field: OwnRule["field"], { reading, facts }: AlarmView): number | undefined => {
  if (reading === null) return undefined;
  if (field === "residualShareOfRated") return reading.residualCurrentMa / facts.ratedResidualCurrentMa;
  return reading[field];
};

/** One rule as the alarm fold runs it. */
export const compileOwnRule = (rule: OwnRule): AlarmRule => ({
  kind: "customRule",
  key: `customRule:${rule.id}`,
  priority: rule.priority,
  onDelayMs: rule.holdMs,
  condition: (view) => {
    const value = fieldOf(rule.field, view);
    if (value === undefined) return "hold";
    return rule.comparison === "above"
      ? above(value, rule.threshold, rule.threshold - rule.deadband)
      : below(value, rule.threshold, rule.threshold + rule.deadband);
  },
  startMs: readingStartMs,
  evidence: (view) => ({
    ruleId: rule.id,
    textZh: rule.textZh,
    textEn: rule.textEn,
    field: rule.field,
    value: fieldOf(rule.field, view) ?? null,
    threshold: rule.threshold,
    ...readingEvidence(view),
  }),
});

const none: readonly AlarmRule[] = [];

/** The rules that concern a breaker, compiled; the same list for breakers that are concerned by the same. */
export const ownRuleBook = (rules: readonly OwnRule[]): ((facts: BreakerFacts) => readonly AlarmRule[]) => {
  if (rules.length === 0) return () => none;
  const compiled = rules.map((rule) => ({ rule, run: compileOwnRule(rule) }));
  const lists = new Map<string, readonly AlarmRule[]>();
  return (facts) => {
    const concerned = compiled.filter(({ rule }) => ownRuleConcerns(rule, facts));
    if (concerned.length === 0) return none;
    const key = concerned.map(({ rule }) => rule.id).join("\n");
    const known = lists.get(key) ?? concerned.map(({ run }) => run);
    lists.set(key, known);
    return known;
  };
};
