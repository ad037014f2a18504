// Moves, vacancies and planned outages that change after the fact: the history judged again is the one that a count by
// hand gives, whatever was stored before, and whatever had been read back of it.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newBreakerFold } from "../../detection/breaker-fold.ts";
import { BreakerMemory } from "../../detection/breaker-memory.ts";
import type { BreakerFacts } from "../../domain/breaker.ts";
import { defaultJudgingRule as rule } from "../../domain/limits.ts";
import {
  applyRegistry,
  type DetectionBook,
  type NeededRevision,
  openDetectionBook,
} from "../../ingest/detection-book.ts";
import { factsLine } from "../../ingest/facts-line.ts";
import { judgeAgain } from "../../ingest/judge-again.ts";
import { type Registry, registryOf } from "../../ingest/registry.ts";
import { followRegistry, wakeAreas } from "../../ingest/waking.ts";
import { writeDetection } from "../../storage/detection.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import {
  areas,
  at,
  countedByHand,
  darkArbitrary,
  factsOf,
  fillPlaces,
  hours,
  ids,
  type Life,
  nowMs,
  ownOf,
  storedOf,
  t0,
  type World,
  windowsOf,
  worldArbitrary,
} from "./judged-world.ts";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await fillPlaces(database.db.query);
});
afterAll(() => database?.drop());

const empty = { states: [], areas: [], alarms: [], checkpoints: [], revisions: [], quarantine: [] };
const nothing = { ...empty, records: undefined, offset: null, own: [], published: [] };
const emptyBook = (): DetectionBook => ({
  areas: new Map(),
  breakers: new Map(),
  unpacked: new Set(),
  leavers: new Map(),
  asleep: new Set(),
});
const heard = { tsMs: at(hours - 1), seq: 1, kind: "reading" } as const;

const registryAt = (world: World, version: number): Registry =>
  registryOf(factsOf(world), version, new Map(areas.map((id) => [id, windowsOf(world.planned[id] ?? [])])));

/** As the reviser does, one request after the other. */
const judge = async (
  book: DetectionBook,
  world: World,
  needed: readonly Pick<NeededRevision, "breakerId" | "fromMs">[],
) => {
  for (const breaker of book.breakers.values()) breaker.fold.own = { ...breaker.fold.own, lastKey: heard };
  for (const { breakerId, fromMs } of needed) {
    const breaker = book.breakers.get(breakerId) ?? new BreakerMemory(factsOf(world)[0] as BreakerFacts);
    const { query } = database.db;
    const { published } = await judgeAgain({ query, rule }, book, [breaker], new Map(), fromMs, nowMs);
    await database.db.transaction((tx) => writeDetection(tx, { ...nothing, published }));
  }
};

/** Empties what is stored, and stores the histories of the breakers' own and what is made of them. */
const begin = async (world: World): Promise<DetectionBook> => {
  await database.db.query(
    "TRUNCATE own_change, operating_interval, breaker_state, breaker_baseline, area_state",
  );
  const own = ids.map((breakerId) => ({
    breakerId,
    fromMs: t0,
    changes: ownOf(world.lives[breakerId]?.dark ?? []),
    endMs: null,
  }));
  await database.db.transaction((query) => writeDetection(query, { ...nothing, own }));
  const book = emptyBook();
  applyRegistry(book, registryAt(world, 1), nowMs);
  await judge(
    book,
    world,
    ids.map((breakerId) => ({ breakerId, fromMs: t0 })),
  );
  await expectStored(world);
  return book;
};

const expectStored = async (world: World) => {
  for (const id of ids)
    expect([id, await storedOf(database.db.query, id)]).toEqual([id, countedByHand(world, id)]);
};

/** Stores memories of all breakers and areas, as they are in the world. */
const store = async (world: World) => {
  const states = factsOf(world).map((facts) => {
    const fold = newBreakerFold();
    fold.own = { ...fold.own, lastKey: heard };
    return {
      breakerId: facts.breakerId,
      state: "operating" as const,
      reason: null,
      sinceMs: t0,
      lastReading: null,
      lastHeardMs: heard.tsMs,
      memory: Buffer.from(JSON.stringify(fold)).toString("base64"),
      facts: factsLine(facts),
    };
  });
  const folds = areas.map((areaId) => ({
    areaId,
    fold: { outageAlarm: null, plannedOutages: windowsOf(world.planned[areaId] ?? []) },
  }));
  await database.db.transaction((query) => writeDetection(query, { ...nothing, states, areas: folds }));
};

/** The world, with some breakers' lives as they are in another. */
const withLives = (world: World, other: World, changed: readonly string[]): World => ({
  ...world,
  lives: { ...world.lives, ...Object.fromEntries(changed.flatMap((id) => [[id, other.lives[id] as Life]])) },
});

/** An area that is awake has all its breakers, with their memories, and so have all areas that they have been in. */
const expectWhole = (book: DetectionBook, registry: Registry) => {
  for (const { facts } of book.breakers.values()) expect(book.asleep).not.toContain(facts.areaId);
  for (const areaId of areas) {
    if (book.asleep.has(areaId)) continue;
    const there = [...(book.areas.get(areaId)?.breakers.values() ?? [])];
    expect(new Set(there.map((one) => one.facts.breakerId))).toEqual(
      new Set(registry.breakersIn(areaId).map((facts) => facts.breakerId)),
    );
    for (const { facts, fold } of there) {
      expect(fold.own.lastKey).toEqual(heard);
      for (const place of facts.placements ?? []) expect(book.asleep).not.toContain(place.areaId);
    }
    for (const id of book.leavers.get(areaId) ?? []) expect(book.breakers.has(id)).toBe(true);
  }
};

it("judges again exactly what other facts change", async () => {
  const arbitrary = darkArbitrary.chain((dark) => fc.tuple(worldArbitrary(dark), worldArbitrary(dark)));
  await fc.assert(
    fc.asyncProperty(arbitrary, async ([before, after]) => {
      const book = await begin(before);
      await judge(book, after, applyRegistry(book, registryAt(after, 2), nowMs).revisions);
      await expectStored(after);
    }),
    { seed: 20_261_124, numRuns: 40 },
  );
}, 120_000);

it("does so too after a restart that reads areas back one by one, while the registry changes", async () => {
  const moves = [
    ["A", "B"],
    ["B", "C"],
    ["C", "C"],
  ] as const;
  const arbitrary = darkArbitrary.chain((dark) => {
    const world = worldArbitrary(dark, moves);
    const order = fc.shuffledSubarray(areas, { minLength: areas.length });
    const few = fc.subarray(ids, { maxLength: 2 });
    // Late data of any breaker may come at any time, and wakes its area.
    const late = fc.array(fc.record({ breakerId: fc.constantFrom(...ids), h: fc.nat(hours - 1) }), {
      maxLength: 2,
    });
    return fc.tuple(world, fc.tuple(world, few), fc.tuple(world, few), order, fc.nat(areas.length), late);
  });
  await fc.assert(
    fc.asyncProperty(
      arbitrary,
      async ([before, [other, someChanged], [another, moreChanged], order, wokenBefore, late]) => {
        // Few facts change at a time: what one revision leaves wrong no other may put right.
        const meanwhile = withLives(before, other, someChanged);
        const after = withLives(meanwhile, another, moreChanged);
        await begin(before);
        await store(before);

        const [first, second] = [registryAt(meanwhile, 2), registryAt(after, 3)];
        const book = openDetectionBook(first);
        const horizonMs = t0;
        const wake = (registry: Registry, areaIds: Iterable<string>) =>
          wakeAreas(database.db, book, registry, areaIds, horizonMs, nowMs);
        for (const areaId of order.slice(0, wokenBefore)) {
          const { revisions } = await wake(first, [areaId]);
          expectWhole(book, first);
          await judge(book, meanwhile, revisions);
        }
        const { revisions: needed } = await followRegistry(database.db, book, second, horizonMs, nowMs);
        expectWhole(book, second);
        await judge(book, after, needed);
        const waiting = [...late];
        for (const areaId of order) {
          const { revisions } = await wake(second, [areaId]);
          expectWhole(book, second);
          await judge(book, after, revisions);
          for (const { breakerId, h } of waiting.splice(0, waiting.length))
            if (book.breakers.has(breakerId)) await judge(book, after, [{ breakerId, fromMs: at(h) }]);
            else waiting.push({ breakerId, h });
        }
        expect([...book.asleep]).toEqual([]);
        await expectStored(after);
      },
    ),
    { seed: 20_261_125, numRuns: 100 },
  );
}, 240_000);

it("reads those with an area who have moved out of it while both areas were asleep", async () => {
  const row = <T>(of: (h: number) => T) => Array.from({ length: hours }, (_, h) => of(h));
  const life = (area: (h: number) => string, isDark: (h: number) => boolean): Life => ({
    area: row(area),
    dark: row(isDark),
    inhabited: row(() => true),
    from: 0,
    to: hours + 1,
  });
  const out = (h: number) => h >= 10 && h < 20;
  const stays = (areaId: string) => life(() => areaId, out);
  const lit = life(
    () => "C",
    () => false,
  );
  const lives = {
    a: stays("A"),
    b: stays("A"),
    c: stays("A"),
    d: life(
      () => "B",
      () => false,
    ),
    e: lit,
    f: lit,
  };
  const planned = Object.fromEntries(areas.map((id) => [id, row(() => false)]));
  const before: World = { lives, planned };
  const after: World = { lives: { ...lives, a: life((h) => (h < 30 ? "A" : "B"), out) }, planned };
  await begin(before);
  await store(before);
  expect(countedByHand(after, "b")[15]).toBe("areaOutage");

  const book = openDetectionBook(registryAt(before, 2));
  const second = registryAt(after, 3);
  const wake = (areaIds: Iterable<string>) => wakeAreas(database.db, book, second, areaIds, t0, nowMs);
  await judge(book, after, (await followRegistry(database.db, book, second, t0, nowMs)).revisions);
  // A late report of one who is still there.
  await judge(book, after, [...(await wake(["A"])).revisions, { breakerId: "b", fromMs: at(5) }]);
  await judge(book, after, (await wake(areas)).revisions);
  await expectStored(after);
});
