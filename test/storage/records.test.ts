import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { correctOperationRate, verdictOf } from "../../domain/trips.ts";
import { writeRecords } from "../../storage/records.ts";
import { operationCountsBy, testCountsBy } from "../../storage/views/records.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";

const timeZone = "Asia/Shanghai";
const dayMs = 86_400_000;
/** 2026-05-02T00:00+08:00 */
const movedMs = Date.UTC(2026, 4, 1, 16);

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
  await fresh.db.query(`
    INSERT INTO township VALUES ('T', 'T');
    INSERT INTO village VALUES ('V1', 'T', 'one'), ('V2', 'T', 'two');
    INSERT INTO transformer_area (id, village_id, name) VALUES ('A1', 'V1', 'a'), ('A2', 'V2', 'b');
    INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
      VALUES ('stays', 'A1', 'household', 30, '2026-01-01'), ('moves', 'A1', 'household', 30, '2026-01-01'),
             ('main', 'A2', 'main', 300, '2026-01-01');
    INSERT INTO breaker_placement (breaker_id, from_on, area_id) VALUES ('moves', '2026-05-02', 'A2');`);
});
afterAll(() => fresh?.drop());

test("a trip below half of the rating is a nuisance, at or above it correct, and one for another reason neither", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1_000, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
      (rated, share) => {
        const residualCurrentMa = rated * share;
        const verdict = verdictOf({ cause: "leakage", residualCurrentMa }, rated);
        expect(verdict).toBe(residualCurrentMa * 2 >= rated ? "correct" : "nuisanceTrip");
        expect(verdictOf({ cause: "overload", residualCurrentMa }, rated)).toBe("other");
        expect(verdictOf({ cause: "vendor:7", residualCurrentMa }, rated)).toBe("other");
        expect(verdictOf({ cause: "earthFault", residualCurrentMa: null }, rated)).toBe("other");
      },
    ),
    { seed: 20_260_524 },
  );
  expect(correctOperationRate({ correct: 0, nuisanceTrip: 0, failureToTrip: 0 })).toBeNull();
  expect(correctOperationRate({ correct: 3, nuisanceTrip: 0, failureToTrip: 1 })).toBe(0.75);
});

test("trips, failures and tests count where the breaker was at that time, and once however often they come", async () => {
  const trip = (breakerId: string, tsMs: number, residualCurrentMa: number, rated: number) => ({
    breakerId,
    tsMs,
    seq: 1,
    cause: "leakage",
    residualCurrentMa,
    phase: null,
    reclosed: false,
    verdict: verdictOf({ cause: "leakage", residualCurrentMa }, rated),
  });
  const self = (breakerId: string, tsMs: number, passed: boolean) => ({
    breakerId,
    tsMs,
    seq: 1,
    kind: "self" as const,
    passed,
    breakTimeMs: 30,
  });
  const writes = {
    trips: [
      trip("stays", movedMs, 40, 30),
      trip("moves", movedMs - 1, 3, 30),
      trip("moves", movedMs, 15, 30),
      trip("main", movedMs + 1, 149, 300),
      trip("main", movedMs + dayMs, 400, 300),
    ],
    tests: [
      self("moves", movedMs - 2, true),
      self("moves", movedMs - 1, false),
      self("moves", movedMs, true),
    ],
    staleHours: [{ areaId: "A1", hourMs: movedMs }],
  };
  for (let i = 0; i < 2; i += 1) await fresh.db.transaction((query) => writeRecords(query, writes));
  await fresh.db.query(
    `INSERT INTO alarm (id, kind, priority, breaker_id, area_id, village_id, raised_at_ms, evidence)
     VALUES ('f', 'failureToTrip', 'high', 'moves', 'A1', 'V1', $1, '{}')`,
    [movedMs - 5],
  );
  const question = {
    by: "village" as const,
    scope: {},
    fromMs: movedMs - dayMs,
    toMs: movedMs + dayMs,
    timeZone,
  };
  expect(await operationCountsBy(fresh.db.query, question)).toEqual([
    { id: "V1", level: "household", correct: 1, nuisanceTrip: 1, failureToTrip: 1 },
    { id: "V2", level: "household", correct: 1, nuisanceTrip: 0, failureToTrip: 0 },
    { id: "V2", level: "main", correct: 0, nuisanceTrip: 1, failureToTrip: 0 },
  ]);
  expect(await testCountsBy(fresh.db.query, { ...question, by: "area" })).toEqual([
    { id: "A1", level: "household", tested: 2, passed: 1, testedBreakers: 1 },
    { id: "A2", level: "household", tested: 1, passed: 1, testedBreakers: 1 },
  ]);
  expect(await testCountsBy(fresh.db.query, { ...question, scope: { villageId: "V2" } })).toEqual([
    { id: "V2", level: "household", tested: 1, passed: 1, testedBreakers: 1 },
  ]);
});
