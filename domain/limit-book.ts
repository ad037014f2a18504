// Which thresholds hold for a breaker: defaults by level, then its township's, its area's and its own overrides, the nearer
// the stronger. Breakers with the same thresholds share them.
import { type BreakerFacts, breakerLevels } from "./breaker.ts";
import {
  defaultFindingLimits,
  type FindingLimits,
  type LimitOverrides,
  limitProblems,
} from "./finding-limits.ts";
import type { LimitOverride } from "./http-findings.ts";

const keyOf = (scope: LimitOverride["scope"], scopeId: string): string => `${scope}/${scopeId}`;

/** Which breaker it is, as far as thresholds depend on it. */
export type LimitSubject = Pick<BreakerFacts, "townshipId" | "areaId" | "breakerId" | "level">;

/** Answers what holds for a breaker. */
export const limitsBook = (overrides: readonly LimitOverride[]): ((facts: LimitSubject) => FindingLimits) => {
  if (overrides.length === 0) return ({ level }) => defaultFindingLimits[level];
  const byScope = Map.groupBy(overrides, ({ scope, scopeId }) => keyOf(scope, scopeId));
  const shared = new Map<string, FindingLimits>();
  return (facts) => {
    const { level } = facts;
    const set: LimitOverrides = {};
    const scopes = [
      keyOf("township", facts.townshipId),
      keyOf("area", facts.areaId),
      keyOf("breaker", facts.breakerId),
    ];
    for (const scope of scopes) {
      const own = byScope.get(scope);
      if (own === undefined) continue;
      // What is set for the level is nearer than what is set for all.
      for (const one of own) if (one.level === null) set[one.name] = one.value;
      for (const one of own) if (one.level === level) set[one.name] = one.value;
    }
    const key = `${level} ${JSON.stringify(set)}`;
    let limits = shared.get(key);
    if (limits === undefined) {
      limits = Object.freeze({ ...defaultFindingLimits[level], ...set });
      shared.set(key, limits);
    }
    return limits;
  };
};

/** What is wrong with a set of overrides, each held against the default of the levels that it concerns. */
export const overrideProblems = (overrides: readonly LimitOverride[]): string[] => {
  const problems = new Set<string>();
  const byScope = Map.groupBy(overrides, ({ scope, scopeId }) => keyOf(scope, scopeId));
  for (const own of byScope.values())
    for (const level of breakerLevels) {
      const set: LimitOverrides = {};
      for (const one of own) if (one.level === null) set[one.name] = one.value;
      for (const one of own) if (one.level === level) set[one.name] = one.value;
      for (const problem of limitProblems(set, defaultFindingLimits[level])) problems.add(problem);
    }
  return [...problems];
};
