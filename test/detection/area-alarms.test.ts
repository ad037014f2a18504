// Alarms that concern a whole area: a dark one, a main's trip and who is behind it, and rules of one's own.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ownRuleBook } from "../../detection/own-rules.ts";
import { judgingRuleOf } from "../../domain/limits.ts";
import { type OwnRule, ownRuleInputSchema } from "../../domain/own-rule.ts";
import type { Report } from "../../domain/report.ts";
import { area, facts, minute, reading, t0 } from "./area.ts";

const at = (minutes: number) => t0 + minutes * minute;
const ids = ["a", "b", "c", "d", "e"];
const main = { level: "main", householdId: null, ratedResidualCurrentMa: 300 } as const;

const trip = (
  breakerId: string,
  tsMs: number,
  cause: "outage" | "leakage",
  more = {},
  arrivalMs = tsMs,
): Report => ({
  kind: "trip",
  breakerId,
  tsMs,
  seq: 1,
  arrivalMs,
  clockReplaced: false,
  body: { cause, reclosed: false, ...more },
});
const viaGateway = (report: Report): Report => ({ ...report, via: "gw" });

describe("a dark area", () => {
  const until = (one: ReturnType<typeof area>, fromM: number, toM: number) => {
    for (let m = fromM; m <= toM; m += 1) one.tick(at(m));
  };
  const heard = (gateway: boolean) => {
    const five = area(ids.map((id) => facts(id)));
    for (let m = 0; m <= 10; m += 5)
      for (const [i, id] of ids.entries()) {
        const report = reading(id, at(m) + i * 10_000, { voltageV: 228 });
        five.report(gateway ? viaGateway(report) : report);
      }
    return five;
  };

  it("behind one gateway that says no last word has lost its communication", () => {
    const five = heard(true);
    until(five, 11, 60);
    expect(five.raised()).toEqual(["communicationLoss"]);
    for (const id of ids) five.report(viaGateway(reading(id, at(61))));
    expect(five.standing()).toEqual([]);
  });

  it("is an outage when each had a link of its own, or one of them says that the supply went off", () => {
    const own = heard(false);
    until(own, 11, 60);
    expect(own.raised()).toEqual(["areaOutage"]);
    const gasp = heard(true);
    gasp.report(viaGateway(trip("b", at(12), "outage")));
    until(gasp, 12, 60);
    expect(gasp.raised()).toEqual(["areaOutage"]);
  });

  it("becomes an outage when the last gasp comes an hour late, and then is one alarm", () => {
    const five = heard(true);
    until(five, 11, 70);
    five.report(viaGateway(trip("b", at(12), "outage", {}, at(71))));
    until(five, 71, 80);
    expect(five.raised()).toEqual(["communicationLoss", "areaOutage"]);
    expect(five.standing()).toEqual(["areaOutage"]);
  });

  it("whose main has tripped is an outage, however seldom its breakers report", () => {
    const rule = judgingRuleOf(15 * minute);
    const five = area([facts("m", main), ...ids.map((id) => facts(id))], rule);
    for (let m = 0; m <= 30; m += 15)
      for (const [i, id] of [...ids, "m"].entries())
        five.report(viaGateway(reading(id, at(m) + i * 10_000, { voltageV: 228 })));
    five.report(viaGateway(trip("m", at(31), "leakage", { residualCurrentMa: 320 })));
    until(five, 31, 150);
    expect(five.raised().filter((kind) => kind !== "open" && kind !== "mainTrip")).toEqual(["areaOutage"]);
  });

  it("is no silence of those who happened to be asked last, nor of those who spoke with their last breath", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 5, maxLength: 5 }),
        fc.integer({ min: 0, max: 299 }),
        fc.subarray(ids),
        (skewS, deadS, gasping) => {
          const five = area(ids.map((id) => facts(id)));
          const deadMs = at(60) + deadS * 1_000;
          for (let m = 0; m <= 65; m += 5)
            for (const [i, id] of ids.entries()) {
              const arrivalMs = at(m) + i * 60_000;
              const report = reading(id, arrivalMs + (skewS[i] ?? 0) * 1_000, { voltageV: 228 }, arrivalMs);
              if (arrivalMs < deadMs) five.report(viaGateway(report));
            }
          for (const id of gasping) five.report(viaGateway(trip(id, deadMs, "outage")));
          for (let s = 0; s < 40 * 60; s += 10) five.tick(deadMs + s * 1_000);
          expect(five.raised()).toEqual([gasping.length > 0 ? "areaOutage" : "communicationLoss"]);
        },
      ),
      { seed: 28, numRuns: 60 },
    );
  });

  it("where one is still heard with supply has lost its communication", () => {
    const ten = area(Array.from({ length: 10 }, (_, i) => facts(`h${i}`)));
    for (let m = 0; m <= 60; m += 5)
      for (let i = 0; i < 10; i += 1)
        if (i === 0 || m <= 10) ten.report(reading(`h${i}`, at(m) + i * 1_000, { voltageV: 228 }));
    expect(ten.raised()).toEqual(["communicationLoss"]);
  });

  it("of 300 breakers is one alarm", () => {
    const many = Array.from({ length: 300 }, (_, i) => `h${i}`);
    const one = area(many.map((id) => facts(id)));
    for (const [i, id] of many.entries()) one.report(reading(id, at(5) + i * 900));
    until(one, 10, 60);
    expect(one.raised()).toEqual(["areaOutage"]);
  });
});

describe("a main's residual trip", () => {
  const village = () => area([facts("m", main), ...ids.map((id) => facts(id))]);
  const quiet = (one: ReturnType<typeof area>) => {
    for (let m = 0; m <= 60; m += 5)
      for (const [i, id] of ids.entries())
        one.report(reading(id, at(m) + i * 1_000, { residualCurrentMa: 4 + i }));
  };
  const suspects = (one: ReturnType<typeof area>, kind: string) =>
    one.alarms.flatMap((a) => (a.effect === "raise" && a.kind === kind ? [a.evidence] : []));

  it("names the household whose leakage rose before it first, and the failed grading", () => {
    const one = village();
    quiet(one);
    one.report(reading("c", at(62), { residualCurrentMa: 160 }));
    one.report(trip("m", at(63), "leakage", { residualCurrentMa: 310 }));
    expect(one.raised()).not.toContain("mainTrip");
    one.tick(at(64));
    expect(suspects(one, "mainTrip")).toMatchObject([
      { suspect1BreakerId: "c", suspect1ResidualCurrentMa: 160 },
    ]);
    expect(suspects(one, "gradingFailure")).toMatchObject([{ responsibleBreakerId: "c" }]);
  });

  it("finds it though two clocks differ by some seconds, or it reports seldom", () => {
    const one = village();
    quiet(one);
    one.report(reading("c", at(62), { residualCurrentMa: 63 }));
    one.report(trip("m", at(63) + 12_000, "leakage", { residualCurrentMa: 310 }));
    // Made after the trip, by a clock that is twelve seconds behind the main's.
    one.report(reading("c", at(63) + 4_000, { residualCurrentMa: 4.6 }, at(63) + 15_000));
    one.tick(at(65));
    expect(suspects(one, "mainTrip")).toMatchObject([{ suspect1BreakerId: "c" }]);
    expect(suspects(one, "gradingFailure")).toMatchObject([{ responsibleBreakerId: "c" }]);
    const seldom = area([facts("m", main), ...ids.map((id) => facts(id))], judgingRuleOf(20 * minute));
    quiet(seldom);
    seldom.report(reading("c", at(62), { residualCurrentMa: 63 }));
    seldom.report(trip("m", at(81), "leakage", { residualCurrentMa: 310 }));
    seldom.tick(at(83));
    expect(suspects(seldom, "gradingFailure")).toMatchObject([{ responsibleBreakerId: "c" }]);
  });

  it("leaves its households open without a finding of their own: there is no supply behind it", () => {
    const one = village();
    quiet(one);
    one.report(trip("m", at(63), "leakage", { residualCurrentMa: 310 }));
    one.report(trip("d", at(63), "leakage", { residualCurrentMa: 300 }));
    const both = (fromMin: number, toMin: number, contact: "closed" | "open") => {
      for (let m = fromMin; m <= toMin; m += 5) {
        one.report(reading("m", at(m), { contact }));
        for (const id of ids)
          one.report(reading(id, at(m) + 1_000, { contact: id === "d" ? "open" : "closed" }));
      }
    };
    both(65, 90, "open");
    expect(one.alarms.filter((a) => a.effect === "raise" && a.breakerId === "d")).toEqual([]);
    both(95, 110, "closed");
    expect(one.raised().at(-1)).toBe("open");
  });

  it("excuses no open household any longer when nothing is heard of the main", () => {
    const one = village();
    quiet(one);
    one.report(trip("m", at(63), "leakage", { residualCurrentMa: 310 }));
    one.report(trip("d", at(63), "leakage", { residualCurrentMa: 300 }));
    const ofD = () => one.alarms.filter((a) => a.effect === "raise" && a.breakerId === "d");
    for (let m = 65; m <= 85; m += 5) {
      if (m === 75) expect(ofD()).toEqual([]);
      for (const id of ids) one.report(reading(id, at(m), { contact: id === "d" ? "open" : "closed" }));
    }
    expect(ofD().map((a) => a.effect === "raise" && a.kind)).toEqual(["open"]);
  });

  it("names the household that tripped with it, and no failed grading then", () => {
    const one = village();
    quiet(one);
    one.report(trip("m", at(63), "leakage", { residualCurrentMa: 310 }));
    one.report(trip("d", at(63), "leakage", { residualCurrentMa: 300 }));
    one.tick(at(65));
    expect(suspects(one, "mainTrip")).toMatchObject([{ suspect1BreakerId: "d", suspect1Tripped: true }]);
    expect(one.raised()).not.toContain("gradingFailure");
  });

  it("ranks a small rise of one above the standing leakage of another", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.integer({ min: 10, max: 28 }), (guilty, rise) => {
        const one = village();
        quiet(one);
        one.report(reading(guilty, at(62), { residualCurrentMa: 8 + rise }));
        one.report(trip("m", at(63), "leakage", { residualCurrentMa: 200 }));
        one.tick(at(65));
        expect(suspects(one, "mainTrip")).toMatchObject([{ suspect1BreakerId: guilty }]);
      }),
      { seed: 20_261_124, numRuns: 40 },
    );
  });
});

describe("a rule of one's own", () => {
  const rule: OwnRule = {
    id: "r1",
    field: "temperatureC",
    comparison: "above",
    threshold: 70,
    deadband: 5,
    holdMs: 120_000,
    level: "household",
    townshipId: null,
    villageId: null,
    areaId: "A",
    priority: "high",
    textZh: "端子过热",
    textEn: "Terminal too hot",
    enabled: true,
  };
  const withRule = (given: OwnRule) => {
    const one = area([facts("b")]);
    const breaker = one.memory.breakers.get("b");
    if (breaker) breaker.ownRules = ownRuleBook([given])(breaker.facts);
    return { one, breaker };
  };

  it("is raised after its hold with its own priority and text, holds in its deadband, and clears beyond it", () => {
    const { one } = withRule(rule);
    for (const [m, temperatureC] of [
      [1, 70],
      [2, 71],
      [3, 71],
      [4, 66],
    ] as const)
      one.report(reading("b", at(m), { temperatureC }));
    expect(one.alarms).toMatchObject([
      {
        effect: "raise",
        kind: "customRule",
        priority: "high",
        evidence: { ruleId: "r1", textEn: "Terminal too hot" },
      },
    ]);
    one.report(reading("b", at(5), { temperatureC: 64.9 }));
    expect(one.standing()).toEqual([]);
  });

  it("does not concern breakers of another level or place, and clears when it is withdrawn", () => {
    for (const other of [{ level: "main" as const }, { areaId: "B" }, { enabled: false }]) {
      const { one } = withRule({ ...rule, ...other });
      for (let m = 1; m < 9; m += 1) one.report(reading("b", at(m), { temperatureC: 90 }));
      expect(one.raised()).toEqual([]);
    }
    const { one, breaker } = withRule(rule);
    for (let m = 1; m < 5; m += 1) one.report(reading("b", at(m), { temperatureC: 90 }));
    expect(one.standing()).toEqual(["customRule"]);
    if (breaker) breaker.ownRules = [];
    one.report(reading("b", at(6), { temperatureC: 90 }));
    expect(one.standing()).toEqual([]);
  });

  it("is refused where it could never clear, would chatter, or lies outside what can be measured", () => {
    const { id: _, ...input } = rule;
    const isGood = (more: Partial<OwnRule>) => ownRuleInputSchema.safeParse({ ...input, ...more }).success;
    expect(isGood({})).toBe(true);
    expect(isGood({ threshold: 900 })).toBe(false);
    expect(isGood({ deadband: 0, holdMs: 1_000 })).toBe(false);
    expect(isGood({ field: "residualCurrentMa", threshold: 5, deadband: 6 })).toBe(false);
    expect(isGood({ villageId: "V" })).toBe(false);
  });
});

it("an area that comes back one by one raises no silence for those that are heard a little later", () => {
  const many = Array.from({ length: 20 }, (_, i) => `h${i}`);
  const one = area(many.map((id) => facts(id)));
  for (const [i, id] of many.entries()) one.report(reading(id, at(5) + i * 9_000));
  for (let m = 10; m < 60; m += 1) one.tick(at(m));
  for (const [i, id] of many.entries()) if (id !== "h7") one.report(reading(id, at(60) + i * 15_000));
  for (const id of many) if (id !== "h7") one.report(reading(id, at(66)));
  expect(one.raised()).toEqual(["areaOutage"]);
  for (let m = 67; m < 75; m += 1) one.tick(at(m));
  expect(one.standing()).toEqual(["silent"]);
});

it.each([0, 1])("an area's alarm ends when its breakers move away, with %i of them left", (left) => {
  const ids = ["a", "b", "c", "d", "e"];
  const one = area(ids.map((id) => facts(id)));
  for (let m = 5; m <= 30; m += 5) for (const id of ids) one.report(reading(id, t0 + m * minute));
  for (let m = 31; m <= 60; m += 1) one.tick(t0 + m * minute);
  expect(one.standing()).toEqual(["areaOutage"]);
  for (const id of ids.slice(0, ids.length - left)) one.memory.breakers.delete(id);
  // As a revision leaves it.
  for (const breaker of one.memory.breakers.values()) {
    breaker.published.push({ fromMs: t0 + 60 * minute, state: "unknown", reason: "silent" });
    breaker.dueMs = Number.NEGATIVE_INFINITY;
  }
  for (let m = 61; m <= 120; m += 1) one.tick(t0 + m * minute);
  expect(one.standing()).toEqual(left === 0 ? [] : ["silent"]);
});
