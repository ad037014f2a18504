import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRegistryCsv, registryCsv } from "../../simulators/csv.ts";
import { generator, mix, shuffled, unit } from "../../simulators/random.ts";
import { demoTownship, fleetRegistry } from "../../simulators/township.ts";

const todayMs = Date.UTC(2026, 4, 20);

describe("demo township", () => {
  const rows = demoTownship(7, todayMs);
  const installed = rows.filter((r) => r.breakerId !== null && r.removedOn === null);
  const houses = new Map(
    rows.filter((r) => r.householdId !== null).map((r) => [r.householdId, r.inhabited === true]),
  );
  const inhabited = [...houses.values()].filter(Boolean).length;

  it("is the same for the same seed and day, and another for another seed", () => {
    expect(demoTownship(7, todayMs)).toEqual(rows);
    expect(demoTownship(8, todayMs)).not.toEqual(rows);
  });

  it("has 1 township, 3 villages, 12 areas with a main breaker each and 600 households", () => {
    expect(new Set(rows.map((r) => r.townshipId)).size).toBe(1);
    expect(new Set(rows.map((r) => r.villageId)).size).toBe(3);
    expect(new Set(rows.map((r) => r.areaId)).size).toBe(12);
    expect(houses.size).toBe(600);
    const mains = installed.filter((r) => r.level === "main");
    expect(mains.map((r) => r.ratedResidualCurrentMa)).toEqual(Array(12).fill(300));
    expect(new Set(mains.map((r) => r.areaId)).size).toBe(12);
  });

  it("has about 6 % vacant houses and about 3 % inhabited houses without a breaker, whatever the seed", () => {
    for (const seed of [1, 2, 3, 99]) {
      const all = demoTownship(seed, todayMs);
      const byHouse = Map.groupBy(
        all.filter((r) => r.householdId !== null),
        (r) => r.householdId,
      );
      const vacant = [...byHouse.values()].filter((of) => of[0]?.inhabited === false).length;
      const missing = [...byHouse.values()].filter(
        (of) => of[0]?.inhabited === true && of.every((r) => r.breakerId === null),
      ).length;
      expect(vacant).toBeGreaterThanOrEqual(30);
      expect(vacant).toBeLessThanOrEqual(42);
      expect(missing).toBeGreaterThanOrEqual(12);
      expect(missing).toBeLessThanOrEqual(26);
    }
    expect(inhabited).toBeGreaterThan(550);
  });

  it("was installed within the past year and had a few removals", () => {
    for (const row of installed) {
      expect(row.installedOn?.localeCompare("2025-05-20")).toBeGreaterThan(0);
      expect(row.installedOn?.localeCompare("2026-05-20")).toBeLessThan(0);
    }
    const removed = rows.filter((r) => r.removedOn !== null);
    expect(removed.length).toBeGreaterThanOrEqual(3);
    expect(removed.length).toBeLessThan(12);
  });

  it("passes the registry's own check as CSV and comes back unchanged", () => {
    expect(parseRegistryCsv(registryCsv(rows))).toEqual(rows);
  });

  it("never names one breaker or one house twice in the same role", () => {
    const ids = rows.flatMap((r) => r.breakerId ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("fleet registry", () => {
  it("has exactly the asked size, valid rows and distinct village names", () => {
    const rows = fleetRegistry({
      townships: 2,
      villages: 100,
      areas: 2,
      householdsPerArea: 24,
      seed: 1,
      todayMs,
    });
    expect(rows.length).toBe(2 * 100 * 2 * 25);
    expect(parseRegistryCsv(registryCsv(rows))).toEqual(rows);
    expect(new Set(rows.map((r) => r.villageName)).size).toBe(200);
  });

  it("makes 100,000 breakers in a few seconds", () => {
    const rows = fleetRegistry({
      townships: 10,
      villages: 20,
      areas: 10,
      householdsPerArea: 49,
      seed: 1,
      todayMs,
    });
    expect(rows.filter((r) => r.breakerId !== null).length).toBe(100_000);
  });
});

describe("seeded randomness", () => {
  it("spreads keyed values evenly over [0, 1)", () => {
    const buckets = Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const bucket = Math.floor(unit(12_345, 1_700_000_000_000 + i * 1_000) * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it("tells times apart that share their low 32 bits", () => {
    expect(mix(1, 5)).not.toBe(mix(1, 5 + 2 ** 32));
  });

  it("shuffles into a permutation, the same one for the same seed", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const order = shuffled(items, generator(seed));
        expect([...order].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
        expect(shuffled(items, generator(seed))).toEqual(order);
      }),
      { seed: 3 },
    );
  });
});
