// What single reports prove: trips, settings, clocks, sequences.
import { describe, expect, it } from "vitest";
import type { Report } from "../../domain/report.ts";
import type { Trip } from "../../domain/wire.ts";
import { area, facts, minute, reading, t0 } from "./area.ts";

const at = (minutes: number) => t0 + minutes * minute;
const trip = (breakerId: string, tsMs: number, body: Partial<Trip>, arrivalMs = tsMs): Report => ({
  kind: "trip",
  breakerId,
  tsMs,
  seq: body.seq ?? Math.floor(tsMs / 1_000),
  arrivalMs,
  clockReplaced: false,
  body: { cause: "leakage", reclosed: false, ...body },
});
const test = (breakerId: string, tsMs: number): Report => ({
  kind: "test",
  breakerId,
  tsMs,
  seq: 1,
  arrivalMs: tsMs,
  clockReplaced: false,
  body: { kind: "trip", passed: true },
});

describe("nuisanceTrip", () => {
  it("is raised by a leakage trip below half of IΔn, and by no other", () => {
    const one = area([facts("b"), facts("c"), facts("d"), facts("e")]);
    one.report(trip("b", at(1), { residualCurrentMa: 14 }));
    one.report(trip("c", at(1), { residualCurrentMa: 15 }));
    one.report(trip("d", at(1), { cause: "overload", residualCurrentMa: 1 }));
    one.report(trip("e", at(1), {}));
    expect(one.raised()).toEqual(["nuisanceTrip"]);
    one.tick(at(62));
    expect(one.standing()).not.toContain("nuisanceTrip");
  });

  it("calls nobody for yesterday's trip that arrives today", () => {
    const one = area([facts("b"), facts("c"), facts("d"), facts("e")]);
    one.tick(at(24 * 60));
    for (let m = 1; m < 4; m += 1)
      one.report(trip("b", at(m), { residualCurrentMa: 3, reclosed: true }, at(24 * 60)));
    expect(one.raised().filter((kind) => kind.includes("rip") || kind.includes("eclose"))).toEqual([]);
  });
});

describe("a trip that a reading has overtaken", () => {
  it("is one none the less, once", () => {
    const one = area([facts("b"), facts("c")]);
    one.report(reading("b", at(1)));
    one.report(reading("b", at(6), { contact: "open" }));
    const late = trip("b", at(5.99), { residualCurrentMa: 3, seq: 77 }, at(6.02));
    one.report(late);
    expect(one.raised()).toEqual(["nuisanceTrip"]);
    one.report({ ...late, arrivalMs: at(6.1) });
    for (const m of [20, 40]) {
      one.report(reading("b", at(m)));
      one.report(trip("b", at(m) - 100, { residualCurrentMa: 30, seq: m }, at(m) + 900));
    }
    expect(one.raised()).toEqual(["nuisanceTrip", "repeatedTrips"]);
  });

  it("of the main breaker is traced to its households", () => {
    const one = area([
      facts("m", { level: "main", ratedResidualCurrentMa: 300, householdId: null }),
      facts("b"),
    ]);
    one.report(reading("b", at(5), { residualCurrentMa: 28 }));
    one.report(reading("m", at(6)));
    one.report(trip("m", at(6) - 300, { residualCurrentMa: 310, reclosed: true }, at(6) + 1_000));
    one.tick(at(8));
    expect(one.raised()).toContain("mainTrip");
  });
});

describe("repeatedTrips", () => {
  it("is raised by the third trip within a day, not by two, nor by tests and outages", () => {
    const one = area([facts("b"), facts("c")]);
    for (const [i, m] of [1, 60, 120].entries()) {
      expect(one.raised()).not.toContain("repeatedTrips");
      one.report(trip("b", at(m), { residualCurrentMa: 30, seq: i }));
    }
    expect(one.raised()).toContain("repeatedTrips");
    const quiet = area([facts("b")]);
    for (const [i, cause] of ["timedTest", "outage", "manual", "keyTest", "leakage"].entries())
      quiet.report(trip("b", at(10 * (i + 1)), { cause, residualCurrentMa: 30 } as Partial<Trip>));
    expect(quiet.raised()).toEqual([]);
  });

  it("does not count trips more than a day apart, and is raised by a lockout at once", () => {
    const one = area([facts("b")]);
    for (const h of [0, 13, 26]) one.report(trip("b", at(1 + h * 60), { residualCurrentMa: 30 }));
    expect(one.raised()).not.toContain("repeatedTrips");
    one.report(trip("b", at(27 * 60), { cause: "lockout" }));
    expect(one.raised()).toContain("repeatedTrips");
  });
});

describe("forbiddenReclose", () => {
  it("is raised when a 30 mA device recloses by itself after leakage, and when any does after an overload", () => {
    const big = { ratedResidualCurrentMa: 300 };
    const one = area([facts("b"), facts("c", big), facts("d", big), facts("e")]);
    one.report(trip("b", at(1), { residualCurrentMa: 40, reclosed: true }));
    one.report(trip("c", at(1), { cause: "overload", reclosed: true }));
    one.report(trip("d", at(1), { residualCurrentMa: 400, reclosed: true }));
    one.report(trip("e", at(1), { cause: "undervoltage", reclosed: true }));
    expect(one.raised()).toEqual(["forbiddenReclose", "forbiddenReclose"]);
  });

  it("is raised by a contact that says it is reclosing after such a trip", () => {
    const one = area([facts("b"), facts("c", { ratedResidualCurrentMa: 300 })]);
    for (const id of ["b", "c"]) {
      one.report(trip(id, at(1), { residualCurrentMa: 400 }));
      one.report(reading(id, at(2), { contact: "reclosing" }));
    }
    expect(one.raised()).toEqual(["forbiddenReclose"]);
  });
});

describe("settingsChanged", () => {
  it("is raised when the breaker says a higher IΔn or a longer delay than before, or trips for it", () => {
    const one = area(["b", "c", "d", "e"].map((id) => facts(id)));
    one.report(reading("b", at(1), { ratedResidualCurrentMa: 100 }));
    one.report(reading("c", at(1), { nonDrivingTimeMs: 40 }));
    one.report(reading("c", at(6), { nonDrivingTimeMs: 60 }));
    one.report(trip("d", at(1), { cause: "settingsChanged" }));
    one.report(reading("e", at(1), { ratedResidualCurrentMa: 30, nonDrivingTimeMs: 40 }));
    one.report(reading("e", at(6), { ratedResidualCurrentMa: 15, nonDrivingTimeMs: 30 }));
    expect(one.raised()).toEqual(["settingsChanged", "settingsChanged", "settingsChanged"]);
  });
});

describe("testOverdue", () => {
  it("is raised a month after the last trip test, and cleared by the next", () => {
    const one = area([facts("b")]);
    const day = 24 * 60;
    one.report(reading("b", at(5)));
    one.report(test("b", at(2 * day)));
    const run = (from: number, to: number) => {
      for (let m = from * day; m < to * day; m += 10) one.report(reading("b", at(m)));
    };
    run(2.1, 32.9);
    expect(one.raised()).not.toContain("testOverdue");
    run(32.9, 33.1);
    expect(one.standing()).toContain("testOverdue");
    one.report(test("b", at(33.2 * day)));
    expect(one.standing()).not.toContain("testOverdue");
  });
});

it("a trip test that was written down by hand counts as one", () => {
  const one = area([facts("b")]);
  const day = 24 * 60;
  one.report(reading("b", at(5)));
  for (let m = 10; m < 32 * day; m += 10) one.report(reading("b", at(m)));
  expect(one.standing()).toEqual(["testOverdue"]);
  const breaker = one.memory.breakers.get("b");
  if (breaker) breaker.testedMs = at(31 * day);
  one.report(reading("b", at(32 * day)));
  expect(one.standing()).toEqual([]);
});

describe("clockWrong", () => {
  it("is raised by an implausible time, by one that lies ahead, and by one that is steadily behind", () => {
    const one = area(["b", "c", "d"].map((id) => facts(id)));
    one.report({ ...reading("b", at(1)), clockReplaced: true });
    one.report(reading("c", at(10), {}, at(7)));
    for (let m = 10; m <= 25; m += 5) one.report(reading("d", at(m), {}, at(m + 8)));
    expect(one.raised().filter((kind) => kind === "clockWrong")).toHaveLength(3);
  });

  it("is not raised by a gateway that buffers and sends all at once, nor by a late report or two", () => {
    const one = area([facts("b"), facts("c")]);
    for (let m = 1; m < 60; m += 5) one.report(reading("b", at(m), {}, at(60)));
    for (const m of [61, 66, 71]) one.report(reading("b", at(m)));
    one.report(reading("c", at(80), {}, at(88)));
    one.report(reading("c", at(85), {}, at(93)));
    one.report(reading("c", at(90), {}, at(90.1)));
    expect(one.raised()).not.toContain("clockWrong");
  });
});

describe("sequences", () => {
  const run = (seqs: readonly number[]) => {
    const one = area([facts("b")]);
    for (const [i, seq] of seqs.entries()) one.report(reading("b", at(5 * (i + 1)), { seq }));
    return one;
  };
  const counting = Array.from({ length: 20 }, (_, i) => 100 + i);

  it("that stand still are a finding", () => {
    expect(run([...counting, 120, 120, 120]).raised()).toEqual(["duplicatedSequence"]);
    expect(run([...counting, 120, 120, 121]).raised()).toEqual([]);
  });

  it("that are replayed are a finding; one redelivery, and buffered data, are none", () => {
    const one = run(counting);
    one.report(reading("b", at(100), { seq: 119 }, at(100.2)));
    expect(one.raised()).toEqual([]);
    for (const i of [5, 6, 7]) one.report(reading("b", at(5 * (i + 1)), { seq: 100 + i }, at(103)));
    one.tick(at(103));
    expect(one.raised()).toEqual(["duplicatedSequence"]);

    const buffered = run([1, 2, 3, 4, 9, 10, 11]);
    for (const seq of [5, 6, 7, 8]) buffered.report(reading("b", at(21 + seq / 10), { seq }, at(36)));
    buffered.tick(at(37));
    expect(buffered.raised()).toEqual([]);

    // A gateway's buffer that is delivered twice, minutes apart and in no order.
    const twice = area([facts("b")]);
    const order = [7, 2, 9, 4, 1, 8, 3, 6, 5];
    for (const arrivalMin of [60, 75])
      for (const seq of order) twice.report(reading("b", at(5 * seq), { seq }, at(arrivalMin + seq / 100)));
    twice.tick(at(76));
    expect(twice.raised()).not.toContain("duplicatedSequence");
  });

  it("that go round under fresh times are a finding; a module that restarts a few numbers back is none", () => {
    const loop = Array.from({ length: 18 }, (_, i) => 114 + (i % 6));
    expect(run([...counting, ...loop]).raised()).toEqual(["duplicatedSequence"]);
    // Every reading of the loop prolongs it, and so it ends an hour after the loop.
    const one = run([...counting, ...loop, ...Array.from({ length: 24 }, (_, i) => 150 + i)]);
    one.tick(at(5 * 62));
    expect(one.raised()).toEqual(["duplicatedSequence"]);
    expect(one.standing()).toEqual([]);
    // The memory that it numbers from may be an old one: neither the jump there nor the one back is another device.
    const old = Array.from({ length: 18 }, (_, i) => 5_000 + ((i + 1) % 6));
    expect(run([...counting, ...old, 140, 141, 142]).raised()).toEqual(["duplicatedSequence"]);
    const restarted = Array.from({ length: 40 }, (_, i) => 110 + i);
    expect(run([...counting, ...restarted, 141, 142, 143]).raised()).toEqual([]);
    expect(run([...counting, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2]).raised()).toEqual([]);
  });

  it("of two devices that speak in turn make the identity doubtful; a restart or a new set-up does not", () => {
    expect(run([...counting, 90_000, 120, 90_001]).raised()).toEqual(["identityDoubtful"]);
    expect(run([...counting, 40, 120, 41]).raised()).toEqual(["identityDoubtful"]);
    // Even where one is but a little ahead of the other.
    expect(run([...counting, 139, 120, 140, 121, 141, 122]).raised()).toEqual(["identityDoubtful"]);
    expect(run([...counting, 90_000, 90_001, 90_002, 90_003]).raised()).toEqual([]);
    expect(run([...counting, 40, 41, 42]).raised()).toEqual([]);
    expect(run([...counting, 0, 1, 2]).raised()).toEqual([]);
  });

  it("that jump once make it doubtful where the house leaks quite differently from then on", () => {
    const one = run(counting);
    for (const [i, seq] of [90_000, 90_001, 90_002].entries())
      one.report(reading("b", at(5 * (21 + i)), { seq, residualCurrentMa: 13 }));
    expect(one.raised()).toEqual(["identityDoubtful"]);
  });

  it("of a device that does not count mean nothing", () => {
    const seqs = Array.from({ length: 60 }, (_, i) => ((i * 48_271) % 10_007) * 1_000 + 21);
    expect(run(seqs).raised()).toEqual([]);
    const unixMs = Array.from({ length: 60 }, (_, i) => at(5 * (i + 1)));
    expect(run(unixMs).raised()).toEqual([]);
  });
});
