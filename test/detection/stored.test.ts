import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newBreakerFold } from "../../detection/breaker-fold.ts";
import { BreakerMemory, type Remembered } from "../../detection/breaker-memory.ts";
import { newBaseline } from "../../detection/leakage/baseline.ts";
import { foldOfJson, memoryOf, packedMemory } from "../../detection/stored.ts";
import { baselineOf, packedBaseline } from "../../detection/stored-baseline.ts";
import { operatingReasons, operatingStates } from "../../domain/operating.ts";
import { contacts, protections, reportKinds, tripCauses } from "../../domain/wire.ts";
import { area, facts, minute, reading, t0 } from "./area.ts";

const id = "b-00000001";
const body = { loadCurrentA: 3.1, voltageV: 229.8, temperatureC: 31.5, signalDbm: -71 };

/** An area one of whose breakers has lived two days at five minutes, with every field that a reading usually has. */
const lived = () => {
  const one = area([facts(id), facts("c"), facts("d"), facts("e")]);
  for (let m = 5; m < 2 * 24 * 60; m += 5)
    one.report(reading(id, t0 + m * minute + 123, { residualCurrentMa: 5 + (m % 7) / 10, ...body }));
  const breaker = one.memory.breakers.get(id);
  if (breaker === undefined) throw new Error("no breaker");
  return { one, breaker };
};
const again = (remembered: Remembered): Remembered => memoryOf(packedMemory(remembered).toString("latin1"));
const of = ({ fold, changes, published, keptFromMs, aheadMs }: Remembered): Remembered => ({
  fold,
  changes,
  published,
  keptFromMs,
  aheadMs,
});

describe("a breaker's memory as it is stored", () => {
  it("is read back the same", () => {
    const { one, breaker } = lived();
    one.report(reading(id, t0 + 49 * 60 * minute, { residualCurrentMa: 34 }));
    expect(breaker.fold.alarms.failureToTrip).toBeDefined();
    expect(again(breaker)).toEqual(of(breaker));
    const unheard = new BreakerMemory(facts("n"));
    expect(again(unheard)).toEqual(of(unheard));
  });

  it("is read back the same whatever the numbers and words", () => {
    const ms = fc.integer({ min: 0, max: 2 ** 45 });
    const ma = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
      fc.integer(),
      fc.nat(10_000_000).map((x) => x / 100),
    );
    const change = fc.record({
      fromMs: ms,
      state: fc.constantFrom(...operatingStates),
      reason: fc.constantFrom(null, ...operatingReasons),
    });
    const memory = fc.record({
      fold: fc.record({
        own: fc.record({
          lastKey: fc.option(fc.record({ tsMs: ms, seq: fc.nat(), kind: fc.constantFrom(...reportKinds) })),
          contact: fc.constantFrom(null, ...contacts),
          protection: fc.constantFrom(null, ...protections),
          openSinceMs: fc.option(ms),
          testFailed: fc.boolean(),
          selfTestFailed: fc.boolean(),
          zeroSinceMs: fc.option(ms),
          loadFlows: fc.boolean(),
          noSupply: fc.boolean(),
        }),
        findings: fc.record({
          lastCause: fc.constantFrom(null, ...tripCauses, "vendor:17" as const),
          tripsMs: fc.array(ms, { maxLength: 8 }),
          usualMa: ma,
          seqPerS: ma,
          seen: fc.nat(2 ** 32 - 1),
        }),
      }),
      changes: fc.array(fc.tuple(change, fc.option(fc.boolean())), { minLength: 1, maxLength: 5 }),
      published: fc.array(change, { maxLength: 5 }),
      keptFromMs: fc.oneof(ms, fc.constant(Number.NEGATIVE_INFINITY)),
      aheadMs: fc.oneof(ms, fc.constant(Number.POSITIVE_INFINITY)),
    });
    fc.assert(
      fc.property(memory, ({ fold, changes, ...rest }) => {
        const start = newBreakerFold();
        const remembered: Remembered = {
          ...rest,
          fold: { ...start, own: fold.own, findings: { ...start.findings, ...fold.findings } },
          changes: changes.map(([one, dark]) => ({ ...one, dark })),
        };
        expect(again(remembered)).toEqual(remembered);
      }),
    );
  });

  it("takes less than 400 bytes beyond what belongs to its baseline, with an alarm standing", () => {
    const { one, breaker } = lived();
    for (let m = 0; m < 3; m += 1)
      one.report(reading(id, t0 + (49 * 60 + m) * minute, { residualCurrentMa: 34.123, ...body }));
    expect(breaker.fold.alarms.failureToTrip?.phase).toBe("standing");
    const rest = { ...of(breaker), fold: { ...breaker.fold, leakage: null } };
    expect(packedMemory(rest).length).toBeLessThan(400);
  });

  it("is read where older versions stored it as JSON", () => {
    const { own, reading: last, ...rest } = lived().breaker.fold;
    const oldest = foldOfJson(JSON.stringify({ own, alarms: {}, reading: last }));
    expect(oldest.own).toEqual(own);
    expect(oldest.findings.firstMs).toBe(own.lastKey?.tsMs);
    const { tsMs, seq, kind } = own.lastKey ?? { tsMs: 0, seq: 0, kind: "reading" };
    const rows = { o: [[tsMs, seq, kind], "closed", "enabled"], f: [5, 6], facts: { breakerId: id } };
    expect(foldOfJson(JSON.stringify(rows))).toMatchObject({
      own: { lastKey: own.lastKey, contact: "closed", protection: "enabled", openSinceMs: null },
      findings: { firstMs: 5, testMs: 6, seq: -1 },
    });
    // A sensor's run from before its days were kept.
    const l = [
      [5, 1, 3.7, 0, 0, 0],
      0,
      null,
      null,
      false,
      [],
      false,
      [3.7, 4, 5, 6, 0, 2, 0.5, 7, 8, 300_000],
    ];
    expect(foldOfJson(JSON.stringify({ ...rows, l })).leakage).toMatchObject({
      hour: { hour: 5, count: 1 },
      sensor: { valueMa: 3.7, intervalMs: 300_000, dayMs: 0, dayReports: 0, quietReports: 0, isFine: false },
    });
    expect(foldOfJson(JSON.stringify({ own, reading: last, ...rest }))).toEqual(lived().breaker.fold);
  });

  // Words are stored as their place in the lists of domain/: a word put before others would give every memory another meaning.
  it("is read where this version stored it", () => {
    const stored = "3gAFoW+YkwcIAwMDwMLAwsKhZtwAFgAAkAAPAAAA/wD/AAAAAP//AAD///+hY5GUAQMIw6FwkZMCAQShawM=";
    const { fold, changes, published, keptFromMs } = memoryOf(
      Buffer.from(stored, "base64").toString("latin1"),
    );
    expect(fold.own).toMatchObject({
      contact: "lockedOut",
      protection: "faulty",
      lastKey: { tsMs: 7, seq: 8, kind: "test" },
    });
    expect(fold.findings.lastCause).toBe("closeFailed");
    expect([changes, published, keptFromMs]).toEqual([
      [{ fromMs: 1, state: "excused", reason: "areaOutage", dark: true }],
      [{ fromMs: 2, state: "notOperating", reason: "open" }],
      3,
    ]);
  });
});

describe("a baseline as it is stored", () => {
  it("is read back the same", () => {
    const { baseline } = lived().breaker;
    for (const one of [baseline ?? newBaseline(), newBaseline()])
      expect(baselineOf(packedBaseline(one).toString("latin1"))).toEqual(one);
  });
});

describe("packing", () => {
  // Two areas hear and see the same; of one, breakers are packed in between.
  it("changes nothing: what is packed at any moment judges as what never was", () => {
    const names = ["a", "b", "c", "d", "m"];
    const places = names.map((name) => facts(name, name === "m" ? { level: "main", householdId: null } : {}));
    const step = fc.record({
      name: fc.constantFrom(...names),
      minutes: fc.constantFrom(0, 1, 5, 5, 5, 20),
      what: fc.constantFrom("reading", "reading", "reading", "late", "again", "trip", "test", "tick"),
      residualCurrentMa: fc.constantFrom(4, 4.1, 4.2, 9, 19, 40),
      contact: fc.constantFrom("closed", "closed", "closed", "closed", "open", "reclosing"),
      voltageV: fc.constantFrom(229.8, 190, 0),
      packs: fc.subarray(names),
    });
    // Everybody has been heard for long enough to have a habit.
    const before = area(places);
    for (let m = 5; m < 40 * 60; m += 5)
      for (const [i, name] of names.entries())
        before.report(
          reading(name, t0 + m * minute, { residualCurrentMa: 4 + ((m / 5 + i) % 3) / 10, ...body }),
        );
    const habits = [...before.memory.breakers].map(([name, breaker]) => {
      const baseline = packedBaseline(breaker.baseline ?? newBaseline()).toString("latin1");
      return { name, memory: packedMemory(breaker).toString("latin1"), baseline };
    });
    const accustomed = () => {
      const one = area(places);
      for (const { name, ...stored } of habits)
        one.memory.breakers.set(
          name,
          new BreakerMemory(one.memory.breakers.get(name)?.facts ?? facts(name), null, null, stored),
        );
      return one;
    };
    let [packed, raised] = [0, 0];
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
        const [packing, plain] = [accustomed(), accustomed()];
        let nowMs = t0 + 40 * 60 * minute;
        for (const { name, minutes, what, packs, ...said } of steps) {
          nowMs += minutes * minute;
          const base = { breakerId: name, tsMs: nowMs, seq: 7, arrivalMs: nowMs, clockReplaced: false };
          for (const one of [packing, plain]) {
            if (what === "reading") one.report(reading(name, nowMs, { ...body, ...said }));
            if (what === "late") one.report(reading(name, nowMs - 60 * minute, said, nowMs));
            if (what === "again") one.report(reading(name, nowMs - 5 * minute, said, nowMs));
            if (what === "trip")
              one.report({ ...base, kind: "trip", body: { cause: "leakage", reclosed: false } });
            if (what === "test") one.report({ ...base, kind: "test", body: { kind: "trip", passed: true } });
            one.tick(nowMs + 1_000);
          }
          for (const name of packs) if (packing.memory.breakers.get(name)?.pack()) packed += 1;
        }
        for (const [name, breaker] of plain.memory.breakers) {
          const other = packing.memory.breakers.get(name);
          if (other === undefined) throw new Error(`no ${name}`);
          const { fold, aheadMs, baseline } = other;
          expect({ fold, aheadMs, baseline }).toEqual({
            fold: breaker.fold,
            aheadMs: breaker.aheadMs,
            baseline: breaker.baseline,
          });
          // What has been forgotten since it was packed may come back: it is no less true.
          const keptFromMs = Math.max(other.keptFromMs, breaker.keptFromMs);
          const kept = ({ changes, published }: Remembered) =>
            [changes, published].map((list) => list.filter((c) => c.fromMs >= keptFromMs));
          expect(kept(other)).toEqual(kept(breaker));
        }
        expect(packing.alarms).toEqual(plain.alarms);
        raised += plain.alarms.length;
      }),
      { numRuns: 100 },
    );
    expect(packed).toBeGreaterThan(1_000);
    expect(raised).toBeGreaterThan(100);
  }, 60_000);

  it("waits for what is still to be settled or stored, and is entered again when it is read", () => {
    const unpacked = new Set<BreakerMemory>();
    const breaker = new BreakerMemory(facts("a"), null, unpacked);
    expect(breaker.pack()).toBe(false);
    breaker.dirtyFromMs = Number.POSITIVE_INFINITY;
    expect(breaker.pack()).toBe(false);
    breaker.touched = false;
    breaker.reported = true;
    expect(breaker.pack()).toBe(false);
    breaker.reported = false;
    expect([breaker.pack(), unpacked.size]).toEqual([true, 0]);
    expect([breaker.changes.length, unpacked.size]).toEqual([1, 1]);
  });
});
