// What is set for a breaker besides its facts: its thresholds, and the rules of one's own that concern it.
import type { BreakerFacts } from "../domain/breaker.ts";
import type { LimitOverride } from "../domain/http-findings.ts";
import { limitsBook } from "../domain/limit-book.ts";
import type { OwnRule } from "../domain/own-rule.ts";
import type { BreakerSettings } from "./breaker-memory.ts";
import { ownRuleBook } from "./own-rules.ts";

export type FindingSettings = {
  overrides: readonly LimitOverride[];
  rules: readonly OwnRule[];
  /** Breaker → its newest trip test that was written down by hand, Unix ms. */
  testedMs?: ReadonlyMap<string, number>;
};

export const noSettings: FindingSettings = { overrides: [], rules: [] };

/** What is set for a breaker. */
export const settingsBook = ({
  overrides,
  rules,
  testedMs,
}: FindingSettings): ((facts: BreakerFacts) => BreakerSettings) => {
  const limitsOf = limitsBook(overrides);
  const rulesOf = ownRuleBook(rules);
  return (facts) => ({
    limits: limitsOf(facts),
    ownRules: rulesOf(facts),
    testedMs: testedMs?.get(facts.breakerId) ?? 0,
  });
};
