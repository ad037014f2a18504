// Rules over readings: each raises at its threshold after its on-delay, stays quiet just below it, holds in its deadband
// and clears beyond it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlarmKind } from "../../domain/alarm.ts";
import type { BreakerFacts } from "../../domain/breaker.ts";
import type { Reading } from "../../domain/wire.ts";
import { area, facts, minute, reading, t0 } from "./area.ts";

type Case = {
  kind: AlarmKind;
  more?: Partial<BreakerFacts>;
  quiet: Partial<Reading>;
  on: Partial<Reading>;
  hold: Partial<Reading>;
  off: Partial<Reading>;
};

const main = { level: "main", householdId: null, ratedResidualCurrentMa: 1_000 } as const;
const phases = (a: number, b: number, c: number): Partial<Reading> => ({ phaseCurrentsA: [a, b, c] });

const cases: Case[] = [
  {
    kind: "lowVoltage",
    quiet: { voltageV: 198.1 },
    on: { voltageV: 198 },
    hold: { voltageV: 201 },
    off: { voltageV: 202.1 },
  },
  {
    kind: "overVoltage",
    quiet: { voltageV: 241.9 },
    on: { voltageV: 242 },
    hold: { voltageV: 239 },
    off: { voltageV: 237.9 },
  },
  {
    kind: "overload",
    quiet: { loadCurrentA: 59.9 },
    on: { loadCurrentA: 60 },
    hold: { loadCurrentA: 55 },
    off: { loadCurrentA: 53 },
  },
  {
    kind: "phaseImbalance",
    more: main,
    quiet: phases(100, 90, 75.1),
    on: phases(100, 90, 75),
    hold: phases(100, 90, 78),
    off: phases(100, 90, 81),
  },
  {
    kind: "backgroundTooHigh",
    more: main,
    quiet: { residualCurrentMa: 499 },
    on: { residualCurrentMa: 500 },
    hold: { residualCurrentMa: 450 },
    off: { residualCurrentMa: 399 },
  },
];

describe.each(cases)("$kind", ({ kind, more, quiet, on, hold, off }) => {
  const at = (minutes: number) => t0 + minutes * minute;
  const run = (bodies: readonly Partial<Reading>[]) => {
    const one = area([facts("b", more)]);
    for (const [i, body] of bodies.entries()) one.report(reading("b", at(5 * (i + 1)), body));
    return one;
  };

  it("is raised by the second reading in a row, and not by one", () => {
    expect(run([on, off, on]).raised()).not.toContain(kind);
    expect(run([on, on]).raised()).toContain(kind);
  });

  it("waits for its on-delay where readings come fast", () => {
    const one = area([facts("b", more)]);
    for (let s = 0; s < 59; s += 5) one.report(reading("b", at(1) + s * 1_000, on));
    expect(one.raised()).not.toContain(kind);
    one.report(reading("b", at(2), on));
    expect(one.raised()).toContain(kind);
  });

  it("stays quiet just below", () => {
    expect(run([quiet, quiet, quiet]).raised()).not.toContain(kind);
  });

  it("stands in its deadband and clears beyond it", () => {
    expect(run([on, on, hold, hold]).standing()).toContain(kind);
    expect(run([on, on, hold, off]).standing()).not.toContain(kind);
  });

  it("never makes more than three transitions a minute, whatever is read how often", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(quiet, on, hold, off), fc.integer({ min: 1, max: 20 })), {
          minLength: 20,
          maxLength: 120,
        }),
        (steps) => {
          const one = area([facts("b", more)]);
          let nowMs = at(1);
          for (const [body, s] of steps) {
            nowMs += s * 1_000;
            one.report(reading("b", nowMs, body));
          }
          const times = one.alarms.map((a) => a.atMs);
          for (const [i, ms] of times.entries())
            expect((times[i + 3] ?? Number.POSITIVE_INFINITY) - ms).toBeGreaterThan(minute);
        },
      ),
      { seed: 20_261_124, numRuns: 60 },
    );
  });
});

describe("what no breaker can measure", () => {
  const at = (minutes: number) => t0 + minutes * minute;

  it("is a finding of its own and never a failure to trip", () => {
    const one = area([facts("b")]);
    for (let m = 5; m < 30; m += 5) one.report(reading("b", at(m), { residualCurrentMa: 65_535 }));
    expect(one.raised()).toEqual(["impossibleValue"]);
    for (let m = 30; m < 100; m += 5) one.report(reading("b", at(m)));
    expect(one.standing()).toEqual([]);
  });

  it("is what an empty register says, too", () => {
    const one = area([facts("b"), facts("c")]);
    for (let m = 5; m < 30; m += 5) {
      one.report(reading("b", at(m), { residualCurrentMa: 9_999 }));
      one.report(reading("c", at(m), { residualCurrentMa: 9_998 }));
    }
    expect(one.raised()).toEqual(["impossibleValue", "failureToTrip"]);
  });

  it("is told of voltage and temperature too, and not of what is merely bad", () => {
    const one = area([facts("b"), facts("c"), facts("d")]);
    one.report(reading("b", at(1), { voltageV: 999 }));
    one.report(reading("c", at(1), { temperatureC: -99 }));
    one.report(reading("d", at(1), { voltageV: 380, temperatureC: 85, residualCurrentMa: 500 }));
    expect(one.raised()).toEqual(["impossibleValue", "impossibleValue"]);
  });
});

describe("lineLeakage", () => {
  const at = (minutes: number) => t0 + minutes * minute;
  const houses = Array.from({ length: 10 }, (_, i) => `h${i}`);
  const village = () =>
    area([facts("m", { ...main, ratedResidualCurrentMa: 300 }), ...houses.map((id) => facts(id))]);
  const round = (one: ReturnType<typeof area>, m: number, mainMa: number, heard = houses) => {
    for (const id of heard) one.report(reading(id, at(m), { residualCurrentMa: 5 }));
    one.report(reading("m", at(m) + 1_000, { residualCurrentMa: mainMa }));
  };

  it("is raised at the second reading of a main above all its houses together, and says by how much", () => {
    const one = village();
    for (const [i, ma] of [40, 90, 90].entries()) round(one, 5 * (i + 1), ma);
    const [raise] = one.alarms;
    expect(raise).toMatchObject({ kind: "lineLeakage", breakerId: "m" });
    expect(raise?.effect === "raise" && raise.evidence).toMatchObject({ excessMa: 40, householdsSumMa: 50 });
  });

  it("is not raised by a main below the sum, by a single reading, or when houses are unheard that may be the cause", () => {
    const below = village();
    for (let m = 5; m < 60; m += 5) round(below, m, 75);
    const once = village();
    for (const [i, ma] of [40, 120, 40, 40].entries()) round(once, 5 * (i + 1), ma);
    const unheard = village();
    for (let m = 5; m < 60; m += 5) round(unheard, m, 100, houses.slice(0, 7));
    for (const one of [below, once, unheard]) expect(one.raised()).not.toContain("lineLeakage");
  });

  it("counts a silent house with its IΔn, and clears when the line is mended", () => {
    const one = village();
    for (let m = 5; m < 20; m += 5) round(one, m, 40);
    for (let m = 20; m < 40; m += 5) round(one, m, 100, houses.slice(0, 9));
    expect(one.raised()).not.toContain("lineLeakage");
    for (let m = 40; m < 60; m += 5) round(one, m, 120, houses.slice(0, 9));
    expect(one.standing()).toContain("lineLeakage");
    round(one, 60, 40);
    expect(one.standing()).not.toContain("lineLeakage");
  });
});
