import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { breakerLevels } from "../../domain/breaker.ts";
import {
  excusedReasons,
  type Judgement,
  notOperating,
  notOperatingReasons,
  type OperatingInterval,
  operating,
  silent,
} from "../../domain/operating.ts";
import { addTallies, emptyTally, tally } from "../../domain/rates.ts";
import type { RegistryRow } from "../../domain/registry.ts";
import { midnightMs } from "../../domain/time.ts";
import { importRegistry } from "../../storage/registry.ts";
import { countAreas } from "../../storage/views/counts.ts";
import { periodRatesBy } from "../../storage/views/rates.ts";
import { partition, timelineOf } from "../../storage/views/timeline.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";

const timeZone = "Asia/Shanghai";
const seed = 20_260_520;
const day0Ms = midnightMs("2026-05-01", timeZone);
const dayMs = 86_400_000;

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(() => fresh.drop());

const judgement: fc.Arbitrary<Judgement> = fc.oneof(
  fc.constant(operating),
  fc.constant(silent),
  fc.constantFrom(...notOperatingReasons).map(notOperating),
  fc.constantFrom(...excusedReasons).map((reason): Judgement => ({ state: "excused", reason })),
);
/** A day relative to the first, as a date. */
const date = (day: number) => new Date(Date.UTC(2026, 4, 1 + day)).toISOString().slice(0, 10);

const breakerArbitrary = fc.record({
  village: fc.integer({ min: 0, max: 1 }),
  area: fc.integer({ min: 0, max: 1 }),
  level: fc.constantFrom(...breakerLevels),
  installedDay: fc.integer({ min: -3, max: 4 }),
  installedDays: fc.option(fc.integer({ min: 0, max: 5 })),
  /** Length and judgement of each interval from the beginning on; null is a gap in the history. */
  history: fc.array(fc.tuple(fc.integer({ min: 1, max: 2 * dayMs }), fc.option(judgement, { freq: 5 })), {
    maxLength: 8,
  }),
  startMs: fc.integer({ min: -3 * dayMs, max: 3 * dayMs }),
  lasts: fc.boolean(),
});
type Plan = typeof breakerArbitrary extends fc.Arbitrary<infer T> ? T : never;

type Stored = OperatingInterval & { last: boolean };
const intervalsOfPlan = (plan: Plan): Stored[] => {
  let atMs = day0Ms + plan.startMs;
  const intervals: Stored[] = [];
  for (const [lengthMs, judged] of plan.history) {
    if (judged !== null) intervals.push({ ...judged, fromMs: atMs, toMs: atMs + lengthMs, last: false });
    atMs += lengthMs;
  }
  const last = intervals.at(-1);
  if (plan.lasts && last !== undefined) {
    last.last = true;
    last.toMs = Number.POSITIVE_INFINITY;
  }
  return intervals;
};

const removedOn = (plan: Plan) =>
  plan.installedDays === null ? null : date(plan.installedDay + plan.installedDays);

const store = async (plans: readonly Plan[]): Promise<void> => {
  await fresh.db.query("TRUNCATE township CASCADE");
  const rows = plans.map((plan, i): RegistryRow => {
    const household = plan.level === "household";
    return {
      townshipId: "T",
      townshipName: "Town",
      villageId: `V${plan.village}`,
      villageName: `Village ${plan.village}`,
      areaId: `A${plan.village}${plan.area}`,
      areaName: `Area ${plan.village}${plan.area}`,
      householdId: household ? `H${i}` : null,
      address: null,
      inhabited: household ? true : null,
      breakerId: `B${i}`,
      level: plan.level,
      ratedResidualCurrentMa: 30,
      installedOn: date(plan.installedDay),
      removedOn: removedOn(plan),
    };
  });
  const outcome = await importRegistry(
    fresh.db,
    rows.map((row, i) => ({ line: i + 2, row })),
    { actor: "t", nowMs: 0 },
  );
  expect(outcome.kind).toBe("imported");
  const all = plans.flatMap((plan, i) =>
    intervalsOfPlan(plan).map((interval) => ({ id: `B${i}`, ...interval })),
  );
  await fresh.db.query(
    `INSERT INTO operating_interval (breaker_id, from_ms, to_ms, state, reason)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[])`,
    [
      all.map((a) => a.id),
      all.map((a) => a.fromMs),
      all.map((a) => (a.last ? null : a.toMs)),
      all.map((a) => a.state),
      all.map((a) => a.reason),
    ],
  );
};

/** The time in which the breaker was installed, within `[fromMs, toMs)`. */
const installedWithin = (plan: Plan, fromMs: number, toMs: number): [number, number] => {
  const removed = removedOn(plan);
  return [
    Math.max(fromMs, midnightMs(date(plan.installedDay), timeZone)),
    Math.min(toMs, removed === null ? Number.POSITIVE_INFINITY : midnightMs(removed, timeZone)),
  ];
};

test("sums in SQL what the domain's tally sums, for every grouping, level and page", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(breakerArbitrary, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: -2 * dayMs, max: 4 * dayMs }),
      fc.integer({ min: 1, max: 5 * dayMs }),
      fc.integer({ min: -1 * dayMs, max: 6 * dayMs }),
      fc.constantFrom("village" as const, "area" as const, "township" as const),
      fc.integer({ min: 1, max: 4 }),
      async (plans, fromOffset, lengthMs, nowOffset, by, limit) => {
        await store(plans);
        const fromMs = day0Ms + fromOffset;
        const toMs = fromMs + lengthMs;
        const nowMs = day0Ms + nowOffset;
        const groupOf = (plan: Plan) =>
          by === "township" ? "T" : by === "village" ? `V${plan.village}` : `A${plan.village}${plan.area}`;

        const expected = new Map<string, { sum: ReturnType<typeof emptyTally>; breakers: number }>();
        for (const plan of plans) {
          const [begin, end] = installedWithin(plan, fromMs, Math.min(toMs, nowMs));
          if (begin >= end) continue;
          const key = `${groupOf(plan)} ${plan.level}`;
          const before = expected.get(key) ?? { sum: emptyTally(), breakers: 0 };
          const sum = tally(partition(intervalsOfPlan(plan), begin, end), begin, end);
          expect(sum.installedMs).toBe(end - begin);
          expected.set(key, { sum: addTallies(before.sum, sum), breakers: before.breakers + 1 });
        }

        const question = { by, fromMs, toMs, nowMs, timeZone };
        const rows = await periodRatesBy(fresh.db.query, { ...question, limit: 1_000 });
        expect(new Set(rows.map((r) => `${r.id} ${r.level}`))).toEqual(new Set(expected.keys()));
        for (const row of rows) {
          const want = expected.get(`${row.id} ${row.level}`);
          expect(row.breakers).toBe(want?.breakers);
          expect(row).toMatchObject({ ...want?.sum });
          expect(row.operatingMs + row.unknownMs + row.excusedMs + row.notOperatingMs).toBe(row.installedMs);
        }

        const paged: typeof rows = [];
        for (;;) {
          const last = paged.at(-1);
          const page = await periodRatesBy(fresh.db.query, {
            ...question,
            limit,
            after: last === undefined ? undefined : { id: last.id, level: last.level },
          });
          paged.push(...page);
          if (page.length < limit) break;
        }
        expect(paged).toEqual(rows);
      },
    ),
    { seed, numRuns: 40 },
  );
});

test("partitions the installed time of a timeline without gap or overlap", async () => {
  await fc.assert(
    fc.asyncProperty(
      breakerArbitrary,
      fc.integer({ min: -4 * dayMs, max: 4 * dayMs }),
      fc.integer({ min: 1, max: 5 * dayMs }),
      async (plan, fromOffset, lengthMs) => {
        await store([plan]);
        const fromMs = day0Ms + fromOffset;
        const toMs = fromMs + lengthMs;
        const nowMs = day0Ms + 3 * dayMs;
        const [begin, end] = installedWithin(plan, fromMs, Math.min(toMs, nowMs));
        const parts = await timelineOf(fresh.db.query, { breakerId: "B0", fromMs, toMs, nowMs, timeZone });
        if (begin >= end) expect(parts).toEqual([]);
        else {
          expect(parts?.[0]?.fromMs).toBe(begin);
          expect(parts?.at(-1)?.toMs).toBe(end);
          for (const [i, part] of (parts ?? []).entries()) {
            expect(part.fromMs).toBeLessThan(part.toMs);
            if (i > 0) expect(part.fromMs).toBe(parts?.[i - 1]?.toMs);
          }
          expect(tally(parts ?? [], begin, end)).toEqual(
            tally(partition(intervalsOfPlan(plan), begin, end), begin, end),
          );
        }
      },
    ),
    { seed, numRuns: 40 },
  );
});

test("knows no timeline of a breaker that does not exist", async () => {
  expect(
    await timelineOf(fresh.db.query, { breakerId: "none", fromMs: 0, toMs: 1, nowMs: 1, timeZone }),
  ).toBeNull();
});

test("counts as installed from the local midnight of the installation to that of the removal", async () => {
  await store([
    {
      village: 0,
      area: 0,
      level: "main",
      installedDay: 0,
      installedDays: 1,
      history: [],
      startMs: 0,
      lasts: false,
    },
  ]);
  const installed = async (nowMs: number) =>
    (await countAreas(fresh.db.query, { villageId: "V0" }, { nowMs, timeZone })).get("A00")?.levels.main;
  expect(await installed(day0Ms - 1)).toMatchObject({ installed: 0, requiredInstalled: 0, shouldInstall: 1 });
  expect(await installed(day0Ms)).toMatchObject({ installed: 1, requiredInstalled: 1, unknown: 1 });
  expect(await installed(day0Ms + dayMs - 1)).toMatchObject({ installed: 1 });
  expect(await installed(day0Ms + dayMs)).toMatchObject({ installed: 0, requiredInstalled: 0 });
});

test("counts a house with two household breakers once", async () => {
  await store([]);
  const row = (breakerId: string): RegistryRow => ({
    townshipId: "T",
    townshipName: "Town",
    villageId: "V0",
    villageName: "Village 0",
    areaId: "A00",
    areaName: "Area 00",
    householdId: "H",
    address: null,
    inhabited: true,
    breakerId,
    level: "household",
    ratedResidualCurrentMa: 30,
    installedOn: "2026-01-01",
    removedOn: null,
  });
  await importRegistry(
    fresh.db,
    [row("X"), row("Y")].map((r, i) => ({ line: i + 2, row: r })),
    { actor: "t", nowMs: 0 },
  );
  await fresh.db.query(
    "INSERT INTO breaker_state (breaker_id, state, since_ms, memory, facts) VALUES ('X', 'operating', 0, '{}', '{}')",
  );
  const counts = (await countAreas(fresh.db.query, {}, { nowMs: day0Ms, timeZone })).get("A00");
  expect(counts).toMatchObject({ households: 1, inhabitedHouseholds: 1, inhabitedOperating: 1 });
  expect(counts?.levels.household).toMatchObject({
    installed: 2,
    requiredInstalled: 1,
    shouldInstall: 1,
    operating: 1,
    unknown: 1,
  });
});
