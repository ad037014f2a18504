// Every rate against an independent count over 1,000 random histories: restarts, late, repeated and shuffled reports, removals,
// moves, vacancies, outages that were planned and that were not, facts that are told late; leap days, and clocks that change.
import { afterEach, describe, expect, it } from "vitest";
import type { PerformanceRow } from "../../domain/http-rates.ts";
import {
  areasWithoutDay,
  daysBefore,
  dropStaleDays,
  moveHorizon,
  sumDay,
} from "../../storage/rates/refresh.ts";
import { performanceBy } from "../../storage/views/performance.ts";
import { worstBreakersBy } from "../../storage/views/worst.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { type Counted, count, type RawWorld } from "./count.ts";
import { drive } from "./driver.ts";
import { type AreaWorld, worldsOf } from "./worlds.ts";

const areasPerRound = 125;
const hour = 3_600_000;
/** Township, first day, what is special about it. */
const rounds = [
  { zone: "Asia/Shanghai", first: "2028-02-28", why: "a leap day" },
  { zone: "Europe/Berlin", first: "2027-03-27", why: "a day of 23 hours" },
  { zone: "Europe/Berlin", first: "2026-10-24", why: "a day of 25 hours" },
  { zone: "Atlantic/Azores", first: "2026-10-24", why: "clocks that go back to midnight" },
  { zone: "America/Santiago", first: "2026-09-05", why: "a day without a midnight" },
  { zone: "Asia/Kathmandu", first: "2026-12-30", why: "a quarter of an hour, and a new year" },
  { zone: "Asia/Shanghai", first: "2026-02-27", why: "a month's end" },
  { zone: "Asia/Shanghai", first: "2026-06-29", why: "a week's beginning" },
];

let database: FreshDatabase | undefined;
afterEach(async () => {
  await database?.drop();
  database = undefined;
});

const dateOf = (ms: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate().toString();

/** The registry as it is known at first, or (`late`) what is told of it afterwards. */
const writeFacts = async (db: FreshDatabase["db"], worlds: readonly AreaWorld[], zone: string) => {
  await db.query("INSERT INTO township (id, name) VALUES ('T', 'T')");
  await db.query(
    "INSERT INTO village (id, township_id, name) SELECT 'V' || i, 'T', 'V' || i FROM generate_series(0, 9) i",
  );
  await db.query("INSERT INTO safety_officer (id, name) VALUES ('O', 'Officer')");
  const insert = (table: string, rows: readonly object[]) =>
    db.query(`INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb)`, [
      JSON.stringify(rows),
    ]);
  await insert(
    "transformer_area",
    worlds.map(({ world }, i) => ({
      id: world.areaIds[0],
      village_id: `V${i % 10}`,
      name: world.areaIds[0],
    })),
  );
  const households = worlds.flatMap((w) =>
    w.world.households.map((h) => ({ ...h, toldLate: w.toldLate.occupancies.has(h.id) })),
  );
  await insert(
    "household",
    households.map((h) => ({ id: h.id, area_id: h.areaId, inhabited: h.lived[0]?.inhabited })),
  );
  await insert(
    "household_occupancy",
    households.flatMap((h) =>
      (h.toldLate ? h.lived.slice(0, 1) : h.lived).map((l) => ({
        household_id: h.id,
        from_ms: l.fromMs,
        inhabited: l.inhabited,
      })),
    ),
  );
  const breakers = worlds.flatMap((w) =>
    w.world.breakers.map((b) => ({ ...b, toldLate: w.toldLate.moves.has(b.id) })),
  );
  await insert(
    "breaker",
    breakers.map((b) => ({
      id: b.id,
      area_id: b.places[0]?.areaId,
      household_id: b.places[0]?.householdId,
      level: b.level,
      rated_residual_current_ma: 30,
      installed_on: dateOf(b.installedMs, zone),
      removed_on: b.removedMs === null ? null : dateOf(b.removedMs, zone),
    })),
  );
  const tellMoves = (toldLate: boolean) =>
    insert(
      "breaker_placement",
      breakers.flatMap((b) =>
        b.toldLate === toldLate
          ? b.places.slice(1).map((p) => ({
              breaker_id: b.id,
              from_on: dateOf(p.fromMs, zone),
              area_id: p.areaId,
              household_id: p.householdId,
            }))
          : [],
      ),
    );
  const moveNow = (toldLate: boolean) =>
    db.query(
      `UPDATE breaker b SET area_id = p.area_id, household_id = p.household_id
         FROM jsonb_to_recordset($1::jsonb) AS p (id text, area_id text, household_id text) WHERE p.id = b.id`,
      [
        JSON.stringify(
          breakers
            .filter((b) => b.toldLate === toldLate)
            .map((b) => ({
              id: b.id,
              area_id: b.places.at(-1)?.areaId,
              household_id: b.places.at(-1)?.householdId,
            })),
        ),
      ],
    );
  const tellOutages = (toldLate: boolean) =>
    insert(
      "planned_outage",
      worlds.flatMap((w) =>
        w.toldLate.outages === toldLate
          ? w.world.outages.map((o) => ({
              id: crypto.randomUUID(),
              group_id: crypto.randomUUID(),
              area_id: o.areaId,
              from_ms: o.fromMs,
              to_ms: o.toMs,
              note: "",
              created_by: "test",
              created_at: new Date(0).toISOString(),
            }))
          : [],
      ),
    );
  await tellMoves(false);
  await moveNow(false);
  await tellOutages(false);
  return {
    async tellTheRest() {
      await tellMoves(true);
      await moveNow(true);
      await tellOutages(true);
      await insert(
        "household_occupancy",
        households.flatMap((h) =>
          h.toldLate
            ? h.lived.slice(1).map((l) => ({ household_id: h.id, from_ms: l.fromMs, inhabited: l.inhabited }))
            : [],
        ),
      );
    },
  };
};

/** Breakers move between two neighbours at most: they are counted together, and apart from all others. */
const countAll = (worlds: readonly AreaWorld[], fromMs: number, toMs: number): Map<string, Counted> => {
  const all = new Map<string, Counted>();
  for (let i = 0; i < worlds.length; i += 2) {
    const pair = worldTogether(worlds.slice(i, i + 2));
    for (const [id, counted] of count(pair, fromMs, toMs)) all.set(id, counted);
  }
  return all;
};

const worldTogether = (worlds: readonly AreaWorld[]): RawWorld => ({
  areaIds: worlds.flatMap((w) => w.world.areaIds),
  households: worlds.flatMap((w) => w.world.households),
  breakers: worlds.flatMap((w) => w.world.breakers),
  outages: worlds.flatMap((w) => w.world.outages),
});

const everything = [
  "excused/areaOutage",
  "excused/plannedOutage",
  "excused/vacantHouse",
  "notOperating/bypassed",
  "notOperating/neverReported",
  "notOperating/open",
  "notOperating/protectionExited",
  "notOperating/tripFunctionFault",
  "operating/",
  "unknown/silent",
];
const reasons = ["neverReported", "protectionExited", "tripFunctionFault", "bypassed", "open"];

/** What the product should answer for areas that were counted; the sum of several where it is a village. */
const expectedOf = (counted: readonly Counted[]) => {
  const sum = (pick: (c: Counted) => number) => counted.reduce((total, c) => total + pick(c), 0);
  const level = (name: string) => {
    const ms = (key: string) => sum((c) => c.ms[name]?.[key] ?? 0);
    const end = (state: string) => sum((c) => c.end[name]?.[state] ?? 0);
    const excusedMs = ms("excused/vacantHouse") + ms("excused/plannedOutage") + ms("excused/areaOutage");
    const byReason = Object.fromEntries(reasons.map((r) => [r, ms(`notOperating/${r}`)]));
    const notOperatingMs = Object.values(byReason).reduce((a, b) => a + b, 0);
    const [operatingMs, unknownMs] = [ms("operating/"), ms("unknown/silent")];
    const installedMs = excusedMs + notOperatingMs + operatingMs + unknownMs;
    const installed = end("operating") + end("notOperating") + end("unknown") + end("excused");
    const share = (a: number, b: number) => (b === 0 ? null : a / b);
    const [should, has] =
      name === "main"
        ? [counted.length, sum((c) => (c.mainInstalled ? 1 : 0))]
        : name === "household"
          ? [sum((c) => c.inhabited), sum((c) => c.inhabitedInstalled)]
          : [0, 0];
    return {
      shouldInstall: should,
      requiredInstalled: has,
      installationRate: share(has, should),
      installed,
      operating: end("operating"),
      notOperating: end("notOperating"),
      unknown: end("unknown"),
      excused: end("excused"),
      snapshotRate: share(end("operating"), installed),
      installedMs,
      excusedMs,
      operatingMs,
      unknownMs,
      notOperatingMs,
      notOperatingMsByReason: byReason,
      operationalRate: share(operatingMs, installedMs - excusedMs),
      operationalRateUpperBound: share(operatingMs + unknownMs, installedMs - excusedMs),
      unknownShare: share(unknownMs, installedMs - excusedMs),
    };
  };
  const answerable = sum((c) => c.inhabitedMs) - sum((c) => c.inhabitedExcusedMs);
  return {
    households: sum((c) => c.households),
    inhabitedHouseholds: sum((c) => c.inhabited),
    inhabitedOperating: sum((c) => c.inhabitedOperating),
    inhabitedCoverage:
      sum((c) => c.inhabited) === 0 ? null : sum((c) => c.inhabitedOperating) / sum((c) => c.inhabited),
    inhabitedOperationalRate: answerable === 0 ? null : sum((c) => c.inhabitedOperatingMs) / answerable,
    levels: { household: level("household"), intermediate: level("intermediate"), main: level("main") },
  };
};

/** Tests in the window, where the breaker was at that time. */
const testsOf = (
  world: RawWorld,
  areaIds: ReadonlySet<string>,
  level: string,
  fromMs: number,
  toMs: number,
) => {
  const tests = world.breakers
    .filter((b) => b.level === level)
    .flatMap((b) =>
      b.reports.flatMap((r) => (r.kind === "test" && r.ts >= fromMs && r.ts < toMs ? [{ b, r }] : [])),
    )
    .filter(({ b, r }) => {
      const place = [...b.places].reverse().find((p) => p.fromMs <= r.ts) ?? b.places[0];
      return areaIds.has(place?.areaId ?? "");
    });
  return {
    tested: tests.length,
    passed: tests.filter(({ r }) => r.passed).length,
    testPassRate: tests.length === 0 ? null : tests.filter(({ r }) => r.passed).length / tests.length,
    testedBreakers: new Set(tests.map(({ b }) => b.id)).size,
  };
};

/** Leakage trips in the window, where the breaker was at that time: right from half of IΔn on, a nuisance below. */
const tripsOf = (
  world: RawWorld,
  areaIds: ReadonlySet<string>,
  level: "household" | "main",
  fromMs: number,
  toMs: number,
) => {
  // Every breaker of these worlds has 30 mA.
  const halfMa = 15;
  let [correctTrips, nuisanceTrips] = [0, 0];
  for (const b of world.breakers)
    for (const r of b.reports) {
      if (b.level !== level || r.kind !== "trip" || r.leakedMa === null || r.ts < fromMs || r.ts >= toMs)
        continue;
      const place = [...b.places].reverse().find((p) => p.fromMs <= r.ts) ?? b.places[0];
      if (!areaIds.has(place?.areaId ?? "")) continue;
      if (r.leakedMa >= halfMa) correctTrips += 1;
      else nuisanceTrips += 1;
    }
  const all = correctTrips + nuisanceTrips;
  return {
    correctTrips,
    nuisanceTrips,
    failuresToTrip: 0,
    correctOperationRate: all === 0 ? null : correctTrips / all,
  };
};

const compareRow = (
  row: PerformanceRow | undefined,
  world: RawWorld,
  areaIds: readonly string[],
  counted: readonly Counted[],
  fromMs: number,
  toMs: number,
) => {
  const expected = expectedOf(counted);
  expect(row, `${areaIds.join()} ${fromMs}–${toMs}`).toMatchObject(expected);
  for (const level of ["household", "main"] as const) {
    expect(row?.levels[level]).toMatchObject(testsOf(world, new Set(areaIds), level, fromMs, toMs));
    expect(row?.levels[level]).toMatchObject(tripsOf(world, new Set(areaIds), level, fromMs, toMs));
  }
};

describe("every rate agrees to the millisecond with an independent count", () => {
  for (const [index, { zone, first, why }] of rounds.entries())
    it(`over ${areasPerRound} histories in ${zone} with ${why}`, async () => {
      const date = Temporal.PlainDate.from(first);
      const midnights = [0, 1, 2, 3].map(
        (days) => date.add({ days }).toZonedDateTime({ timeZone: zone }).epochMilliseconds,
      );
      const [startMs = 0, , , lastMs = 0] = midnights;
      const nowMs = lastMs + 7 * hour;
      const worlds = worldsOf(7_000 + index, areasPerRound, midnights, nowMs);
      const world = worldTogether(worlds);
      database = await freshDatabase();
      const { db } = database;
      const facts = await writeFacts(db, worlds, zone);
      await db.query("INSERT INTO village_officer VALUES ('V1', 'O', $1, NULL), ('V2', 'O', $1, $2)", [
        dateOf(midnights[1] ?? 0, zone),
        dateOf(midnights[2] ?? 0, zone),
      ]);
      const driver = await drive(db, zone, startMs);
      const sumDays = async () => {
        await moveHorizon(db, lastMs, zone);
        await dropStaleDays(db);
        for (const day of await daysBefore(db.query, lastMs, zone, 400))
          await sumDay(db, await areasWithoutDay(db.query, day), day, zone);
      };
      try {
        // What comes in time, in pieces of some hours, with two restarts in between.
        const deliveries = worlds.flatMap((w) => w.deliveries);
        const inTime = deliveries.filter((d) => !d.late).sort((a, b) => a.report.ts - b.report.ts);
        for (let atMs = startMs; atMs < nowMs; atMs += 9 * hour) {
          const toMs = Math.min(atMs + 9 * hour, nowMs);
          await driver.deliver(
            inTime.filter((d) => d.report.ts >= atMs && d.report.ts < toMs),
            toMs,
          );
          if (atMs === startMs + 18 * hour || atMs === startMs + 54 * hour) await driver.restart();
        }
        await driver.settle();
        await sumDays();
        // What comes late, shuffled, and much of it twice; facts of the past that are told only now.
        const late = deliveries.filter((d) => d.late || d.again);
        const shuffled = late.map((d, i) => ({ d, key: (i * 7_919) % 10_007 })).sort((a, b) => a.key - b.key);
        const half = Math.floor(shuffled.length / 2);
        await driver.deliver(
          shuffled.slice(0, half).map(({ d }) => d),
          nowMs + 60_000,
        );
        await facts.tellTheRest();
        await driver.reload();
        await driver.deliver(
          shuffled.slice(half).map(({ d }) => d),
          nowMs + 120_000,
        );
        await driver.settle();

        const windows = [
          [startMs, lastMs],
          [midnights[1] ?? 0, midnights[2] ?? 0],
          [startMs + 5 * hour + 123, lastMs - 3 * hour - 7],
          [startMs + 31 * hour, startMs + 31 * hour + 1],
          [midnights[2] ?? 0, nowMs],
        ] as const;
        const counts = windows.map(([fromMs, toMs]) => countAll(worlds, fromMs, toMs));
        // Nothing that a breaker can be is missing from these histories.
        const kinds = [...(counts[0] ?? new Map<string, Counted>()).values()].flatMap((c) =>
          Object.values(c.ms).flatMap((ms) => Object.keys(ms)),
        );
        expect([...new Set(kinds)].sort((a, b) => (a < b ? -1 : 1))).toEqual(everything);
        const check = async () => {
          for (const [w, [fromMs, toMs]] of windows.entries()) {
            const counted = counts[w] ?? new Map<string, Counted>();
            const question = { scope: {}, fromMs, toMs, nowMs, timeZone: zone };
            const byArea = new Map(
              (await performanceBy(db.query, { ...question, by: "area" })).map((row) => [row.id, row]),
            );
            for (const id of world.areaIds)
              compareRow(byArea.get(id), world, [id], [counted.get(id) as Counted], fromMs, toMs);
            const villages = await performanceBy(db.query, { ...question, by: "village" });
            for (const [v, row] of villages.entries()) {
              const ids = world.areaIds.filter((_, i) => i % 10 === v);
              compareRow(
                row,
                world,
                ids,
                ids.map((id) => counted.get(id) as Counted),
                fromMs,
                toMs,
              );
              const date1 = dateOf(midnights[1] ?? 0, zone);
              const last = dateOf(toMs - 1, zone);
              const looked = (v === 1 && last >= date1) || (v === 2 && last === date1);
              expect(row.officerShare, row.id).toBe(looked ? 1 : 0);
            }
            const lost = new Map<string, number>();
            for (const answer of counted.values())
              for (const [id, ms] of Object.entries(answer.lost)) lost.set(id, (lost.get(id) ?? 0) + ms);
            const worst = [...lost].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 10);
            const answered = await worstBreakersBy(db.query, { ...question, limit: 10 });
            expect(answered.map((w) => [w.breakerId, w.lostMs])).toEqual(worst);
          }
        };
        await check();
        // The same from sums by day.
        await sumDays();
        const [stale] = await db.query<{ count: number }>("SELECT count(*) AS count FROM rate_stale");
        expect(stale?.count).toBe(0);
        await check();
      } finally {
        await driver.stop();
      }
    }, 180_000);
});
