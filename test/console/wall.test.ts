import fc from "fast-check";
import { expect, test } from "vitest";
import { instantOfWall, monthSpan, wallOf } from "../../console/format/wall.ts";

const zones = fc.constantFrom("Asia/Shanghai", "Asia/Kolkata", "America/New_York", "UTC");

test("a wall clock's time is an instant and back, to the minute", () => {
  fc.assert(
    fc.property(zones, fc.integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) }), (zone, atMs) => {
      const minuteMs = Math.floor(atMs / 60_000) * 60_000;
      const wall = wallOf(minuteMs, zone);
      const back = instantOfWall(wall, zone);
      // In the hour that clocks show twice either answer has that wall.
      expect(back === null ? null : wallOf(back, zone)).toBe(wall);
      expect(Math.abs((back ?? 0) - minuteMs)).toBeLessThanOrEqual(3_600_000);
      if (zone !== "America/New_York") expect(back).toBe(minuteMs);
    }),
    { seed: 20_260_526 },
  );
  expect(instantOfWall("", "UTC")).toBeNull();
});

test("a month spans from its local midnight to the next month's", () => {
  expect(monthSpan("2026-12", "Asia/Shanghai")).toEqual({
    from: "2026-11-30T16:00:00.000Z",
    to: "2026-12-31T16:00:00.000Z",
  });
  expect(monthSpan("x", "Asia/Shanghai")).toBeNull();
});
