// Breakers that move, houses that stand empty and outages that were planned, hour by hour, and what a count by hand makes of it.
import fc from "fast-check";
import { expect } from "vitest";
import type { OwnChange } from "../../detection/own.ts";
import type { BreakerFacts, TimeWindow } from "../../domain/breaker.ts";
import { defaultJudgingRule as rule } from "../../domain/limits.ts";
import type { Query } from "../../storage/db.ts";

const hour = 3_600_000;
export const t0 = Date.UTC(2026, 2, 1);
export const hours = 60;
export const at = (h: number) => t0 + h * hour;
export const ids = ["a", "b", "c", "d", "e", "f"];
export const areas = ["A", "B", "C"];
export const nowMs = at(hours);

/** The places and breakers of every world, in an empty registry. */
export const fillPlaces = async (query: Query): Promise<void> => {
  await query("INSERT INTO township VALUES ('T', 'T')");
  await query("INSERT INTO village VALUES ('V', 'T', 'V')");
  for (const id of areas) await query("INSERT INTO transformer_area VALUES ($1, 'V', $1)", [id]);
  for (const id of ids)
    await query(
      `INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
       VALUES ($1, 'A', 'household', 30, '2026-03-01')`,
      [id],
    );
};

/** What is so in each hour: where a breaker is, whether it is installed, dark, lived in; where the power is off on purpose. */
export type Life = { area: string[]; dark: boolean[]; inhabited: boolean[]; from: number; to: number };
export type World = { lives: Record<string, Life>; planned: Record<string, boolean[]> };

/** A row of hours that changes at most `switches` times between two values. */
const rowOf = <T>(a: T, b: T, switches: number) =>
  fc
    .tuple(fc.boolean(), fc.uniqueArray(fc.integer({ min: 1, max: hours - 1 }), { maxLength: switches }))
    .map(([begin, at]) =>
      Array.from({ length: hours }, (_, h) => {
        const turned = at.filter((s) => s <= h).length % 2 === 1;
        return turned === begin ? a : b;
      }),
    );
export const darkArbitrary = fc.record(Object.fromEntries(ids.map((id) => [id, rowOf(true, false, 4)])));
export const worldArbitrary = (
  dark: Record<string, boolean[]>,
  moves: readonly (readonly [string, string])[] = [["A", "B"]],
): fc.Arbitrary<World> =>
  fc.record({
    lives: fc.record(
      Object.fromEntries(
        ids.map((id) => [
          id,
          fc.record({
            area: fc.constantFrom(...moves).chain(([a, b]) => rowOf(a, b, 2)),
            dark: fc.constant(dark[id] ?? []),
            inhabited: rowOf(true, false, 1),
            from: fc.constantFrom(0, 0, 0, 7),
            to: fc.constantFrom(hours + 1, hours + 1, 50),
          }),
        ]),
      ),
    ),
    planned: fc.record(Object.fromEntries(areas.map((id) => [id, rowOf(true, false, 2)]))),
  });

const changesOf = <T>(row: readonly T[]): { fromMs: number; value: T }[] =>
  row.flatMap((value, h) => (h === 0 || row[h - 1] !== value ? [{ fromMs: at(h), value }] : []));
export const windowsOf = (row: readonly boolean[]): TimeWindow[] =>
  changesOf(row).flatMap(({ fromMs, value }, i, all) =>
    value ? [{ fromMs, toMs: all[i + 1]?.fromMs ?? at(hours + 10) }] : [],
  );

export const factsOf = ({ lives, planned }: World): BreakerFacts[] =>
  ids.map((id) => {
    const life = lives[id] as Life;
    const placements = changesOf(life.area).map(({ fromMs, value }) => ({ fromMs, areaId: value }));
    const plannedHere = life.area.map((area, h) => planned[area]?.[h] === true);
    const plannedOutages = windowsOf(plannedHere);
    return {
      breakerId: id,
      townshipId: "T",
      villageId: "V",
      areaId: placements.at(-1)?.areaId ?? "A",
      householdId: null,
      level: "household",
      ratedResidualCurrentMa: 30,
      installedAtMs: at(life.from),
      removedAtMs: life.to > hours ? null : at(life.to),
      occupancy: changesOf(life.inhabited).map(({ fromMs, value }) => ({ fromMs, inhabited: value })),
      ...(placements.length > 1 && { placements }),
      ...(plannedOutages.length > 0 && { plannedOutages }),
    };
  });

/** Hour by hour, by hand. */
export const countedByHand = ({ lives, planned }: World, id: string): string[] =>
  Array.from({ length: hours }, (_, h) => {
    const life = lives[id] as Life;
    if (h < life.from || h >= life.to) return "–";
    if (!life.inhabited[h]) return "vacantHouse";
    const area = life.area[h] ?? "";
    if (planned[area]?.[h]) return "plannedOutage";
    if (!life.dark[h]) return "operating";
    const there = ids
      .map((other) => lives[other] as Life)
      .filter((l) => l.area[h] === area && h >= l.from && h < l.to);
    const dark = there.filter((l) => l.dark[h]).length;
    const out = dark >= rule.areaOutageMinBreakers && dark >= rule.areaOutageShare * there.length;
    return out ? "areaOutage" : "silent";
  });

/** The same of what is stored. */
export const storedOf = async (query: Query, id: string): Promise<string[]> => {
  const rows = await query<{ from_ms: number; to_ms: number | null; what: string }>(
    `SELECT from_ms, to_ms, COALESCE(reason, state) AS what FROM operating_interval
      WHERE breaker_id = $1 ORDER BY from_ms`,
    [id],
  );
  for (const [i, row] of rows.slice(0, -1).entries()) expect(row.to_ms).toBe(rows[i + 1]?.from_ms);
  return Array.from(
    { length: hours },
    (_, h) => rows.find((r) => r.from_ms <= at(h) && (r.to_ms === null || r.to_ms > at(h)))?.what ?? "–",
  );
};

export const ownOf = (dark: readonly boolean[]): OwnChange[] =>
  changesOf(dark).map(({ fromMs, value }) => ({
    fromMs,
    state: value ? "unknown" : "operating",
    reason: value ? "silent" : null,
    dark: value,
  }));
