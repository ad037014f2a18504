import { afterAll, beforeAll, expect, test } from "vitest";
import type { AreaSupplyDay, AreaSupplyRow, SupplyDay } from "../../domain/http-supply.ts";
import type { TestRecord } from "../../domain/http-tests.ts";
import type { Report } from "../../domain/report.ts";
import { defaultSupplyRule } from "../../domain/supply.ts";
import { midnightMs } from "../../domain/time.ts";
import { computeDueSupply } from "../../house/supply-keeper.ts";
import { fillTestTimes } from "../../house/test-times.ts";
import { writeRecords } from "../../storage/records.ts";
import { noteSettled, releaseStaleHours } from "../../storage/supply.ts";
import { smallTable, startTestApi, type TestApi } from "./house.ts";

const timeZone = "Asia/Shanghai";
const minuteMs = 60_000;
const nowMs = Date.parse("2026-05-20T04:00:00Z");
const dayMs = midnightMs("2026-05-19", timeZone);
const areaOf: Record<string, string> = { M1: "A1", B1: "A1", B2: "A1", M2: "A2", B3: "A2", B5: "A3" };

let house: TestApi;
beforeAll(async () => {
  house = await startTestApi();
  const imported = await house.request("/api/v1/registry/import", {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: smallTable,
  });
  expect(imported.status).toBe(200);
});
afterAll(() => house?.stop());

const needs = () => ({
  db: house.db,
  telemetry: house.telemetry,
  rule: defaultSupplyRule,
  timeZone,
  retentionDays: 5,
  clock: () => nowMs,
  warn: (message: string) => {
    throw new Error(message);
  },
});

const store = async (breakerId: string, minutes: number[], voltageV: number, loadCurrentA: number) => {
  const outcome = await house.telemetry.write(
    minutes.map((minute) => ({
      townshipId: "T",
      villageId: areaOf[breakerId] === "A3" ? "V2" : "V1",
      areaId: areaOf[breakerId] ?? "",
      level: breakerId.startsWith("M") ? ("main" as const) : ("household" as const),
      report: {
        kind: "reading",
        breakerId,
        tsMs: dayMs + minute * minuteMs,
        seq: minute,
        arrivalMs: nowMs,
        clockReplaced: false,
        body: { residualCurrentMa: 1, contact: "closed", protection: "enabled", voltageV, loadCurrentA },
      } satisfies Report,
    })),
    nowMs,
  );
  expect(outcome).toEqual({ kind: "stored", rejected: [] });
};
const every10 = (from: number, to: number) =>
  Array.from({ length: Math.ceil((to - from) / 10) }, (_, i) => from + i * 10);
const get = async <T>(path: string): Promise<T> => {
  const answer = await house.request(`/api/v1/low-voltage${path}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
};

test("a day is computed once everything of it is stored, and lists the area with how long and how low", async () => {
  await store("B1", every10(0, 600), 230, 4);
  await store("B1", every10(600, 660), 190, 4);
  await store("B1", every10(660, 1440), 230, 4);
  await store("B2", every10(0, 1440), 225, 4);
  await store("M1", every10(0, 1440), 235, 3);
  await store("B3", every10(0, 120), 199, 1);

  expect(await computeDueSupply(needs())).toBe(0);
  // Ten minutes after midnight a report of the day may still be on its way.
  await noteSettled(house.db.query, "j", dayMs + 24 * 60 * minuteMs + 10 * minuteMs);
  await computeDueSupply(needs());
  expect(await get<{ items: AreaSupplyRow[] }>("")).toEqual({ items: [], nextCursor: null });
  await noteSettled(house.db.query, "j", dayMs + 24 * 60 * minuteMs + 11 * minuteMs);
  // Of an area from which nothing was ever heard no day is computed.
  expect(await computeDueSupply(needs())).toBe(0);
  // What detection keeps of the first report.
  await house.db.query(
    "INSERT INTO own_change (breaker_id, from_ms, state, dark) SELECT id, $1, 'operating', false FROM breaker",
    [dayMs],
  );
  // Three areas.
  expect(await computeDueSupply(needs())).toBe(3);
  expect(await computeDueSupply(needs())).toBe(0);

  const { items } = await get<{ items: AreaSupplyRow[] }>("");
  expect(items).toHaveLength(1);
  expect(items[0]).toMatchObject({
    areaId: "A1",
    villageName: "Upper",
    lowDays: 1,
    lastLowDay: "2026-05-19",
    measured: 2,
    low: 1,
    lowShare: 0.5,
    lowMs: 60 * minuteMs,
    minV: 190,
    minAt: new Date(dayMs + 600 * minuteMs).toISOString(),
    lowNow: 0,
  });
  // The main says 3 A a phase, the houses 8 A together: 1 − 8 ÷ 9.
  expect(items[0]?.lineLoss.share).toBeCloseTo(1 / 9, 9);
  expect(items[0]?.lineLoss.comparedMs).toBe(24 * 60 * minuteMs);

  const all = await get<{ items: AreaSupplyRow[]; nextCursor: string }>("?all=true&limit=2");
  expect(all.items.map(({ areaId }) => areaId)).toEqual(["A1", "A2"]);
  const rest = await get<{ items: AreaSupplyRow[] }>(`?all=true&limit=2&cursor=${all.nextCursor}`);
  expect(rest.items.map(({ areaId }) => areaId)).toEqual(["A3"]);
  expect(rest.items[0]).toMatchObject({ measured: 0, lowShare: null, lineLoss: { share: null } });

  const { items: days } = await get<{ items: AreaSupplyDay[] }>("/A1?from=2026-05-19");
  expect(days).toHaveLength(1);
  expect(days[0]?.worst).toEqual([{ breakerId: "B1", address: "Lane 1", lowMs: 60 * minuteMs, minV: 190 }]);
  const { items: trend } = await get<{ items: SupplyDay[] }>("/trend?village=V1");
  expect(trend.at(-1)).toEqual({
    day: "2026-05-19",
    areas: 2,
    lowAreas: 1,
    measured: 3,
    low: 1,
    lowMs: 60 * minuteMs,
    minV: 190,
  });
});

test("late readings change their day once the store holds them, and marks that come meanwhile are not lost", async () => {
  const mark = () =>
    house.db.transaction((query) =>
      writeRecords(query, {
        trips: [],
        tests: [],
        staleHours: [{ areaId: "A2", hourMs: dayMs + 60 * minuteMs }],
      }),
    );
  await mark();
  await store("B3", [125, 130, 135], 180, 1);
  expect(await computeDueSupply(needs())).toBe(0);
  await releaseStaleHours(house.db.query);
  expect(await computeDueSupply(needs())).toBe(1);
  const { items } = await get<{ items: AreaSupplyRow[] }>("?area=A2");
  expect(items[0]).toMatchObject({ low: 1, minV: 180, lowMs: 25 * minuteMs });

  await mark();
  await releaseStaleHours(house.db.query);
  let marked = false;
  const again = {
    ...needs(),
    telemetry: {
      reports: async (query: Parameters<typeof house.telemetry.reports>[0]) => {
        if (!marked) await mark();
        marked = true;
        return house.telemetry.reports(query);
      },
    },
  };
  await computeDueSupply(again);
  expect(await house.db.query("SELECT ready, marks FROM supply_stale")).toEqual([{ ready: false, marks: 2 }]);
});

test("another threshold computes the days anew; a span that is none is refused", async () => {
  const rule = { ...defaultSupplyRule, lowVoltageV: 226, deadbandV: 2 };
  expect(await computeDueSupply({ ...needs(), rule })).toBeGreaterThanOrEqual(3);
  const { items } = await get<{ items: AreaSupplyRow[] }>("?area=A1");
  expect(items[0]).toMatchObject({ low: 2, lowMs: 24 * 60 * minuteMs });
  for (const path of ["?from=2026-05-20&to=2026-05-20", "?from=2024-01-01", "?from=0000-01-01&to=0000-01-02"])
    expect((await house.request(`/api/v1/low-voltage${path}`)).status).toBe(400);
  expect((await house.request("/api/v1/low-voltage/none")).status).toBe(404);
});

test("a passed trip test went off when it was done and was on again with the first reading that says so", async () => {
  const testAt = (minute: number, breakerId: string, passed = true) => ({
    breakerId,
    tsMs: dayMs + minute * minuteMs + 1_000,
    seq: 7,
    kind: "trip" as const,
    passed,
    breakTimeMs: 30,
  });
  await house.db.transaction((query) =>
    writeRecords(query, {
      trips: [],
      tests: [testAt(1420, "B1"), testAt(1425, "B2", false), testAt(1400, "B3")],
      staleHours: [],
    }),
  );
  await fillTestTimes({ db: house.db, telemetry: house.telemetry }, dayMs + 1440 * minuteMs);
  const { body } = await house.get<{ items: TestRecord[] }>("/tests?kind=trip");
  expect(body.items.map(({ breakerId, offAt, onAt }) => ({ breakerId, offAt, onAt }))).toEqual([
    { breakerId: "B2", offAt: null, onAt: null },
    {
      breakerId: "B1",
      offAt: new Date(dayMs + 1420 * minuteMs + 1_000).toISOString(),
      onAt: new Date(dayMs + 1430 * minuteMs).toISOString(),
    },
    { breakerId: "B3", offAt: null, onAt: null },
  ]);
});
