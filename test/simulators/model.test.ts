import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alarmKinds } from "../../domain/alarm.ts";
import { bodySchemas } from "../../domain/wire.ts";
import { type FleetEntry, type FleetMessage, streamArea } from "../../simulators/model/area-stream.ts";
import { faultNames, nearMissNames } from "../../simulators/model/fault-names.ts";
import { buildHouses } from "../../simulators/model/houses.ts";
import { labelsOf, planFleet } from "../../simulators/model/plan.ts";
import { readScenario } from "../../simulators/model/scenario.ts";
import { scenarioOf } from "../evaluation/support.ts";

const small = scenarioOf("train", { breakers: 160, days: 4, householdsPerArea: [14, 40] });
const scenarios = join(import.meta.dirname, "..", "..", "simulators", "scenarios");

const messagesOf = (seed: number, scenario = small): FleetMessage[] => {
  const plan = planFleet(scenario, seed);
  return plan.areas.flatMap((area) => [...streamArea(plan, area)].flat());
};

describe("the physical model", () => {
  it("never lets the main breaker feel more than its houses leak together, whatever weather and hour", () => {
    const sum = new Float64Array(2);
    fc.assert(
      fc.property(
        fc.nat(1_000),
        fc.integer({ min: 4, max: 80 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, members, wetness) => {
          const houses = buildHouses(seed, 0, members, 300_000);
          for (let slot = 0; slot < 60; slot += 1) {
            houses.step((slot * 0.4) % 24, wetness);
            houses.sum(sum);
            let plain = 0;
            for (let i = 1; i < members; i += 1)
              plain += Math.hypot(houses.inPhaseMa[i] ?? 0, houses.aheadMa[i] ?? 0);
            expect(Math.hypot(sum[0] ?? 0, sum[1] ?? 0)).toBeLessThanOrEqual(plain + 1e-9);
          }
        },
      ),
      { seed: 6, numRuns: 50 },
    );
  });

  it("lets rain raise all houses of an area together", () => {
    const leak = (wetness: number): number[] => {
      const houses = buildHouses(5, 3, 30, 300_000);
      houses.step(3, wetness);
      return Array.from({ length: 29 }, (_, i) => houses.inPhaseMa[i + 1] ?? 0);
    };
    const [dry, wet] = [leak(0), leak(1)];
    const raised = dry.filter((ma, i) => ma > 0 && (wet[i] ?? 0) > 1.5 * ma).length;
    expect(raised).toBeGreaterThan(0.8 * dry.filter((ma) => ma > 0).length);
  });

  it("keeps healthy houses far from every limit", () => {
    const healthy = { ...small, faults: {}, nearMisses: {} };
    let readings = 0;
    const beyond: unknown[] = [];
    for (const message of messagesOf(3, healthy))
      for (const { body, breakerId } of message.entries) {
        readings += 1;
        if (breakerId.endsWith("-M")) continue;
        const [ma, volts] = [Number(body["residualCurrentMa"]), Number(body["voltageV"])];
        if (ma >= 0.45 * 30 || volts <= 205 || volts >= 236) beyond.push(body);
      }
    expect(beyond).toEqual([]);
    expect(readings).toBeGreaterThan(150_000);
  });
});

describe("the simulated fleet", () => {
  it("says the same under the same seed, and something else under another", () => {
    const [a, b, c] = [messagesOf(11), messagesOf(11), messagesOf(12)];
    expect(JSON.stringify(a.slice(0, 20_000))).toBe(JSON.stringify(b.slice(0, 20_000)));
    expect(a.length).toBe(b.length);
    expect(JSON.stringify(c.slice(0, 100))).not.toBe(JSON.stringify(a.slice(0, 100)));
  });

  it("speaks the wire contract, in order of arrival within an area", () => {
    const plan = planFleet(small, 11);
    for (const area of plan.areas) {
      let atMs = 0;
      const seen: FleetEntry[] = [];
      for (const block of streamArea(plan, area))
        for (const message of block) {
          expect(message.atMs).toBeGreaterThanOrEqual(atMs);
          atMs = message.atMs;
          seen.push(...message.entries.filter((_, i) => i % 50 === 0 || message.entries.length < 3));
        }
      const refused = seen.filter((e) => !bodySchemas[e.kind].safeParse(e.body).success);
      expect(refused).toEqual([]);
    }
  });

  it("labels every fault of the scenario, within the run, at a breaker or area of the fleet", () => {
    const long = { ...small, breakers: 1_000, days: 35 };
    const plan = planFleet(long, 21);
    const placed = new Set(plan.areas.flatMap((area) => area.faults.map((fault) => fault.name)));
    for (const name of faultNames) expect([name, placed.has(name)]).toEqual([name, true]);
    for (const name of nearMissNames) expect([name, placed.has(name)]).toEqual([name, true]);
    const subjects = new Set(plan.areas.flatMap(({ layout }) => [layout.areaId, ...layout.breakerIds]));
    for (const label of labelsOf(plan)) {
      expect(subjects.has(label.subjectId)).toBe(true);
      expect(alarmKinds).toContain(label.finding);
      expect(label.startMs).toBeGreaterThanOrEqual(plan.startMs);
      expect(label.endMs).toBeLessThanOrEqual(plan.endMs);
      expect(label.startMs).toBeLessThan(label.endMs);
    }
  });

  it("lets nothing befall a breaker twice at once", () => {
    const plan = planFleet({ ...small, breakers: 600, days: 30 }, 22);
    for (const { faults } of plan.areas)
      for (const [i, a] of faults.entries())
        for (const b of faults.slice(i + 1))
          if (a.member === b.member || a.member === -1 || b.member === -1)
            expect(a.endMs <= b.startMs || b.endMs <= a.startMs).toBe(true);
  });

  it("numbers what a breaker says in order of its time", () => {
    const numbered = {
      ...small,
      faults: { nuisanceTrip: 40, repeatedTrips: 20 },
      nearMisses: { correctTrip: 60 },
    };
    const last = new Map<string, { ts: number; seq: number }>();
    const disorder: unknown[] = [];
    for (const message of messagesOf(31, numbered))
      for (const { breakerId, body } of message.entries) {
        const [ts, seq] = [Number(body["ts"]), Number(body["seq"])];
        const before = last.get(breakerId);
        if (before !== undefined && seq > before.seq !== ts > before.ts)
          disorder.push({ breakerId, ts, seq });
        if (before === undefined || ts > before.ts) last.set(breakerId, { ts, seq });
      }
    expect(disorder).toEqual([]);
  });
});

describe("scenario files", () => {
  it("are all valid, and train and test have no seed and no day in common", () => {
    const [train, test] = [scenarioOf("train"), scenarioOf("test")];
    for (const file of readdirSync(scenarios)) {
      const outcome = readScenario(readFileSync(join(scenarios, file), "utf8"));
      expect(outcome).toMatchObject({ kind: "scenario" });
      if (outcome.kind !== "scenario" || file === "test.yaml") continue;
      expect(outcome.scenario.seeds.filter((seed) => test.seeds.includes(seed))).toEqual([]);
    }
    expect(test.seeds.length).toBeGreaterThanOrEqual(3);
    expect(test.breakers).toBeGreaterThanOrEqual(5_000);
    expect(test.days).toBeGreaterThanOrEqual(30);
    expect(test.startOn > train.startOn).toBe(true);
    expect(new Set(Object.keys(test.faults))).toEqual(new Set(faultNames));
    expect(new Set(Object.keys(test.nearMisses))).toEqual(new Set(nearMissNames));
  });

  it("are refused with everything that is wrong with them", () => {
    const text = readFileSync(join(scenarios, "train.yaml"), "utf8");
    const outcome = readScenario(
      text.replace("days: 35", "days: many").replace("faults:\n", "faults:\n  earthquake: 3\n"),
    );
    expect(outcome.kind).toBe("wrong");
    expect(outcome.kind === "wrong" && outcome.problems.join(" ")).toMatch(
      /days.*earthquake|earthquake.*days/s,
    );
    expect(readScenario("a: [")).toMatchObject({ kind: "wrong" });
  });
});
