// Facts that hold from their day on, for judging: where a breaker was, who lived there, when the power was taken off.
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";
import type { Query, Reader } from "./db.ts";

type Occupancy = BreakerFacts["occupancy"];
/** Where a breaker was from then on, until the next; the first holds for all time before it. */
type Spell = { fromMs: number; areaId: string; householdId: string | null };

/** The dated facts of one breaker, as `BreakerFacts` holds them. */
export type DatedFacts = Pick<BreakerFacts, "occupancy" | "placements" | "plannedOutages">;

/** Windows that touch or overlap become one; answers them in order. */
export const mergeWindows = (windows: readonly TimeWindow[]): TimeWindow[] => {
  const merged: TimeWindow[] = [];
  for (const { fromMs, toMs } of [...windows].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = merged.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
};

/** Area id → when its power is taken off on purpose, apart from each other and in order; cancelled entries are left out. */
export const loadPlannedWindows = async (query: Query): Promise<Map<string, TimeWindow[]>> => {
  const rows = await query<{ areaId: string } & TimeWindow>(
    `SELECT area_id AS "areaId", from_ms AS "fromMs", to_ms AS "toMs" FROM planned_outage
      WHERE cancelled_at IS NULL`,
  );
  const windows = Map.groupBy(rows, (row) => row.areaId);
  return new Map([...windows].map(([areaId, own]) => [areaId, mergeWindows(own)]));
};

/** The occupancy of whichever household the breaker was in. */
const occupancyOver = (spells: readonly Spell[], occupancyOf: (id: string | null) => Occupancy) => {
  const entries: { fromMs: number; inhabited: boolean }[] = [];
  for (const [i, { fromMs, householdId }] of spells.entries()) {
    const own = occupancyOf(householdId);
    const endMs = spells[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
    const beginMs = i === 0 ? Number.NEGATIVE_INFINITY : fromMs;
    const held = own.findLast((e) => e.fromMs <= beginMs) ?? own[0];
    entries.push({ fromMs: i === 0 ? 0 : fromMs, inhabited: held?.inhabited ?? true });
    for (const entry of own)
      if (entry.fromMs > Math.max(beginMs, 0) && entry.fromMs < endMs) entries.push(entry);
  }
  return entries;
};

const plannedOver = (spells: readonly Spell[], planned: ReadonlyMap<string, TimeWindow[]>): TimeWindow[] =>
  mergeWindows(
    spells.flatMap(({ fromMs, areaId }, i) => {
      const beginMs = i === 0 ? Number.NEGATIVE_INFINITY : fromMs;
      const endMs = spells[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
      return (planned.get(areaId) ?? [])
        .map((w) => ({ fromMs: Math.max(w.fromMs, beginMs), toMs: Math.min(w.toMs, endMs) }))
        .filter((w) => w.fromMs < w.toMs);
    }),
  );

const areasOver = (spells: readonly Spell[]): { fromMs: number; areaId: string }[] => {
  const areas: { fromMs: number; areaId: string }[] = [];
  for (const { fromMs, areaId } of spells)
    if (areas.at(-1)?.areaId !== areaId) areas.push({ fromMs, areaId });
  return areas;
};

/**
 * Answers a function from a breaker's id and present place to its dated facts. Most breakers were never moved: they
 * share their household's and their area's lists.
 */
export const loadDatedFacts = async (
  { query, copyOut }: Reader,
  planned: ReadonlyMap<string, TimeWindow[]>,
  midnight: (date: string) => number,
): Promise<(breakerId: string, areaId: string, householdId: string | null) => DatedFacts> => {
  const known = new Map<string, Occupancy>();
  // Nearly every household has had one occupancy for all time: they share it.
  const always = { inhabited: [{ fromMs: 0, inhabited: true }], vacant: [{ fromMs: 0, inhabited: false }] };
  await copyOut(
    `SELECT household_id, from_ms::text, inhabited::text FROM household_occupancy ORDER BY household_id, from_ms`,
    (row) => {
      const householdId = row.text(0) ?? "";
      const fromMs = Number(row.text(1));
      const inhabited = row.text(2) === "true";
      const entries = known.get(householdId);
      if (entries === undefined && fromMs === 0)
        known.set(householdId, inhabited ? always.inhabited : always.vacant);
      else known.set(householdId, [...(entries ?? []), { fromMs, inhabited }]);
    },
  );
  const moves = await query<{
    breaker_id: string;
    from_on: string;
    area_id: string;
    household_id: string | null;
  }>(
    `SELECT breaker_id, from_on, area_id, household_id FROM breaker_placement
      WHERE breaker_id IN (SELECT breaker_id FROM breaker_placement GROUP BY 1 HAVING count(*) > 1)
      ORDER BY breaker_id, from_on`,
  );
  const nothing: Occupancy = [];
  const occupancyOf = (id: string | null): Occupancy => (id === null ? nothing : (known.get(id) ?? nothing));
  const spellsOf = new Map<string, Spell[]>();
  for (const { breaker_id, from_on, area_id, household_id } of moves) {
    const spells = spellsOf.get(breaker_id) ?? [];
    spells.push({ fromMs: midnight(from_on), areaId: area_id, householdId: household_id });
    spellsOf.set(breaker_id, spells);
  }
  return (breakerId, areaId, householdId) => {
    const spells = spellsOf.get(breakerId);
    if (spells === undefined) {
      const own = planned.get(areaId);
      return { occupancy: occupancyOf(householdId), ...(own && { plannedOutages: own }) };
    }
    const areas = areasOver(spells);
    const windows = plannedOver(spells, planned);
    return {
      occupancy: occupancyOver(spells, occupancyOf),
      ...(areas.length > 1 && { placements: areas }),
      ...(windows.length > 0 && { plannedOutages: windows }),
    };
  };
};
