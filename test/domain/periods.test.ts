// Periods of local days: they follow one another without gap or overlap, in every time zone.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  lastDate,
  type Period,
  periodAt,
  periodBefore,
  periodKinds,
  periodOfDate,
} from "../../domain/periods.ts";

const zones = ["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "UTC"] as const;

describe("periods", () => {
  it("begin on Monday and on the first, at local midnight", () => {
    const zone = "Asia/Shanghai";
    expect(periodOfDate("day", "2026-11-24", zone)).toMatchObject({ firstDate: "2026-11-24" });
    expect(periodOfDate("week", "2026-11-24", zone)).toMatchObject({
      firstDate: "2026-11-23",
      fromMs: Date.parse("2026-11-23T00:00:00+08:00"),
      toMs: Date.parse("2026-11-30T00:00:00+08:00"),
    });
    expect(periodOfDate("month", "2024-02-29", zone)).toMatchObject({
      firstDate: "2024-02-01",
      toMs: Date.parse("2024-03-01T00:00:00+08:00"),
    });
    expect(lastDate(periodOfDate("month", "2024-02-10", zone))).toBe("2024-02-29");
    expect(() => periodOfDate("day", "2026-02-29", zone)).toThrow(RangeError);
  });

  it("are an hour shorter or longer where the clocks change", () => {
    const spring = periodOfDate("day", "2026-03-29", "Europe/Berlin");
    expect(spring.toMs - spring.fromMs).toBe(23 * 3_600_000);
  });

  it("hold the instant that they are asked for, and touch the one before", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...periodKinds),
        fc.constantFrom(...zones),
        fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2040, 0, 1) }),
        (kind, zone, atMs) => {
          const period: Period = periodAt(kind, atMs, zone);
          expect(period.fromMs).toBeLessThanOrEqual(atMs);
          expect(period.toMs).toBeGreaterThan(atMs);
          expect(periodBefore(period, zone).toMs).toBe(period.fromMs);
          expect(periodOfDate(kind, lastDate(period), zone)).toEqual(period);
        },
      ),
      { seed: 20261124, numRuns: 500 },
    );
  });
});
