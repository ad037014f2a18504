// What the rest of a transformer area leaks, for telling a breaker's own trouble from the weather.

import type { BreakerMemory } from "./breaker-memory.ts";
import { dayGrowth, median } from "./leakage/drift.ts";
import type { AreaLeakage } from "./leakage/leakage.ts";
import type { AreaMemory } from "./memory.ts";

/** Fewer others tell nothing of the weather. */
const minOthers = 3;

/** The area as one of its breakers sees it; asked only when that breaker stands out. */
export const areaLeakageOf = (area: AreaMemory, self: () => BreakerMemory | null): AreaLeakage => {
  const medianOf = (value: (other: BreakerMemory) => number | null): number => {
    const values: number[] = [];
    for (const other of area.breakers.values()) {
      if (other === self()) continue;
      const one = value(other);
      if (one !== null) values.push(one);
    }
    return values.length < minOthers ? 1 : median(values);
  };
  return {
    commonRatio: () => medianOf((other) => other.fold.leakage?.ratio ?? null),
    commonGrowth: () =>
      medianOf((other) => {
        const { baseline } = other;
        const growth = baseline === null ? null : dayGrowth(baseline);
        return growth === null || growth.referenceMa <= 0 ? null : growth.recentMa / growth.referenceMa;
      }),
  };
};
