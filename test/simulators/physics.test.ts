import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readingSchema } from "../../domain/wire.ts";
import { type Fault, faultKinds, labelOf, planFaults } from "../../simulators/faults.ts";
import { readingAt, weather } from "../../simulators/physics.ts";
import { createSchedule } from "../../simulators/schedule.ts";
import { demoTownship } from "../../simulators/township.ts";
import { createWorld, faultSubjects, type SimulatedBreaker, type World } from "../../simulators/world.ts";

const hourMs = 3_600_000;
const todayMs = Date.UTC(2026, 4, 20);
const rows = demoTownship(1, todayMs);
const calm = createWorld(rows, 1, []);
const anyTime = fc.integer({ min: todayMs - 400 * 24 * hourMs, max: todayMs + 24 * hourMs });
const anyBreaker = fc.nat(calm.breakers.length - 1).map((i) => calm.breakers[i] as SimulatedBreaker);
const tenths = (value: number) => Math.abs(value * 10 - Math.round(value * 10)) < 1e-6;

describe("a healthy breaker", () => {
  it("reads the same for the same seed and time, and something else under another seed", () => {
    const again = createWorld(rows, 1, []);
    const other = createWorld(rows, 2, []);
    let different = 0;
    for (const [i, breaker] of calm.breakers.entries()) {
      const one = readingAt(calm, breaker, todayMs);
      expect(readingAt(again, again.breakers[i] as SimulatedBreaker, todayMs)).toEqual(one);
      if (
        readingAt(other, other.breakers[i] as SimulatedBreaker, todayMs)?.residualCurrentMa !==
        one?.residualCurrentMa
      )
        different += 1;
    }
    expect(different).toBeGreaterThan(calm.breakers.length * 0.8);
  });

  it("is valid on the wire, quantised, plausible, and never reaches a rule's threshold", () => {
    fc.assert(
      fc.property(anyBreaker, anyTime, (breaker, atMs) => {
        const reading = readingSchema.parse({ ts: atMs, seq: 1, ...readingAt(calm, breaker, atMs) });
        expect(tenths(reading.residualCurrentMa)).toBe(true);
        expect(reading.residualCurrentMa).toBeLessThan(0.5 * breaker.ratedResidualCurrentMa);
        expect(reading.residualCurrentMa).toBeGreaterThan(0);
        expect(reading.contact).toBe("closed");
        expect(reading.protection).toBe("enabled");
        expect(reading.voltageV).toBeGreaterThan(198);
        expect(reading.voltageV).toBeLessThan(242);
        expect(reading.loadCurrentA).toBeLessThan(breaker.level === "main" ? 400 : 25);
        expect(reading.temperatureC).toBeGreaterThan(-15);
        expect(reading.temperatureC).toBeLessThan(65);
        expect(reading.signalDbm).toBeGreaterThan(-110);
      }),
      { seed: 1, numRuns: 3_000 },
    );
  });

  it("uses more in the evening than at night, and leaks more in wet weather than in dry", () => {
    const meanAt = (atMs: number, field: "loadCurrentA" | "residualCurrentMa") =>
      calm.breakers
        .filter((b) => b.level === "household" && b.inhabited)
        .map((b) => readingAt(calm, b, atMs)?.[field] ?? 0)
        .reduce((a, b, _, all) => a + b / all.length, 0);
    // 19:30 and 03:00 in UTC+8.
    expect(meanAt(todayMs + 11.5 * hourMs, "loadCurrentA")).toBeGreaterThan(
      2 * meanAt(todayMs + 19 * hourMs, "loadCurrentA"),
    );
    const townshipKey = calm.breakers[0]?.townshipKey ?? 0;
    const nights = Array.from({ length: 60 }, (_, day) => todayMs - day * 24 * hourMs + 19 * hourMs);
    const byWetness = nights.sort(
      (a, b) => weather(townshipKey, a).wetness - weather(townshipKey, b).wetness,
    );
    expect(meanAt(byWetness.at(-1) ?? 0, "residualCurrentMa")).toBeGreaterThan(
      meanAt(byWetness[0] ?? 0, "residualCurrentMa"),
    );
  });
});

describe("an area's main breaker", () => {
  it("never reads more than its households together, with and without faults in them", () => {
    const faults = planFaults({
      subjects: faultSubjects(calm),
      counts: { spike: 40, drift: 40, failureToTrip: 40, open: 20, protectionExited: 20 },
      fromMs: todayMs,
      toMs: todayMs + 10 * 60_000,
      seed: 5,
    });
    const busy = createWorld(rows, 1, faults);
    const check = (world: World, atMs: number) => {
      for (const [areaId, main] of world.mainOf) {
        const sum = (world.householdsOf.get(areaId) ?? [])
          .map((house) => readingAt(world, house, atMs)?.residualCurrentMa ?? 0)
          .reduce((a, b) => a + b, 0);
        const own = readingAt(world, main, atMs)?.residualCurrentMa ?? 0;
        expect(own).toBeLessThanOrEqual(sum + 1e-9);
        expect(own).toBeGreaterThan(0);
      }
    };
    fc.assert(
      fc.property(anyTime, (atMs) => check(calm, atMs)),
      { seed: 2, numRuns: 40 },
    );
    fc.assert(
      fc.property(fc.integer({ min: todayMs, max: todayMs + 20 * 60_000 }), (atMs) => check(busy, atMs)),
      { seed: 2, numRuns: 40 },
    );
  });
});

describe("labelled faults", () => {
  const planned = planFaults({
    subjects: faultSubjects(calm),
    counts: Object.fromEntries(faultKinds.map((kind) => [kind, kind === "areaOutage" ? 1 : 3])),
    fromMs: todayMs,
    toMs: todayMs + hourMs,
    seed: 9,
  });
  const world = createWorld(rows, 1, planned);
  const byId = new Map(world.breakers.map((b) => [b.breakerId, b]));
  const subjectsOf = (fault: Fault) =>
    fault.kind === "areaOutage"
      ? world.breakers.filter((b) => b.areaId === fault.subjectId)
      : [byId.get(fault.subjectId) as SimulatedBreaker];

  it("are planned alike for the same seed, one to a subject, as many as asked", () => {
    expect(planned.length).toBe(3 * (faultKinds.length - 1) + 1);
    expect(new Set(planned.map((f) => f.subjectId)).size).toBe(planned.length);
    expect(
      planFaults({
        subjects: faultSubjects(calm),
        counts: Object.fromEntries(faultKinds.map((kind) => [kind, kind === "areaOutage" ? 1 : 3])),
        fromMs: todayMs,
        toMs: todayMs + hourMs,
        seed: 9,
      }),
    ).toEqual(planned);
  });

  it.each(faultKinds)("show in what the device says while the label of a %s holds, and only then", (kind) => {
    for (const fault of planned.filter((f) => f.kind === kind)) {
      const label = labelOf(fault);
      const [subject] = subjectsOf(fault);
      const says = (atMs: number) => {
        const reading = readingAt(world, subject as SimulatedBreaker, atMs);
        const rated = subject?.ratedResidualCurrentMa ?? 0;
        if (reading === null) return kind === "areaOutage" ? "areaOutage" : "silent";
        if (reading.contact === "open") return "open";
        if (reading.contact === "reclosing") return "trip";
        if (reading.protection !== "enabled") return "protectionExited";
        if (reading.residualCurrentMa >= rated) return "failureToTrip";
        if (reading.residualCurrentMa >= 0.6 * rated) return "highLeakage";
        return null;
      };
      // A drift's threshold crossing is blurred by the meter's noise of 1 %.
      const blurMs = kind === "drift" ? (fault.endMs - fault.startMs) / 50 : 0;
      for (const share of [0, 0.25, 0.5, 0.75, 0.999])
        expect(says(label.startMs + blurMs + share * (label.endMs - label.startMs - blurMs))).toBe(
          label.finding,
        );
      expect(says(fault.startMs - 1)).toBe(null);
      expect(says(label.startMs - blurMs - 1)).toBe(null);
      expect(says(label.endMs)).toBe(null);
    }
  });

  it("send a trip report at once when a breaker opens, and after the cycle when it recloses", () => {
    const reports = [...createSchedule(world, 300_000).between(todayMs - hourMs, todayMs + 3 * hourMs)];
    const trips = reports.filter((r) => r.kind === "trip");
    const expected = planned
      .filter((f) => f.kind === "open" || f.kind === "tripAndReclose")
      .map((f) => `${f.subjectId} ${f.kind === "open" ? f.startMs : f.endMs} ${f.kind === "tripAndReclose"}`);
    const sent = trips.map(
      (t) => `${t.breaker.breakerId} ${t.atMs} ${(t.body as { reclosed: boolean }).reclosed}`,
    );
    expect(sent.length).toBe(expected.length);
    expect(new Set(sent)).toEqual(new Set(expected));
  });

  it("keep silent breakers out of every report", () => {
    for (const { breaker, atMs } of createSchedule(world, 60_000).between(todayMs, todayMs + 2 * hourMs))
      for (const fault of planned)
        if (fault.kind === "silence" || fault.kind === "areaOutage")
          expect(
            (fault.subjectId === breaker.breakerId || fault.subjectId === breaker.areaId) &&
              fault.startMs <= atMs &&
              atMs < fault.endMs,
          ).toBe(false);
  });
});

describe("the schedule", () => {
  it("gives the same reports however the time is cut, each breaker once an interval", () => {
    const small = createWorld(rows.slice(0, 40), 1, []);
    const schedule = createSchedule(small, 30_000);
    const key = (r: { breaker: SimulatedBreaker; atMs: number }) => `${r.breaker.breakerId}@${r.atMs}`;
    const whole = [...schedule.between(todayMs, todayMs + 300_000)].map(key);
    expect(whole.length).toBe(10 * small.breakers.length);
    expect(new Set(whole).size).toBe(whole.length);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), 300_000].map((ms) => todayMs + ms);
        const parts = edges
          .slice(1)
          .flatMap((to, i) => [...schedule.between(edges[i] as number, to)].map(key));
        expect(parts).toEqual(whole);
      }),
      { seed: 4, numRuns: 50 },
    );
  });
});
