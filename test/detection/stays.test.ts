// A breaker counts in the area that it was in: before it came and after it went it says nothing about the others.
import { describe, expect, it } from "vitest";
import { areaOutages, type JudgedBreaker, publishedChanges } from "../../detection/judge-area.ts";
import type { OwnChange } from "../../detection/own.ts";
import { facts, minute, rule, t0 } from "./area.ts";

const hour = 60 * minute;
const at = (hours: number) => t0 + hours * hour;
const heard: OwnChange = { fromMs: t0, state: "operating", reason: null, dark: false };
const dark = (fromMs: number): OwnChange => ({ fromMs, state: "unknown", reason: "silent", dark: true });

/** Dark from hour 2 to hour 6. */
const outage = (id: string, stays?: JudgedBreaker["stays"]): JudgedBreaker => ({
  facts: facts(id),
  changes: [heard, dark(at(2)), { ...heard, fromMs: at(6) }],
  ...(stays && { stays }),
});
const awake = (id: string, stays: JudgedBreaker["stays"]): JudgedBreaker => ({
  facts: facts(id),
  changes: [heard],
  ...(stays && { stays }),
});

describe("an area's outage", () => {
  const three = ["a", "b", "c"].map((id) => outage(id));

  it("is not prevented by one who was elsewhere at the time", () => {
    const visitor = awake("v", [{ fromMs: at(4), toMs: Number.POSITIVE_INFINITY }]);
    expect(areaOutages([...three, visitor], t0, at(8), rule)).toEqual([{ fromMs: at(2), toMs: at(4) }]);
    const gone = awake("v", [{ fromMs: t0, toMs: at(3) }]);
    expect(areaOutages([...three, gone], t0, at(8), rule)).toEqual([{ fromMs: at(3), toMs: at(6) }]);
  });

  it("is not made by one who is no longer there", () => {
    const leaver = outage("c", [{ fromMs: t0, toMs: at(3) }]);
    expect(areaOutages([...three.slice(0, 2), leaver], t0, at(8), rule)).toEqual([
      { fromMs: at(2), toMs: at(3) },
    ]);
  });

  it("is made again by one who comes back", () => {
    const back = outage("c", [
      { fromMs: t0, toMs: at(3) },
      { fromMs: at(5), toMs: at(7) },
    ]);
    expect(areaOutages([...three.slice(0, 2), back], t0, at(8), rule)).toEqual([
      { fromMs: at(2), toMs: at(3) },
      { fromMs: at(5), toMs: at(6) },
    ]);
  });
});

it("a vacant house comes before a planned outage, and that before the area's own", () => {
  const judged: JudgedBreaker = {
    facts: facts("a", {
      occupancy: [
        { fromMs: 0, inhabited: true },
        { fromMs: at(4), inhabited: false },
        { fromMs: at(5), inhabited: true },
      ],
      plannedOutages: [{ fromMs: at(3), toMs: at(7) }],
    }),
    changes: [heard, dark(at(2)), { ...heard, fromMs: at(6) }],
  };
  const published = publishedChanges(judged, [{ fromMs: at(2), toMs: at(6) }], t0, at(8));
  expect(published.map(({ fromMs, state, reason }) => [(fromMs - t0) / hour, reason ?? state])).toEqual([
    [0, "operating"],
    [2, "areaOutage"],
    [3, "plannedOutage"],
    [4, "vacantHouse"],
    [5, "plannedOutage"],
    [7, "operating"],
  ]);
});
