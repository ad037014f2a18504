import fc from "fast-check";
import { expect, it } from "vitest";
import { breakerLevels } from "../../domain/breaker.ts";
import { idPattern } from "../../domain/ids.ts";
import { factsLine, factsOf } from "../../ingest/facts-line.ts";

const id = fc.stringMatching(idPattern);
const ms = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
const facts = fc.record(
  {
    breakerId: id,
    townshipId: id,
    villageId: id,
    areaId: id,
    householdId: fc.option(id),
    level: fc.constantFrom(...breakerLevels),
    ratedResidualCurrentMa: fc.oneof(
      fc.nat(1_000),
      fc.nat(10_000).map((x) => x / 10),
    ),
    installedAtMs: ms,
    removedAtMs: fc.option(ms),
    occupancy: fc.array(fc.record({ fromMs: ms, inhabited: fc.boolean() }), { maxLength: 3 }),
    placements: fc.array(fc.record({ fromMs: ms, areaId: id }), { minLength: 1, maxLength: 3 }),
  },
  {
    requiredKeys: [
      "breakerId",
      "townshipId",
      "villageId",
      "areaId",
      "householdId",
      "level",
      "ratedResidualCurrentMa",
      "installedAtMs",
      "removedAtMs",
      "occupancy",
    ],
  },
);

it("facts are read back from their line as they were, and other facts have another line", () => {
  fc.assert(
    fc.property(facts, facts, (one, other) => {
      expect(factsOf(one.breakerId, factsLine(one))).toEqual(one);
      const same = factsLine(one) === factsLine({ ...other, breakerId: one.breakerId });
      if (same) expect(one).toEqual({ ...other, breakerId: one.breakerId });
    }),
  );
});

it("facts are read where older versions stored them as JSON, but for planned outages", () => {
  fc.assert(
    fc.property(facts, (one) => {
      expect(factsOf("X", JSON.stringify(one))).toEqual(one);
    }),
  );
  const [one] = fc.sample(facts, 1);
  if (one === undefined) throw new Error("no sample");
  expect(factsLine({ ...one, plannedOutages: [{ fromMs: 1, toMs: 2 }] })).toBe(factsLine(one));
});
