// A device whose clock is behind is heard all the same: its history stands in its own time, danger does not wait for it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { area, facts, minute, reading, second, t0 } from "./area.ts";

const ids = ["a", "b", "c", "d", "e"];
const at = (minutes: number) => t0 + minutes * minute;
const setBackAt = 120;

type Say = { id: string; m: number; residualCurrentMa?: number; protection?: "enabled" | "disabled" };

/** Five breakers that report every five minutes; from `setBackAt` on the clocks of `behind` are `lagMin` behind. */
const village = (lagMin: number, behind: readonly string[]) => {
  const five = area(ids.map((id) => facts(id)));
  const say = ({ id, m, ...body }: Say) => {
    const arrivalMs = at(m) + ids.indexOf(id) * second;
    const lagMs = m >= setBackAt && behind.includes(id) ? lagMin * minute : 0;
    five.report(reading(id, arrivalMs - lagMs, { seq: m, ...body }, arrivalMs));
  };
  const run = (fromMin: number, toMin: number, body: (id: string) => Partial<Say> | null = () => ({})) => {
    for (let m = fromMin; m < toMin; m += 1) {
      if (m % 5 === 0)
        for (const id of ids) {
          const more = body(id);
          if (more !== null) say({ id, m, ...more });
        }
      five.tick(at(m) + 30 * second);
    }
  };
  run(0, setBackAt);
  return { five, run };
};

const kinds = ({ five }: ReturnType<typeof village>) => five.raised();

describe("a clock that is behind", () => {
  it("by anything from ten minutes to three days hides no failure to trip, and is no silence", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 3 * 1_440 }), (lagMin) => {
        const one = village(lagMin, ["a"]);
        // Three reports prove it.
        one.run(setBackAt, setBackAt + 15);
        const before = kinds(one).length;
        one.run(setBackAt + 15, setBackAt + 60);
        expect(kinds(one).slice(before)).toEqual([]);
        expect(one.five.standing()).toEqual(["clockWrong"]);
        one.run(setBackAt + 60, setBackAt + 70, (id) => (id === "a" ? { residualCurrentMa: 60 } : {}));
        expect(kinds(one).slice(before)).toEqual(["failureToTrip"]);
        one.run(setBackAt + 70, setBackAt + 80);
        expect(one.five.standing()).toEqual(["clockWrong"]);
      }),
      { numRuns: 25, seed: 28 },
    );
  });

  it("hides no breaker that falls silent", () => {
    const one = village(40, ["a"]);
    one.run(setBackAt, setBackAt + 60);
    expect(kinds(one)).toEqual(["clockWrong"]);
    one.run(setBackAt + 60, setBackAt + 80, (id) => (id === "a" ? null : {}));
    expect(kinds(one)).toEqual(["clockWrong", "silent"]);
  });

  it("hides no protection that is taken out, once its history has come to where it was", () => {
    const one = village(40, ["a"]);
    one.run(setBackAt, setBackAt + 60);
    one.run(setBackAt + 60, setBackAt + 70, (id) => (id === "a" ? { protection: "disabled" } : {}));
    expect(kinds(one)).toEqual(["clockWrong", "protectionExited"]);
  });

  it("of all of an area, as where a gateway stamps what it reads, is no outage of the area", () => {
    const one = village(20, ids);
    one.run(setBackAt, setBackAt + 120);
    expect(kinds(one)).not.toContain("areaOutage");
    expect(kinds(one)).not.toContain("communicationLoss");
    expect(one.five.standing()).toEqual(ids.map(() => "clockWrong"));
    one.run(setBackAt + 120, setBackAt + 160, () => null);
    expect(one.five.raised()).toContain("areaOutage");
  });

  it("is still proven when one report was long on its way, and not by what a buffer sends", () => {
    const one = village(40, ["a"]);
    one.run(setBackAt, setBackAt + 30);
    const sentMs = at(setBackAt + 30) - 40 * minute;
    one.five.report(reading("a", sentMs, { seq: setBackAt + 30 }, at(setBackAt + 32)));
    one.run(setBackAt + 35, setBackAt + 60);
    expect(kinds(one)).toEqual(["clockWrong"]);

    const other = village(0, []);
    const buffered = (id: string) => (id === "a" ? null : {});
    other.run(setBackAt, setBackAt + 60, buffered);
    for (let m = setBackAt; m < setBackAt + 60; m += 5)
      other.five.report(reading("a", at(m), { seq: m }, at(setBackAt + 60) + m * 100));
    expect(kinds(other)).toEqual(["silent"]);
    other.run(setBackAt + 60, setBackAt + 70);
    expect(other.five.standing()).toEqual([]);
  });
});
