// Live events change what stands on the page, and only that.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { patch, rereadWithinMs } from "../../console/data/patch.ts";
import { type List, queryString, resources } from "../../console/data/resources.ts";
import { acknowledgedAlarm, byUrgency } from "../../console/parts/alarm-list.tsx";
import { operationalRate } from "../../console/parts/measures.ts";
import { verdict } from "../../console/parts/rate.tsx";
import { sampleAlarm, sampleBreaker, sampleReading, sampleVillage } from "./samples.ts";

const list = <T>(...items: T[]): List<T> => ({ items, nextCursor: null });
const minute = (n: number) => new Date(Date.UTC(2026, 4, 1, 0, n)).toISOString();

describe("readings", () => {
  const resource = resources.breakers({});

  it("become the newest of their breaker, and leave the others as they were", () => {
    const before = list(sampleBreaker("b-1"), sampleBreaker("b-2"));
    const after = patch(resource, before, { name: "readings", data: [sampleReading("b-1", minute(1), 12)] });
    expect(after.items[0]?.last?.residualCurrentMa).toBe(12);
    expect(after.items[1]).toBe(before.items[1]);
  });

  it("leave the very same answer when they are of other breakers", () => {
    const before = list(sampleBreaker("b-1"));
    expect(patch(resource, before, { name: "readings", data: [sampleReading("x", minute(1), 1)] })).toBe(
      before,
    );
  });

  it("end in the newest one, whatever their order and grouping", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        (minutes, size) => {
          let answer = list(sampleBreaker("b-1"));
          for (let i = 0; i < minutes.length; i += size) {
            const data = minutes.slice(i, i + size).map((m) => sampleReading("b-1", minute(m), m));
            answer = patch(resource, answer, { name: "readings", data });
          }
          return answer.items[0]?.last?.residualCurrentMa === Math.max(...minutes);
        },
      ),
      { seed: 5 },
    );
  });
});

describe("states", () => {
  const change = { areaId: "a", villageId: "v", townshipId: "t", reason: "silent", since: minute(3) };

  it("change the breaker's state, reason and since", () => {
    const event = { name: "states" as const, data: [{ ...change, breakerId: "b-1", state: "unknown" }] };
    const after = patch(resources.breakers({}), list(sampleBreaker("b-1")), event);
    expect(after.items[0]?.operating).toEqual({ state: "unknown", reason: "silent", since: minute(3) });
  });

  it("make sums and the breaker's own timeline be read again, and no other's", () => {
    const event = { name: "states" as const, data: [{ ...change, breakerId: "b-1", state: "unknown" }] };
    expect(rereadWithinMs(resources.townships(), event)).not.toBeNull();
    expect(rereadWithinMs(resources.timeline("b-1", minute(0)), event)).not.toBeNull();
    expect(rereadWithinMs(resources.timeline("b-2", minute(0)), event)).toBeNull();
    expect(rereadWithinMs(resources.quarantine({}), event)).toBeNull();
  });
});

describe("alarms", () => {
  const event = (...data: ReturnType<typeof sampleAlarm>[]) => ({ name: "alarms" as const, data });

  it("come to the top of the lists that ask for them", () => {
    const before = list(sampleAlarm("old"));
    const raised = sampleAlarm("new", { raisedAt: minute(5) });
    const ids = (query: Record<string, string>) =>
      patch(resources.alarms(query), before, event(raised)).items.map((a) => a.id);
    expect(ids({ state: "open" })).toEqual(["new", "old"]);
    expect(ids({ village: "v", kind: "highLeakage" })).toEqual(["new", "old"]);
    expect(ids({ village: "other" })).toEqual(["old"]);
    expect(ids({ kind: "silent" })).toEqual(["old"]);
    expect(ids({ state: "acknowledged" })).toEqual(["old"]);
    expect(ids({ cursor: "x" })).toEqual(["old"]);
  });

  it("that clear stay where they stand, so that no row moves under the hand", () => {
    const cleared = sampleAlarm("1", { clearedAt: minute(9), state: "returnedUnacknowledged" });
    const after = patch(resources.alarms({ state: "open" }), list(sampleAlarm("1")), event(cleared));
    expect(after.items).toEqual([cleared]);
  });

  it("leave the breaker's open alarms when they clear", () => {
    const breaker = {
      ...sampleBreaker("b-1", { openAlarmCount: 1 }),
      openAlarms: [sampleAlarm("1")],
      credentialIssuedAt: null,
    };
    const after = patch(
      resources.breaker("b-1"),
      breaker,
      event(sampleAlarm("1", { clearedAt: minute(9), state: "normal" })),
    );
    expect(after.openAlarms).toEqual([]);
    expect(after.openAlarmCount).toBe(0);
  });

  it("are shown by urgency: unacknowledged, then priority, then age", () => {
    const alarms = [
      sampleAlarm("acknowledged", { priority: "high", acknowledgedAt: minute(1), state: "acknowledged" }),
      sampleAlarm("older", { raisedAt: minute(1) }),
      sampleAlarm("newer", { raisedAt: minute(2) }),
      sampleAlarm("high", { priority: "high" }),
    ];
    expect(byUrgency(alarms).map((a) => a.id)).toEqual(["high", "newer", "older", "acknowledged"]);
  });

  it("that are acknowledged look at once as they will once the server has answered", () => {
    const open = acknowledgedAlarm(sampleAlarm("1"), "admin", minute(2));
    expect(open).toMatchObject({ state: "acknowledged", acknowledgedBy: "admin" });
    const gone = acknowledgedAlarm(sampleAlarm("1", { clearedAt: minute(1) }), "admin", minute(2));
    expect(gone.state).toBe("normal");
  });
});

describe("rates", () => {
  it("renew the villages that they speak of", () => {
    const before = list(sampleVillage("v"), sampleVillage("w"));
    const villages = [sampleVillage("v", 4)];
    const after = patch(resources.villages(), before, { name: "rates", data: { villages } });
    expect(after.items.map((v) => v.openAlarms)).toEqual([4, 0]);
    expect(after.items[1]).toBe(before.items[1]);
  });

  it("meet their target, miss it, or depend on what is unknown", () => {
    expect(verdict({ rate: 0.95, upperBound: 0.95, target: 0.95 })).toBe("met");
    expect(verdict({ rate: 0.94, upperBound: 0.96, target: 0.95 })).toBe("open");
    expect(verdict({ rate: 0.94, upperBound: 0.94, target: 0.95 })).toBe("missed");
    expect(verdict({ rate: null, upperBound: null, target: 0.95 })).toBe("none");
  });

  it("are of now, or of the period; a village without a row has none", () => {
    expect(operationalRate("household", sampleVillage("v"), null).rate).toBe(0.8);
    expect(operationalRate("household", sampleVillage("v"), []).rate).toBeNull();
  });
});

describe("addresses", () => {
  it("name the same question alike, and leave out what is not asked", () => {
    expect(queryString({ b: "2", a: "1", c: undefined, d: "" })).toBe("?a=1&b=2");
    expect(resources.breakers({}).path).toBe("breakers");
    expect(resources.breaker("x/y").path).toBe("breakers/x%2Fy");
  });
});
