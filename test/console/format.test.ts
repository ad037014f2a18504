// Numbers, times, periods and words as the page shows them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventWords, evidenceWords } from "../../console/format/evidence.ts";
import { createFormat } from "../../console/format/format.ts";
import { periodBeginMs } from "../../console/format/period.ts";
import { timeTicks } from "../../console/format/ticks.ts";
import { en } from "../../console/i18n/en.ts";
import { zh } from "../../console/i18n/zh.ts";
import { startOfDayMs } from "../../domain/time.ts";

const seed = 3;
const chinese = createFormat("zh-CN", "Asia/Shanghai");
const english = createFormat("en", "Asia/Shanghai");
const at = (iso: string) => Date.parse(iso);

describe("numbers", () => {
  it("never rounds a rate up to its target or to 100 %", () => {
    expect(english.percent(0.9996)).toBe("99.9%");
    expect(english.percent(0.94999)).toBe("94.9%");
    expect(english.percent(1)).toBe("100.0%");
  });

  it("shows every rate of one decimal as exactly that decimal", () => {
    for (let tenths = 0; tenths <= 1000; tenths++)
      expect(english.percent(tenths / 1000)).toBe(`${(tenths / 10).toFixed(1)}%`);
  });

  it("shows a dash where nothing is installed or measured", () => {
    expect(chinese.percent(null)).toBe("–");
    expect(chinese.quantity(null, "mA")).toBe("–");
  });

  it("writes quantities with their units", () => {
    expect(chinese.quantity(34.1, "mA")).toBe("34.1 mA");
    expect(english.quantity(229.84, "V")).toBe("230 V");
  });
});

describe("times", () => {
  it("are those of the township, not of the browser", () => {
    expect(english.fullTime("2026-05-01T16:30:05Z")).toBe("2026-05-02, 00:30:05");
    expect(chinese.clock("2026-05-01T16:30:05Z")).toBe("00:30");
  });

  it("leave out the date of today", () => {
    const now = at("2026-05-02T04:00:00Z");
    expect(english.time("2026-05-01T16:30:00Z", now)).toBe("00:30");
    expect(english.time("2026-05-01T15:30:00Z", now)).toBe("05-01, 23:30");
  });

  it("last in the largest unit of which there are two", () => {
    expect(english.duration(95_000)).toBe("95 sec");
    expect(english.duration(150_000)).toBe("2 min");
    expect(english.duration(100 * 60_000)).toBe("100 min");
    expect(chinese.duration(3 * 86_400_000)).toBe("3天");
    expect(english.duration(-5)).toBe("0 sec");
  });
});

describe("periods", () => {
  it("begin at the local midnight of today, of Monday, of the first", () => {
    const now = at("2026-05-07T17:00:00Z"); // Friday 01:00 in Shanghai
    expect(periodBeginMs("now", now, "Asia/Shanghai")).toBeNull();
    expect(periodBeginMs("today", now, "Asia/Shanghai")).toBe(at("2026-05-07T16:00:00Z"));
    expect(periodBeginMs("week", now, "Asia/Shanghai")).toBe(at("2026-05-03T16:00:00Z"));
    expect(periodBeginMs("month", now, "Asia/Shanghai")).toBe(at("2026-04-30T16:00:00Z"));
  });

  it("agree with the server on when a day begins, in every zone and on days when clocks change", () => {
    const zones = ["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Africa/Cairo", "Asia/Kathmandu"];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: at("2015-01-01T00:00:00Z"), max: at("2030-01-01T00:00:00Z") }),
        (zone, now) => periodBeginMs("today", now, zone) === startOfDayMs(now, zone),
      ),
      { seed, numRuns: 2_000 },
    );
  });

  it("are marked at whole local hours or midnights", () => {
    const to = at("2026-05-07T10:00:00Z");
    expect(timeTicks(to - 24 * 3_600_000, to, "Asia/Shanghai").map((t) => english.clock(t))).toEqual([
      "20:00",
      "00:00",
      "04:00",
      "08:00",
      "12:00",
      "16:00",
    ]);
    const week = timeTicks(to - 7 * 24 * 3_600_000, to, "Asia/Shanghai");
    expect(week).toHaveLength(7);
    expect(new Set(week.map((t) => english.clock(t)))).toEqual(new Set(["00:00"]));
  });
});

describe("evidence", () => {
  const now = at("2026-05-07T10:00:00Z");

  it("says a failure to trip in one line", () => {
    const alarm = {
      kind: "failureToTrip" as const,
      evidence: {
        residualCurrentMa: 34.1,
        ratedResidualCurrentMa: 30,
        contact: "closed",
        protection: "enabled",
        readingAt: "2026-05-07T09:59:00.000Z",
      },
    };
    expect(evidenceWords(alarm, en, english, now)).toBe("34.1 mA of 30 mA, closed, protection on");
    expect(evidenceWords(alarm, zh, chinese, now)).toBe("34.1 mA（额定 30 mA），合闸，保护投入");
  });

  it("begins with the protection where that is the trouble", () => {
    const alarm = {
      kind: "protectionExited" as const,
      evidence: {
        residualCurrentMa: 2,
        ratedResidualCurrentMa: 30,
        contact: "closed",
        protection: "alarmOnly",
        since: "2026-05-07T09:00:00.000Z",
      },
    };
    expect(evidenceWords(alarm, en, english, now)).toBe("alarm only, closed, 2.0 mA of 30 mA, since 17:00");
  });

  it("says how many went dark together, and leaves out what is not known", () => {
    const alarm = {
      kind: "areaOutage" as const,
      evidence: { darkBreakers: 44, reportingBreakers: 48, voltageV: null },
    };
    expect(evidenceWords(alarm, en, english, now)).toBe("44 of 48 breakers silent together");
  });

  it("says in Chinese what every finding shows", () => {
    const iso = "2026-05-07T10:00:00Z";
    const evidences = {
      lineLeakage: { excessMa: 120, householdsSumMa: 80, silentHouseholds: 2 },
      phaseImbalance: { imbalanceShare: 0.312, phaseAA: 10, phaseBA: 12, phaseCA: 14.5 },
      mainTrip: { cause: "earthFault", phase: "A", trippedAt: iso, suspects: 0 },
      clockWrong: { reportedTime: "implausible", behindMs: 3_600_000 },
      testOverdue: { dueAt: iso, testedAt: iso },
      impossibleValue: { field: "voltageV", value: 9000 },
      customRule: { textZh: "过热", textEn: "too hot", field: "temperatureC", value: 91, threshold: 80 },
    } as const;
    for (const [kind, evidence] of Object.entries(evidences)) {
      const said = evidenceWords({ kind: kind as keyof typeof evidences, evidence }, zh, chinese, now);
      expect(said, kind).not.toMatch(/[a-z]{3}/);
    }
    const { customRule } = evidences;
    expect(evidenceWords({ kind: "customRule", evidence: customRule }, en, english, now)).toBe(
      "too hot, Temperature (°C), value 91, limit 80",
    );
  });

  it("shows keys that it has no words for with their units", () => {
    const alarm = { kind: "open" as const, evidence: { tripCurrentMa: 31, windowMs: 120_000, note: "x" } };
    expect(evidenceWords(alarm, en, english, now)).toBe("tripCurrent 31.0 mA, window 2 min, note x");
  });

  it("says trips and tests, also with a vendor's own cause", () => {
    const event = (kind: "trip" | "test" | "status", body: Record<string, unknown>) =>
      eventWords({ at: "2026-05-07T10:00:00Z", kind, body }, en, english);
    expect(event("trip", { cause: "leakage", residualCurrentMa: 34.1, phase: "A", reclosed: false })).toBe(
      "Trip: leakage, 34.1 mA, phase A, not reclosed",
    );
    expect(event("trip", { cause: "vendor:0x1e", reclosed: true })).toBe("Trip: vendor code 0x1e, reclosed");
    expect(event("test", { kind: "trip", passed: true, breakTimeMs: 38 })).toBe(
      "Trip test, passed, broke in 38 ms",
    );
    expect(event("status", { online: false })).toBe("offline");
  });
});
