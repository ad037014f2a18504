// What a breaker usually leaks, over simulated weeks: what departs from it is found, and what does not is left alone.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LeakageBaseline, newBaseline } from "../../detection/leakage/baseline.ts";
import { trendZ } from "../../detection/leakage/drift.ts";
import {
  type AreaLeakage,
  defaultLeakageLimits,
  type LeakageMemory,
  newLeakageMemory,
  risesWithin,
  stepLeakage,
} from "../../detection/leakage/leakage.ts";
import { isStuck } from "../../detection/leakage/sensor.ts";
import { newSeriesMemory, scoreValue } from "../../detection/leakage/spike.ts";

const everyMs = 300_000;
const dayMs = 86_400_000;
const reportsOfDay = dayMs / everyMs;
const startMs = Date.UTC(2026, 4, 1);
const ratedMa = 30;

/** A small generator (mulberry32), so that a shrunk example can be run again. */
const randomOf = (seed: number): (() => number) => {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** A house: standing leakage, an evening peak, unrest; rounded as meters do. */
const houseOf = (seed: number) => {
  const random = randomOf(seed);
  const standingMa = 1 + 5 * random();
  const eveningMa = 2 * random();
  return (tsMs: number): { residualCurrentMa: number; loadCurrentA: number | undefined } => {
    const hour = (tsMs / 3_600_000) % 24;
    const evening = hour > 10 && hour < 14 ? eveningMa : 0;
    const noise = (random() + random() + random() - 1.5) * 0.6;
    return {
      residualCurrentMa: Math.max(0, Math.round((standingMa + evening + noise) * 10) / 10),
      loadCurrentA: evening > 0 ? 3 + 4 * random() : 0.2 + random(),
    };
  };
};

type Breaker = { memory: LeakageMemory; baseline: LeakageBaseline; house: ReturnType<typeof houseOf> };
const breakerOf = (seed: number): Breaker => ({
  memory: newLeakageMemory(),
  baseline: newBaseline(),
  house: houseOf(seed),
});

const alone: AreaLeakage = { commonRatio: () => 1, commonGrowth: () => 1 };

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 1;
const areaOf = (others: readonly Breaker[]): AreaLeakage => ({
  commonRatio: () => median(others.flatMap(({ memory }) => (memory.ratio === null ? [] : [memory.ratio]))),
  commonGrowth: () => 1,
});

const step = (
  breaker: Breaker,
  n: number,
  change: (ma: number) => number = (ma) => ma,
  area = alone,
): void => {
  const tsMs = startMs + n * everyMs;
  const { residualCurrentMa, loadCurrentA } = breaker.house(tsMs);
  const reading = {
    tsMs,
    residualCurrentMa: change(residualCurrentMa),
    loadCurrentA,
    contact: "closed" as const,
  };
  stepLeakage(breaker.memory, breaker.baseline, reading, ratedMa, area, defaultLeakageLimits);
};

describe("a breaker's own baseline", () => {
  it("leaves everyday life alone for three weeks, and finds a rise of a quarter of IΔn at once", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), (seed) => {
        const breaker = breakerOf(seed);
        let highs = 0;
        for (let n = 0; n < 21 * reportsOfDay; n += 1) {
          step(breaker, n);
          if (breaker.memory.isHigh) highs += 1;
        }
        expect(highs).toBe(0);
        step(breaker, 21 * reportsOfDay, (ma) => ma + 0.25 * ratedMa + 2);
        expect(breaker.memory.isHigh).toBe(true);
        step(breaker, 21 * reportsOfDay + 1);
        expect(breaker.memory.isHigh).toBe(false);
      }),
      { seed: 1, numRuns: 40 },
    );
  });

  it("is the same after a restart, to the last number", () => {
    const [whole, restarted] = [breakerOf(7), breakerOf(7)];
    for (let n = 0; n < 5 * reportsOfDay; n += 1) {
      step(whole, n);
      step(restarted, n);
      if (n % 97 === 0) {
        restarted.memory = JSON.parse(JSON.stringify(restarted.memory)) as LeakageMemory;
        restarted.baseline = JSON.parse(JSON.stringify(restarted.baseline)) as LeakageBaseline;
      }
    }
    expect(restarted.memory).toEqual(whole.memory);
    expect(restarted.baseline).toEqual(whole.baseline);
  });

  it("stays small, however long it learns", () => {
    const breaker = breakerOf(3);
    for (let n = 0; n < 60 * reportsOfDay; n += 1) step(breaker, n);
    expect(JSON.stringify(breaker.baseline).length).toBeLessThan(1_000);
    expect(JSON.stringify(breaker.memory).length).toBeLessThan(700);
  });

  it("takes rain, which lifts a whole area, for no spike of anybody's", () => {
    const breakers = Array.from({ length: 12 }, (_, i) => breakerOf(100 + i));
    const wet = (n: number) =>
      1 + 3 * Math.max(0, Math.sin(((n - 15 * reportsOfDay) / reportsOfDay) * Math.PI));
    let highs = 0;
    for (let n = 0; n < 16 * reportsOfDay; n += 1)
      for (const breaker of breakers) {
        const others = breakers.filter((other) => other !== breaker);
        step(breaker, n, (ma) => (n < 15 * reportsOfDay ? ma : (ma + 1) * wet(n) - 1), areaOf(others));
        if (breaker.memory.isHigh) highs += 1;
      }
    expect(highs).toBe(0);
  });

  it("counts how often leakage comes and goes", () => {
    const breaker = breakerOf(11);
    for (let n = 0; n < 10 * reportsOfDay; n += 1) step(breaker, n);
    for (let n = 10 * reportsOfDay; n < 11 * reportsOfDay; n += 1)
      step(breaker, n, (ma) => (n % 40 < 4 ? ma + 12 : ma));
    expect(risesWithin(breaker.memory, startMs + 11 * dayMs, defaultLeakageLimits)).toBeGreaterThanOrEqual(7);
    expect(risesWithin(breaker.memory, startMs + 13 * dayMs, defaultLeakageLimits)).toBe(0);
  });

  it("is not taught by the rises of its second day: each is as plain as the first", () => {
    const breaker = breakerOf(71);
    const random = randomOf(71);
    breaker.house = () => ({
      residualCurrentMa: Math.round(16 + 3 * random()) / 10,
      loadCurrentA: 1,
    });
    const rises = Array.from({ length: 8 }, (_, i) => Math.floor((1.35 + i / 13) * reportsOfDay));
    for (let n = 0; n < 2 * reportsOfDay; n += 1) {
      const isRisen = rises.some((from) => n >= from && n < from + 5);
      step(breaker, n, (ma) => (isRisen ? ma + 8.6 : ma));
      if (isRisen) expect(breaker.memory.isHigh).toBe(true);
    }
    expect(risesWithin(breaker.memory, startMs + 2 * dayMs, defaultLeakageLimits)).toBe(8);
  });

  it("lets in what stays: a spike that has become usual ends", () => {
    for (const day of [1.4, 3.2, 10.3]) {
      const breaker = breakerOf(72);
      for (let n = 0; n < (day + 7) * reportsOfDay; n += 1)
        step(breaker, n, (ma) => (n < day * reportsOfDay ? ma : ma + 9));
      expect(breaker.memory.isHigh).toBe(false);
    }
  });
});

describe("drift", () => {
  const weeks = (growthMaPerDay: number, area: AreaLeakage): Breaker => {
    const breaker = breakerOf(21);
    for (let n = 0; n < 28 * reportsOfDay; n += 1)
      step(breaker, n, (ma) => ma + (growthMaPerDay * n) / reportsOfDay, area);
    return breaker;
  };

  it("is found when a breaker's level rises over weeks, not when it stays", () => {
    expect(weeks(0.4, alone).memory.isDrifting).toBe(true);
    expect(weeks(0, alone).memory.isDrifting).toBe(false);
  });

  it("is not the breaker's when its area rises as much", () => {
    expect(weeks(0.4, { commonRatio: () => 1, commonGrowth: () => 4 }).memory.isDrifting).toBe(false);
  });

  it("needs a trend that chance does not make", () => {
    const random = randomOf(5);
    let found = 0;
    for (let i = 0; i < 1_000; i += 1)
      if (trendZ(Array.from({ length: 28 }, () => Math.round(random() * 100))) >= 3.4) found += 1;
    expect(found).toBeLessThanOrEqual(3);
    expect(trendZ(Array.from({ length: 28 }, (_, i) => i))).toBeGreaterThan(6);
  });
});

describe("a sensor", () => {
  it("that repeats itself for hours is stuck, one of a quiet house is not", () => {
    const [stuck, fine] = [breakerOf(31), breakerOf(31)];
    for (let n = 0; n < 10 * reportsOfDay; n += 1) {
      step(stuck, n);
      step(fine, n);
      expect(isStuck(fine.memory.sensor)).toBe(false);
    }
    const frozen = stuck.memory.sensor.valueMa ?? 0;
    for (let n = 10 * reportsOfDay; n < 10 * reportsOfDay + 60; n += 1) {
      step(stuck, n, () => frozen);
      step(fine, n);
    }
    expect(isStuck(stuck.memory.sensor)).toBe(true);
    expect(isStuck(fine.memory.sensor)).toBe(false);
  });

  it("that says 0 while load flows is stuck, one of an empty house is not", () => {
    const [loaded, empty] = [breakerOf(41), breakerOf(41)];
    empty.house = () => ({ residualCurrentMa: 0, loadCurrentA: 0 });
    for (let n = 0; n < 3 * reportsOfDay; n += 1) {
      step(loaded, n, () => 0);
      step(empty, n);
    }
    expect(isStuck(loaded.memory.sensor)).toBe(true);
    expect(isStuck(empty.memory.sensor)).toBe(false);
  });
});

describe("a sensor, by what its meter resolves and what the load tells,", () => {
  const stuckAfterDays = (
    breaker: Breaker,
    days: number,
    change: (ma: number, n: number) => number,
  ): number => {
    for (let n = 0; n < days * reportsOfDay; n += 1) {
      step(breaker, n, (ma) => change(ma, n));
      if (isStuck(breaker.memory.sensor)) return n / reportsOfDay;
    }
    return Number.POSITIVE_INFINITY;
  };
  /** A house whose family is away, and before that lives: a little standby load, and nothing that moves the leakage. */
  const awayFrom = (day: number): Breaker => {
    const breaker = breakerOf(51);
    const lived = houseOf(51);
    breaker.house = (tsMs) =>
      (tsMs - startMs) / dayMs < day ? lived(tsMs) : { residualCurrentMa: 2, loadCurrentA: 0.2 };
    return breaker;
  };

  it("that was stuck from the start, or before two days were learnt, is found by the third day", () => {
    expect(stuckAfterDays(breakerOf(61), 20, () => 3.7)).toBeCloseTo(2, 1);
    expect(stuckAfterDays(breakerOf(62), 20, (ma, n) => (n < 1.9 * reportsOfDay ? ma : 3.7))).toBeCloseTo(
      2.4,
      1,
    );
    // Every quarter of an hour: the days are the same.
    const seldom = breakerOf(63);
    let foundDay = 0;
    for (let n = 0; n < 5 * reportsOfDay && foundDay === 0; n += 3) {
      step(seldom, n, () => 3.7);
      if (isStuck(seldom.memory.sensor)) foundDay = n / reportsOfDay;
    }
    expect(foundDay).toBeCloseTo(2, 1);
    const away = breakerOf(64);
    away.house = () => ({ residualCurrentMa: 3.7, loadCurrentA: 0.2 });
    expect(stuckAfterDays(away, 10, (ma) => ma)).toBe(Number.POSITIVE_INFINITY);
  });

  it("of whole mA may say the same for days, and for as long as nobody is at home", () => {
    const whole = (ma: number) => Math.round(ma);
    expect(stuckAfterDays(breakerOf(65), 6, () => 3)).toBe(Number.POSITIVE_INFINITY);
    expect(stuckAfterDays(awayFrom(6), 12, whole)).toBe(Number.POSITIVE_INFINITY);
    // They leave in the midst of a run that had load.
    expect(stuckAfterDays(awayFrom(6), 12, (ma, n) => (n < 5.7 * reportsOfDay ? whole(ma) : 2))).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(stuckAfterDays(awayFrom(6), 30, whole)).toBeGreaterThan(19);
  });

  it("whose breaker tells no load is judged by its habit alone", () => {
    const breaker = breakerOf(66);
    const { house } = breaker;
    breaker.house = (tsMs) => ({ ...house(tsMs), loadCurrentA: undefined });
    expect(stuckAfterDays(breaker, 20, (ma, n) => (n < 10 * reportsOfDay ? ma : 3.7))).toBeLessThan(10.3);
  });
});

describe("the score of any series", () => {
  it("is between 0 and 1, uses nothing later, and rises for a spike", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.double({ min: 0.001, max: 1e6, noNaN: true }),
        (seed, scale) => {
          const random = randomOf(seed);
          const value = (n: number) =>
            scale * (50 + 20 * Math.sin((n / reportsOfDay) * 2 * Math.PI) + 6 * (random() - 0.5));
          const values = Array.from({ length: 6 * reportsOfDay }, (_, n) => value(n));
          const spikeAt = 5 * reportsOfDay + 17;
          values[spikeAt] = (values[spikeAt] ?? 0) + 40 * scale;
          const scores = (list: readonly number[]) => {
            const memory = newSeriesMemory();
            return list.map((v, n) => scoreValue(memory, startMs + n * everyMs, v));
          };
          const all = scores(values);
          for (const score of all) expect(score >= 0 && score <= 1).toBe(true);
          expect(scores(values.slice(0, 1_000))).toEqual(all.slice(0, 1_000));
          const before = all.slice(2 * reportsOfDay, spikeAt);
          expect(all[spikeAt] ?? 0).toBeGreaterThan(Math.max(...before));
        },
      ),
      { seed: 2, numRuns: 30 },
    );
  });

  it("survives gaps, constants and what is no number", () => {
    const memory = newSeriesMemory();
    for (let n = 0; n < 500; n += 1)
      expect(scoreValue(memory, startMs + n * 7_777_777, n % 50 === 3 ? Number.NaN : 5)).toBe(0);
    expect(scoreValue(memory, startMs + 501 * 7_777_777, 9)).toBeGreaterThan(0.5);
  });
});
