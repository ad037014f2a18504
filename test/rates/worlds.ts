// Random townships for the independent count: areas with their houses, breakers, facts and reports, from a seed.
import fc from "fast-check";
import type { RawBreaker, RawHousehold, RawReport, RawWorld } from "./count.ts";

const minute = 60_000;

/** A report and when it came: in time, or only after everything else; and whether it comes once more. */
export type Delivery = { breakerId: string; report: RawReport; late: boolean; again: boolean };

export type AreaWorld = {
  world: RawWorld;
  deliveries: Delivery[];
  /** Breakers' moves, occupancies and outages that the registry learns of only later, by id. */
  toldLate: { moves: Set<string>; occupancies: Set<string>; outages: boolean };
};

const bodyArbitrary = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  { weight: 2, arbitrary: fc.constant({ contact: "open" as const, loadCurrentA: 0 }) },
  { weight: 1, arbitrary: fc.constant({ contact: "lockedOut" as const, loadCurrentA: 3 }) },
  { weight: 1, arbitrary: fc.constant({ protection: "alarmOnly" as const }) },
  { weight: 1, arbitrary: fc.constant({ protection: "faulty" as const }) },
  { weight: 2, arbitrary: fc.constant({ residualCurrentMa: 0, loadCurrentA: 3 }) },
  { weight: 1, arbitrary: fc.constant({ voltageV: 4 }) },
);
const gapArbitrary = fc.oneof(
  fc.integer({ min: 1, max: 14 * minute }),
  fc.constantFrom(5 * minute, 10 * minute, 15 * minute - 1, 15 * minute, 15 * minute + 1),
);
/** Some reports in a row that say much the same, then silence. */
const burstArbitrary = fc.record({
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  body: bodyArbitrary,
  gapsMs: fc.array(gapArbitrary, { minLength: 1, maxLength: 16 }),
  kind: fc.constantFrom("reading", "reading", "reading", "reading", "trip", "test", "status"),
  flag: fc.boolean(),
  late: fc.boolean(),
  again: fc.boolean(),
});
const breakerArbitrary = fc.record({
  bursts: fc.array(burstArbitrary, { maxLength: 9 }),
  installedDay: fc.constantFrom(0, 0, 0, 1, 2),
  removedDay: fc.constantFrom(null, null, null, null, 2, 3),
  shares: fc.integer({ min: 0, max: 4 }),
  moves: fc.array(fc.record({ day: fc.integer({ min: 1, max: 3 }), away: fc.boolean() }), { maxLength: 2 }),
  movesToldLate: fc.boolean(),
});
const areaArbitrary = fc.record({
  breakers: fc.array(breakerArbitrary, { minLength: 1, maxLength: 5 }),
  hasMain: fc.boolean(),
  vacant: fc.array(
    fc.record({
      house: fc.nat(4),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      inhabited: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
  vacantToldLate: fc.boolean(),
  outages: fc.array(
    fc.record({
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      minutes: fc.integer({ min: 1, max: 600 }),
    }),
    { maxLength: 2 },
  ),
  outagesToldLate: fc.boolean(),
  moveRarely: fc.integer({ min: 0, max: 3 }),
});
type AreaSeed = typeof areaArbitrary extends fc.Arbitrary<infer T> ? T : never;
type BreakerSeed = AreaSeed["breakers"][number];

const reportsOf = (seed: BreakerSeed, id: string, fromMs: number, toMs: number) => {
  const deliveries: Delivery[] = [];
  let seq = 0;
  const taken = new Set<number>();
  for (const burst of seed.bursts) {
    let ts = fromMs + Math.floor(burst.share * (toMs - fromMs));
    for (const [i, gapMs] of burst.gapsMs.entries()) {
      ts += gapMs;
      seq += 1;
      if (ts >= toMs || taken.has(ts)) continue;
      taken.add(ts);
      const first = i === 0;
      let report: RawReport = {
        kind: "reading",
        ts,
        seq,
        contact: "closed",
        protection: "enabled",
        residualCurrentMa: 7,
        loadCurrentA: 1,
        voltageV: 230,
        ...burst.body,
      };
      if (first && burst.kind === "trip")
        report = {
          kind: "trip",
          ts,
          seq,
          reclosed: burst.flag,
          // Some overloads, and leakage below, at and above half of IΔn.
          leakedMa:
            burst.gapsMs.length % 4 === 0 ? null : ([5, 14.9, 15, 31, 149, 150, 310][seq % 7] ?? null),
        };
      if (first && burst.kind === "test") report = { kind: "test", ts, seq, passed: burst.flag };
      if (first && burst.kind === "status") report = { kind: "status", ts, seq: 0, online: burst.flag };
      deliveries.push({ breakerId: id, report, late: burst.late, again: burst.again });
    }
  }
  return deliveries;
};

/** One area with all that belongs to it; `elsewhere` is the area that its breakers may move to. */
const areaOf = (
  seed: AreaSeed,
  id: string,
  elsewhere: string,
  midnights: readonly number[],
  nowMs: number,
): AreaWorld => {
  const startMs = midnights[0] ?? 0;
  const endMs = midnights.at(-1) ?? 0;
  const day = (index: number) => midnights[index] ?? endMs;
  const households: RawHousehold[] = seed.breakers.map((_, i) => ({
    id: `${id}-h${i}`,
    areaId: id,
    lived: [{ fromMs: 0, inhabited: i !== 3 }],
  }));
  for (const change of seed.vacant) {
    const house = households[change.house];
    const fromMs = startMs + Math.floor(change.share * (endMs - startMs));
    if (house === undefined || house.lived.some((l) => l.fromMs === fromMs)) continue;
    house.lived.push({ fromMs, inhabited: change.inhabited });
    house.lived.sort((a, b) => a.fromMs - b.fromMs);
  }
  const deliveries: Delivery[] = [];
  const moves = new Set<string>();
  const breakers = seed.breakers.map((b, i): RawBreaker => {
    const breakerId = `${id}-b${i}`;
    const isMain = i === 0 && seed.hasMain;
    const house = b.shares === 0 && i > 0 ? i - 1 : i;
    const installedMs = day(b.installedDay);
    const places = [
      { fromMs: installedMs, areaId: id, householdId: isMain ? null : (`${id}-h${house}` as string | null) },
    ];
    for (const move of seed.moveRarely === 0 ? b.moves : []) {
      const fromMs = day(move.day);
      if (fromMs <= installedMs || places.some((p) => p.fromMs >= fromMs)) continue;
      places.push(
        move.away
          ? { fromMs, areaId: elsewhere, householdId: null }
          : {
              fromMs,
              areaId: id,
              householdId: isMain ? null : `${id}-h${(house + 1) % seed.breakers.length}`,
            },
      );
    }
    if (places.length > 1 && b.movesToldLate) moves.add(breakerId);
    const own = reportsOf(b, breakerId, installedMs, nowMs - 20 * minute);
    deliveries.push(...own);
    const removedMs = b.removedDay === null || day(b.removedDay) <= installedMs ? null : day(b.removedDay);
    return {
      id: breakerId,
      level: isMain ? "main" : "household",
      installedMs,
      removedMs,
      places,
      reports: own.map((d) => d.report),
    };
  });
  return {
    world: {
      areaIds: [id],
      households,
      breakers,
      outages: seed.outages.map(({ share, minutes }) => {
        const fromMs = startMs + Math.floor(share * (endMs - startMs));
        return { areaId: id, fromMs, toMs: fromMs + minutes * minute + 13 };
      }),
    },
    deliveries,
    toldLate: {
      moves,
      occupancies: new Set(seed.vacantToldLate ? households.map((h) => h.id) : []),
      outages: seed.outagesToldLate,
    },
  };
};

/** So many areas from a seed. `midnights` begin its days; the last one ends the last. Breakers move to a neighbour at most. */
export const worldsOf = (
  seed: number,
  count: number,
  midnights: readonly number[],
  nowMs: number,
): AreaWorld[] => {
  const seeds = fc.sample(areaArbitrary, { seed, numRuns: count });
  const id = (index: number) => `A${String(index).padStart(3, "0")}`;
  return seeds.map((one, i) =>
    areaOf(one, id(i), id(i % 2 === 0 && i + 1 < count ? i + 1 : i - (i % 2)), midnights, nowMs),
  );
};
