import { describe, expect, it } from "vitest";
import type { Report } from "../../domain/report.ts";
import { area, facts, minute, reading, second, t0 } from "./area.ts";

const at = (minutes: number) => t0 + minutes * minute;

describe("failureToTrip", () => {
  it("is raised ten seconds after one report at or above IΔn with the contact closed", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(1), { residualCurrentMa: 34 }));
    one.tick(at(1) + 9 * second);
    expect(one.raised()).toEqual([]);
    one.tick(at(1) + 10 * second);
    expect(one.raised()).toEqual(["failureToTrip"]);
  });

  it("is raised at once by the second such report", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(1), { residualCurrentMa: 34 }));
    one.report(reading("b", at(1) + 2 * second, { residualCurrentMa: 30 }));
    expect(one.raised()).toEqual(["failureToTrip"]);
  });

  it("is not hastened by a report that says nothing of the current", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(1), { residualCurrentMa: 34 }));
    one.report({
      kind: "status",
      breakerId: "b",
      tsMs: at(1) + second,
      seq: 0,
      arrivalMs: at(1) + second,
      clockReplaced: false,
      body: { online: true },
    });
    expect(one.raised()).toEqual([]);
  });

  it("is not raised below IΔn, nor when the contact has opened", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(1), { residualCurrentMa: 29.9 }));
    one.report(reading("b", at(1) + second, { residualCurrentMa: 40, contact: "open" }));
    one.tick(at(1) + 30 * second);
    expect(one.raised()).toEqual([]);
  });

  it("stays in the deadband, clears below 80 %, and opens the same alarm again when it returns soon", () => {
    const one = area([facts("b")]);
    for (const [i, residualCurrentMa] of [34, 34, 25, 20, 34, 34].entries())
      one.report(reading("b", at(1) + i * 5 * second, { residualCurrentMa }));
    expect(one.alarms.map((a) => a.effect)).toEqual(["raise", "clear", "reopen"]);
    expect(new Set(one.alarms.map((a) => a.id)).size).toBe(1);
  });

  it("clears when a trip tells that the breaker opened after all", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(1), { residualCurrentMa: 34 }));
    one.tick(at(2));
    one.report({
      kind: "trip",
      breakerId: "b",
      tsMs: at(2),
      seq: 9,
      arrivalMs: at(2),
      clockReplaced: false,
      body: { cause: "leakage", reclosed: false },
    });
    expect(one.standing()).toEqual([]);
  });

  it("is not raised for what arrives a day late", () => {
    const one = area([facts("b")]);
    one.tick(at(24 * 60));
    one.report(reading("b", at(1), { residualCurrentMa: 34 }, at(24 * 60)));
    one.report(reading("b", at(2), { residualCurrentMa: 34 }, at(24 * 60)));
    one.tick(at(24 * 60 + 1));
    expect(one.raised()).not.toContain("failureToTrip");
  });
});

describe("a reading that a status has overtaken", () => {
  const status = (atMs: number): Report => ({
    kind: "status",
    breakerId: "b",
    tsMs: atMs,
    seq: 0,
    arrivalMs: atMs,
    clockReplaced: false,
    body: { online: true },
  });

  it("tells of danger all the same, and is judged late by a revision", () => {
    const one = area([facts("b")]);
    for (let m = 0; m < 30; m += 5) {
      one.report(status(at(m) + second));
      one.report(reading("b", at(m), { residualCurrentMa: m < 20 ? 5 : 56 }, at(m) + 2 * second));
      one.tick(at(m) + 30 * second);
      if (m === 15) expect(one.raised()).toEqual([]);
    }
    expect(one.standing()).toEqual(["failureToTrip"]);
    expect(one.late).toHaveLength(6);
    one.report(status(at(30) + second));
    one.report(reading("b", at(30), {}, at(30) + 2 * second));
    expect(one.standing()).toEqual([]);
  });

  it("is no news when it comes an hour late, or when a newer one is known", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(10)));
    one.report(reading("b", at(9), { residualCurrentMa: 56 }, at(11)));
    one.report(status(at(70)));
    one.report(reading("b", at(12), { residualCurrentMa: 56 }, at(70)));
    one.tick(at(71));
    expect(one.raised()).not.toContain("failureToTrip");
  });
});

describe("highLeakage", () => {
  it("is raised when leakage stays above 60 % for a minute, and clears below 50 %", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(1), { residualCurrentMa: 19 }));
    one.tick(at(2) - second);
    expect(one.raised()).toEqual([]);
    one.tick(at(2));
    expect(one.raised()).toEqual(["highLeakage"]);
    one.report(reading("b", at(3), { residualCurrentMa: 16 }));
    expect(one.standing()).toEqual(["highLeakage"]);
    one.report(reading("b", at(4), { residualCurrentMa: 14 }));
    expect(one.standing()).toEqual([]);
  });

  it("is not raised by a spike that is over before the minute is", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(1), { residualCurrentMa: 19 }));
    one.report(reading("b", at(1) + 30 * second, { residualCurrentMa: 5 }));
    one.tick(at(5));
    expect(one.raised()).toEqual([]);
  });

  it("is suppressed while the failure to trip says the same more strongly", () => {
    const one = area([facts("b")]);
    for (let s = 0; s < 120; s += 10) one.report(reading("b", at(1) + s * second, { residualCurrentMa: 34 }));
    expect(one.raised()).toEqual(["failureToTrip"]);
  });
});

describe("silence", () => {
  const village = () => area(["a", "b", "c", "d", "e"].map((id) => facts(id)));

  it("of one breaker among others that are heard is alarmed at the third missed interval", () => {
    const five = village();
    for (let m = 0; m <= 20; m += 5)
      for (const id of ["a", "b", "c", "d", "e"]) if (id !== "c" || m === 0) five.report(reading(id, at(m)));
    expect(five.raised()).toEqual(["silent"]);
    five.report(reading("c", at(21)));
    expect(five.standing()).toEqual([]);
  });

  it("waits half a minute for the third report, which may be on its way", () => {
    const five = village();
    const all = (m: number, but = "") => {
      for (const id of ["a", "b", "c", "d", "e"]) if (id !== but) five.report(reading(id, at(m)));
    };
    all(0);
    for (const m of [5, 10, 15]) all(m, "c");
    five.tick(at(15) + 29 * second);
    five.report(reading("c", at(15) + 29 * second));
    all(20);
    expect(five.raised()).toEqual([]);
    for (const m of [25, 30, 35]) all(m, "c");
    five.tick(at(35) + 30 * second);
    expect(five.raised()).toEqual(["silent"]);
  });

  it("is no finding before the day of installation: whoever tries a breaker out switches it off again", () => {
    const one = area([facts("b", { installedAtMs: at(600) }), facts("c")]);
    one.report(reading("b", at(10)));
    for (let m = 5; m < 700; m += 5) {
      one.report(reading("c", at(m)));
      if (m < 600) expect(one.raised()).toEqual([]);
    }
    expect(one.raised()).toEqual(["silent"]);
  });

  it("of a whole area is one alarm and excuses every breaker of it", () => {
    const five = village();
    for (const [i, id] of ["a", "b", "c", "d", "e"].entries())
      five.report(reading(id, at(0) + i * 60 * second));
    for (let m = 0; m < 60; m += 1) five.tick(at(m));
    expect(five.raised()).toEqual(["areaOutage"]);
    expect(five.states("a", at(40))).toEqual([
      "0–15 operating",
      "15–18 unknown (silent)",
      "18–40 excused (areaOutage)",
    ]);
    expect(five.states("e", at(40))).toEqual([
      "0–4 unknown (silent)",
      "4–19 operating",
      "19–40 excused (areaOutage)",
    ]);
    for (const id of ["a", "b", "c"]) five.report(reading(id, at(60)));
    expect(five.standing()).not.toContain("areaOutage");
  });

  it("that began while we were deaf ourselves is not alarmed", () => {
    const five = village();
    for (const id of ["a", "b"]) five.report(reading(id, at(0)));
    expect(five.raised()).toEqual([]);
  });
});

describe("an open contact", () => {
  const trip = (atMs: number): Report => ({
    kind: "trip",
    breakerId: "b",
    tsMs: atMs,
    seq: 1,
    arrivalMs: atMs,
    clockReplaced: false,
    body: { cause: "leakage", reclosed: false },
  });

  it("that was closed again before its grace had passed is no finding, though the next report says so only later", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(0)));
    one.report(trip(at(1)));
    one.report(reading("b", at(5), { contact: "open" }));
    one.report(reading("b", at(10), { contact: "open" }));
    for (let m = 10; m < 15; m += 1) one.tick(at(m));
    one.report(reading("b", at(15)));
    one.tick(at(16));
    expect(one.raised()).toEqual([]);
    expect(one.states("b", at(16))).toContain("11–15 notOperating (open)");
  });

  it("is one with the first report after its grace, or when none comes that was due", () => {
    const heard = area([facts("b")]);
    for (const m of [0, 5, 10, 15])
      heard.report(reading("b", at(m), { contact: m === 0 ? "closed" : "open" }));
    expect(heard.raised()).toEqual(["open"]);
    const unheard = area([facts("b")]);
    unheard.report(reading("b", at(0)));
    unheard.report(trip(at(1)));
    unheard.tick(at(11) - second);
    expect(unheard.raised()).toEqual([]);
    unheard.tick(at(11));
    expect(unheard.raised()).toEqual(["open"]);
  });
});

it("alarms an exited protection at once, an open contact after its grace, and a breaker that never reported after a day", () => {
  const three = area([facts("x"), facts("o"), facts("n")]);
  three.report(reading("x", at(1), { protection: "disabled" }));
  expect(three.raised()).toEqual(["protectionExited"]);
  for (let m = 2; m <= 14; m += 4) three.report(reading("o", at(m), { contact: "lockedOut" }));
  // A lockout that no trip was told of.
  expect(three.raised()).toEqual(["protectionExited", "repeatedTrips", "open"]);
  three.tick(at(24 * 60));
  expect(three.raised()).toContain("neverReported");
});
