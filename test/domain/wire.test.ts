import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { idPattern } from "../../domain/ids.ts";
import { registryColumns, registryRowSchema } from "../../domain/registry.ts";
import { midnightMs, startOfDayMs } from "../../domain/time.ts";
import { parseUpTopic, readingSchema, reportKinds, reportTopic, tripSchema } from "../../domain/wire.ts";

const id = fc.stringMatching(idPattern);

describe("topics", () => {
  it("are read back as they were made", () => {
    fc.assert(
      fc.property(id, id, id, fc.constantFrom(...reportKinds), (townshipId, areaId, breakerId, kind) => {
        const at = { townshipId, areaId, breakerId };
        expect(parseUpTopic(reportTopic(at, kind))).toEqual({ kind, ...at });
      }),
      { seed: 1 },
    );
  });

  it("of any other text are none of the contract's, and never a crash", () => {
    for (const topic of [
      "",
      "/",
      "hubao/v1/T/A/b",
      "hubao/v1/T/A/b/reading/x",
      "hubao/v2/T/A/b/reading",
      "hubao/v1/T/A/+/reading",
      "hubao/v1/T/A/b/command",
      "$SYS/x/new/clients",
    ])
      expect(parseUpTopic(topic)).toBeNull();
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseUpTopic(text)).toBeNull();
      }),
      { seed: 1 },
    );
  });
});

describe("payloads", () => {
  const reading = {
    ts: 1_700_000_000_000,
    seq: 42,
    residualCurrentMa: 12.4,
    contact: "closed",
    protection: "enabled",
  };

  it("lose unknown fields and are never refused for them", () => {
    expect(readingSchema.parse({ ...reading, vendorSecret: 7 })).toEqual(reading);
  });

  it("are refused for a wrong type, a missing unit, a number out of range or a word that is not in the list", () => {
    for (const wrong of [
      { residualCurrentMa: "12" },
      { residualCurrentMa: -1 },
      { residualCurrentMa: 1e300 },
      { contact: "half" },
      { ts: 1.5 },
      { seq: undefined },
    ])
      expect(readingSchema.safeParse({ ...reading, ...wrong }).success).toBe(false);
  });

  it("keep a vendor's own trip cause", () => {
    expect(tripSchema.parse({ ts: 1, seq: 1, cause: "vendor:1F" }).cause).toBe("vendor:1F");
    expect(tripSchema.safeParse({ ts: 1, seq: 1, cause: "gremlins" }).success).toBe(false);
  });
});

describe("days", () => {
  it("begin at midnight of the township's time zone", () => {
    expect(midnightMs("2026-03-01", "Asia/Shanghai")).toBe(Date.parse("2026-03-01T00:00:00+08:00"));
    expect(startOfDayMs(Date.parse("2026-03-01T00:30:00+08:00"), "Asia/Shanghai")).toBe(
      Date.parse("2026-03-01T00:00:00+08:00"),
    );
  });

  it("have 23 or 25 hours where clocks are changed, and leap days exist only in leap years", () => {
    const hours = (date: string, next: string) =>
      (midnightMs(next, "Europe/Berlin") - midnightMs(date, "Europe/Berlin")) / 3_600_000;
    expect(hours("2026-03-29", "2026-03-30")).toBe(23);
    expect(hours("2026-10-25", "2026-10-26")).toBe(25);
    expect(() => midnightMs("2026-02-29", "Asia/Shanghai")).toThrow(RangeError);
    expect(midnightMs("2028-03-01", "UTC") - midnightMs("2028-02-28", "UTC")).toBe(2 * 86_400_000);
  });
});

describe("a row of the registry", () => {
  const row = (more: object) => ({
    ...Object.fromEntries(registryColumns.map((column) => [column, ""])),
    townshipId: "T",
    townshipName: "Township",
    villageId: "V",
    villageName: "Village",
    areaId: "A",
    areaName: "Area",
    ...more,
  });

  it("is a house, a house with its breaker, or a main breaker", () => {
    const house = { householdId: "h", address: "1", inhabited: "true" };
    const breaker = { breakerId: "b", ratedResidualCurrentMa: "30", installedOn: "2026-01-01" };
    expect(registryRowSchema.parse(row(house))).toMatchObject({
      inhabited: true,
      breakerId: null,
      level: null,
    });
    expect(registryRowSchema.parse(row({ ...house, ...breaker, level: "household" }))).toMatchObject({
      ratedResidualCurrentMa: 30,
    });
    expect(registryRowSchema.parse(row({ ...breaker, level: "main" }))).toMatchObject({
      householdId: null,
      inhabited: null,
    });
  });

  it("is refused with a reason for every column that is wrong", () => {
    const wrong = registryRowSchema.safeParse(
      row({ householdId: "h", inhabited: "maybe", breakerId: "b/1", level: "main" }),
    );
    const columns = wrong.success ? [] : wrong.error.issues.map((issue) => issue.path[0]);
    expect(columns).toEqual(expect.arrayContaining(["inhabited", "breakerId"]));
    expect(registryRowSchema.safeParse(row({})).success).toBe(false);
    expect(
      registryRowSchema.safeParse(
        row({ breakerId: "b", level: "household", ratedResidualCurrentMa: "30", installedOn: "2026-01-01" }),
      ).success,
    ).toBe(false);
    expect(
      registryRowSchema.safeParse(
        row({ breakerId: "b", level: "main", ratedResidualCurrentMa: "300", installedOn: "2026-02-30" }),
      ).success,
    ).toBe(false);
  });
});
