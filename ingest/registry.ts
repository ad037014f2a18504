// What the pipeline knows of the registry: breakers by id. Replaced as a whole when the registry changes.
import type { BreakerSettings } from "../detection/breaker-memory.ts";
import { noSettings, settingsBook } from "../detection/settings.ts";
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";

export type Registry = {
  breakers: ReadonlyMap<string, BreakerFacts>;
  /** The breakers of an area, removed ones too. */
  breakersIn: (areaId: string) => readonly BreakerFacts[];
  /** The breakers that have been in an area and are elsewhere now. */
  leaversOf: (areaId: string) => ReadonlySet<string>;
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

const nobody: ReadonlySet<string> = new Set();

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
  let left: Map<string, Set<string>> | null = null;
  const leavers = () => {
    if (left !== null) return left;
    left = new Map();
    for (const { breakerId, areaId: now, placements = [] } of facts)
      for (const { areaId } of placements)
        if (areaId !== now) left.set(areaId, (left.get(areaId) ?? new Set()).add(breakerId));
    return left;
  };
  return {
    breakers: new Map(facts.map((f) => [f.breakerId, f])),
    breakersIn: (areaId) => byArea().get(areaId) ?? [],
    leaversOf: (areaId) => leavers().get(areaId) ?? nobody,
    areaIds: () => byArea().keys(),
    plannedOutages,
    gateways: more.gateways ?? new Map(),
    settingsOf: more.settingsOf ?? settingsBook(noSettings),
    version,
  };
};
