// What the pipeline knows of the registry: breakers by id. Replaced as a whole when the registry changes.
import type { BreakerSettings } from "../detection/memory.ts";
import { noSettings, settingsBook } from "../detection/settings.ts";
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";

export type Registry = {
  breakers: ReadonlyMap<string, BreakerFacts>;
  /** The breakers of an area, removed ones too. */
  breakersIn: (areaId: string) => readonly BreakerFacts[];
  /** All areas that have breakers. */
  areaIds: () => Iterable<string>;
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
): Registry => {
  let grouped: Map<string, BreakerFacts[]> | null = null;
  const byArea = () => {
    grouped ??= Map.groupBy(facts, (f) => f.areaId);
    return grouped;
  };
  return {
    breakers: new Map(facts.map((f) => [f.breakerId, f])),
    breakersIn: (areaId) => byArea().get(areaId) ?? [],
    areaIds: () => byArea().keys(),
    plannedOutages,
    gateways: more.gateways ?? new Map(),
    settingsOf: more.settingsOf ?? settingsBook(noSettings),
    version,
  };
};
