// What the pipeline knows of the registry: breakers by id. Replaced as a whole when the registry changes.
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";

export type Registry = {
  breakers: ReadonlyMap<string, BreakerFacts>;
  /** Area id → when its power is taken off on purpose, apart from each other and in order. */
  plannedOutages: ReadonlyMap<string, readonly TimeWindow[]>;
  /** Rises with every reload, so that what was decided with an older one can be told. */
  version: number;
};

export const registryOf = (
  facts: readonly BreakerFacts[],
  version: number,
  plannedOutages: Registry["plannedOutages"] = new Map(),
): Registry => ({
  breakers: new Map(facts.map((f) => [f.breakerId, f])),
  plannedOutages,
  version,
});
