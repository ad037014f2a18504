import { describe, expect, it } from "vitest";
import { newBreakerFold } from "../../detection/memory.ts";
import { foldOf, storedFold } from "../../detection/stored.ts";
import { area, facts, minute, reading, t0 } from "./area.ts";

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

/** A breaker after two days at five minutes, with every field that a reading can have. */
const lived = () => {
  const one = area([facts("b-00000001"), facts("c"), facts("d"), facts("e")]);
  for (let m = 5; m < 2 * 24 * 60; m += 5)
    one.report(
      reading("b-00000001", t0 + m * minute + 123, {
        residualCurrentMa: 5 + (m % 7) / 10,
        loadCurrentA: 3.1,
        voltageV: 229.8,
        temperatureC: 31.5,
        signalDbm: -71,
      }),
    );
  return one;
};

describe("a breaker's fold as it is stored", () => {
  it("is read back the same", () => {
    const one = lived();
    const breaker = one.memory.breakers.get("b-00000001");
    one.report(reading("b-00000001", t0 + 49 * 60 * minute, { residualCurrentMa: 34 }));
    if (breaker === undefined) throw new Error("no breaker");
    expect(breaker.fold.alarms.failureToTrip).toBeDefined();
    for (const fold of [breaker.fold, newBreakerFold()])
      expect(foldOf(JSON.parse(JSON.stringify(storedFold(fold))))).toEqual(fold);
  });

  it("takes less than 400 bytes beyond what belongs to its baseline, with an alarm standing", () => {
    const one = lived();
    for (let m = 0; m < 3; m += 1)
      one.report(
        reading("b-00000001", t0 + (49 * 60 + m) * minute, {
          residualCurrentMa: 34.123,
          loadCurrentA: 3.1,
          voltageV: 229.8,
          temperatureC: 31.5,
          signalDbm: -71,
        }),
      );
    const { l: _, ...rest } = storedFold(one.memory.breakers.get("b-00000001")?.fold ?? newBreakerFold());
    expect(rest.a?.failureToTrip?.phase).toBe("standing");
    expect(bytesOf(rest)).toBeLessThan(400);
  });

  it("is read where an older version stored it", () => {
    const { own, reading: last } = lived().memory.breakers.get("b-00000001")?.fold ?? newBreakerFold();
    const fold = foldOf(JSON.parse(JSON.stringify({ own, alarms: {}, reading: last })));
    expect(fold.own).toEqual(own);
    expect(fold.findings.firstMs).toBe(own.lastKey?.tsMs);
  });
});
