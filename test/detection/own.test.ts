import { describe, expect, it } from "vitest";
import { area, facts, minute, reading, second, t0 } from "./area.ts";

const at = (minutes: number) => t0 + minutes * minute;

describe("the state of one breaker", () => {
  it("begins unknown at installation and becomes neverReported after a day", () => {
    const one = area([facts("b")]);
    one.tick(at(24 * 60 + 1));
    expect(one.states("b", at(24 * 60 + 10))).toEqual([
      "0–1440 unknown (silent)",
      "1440–1450 notOperating (neverReported)",
    ]);
  });

  it("operates from a report's own time on, and for fifteen minutes at the most", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(10), {}, at(11)));
    one.tick(at(40));
    expect(one.states("b", at(40))).toEqual([
      "0–10 unknown (silent)",
      "10–25 operating",
      "25–40 unknown (silent)",
    ]);
  });

  it("does not fall silent when the next report comes exactly at the end of vouching", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(10)));
    one.tick(at(25));
    one.report(reading("b", at(25), {}, at(26)));
    one.tick(at(30));
    expect(one.states("b", at(30))).toEqual(["0–10 unknown (silent)", "10–30 operating"]);
  });

  it("is open only when the grace has passed, and not backwards", () => {
    const one = area([facts("b")]);
    for (let m = 0; m <= 30; m += 5) one.report(reading("b", at(m), { contact: m < 10 ? "closed" : "open" }));
    expect(one.states("b", at(30))).toEqual(["0–20 operating", "20–30 notOperating (open)"]);
  });

  it("has exited its protection at once when it says so, and operates again when it says so", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(0)));
    one.report(reading("b", at(5), { protection: "alarmOnly" }));
    one.report(reading("b", at(10), { protection: "enabled" }));
    expect(one.states("b", at(12))).toEqual([
      "0–5 operating",
      "5–10 notOperating (protectionExited)",
      "10–12 operating",
    ]);
  });

  it("has a faulty trip function from a failed test until one is passed that proves as much", () => {
    const one = area([facts("b")]);
    const test = (m: number, passed: boolean, kind: "trip" | "self" = "trip") =>
      one.report({
        kind: "test",
        breakerId: "b",
        tsMs: at(m),
        seq: m,
        arrivalMs: at(m),
        clockReplaced: false,
        body: { kind, passed },
      });
    one.report(reading("b", at(0)));
    test(2, false);
    one.report(reading("b", at(5)));
    // It moves no contact.
    test(6, true, "self");
    test(8, true);
    test(9, false, "self");
    test(10, true, "self");
    expect(one.states("b", at(11))).toEqual([
      "0–2 operating",
      "2–8 notOperating (tripFunctionFault)",
      "8–9 operating",
      "9–10 notOperating (tripFunctionFault)",
      "10–11 operating",
    ]);
  });

  it("is bypassed when load flows though its contact is open", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(0)));
    one.report(reading("b", at(5), { contact: "open", loadCurrentA: 4 }));
    expect(one.states("b", at(6))).toEqual(["0–5 operating", "5–6 notOperating (bypassed)"]);
  });

  it("is not heard when others say that it is offline", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(0)));
    one.report({
      kind: "status",
      breakerId: "b",
      tsMs: at(10),
      seq: 0,
      arrivalMs: at(10),
      clockReplaced: false,
      body: { online: false },
    });
    one.tick(at(20));
    expect(one.states("b", at(20))).toEqual(["0–15 operating", "15–20 unknown (silent)"]);
  });

  it("takes a repeated report for nothing new and an older one for late", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(5)));
    expect(one.report(reading("b", at(5), {}, at(6)))).toBe("ignored");
    expect(one.report(reading("b", at(3), {}, at(6)))).toBe("late");
    expect(one.report(reading("b", at(5), { seq: 1_999_999_999 }, at(6)))).toBe("accepted");
  });

  it("is excused while its house is vacant, whatever it says", () => {
    const one = area([
      facts("b", {
        occupancy: [
          { fromMs: 0, inhabited: true },
          { fromMs: at(7), inhabited: false },
        ],
      }),
    ]);
    one.report(reading("b", at(0)));
    one.report(reading("b", at(5)));
    one.report(reading("b", at(10), { protection: "disabled" }));
    expect(one.states("b", at(12))).toEqual(["0–7 operating", "7–12 excused (vacantHouse)"]);
    expect(one.raised()).toEqual([]);
  });

  it("ends its history at the midnight of its removal", () => {
    const one = area([facts("b", { removedAtMs: at(12) })]);
    for (let m = 0; m <= 20; m += 5) one.report(reading("b", at(m)));
    expect(one.states("b", at(30))).toEqual(["0–12 operating"]);
  });

  it("believes a clock that runs ahead only when that time has come", () => {
    const one = area([facts("b")]);
    one.report(reading("b", at(0)));
    one.report(reading("b", at(9), { protection: "disabled" }, at(1)));
    one.tick(at(5));
    expect(one.states("b", at(5))).toEqual(["0–5 operating"]);
    one.tick(at(9) + second);
    expect(one.states("b", at(10))).toEqual(["0–9 operating", "9–10 notOperating (protectionExited)"]);
  });
});
