import fc from "fast-check";
import { expect, test } from "vitest";
import {
  areaSupply,
  lineLossShare,
  defaultSupplyRule as rule,
  type SupplySample,
} from "../../domain/supply.ts";

const minuteMs = 60_000;
const seed = 20_260_525;
const at = (minute: number, voltageV: number | null, loadA: number | null = null, seq = 0): SupplySample => ({
  tsMs: minute * minuteMs,
  seq,
  voltageV,
  loadA,
});
const window = { fromMs: 0, toMs: 240 * minuteMs };
const one = (samples: SupplySample[]) =>
  areaSupply({ households: [{ breakerId: "b", samples }], mains: [] }, window, rule);

test("a house is low from the reading that says so until it is above the threshold by the deadband", () => {
  const supply = one([at(0, 220), at(10, 197.9), at(20, 199), at(30, 200), at(40, 220)]);
  expect(supply).toMatchObject({
    measured: 1,
    low: 1,
    lowMs: 20 * minuteMs,
    minV: 197.9,
    minAtMs: 10 * minuteMs,
  });
  expect(supply.measuredMs).toBe(55 * minuteMs);
  expect(supply.worst).toEqual([{ breakerId: "b", lowMs: 20 * minuteMs, minV: 197.9 }]);
});

test("a dip shorter than ten minutes, a gap, and a supply that is gone are no low voltage", () => {
  expect(one([at(0, 190), at(9, 220)])).toMatchObject({ low: 0, lowMs: 0, minV: 190 });
  expect(one([at(0, 0), at(5, 12), at(10, 19.9)])).toMatchObject({ measured: 0, low: 0, minV: null });
  // A reading vouches for 15 minutes; after the gap the deadband does not carry on.
  expect(one([at(0, 190), at(60, 199)])).toMatchObject({ lowMs: 15 * minuteMs, measuredMs: 30 * minuteMs });
});

test("what was said before the window counts in it as long as it vouches, and decides how it begins", () => {
  expect(one([at(-10, 190), at(-5, 199), at(8, 220)])).toMatchObject({ lowMs: 0 });
  expect(one([at(-10, 190), at(-5, 199), at(5, 199), at(11, 220)])).toMatchObject({ lowMs: 11 * minuteMs });
});

test("the area is low while any of its houses is, and houses add up beside it", () => {
  const supply = areaSupply(
    {
      households: [
        { breakerId: "a", samples: [at(0, 190), at(12, 220)] },
        { breakerId: "b", samples: [at(6, 180), at(20, 220)] },
        { breakerId: "c", samples: [at(0, 230)] },
      ],
      mains: [],
    },
    window,
    rule,
  );
  expect(supply).toMatchObject({
    measured: 3,
    low: 2,
    lowMs: 20 * minuteMs,
    breakerLowMs: 26 * minuteMs,
    minV: 180,
  });
  expect(supply.worst.map(({ breakerId }) => breakerId)).toEqual(["b", "a"]);
});

test("charges are compared only while the main and nine houses of ten are known", () => {
  const steady = (loadA: number, minutes: number[]) => minutes.map((minute) => at(minute, null, loadA));
  const every = Array.from({ length: 24 }, (_, i) => i * 10);
  const houses = (known: number) =>
    Array.from({ length: 10 }, (_, i) => ({
      breakerId: `h${i}`,
      samples: i < known ? steady(2, every) : steady(2, [0]),
    }));
  const mains = [{ breakerId: "m", samples: steady(25, every) }];
  const full = areaSupply({ households: houses(10), mains }, window, rule);
  expect(full).toMatchObject({ mainAh: 100, householdAh: 80, loadMs: 240 * minuteMs });
  expect(lineLossShare(full)).toBeCloseTo(0.2, 12);
  const nine = areaSupply({ households: houses(9), mains }, window, rule);
  expect(nine.loadMs).toBe(240 * minuteMs);
  const eight = areaSupply({ households: houses(8), mains }, window, rule);
  expect(eight.loadMs).toBe(15 * minuteMs);
  expect(lineLossShare(eight)).toBeNull();
  expect(areaSupply({ households: houses(10), mains: [] }, window, rule).loadMs).toBe(0);
});

const samples = fc.array(
  fc.record({
    tsMs: fc.integer({ min: -20 * minuteMs, max: 240 * minuteMs }),
    seq: fc.integer({ min: 0, max: 3 }),
    voltageV: fc.option(fc.integer({ min: 0, max: 240 })),
    loadA: fc.option(fc.integer({ min: 0, max: 60_000 }).map((ma) => ma / 1_000)),
  }),
  { maxLength: 40 },
);
const area = fc.record({
  households: fc.uniqueArray(
    fc.record({ breakerId: fc.integer({ min: 0, max: 20 }).map((n) => `h${n}`), samples }),
    { maxLength: 4, selector: ({ breakerId }) => breakerId },
  ),
  mains: fc.array(fc.record({ breakerId: fc.constant("m"), samples }), { maxLength: 1 }),
});
/** Two reports of one instant and sequence are the same report. */
const consistent = (list: SupplySample[]): SupplySample[] => [
  ...new Map(list.map((sample) => [`${sample.tsMs}/${sample.seq}`, sample])).values(),
];

test("the order and the repetition of readings do not matter, and a minute-by-minute count agrees", () => {
  fc.assert(
    fc.property(area, fc.infiniteStream(fc.nat()), ({ households, mains }, stream) => {
      const coarse = { ...rule, deadbandV: 0, lowMinMs: 0 };
      const clean = (list: typeof households) => list.map((b) => ({ ...b, samples: consistent(b.samples) }));
      const given = { households: clean(households), mains: clean(mains) };
      const result = areaSupply(given, window, coarse);
      const shuffled = (list: typeof households) =>
        list.map((b) => ({
          ...b,
          samples: [...b.samples, ...b.samples.slice(0, 5)]
            .map((sample) => [stream.next().value as number, sample] as const)
            .sort(([a], [b]) => a - b)
            .map(([, sample]) => sample),
        }));
      expect(
        areaSupply(
          { households: shuffled(given.households).reverse(), mains: shuffled(given.mains) },
          window,
          coarse,
        ),
      ).toEqual(result);
      expect(result).toMatchObject(countByInstants(given, coarse));
    }),
    { seed, numRuns: 300 },
  );
});

/** Counts at every instant at which anything changes; shares no code with the product. */
const countByInstants = (
  { households }: { households: { samples: SupplySample[] }[] },
  { vouchMs, lowVoltageV, noSupplyV }: typeof rule,
) => {
  const edges = new Set([window.fromMs, window.toMs]);
  for (const { samples: list } of households)
    for (const { tsMs } of list) for (const ms of [tsMs, tsMs + vouchMs]) edges.add(ms);
  const times = [...edges].filter((ms) => ms >= window.fromMs && ms <= window.toMs).sort((a, b) => a - b);
  let [lowMs, breakerLowMs, measuredMs] = [0, 0, 0];
  for (const [i, fromMs] of times.entries()) {
    const lasts = (times[i + 1] ?? fromMs) - fromMs;
    let anyLow = false;
    for (const { samples: list } of households) {
      let newest: SupplySample | undefined;
      for (const sample of list)
        if (
          sample.tsMs <= fromMs &&
          (newest === undefined ||
            sample.tsMs > newest.tsMs ||
            (sample.tsMs === newest.tsMs && sample.seq > newest.seq))
        )
          newest = sample;
      if (newest === undefined || fromMs >= newest.tsMs + vouchMs) continue;
      if (newest.voltageV === null || newest.voltageV < noSupplyV) continue;
      measuredMs += lasts;
      if (newest.voltageV >= lowVoltageV) continue;
      breakerLowMs += lasts;
      anyLow = true;
    }
    if (anyLow) lowMs += lasts;
  }
  return { lowMs, breakerLowMs, measuredMs };
};
