// Moves, vacancies and planned outages that change after the fact: the history judged again is the one that a count by
// hand gives, whatever was stored before.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newBreakerMemory } from "../../detection/memory.ts";
import type { OwnChange } from "../../detection/own.ts";
import type { BreakerFacts, TimeWindow } from "../../domain/breaker.ts";
import { defaultJudgingRule as rule } from "../../domain/limits.ts";
import { applyRegistry, type DetectionBook } from "../../ingest/detection-book.ts";
import { judgeAgain } from "../../ingest/judge-again.ts";
import { registryOf } from "../../ingest/registry.ts";
import { writeDetection } from "../../storage/detection.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";

const hour = 3_600_000;
const t0 = Date.UTC(2026, 2, 1);
const hours = 60;
const at = (h: number) => t0 + h * hour;
const ids = ["a", "b", "c", "d", "e", "f"];
const areas = ["A", "B"];
const nowMs = at(hours);

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await database.db.query("INSERT INTO township VALUES ('T', 'T')");
  await database.db.query("INSERT INTO village VALUES ('V', 'T', 'V')");
  for (const id of areas) await database.db.query("INSERT INTO transformer_area VALUES ($1, 'V', $1)", [id]);
  for (const id of ids)
    await database.db.query(
      `INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
       VALUES ($1, 'A', 'household', 30, '2026-03-01')`,
      [id],
    );
});
afterAll(() => database?.drop());

/** What is so in each hour: where a breaker is, whether it is installed, dark, lived in; where the power is off on purpose. */
type Life = { area: string[]; dark: boolean[]; inhabited: boolean[]; from: number; to: number };
type World = { lives: Record<string, Life>; planned: Record<string, boolean[]> };

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
const darkArbitrary = fc.record(Object.fromEntries(ids.map((id) => [id, rowOf(true, false, 4)])));
const worldArbitrary = (dark: Record<string, boolean[]>): fc.Arbitrary<World> =>
  fc.record({
    lives: fc.record(
      Object.fromEntries(
        ids.map((id) => [
          id,
          fc.record({
            area: rowOf("A", "B", 2),
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
const windowsOf = (row: readonly boolean[]): TimeWindow[] =>
  changesOf(row).flatMap(({ fromMs, value }, i, all) =>
    value ? [{ fromMs, toMs: all[i + 1]?.fromMs ?? at(hours + 10) }] : [],
  );

const factsOf = ({ lives, planned }: World): BreakerFacts[] =>
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
const countedByHand = ({ lives, planned }: World, id: string): string[] =>
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

const stored = async (id: string): Promise<string[]> => {
  const rows = await database.db.query<{ from_ms: number; to_ms: number | null; what: string }>(
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

const ownOf = (dark: readonly boolean[]): OwnChange[] =>
  changesOf(dark).map(({ fromMs, value }) => ({
    fromMs,
    state: value ? "unknown" : "operating",
    reason: value ? "silent" : null,
    dark: value,
  }));

it("judges again exactly what other facts change", async () => {
  const arbitrary = darkArbitrary.chain((dark) => fc.tuple(worldArbitrary(dark), worldArbitrary(dark)));
  await fc.assert(
    fc.asyncProperty(arbitrary, async ([before, after]) => {
      await database.db.query("TRUNCATE own_change, operating_interval");
      const book: DetectionBook = { areas: new Map(), breakers: new Map(), leavers: new Map() };
      const empty = { states: [], areas: [], alarms: [], checkpoints: [], revisions: [], quarantine: [] };
      const nothing = { ...empty, records: undefined, offset: null, own: [], published: [] };
      /** As the reviser does, one request after the other. */
      const live = async (world: World, first: boolean) => {
        const planned = new Map(areas.map((id) => [id, windowsOf(world.planned[id] ?? [])]));
        const { revisions } = applyRegistry(book, registryOf(factsOf(world), 1, planned), nowMs);
        for (const { breaker } of book.breakers.values())
          breaker.fold.own = {
            ...breaker.fold.own,
            lastKey: { tsMs: at(hours - 1), seq: 1, kind: "reading" },
          };
        const needed = first ? ids.map((breakerId) => ({ breakerId, fromMs: t0 })) : revisions;
        for (const { breakerId, fromMs } of needed) {
          const breaker =
            book.breakers.get(breakerId)?.breaker ?? newBreakerMemory(factsOf(world)[0] as BreakerFacts);
          const { published } = await judgeAgain(
            { query: database.db.query, rule },
            book,
            [breaker],
            new Map(),
            fromMs,
            nowMs,
          );
          await database.db.transaction((query) => writeDetection(query, { ...nothing, published }));
        }
      };
      const own = ids.map((breakerId) => ({
        breakerId,
        fromMs: t0,
        changes: ownOf(before.lives[breakerId]?.dark ?? []),
        endMs: null,
      }));
      await database.db.transaction((query) => writeDetection(query, { ...nothing, own }));
      await live(before, true);
      for (const id of ids) expect([id, await stored(id)]).toEqual([id, countedByHand(before, id)]);
      await live(after, false);
      for (const id of ids) expect([id, await stored(id)]).toEqual([id, countedByHand(after, id)]);
    }),
    { seed: 20_261_124, numRuns: 40 },
  );
}, 120_000);
