// From which instant on other facts of the registry give another history.
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";

const never = Number.POSITIVE_INFINITY;
const always = Number.NEGATIVE_INFINITY;

/** Of two lists of what holds from an instant on, the first for all time before: where they begin to differ. */
const firstDifferenceMs = <T extends { fromMs: number }>(
  was: readonly T[],
  is: readonly T[],
  same: (a: T, b: T) => boolean,
): number => {
  if (was === is) return never;
  for (let i = 0; i < Math.max(was.length, is.length); i += 1) {
    const [a, b] = [was[i], is[i]];
    if (a && b && same(a, b) && (i === 0 || a.fromMs === b.fromMs)) continue;
    return i === 0 ? always : Math.min(a?.fromMs ?? never, b?.fromMs ?? never);
  }
  return never;
};

/** Where two lists of planned outages begin to differ; Infinity where they do not. */
export const windowsDifferFromMs = (
  was: readonly TimeWindow[] = [],
  is: readonly TimeWindow[] = [],
): number => {
  if (was === is) return never;
  const edges = (windows: readonly TimeWindow[]) => windows.flatMap((w) => [w.fromMs, w.toMs]);
  const [a, b] = [edges(was), edges(is)];
  const first = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).find((i) => a[i] !== b[i]);
  return first === undefined ? never : Math.min(a[first] ?? never, b[first] ?? never);
};

const placesOf = ({ areaId, placements }: BreakerFacts) => placements ?? [{ fromMs: always, areaId }];

/** From which instant on the breaker is, or was, in other areas; Infinity where it is not. */
export const placesDifferFromMs = (was: BreakerFacts, is: BreakerFacts): number =>
  firstDifferenceMs(placesOf(was), placesOf(is), (a, b) => a.areaId === b.areaId);

/**
 * From which instant on other facts give another history (Infinity where they do not), and whether the breaker's own
 * history is another, too. Planned outages are the area's, and compared there.
 */
export const factsDiffer = (was: BreakerFacts, is: BreakerFacts): { fromMs: number; ownToo: boolean } => {
  const ownToo = was.installedAtMs !== is.installedAtMs;
  const begin = Math.min(was.installedAtMs, is.installedAtMs);
  let fromMs = ownToo ? begin : never;
  if (was.removedAtMs !== is.removedAtMs)
    fromMs = Math.min(fromMs, was.removedAtMs ?? never, is.removedAtMs ?? never);
  fromMs = Math.min(
    fromMs,
    firstDifferenceMs(was.occupancy, is.occupancy, (a, b) => a.inhabited === b.inhabited),
    placesDifferFromMs(was, is),
  );
  return { fromMs: Math.max(fromMs, begin), ownToo };
};
