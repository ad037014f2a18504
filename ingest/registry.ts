// What the pipeline knows of the registry: breakers by id. Replaced as a whole when the registry changes.
import type { BreakerFacts } from "../domain/breaker.ts";

export type Registry = {
  breakers: ReadonlyMap<string, BreakerFacts>;
  /** Rises with every reload, so that what was decided with an older one can be told. */
  version: number;
};

export const registryOf = (facts: readonly BreakerFacts[], version: number): Registry => ({
  breakers: new Map(facts.map((f) => [f.breakerId, f])),
  version,
});
