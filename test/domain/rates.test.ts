// Rate arithmetic: the parts of a period add up, and neither order nor repetition of what is asked changes them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  appendChange,
  intervalsOf,
  type Judgement,
  notOperatingReasons,
  type StateChange,
} from "../../domain/operating.ts";
import { addTallies, fraction, periodRates, snapshotRates, tally } from "../../domain/rates.ts";

const seed = 3;
const judgements: Judgement[] = [
  { state: "operating", reason: null },
  { state: "unknown", reason: "silent" },
  { state: "excused", reason: "areaOutage" },
  { state: "excused", reason: "vacantHouse" },
  ...notOperatingReasons.map((reason): Judgement => ({ state: "notOperating", reason })),
];
const endMs = 100_000_000;
const changesArbitrary = fc
  .array(fc.tuple(fc.integer({ min: 0, max: endMs }), fc.constantFrom(...judgements)), {
    minLength: 1,
    maxLength: 40,
  })
  .map((pairs) => {
    const changes: StateChange[] = [];
    for (const [fromMs, judgement] of pairs.sort((a, b) => a[0] - b[0]))
      appendChange(changes, { ...judgement, fromMs });
    return changes;
  });
const windowArbitrary = fc
  .tuple(fc.integer({ min: 0, max: endMs }), fc.integer({ min: 0, max: endMs }))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

const parts = (t: ReturnType<typeof tally>) =>
  t.operatingMs +
  t.unknownMs +
  t.excusedMs +
  Object.values(t.notOperatingMsByReason).reduce((a, b) => a + b, 0);

describe("the tally of a period", () => {
  it("adds up to the installed time, to the millisecond", () => {
    fc.assert(
      fc.property(changesArbitrary, windowArbitrary, (changes, [fromMs, toMs]) => {
        const t = tally(intervalsOf(changes, endMs), fromMs, toMs);
        expect(parts(t)).toBe(t.installedMs);
        const installedFromMs = Math.max(changes[0]?.fromMs ?? endMs, fromMs);
        expect(t.installedMs).toBe(Math.max(0, toMs - installedFromMs));
      }),
      { seed, numRuns: 500 },
    );
  });

  it("of two adjoining periods is the tally of both together", () => {
    fc.assert(
      fc.property(changesArbitrary, windowArbitrary, fc.nat(endMs), (changes, [fromMs, toMs], cut) => {
        const midMs = Math.min(Math.max(cut, fromMs), toMs);
        const intervals = intervalsOf(changes, endMs);
        expect(addTallies(tally(intervals, fromMs, midMs), tally(intervals, midMs, toMs))).toEqual(
          tally(intervals, fromMs, toMs),
        );
      }),
      { seed, numRuns: 500 },
    );
  });

  it("does not depend on the order in which intervals are added", () => {
    fc.assert(
      fc.property(changesArbitrary, fc.integer(), (changes, shuffleSeed) => {
        const intervals = intervalsOf(changes, endMs);
        const [shuffled] = fc.sample(fc.shuffledSubarray(intervals, { minLength: intervals.length }), {
          numRuns: 1,
          seed: shuffleSeed,
        });
        expect(tally(shuffled ?? [], 0, endMs)).toEqual(tally(intervals, 0, endMs));
      }),
      { seed, numRuns: 200 },
    );
  });

  it("gives rates between 0 and 1, the bound never below the rate, and null where nothing was answerable", () => {
    fc.assert(
      fc.property(changesArbitrary, windowArbitrary, (changes, [fromMs, toMs]) => {
        const t = tally(intervalsOf(changes, endMs), fromMs, toMs);
        const { operationalRate, operationalRateUpperBound } = periodRates(t);
        if (t.installedMs === t.excusedMs) {
          expect(operationalRate).toBeNull();
          return;
        }
        expect(operationalRate).toBeGreaterThanOrEqual(0);
        expect(operationalRateUpperBound).toBeGreaterThanOrEqual(operationalRate ?? 1);
        expect(operationalRateUpperBound).toBeLessThanOrEqual(1);
      }),
      { seed, numRuns: 300 },
    );
  });
});

describe("snapshot rates", () => {
  it("divide operating by installed, and count unknown as operating only in the upper bound", () => {
    expect(
      snapshotRates({
        shouldInstall: 10,
        requiredInstalled: 9,
        installed: 12,
        operating: 6,
        notOperating: 2,
        unknown: 3,
        excused: 1,
      }),
    ).toEqual({ installationRate: 0.9, operationalRate: 0.5, operationalRateUpperBound: 0.75 });
  });

  it("are null where nothing is installed", () => {
    expect(fraction(0, 0)).toBeNull();
  });
});
