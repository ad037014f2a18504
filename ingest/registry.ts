// What the pipeline knows of the registry: breakers by id. Replaced as a whole when the registry changes.
import type { BreakerSettings } from "../detection/memory.ts";
import { noSettings, settingsBook } from "../detection/settings.ts";
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";

export type Registry = {
  breakers: ReadonlyMap<string, BreakerFacts>;
  /** Area id → when its power is taken off on purpose, apart from each other and in order. */
  plannedOutages: ReadonlyMap<string, readonly TimeWindow[]>;
  /** Gateways that hold a credential → their area. */
  gateways: ReadonlyMap<string, string>;
  /** What is set for a breaker: thresholds, and rules of one's own. */
  settingsOf: (facts: BreakerFacts) => BreakerSettings;
  /** Rises with every reload, so that what was decided with an older one can be told. */
  version: number;
};

export const registryOf = (
  facts: readonly BreakerFacts[],
  version: number,
  plannedOutages: Registry["plannedOutages"] = new Map(),
  more: Partial<Pick<Registry, "gateways" | "settingsOf">> = {},
): Registry => ({
  breakers: new Map(facts.map((f) => [f.breakerId, f])),
  plannedOutages,
  gateways: more.gateways ?? new Map(),
  settingsOf: more.settingsOf ?? settingsBook(noSettings),
  version,
});
