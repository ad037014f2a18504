// The routes of rates: periods by name and by instants, targets, publishing on demand.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PublishedRateDetail } from "../../domain/http-published.ts";
import type { PerformanceRow, WorstBreaker } from "../../domain/http-rates.ts";
import { smallTable, startTestApi, type TestApi } from "./house.ts";

type Page = { items: PerformanceRow[]; nextCursor: string | null };
const hour = 3_600_000;

let house: TestApi;
beforeAll(async () => {
  house = await startTestApi();
  expect((await house.importCsv(smallTable)).status).toBe(200);
  const at = (text: string) => Date.parse(text);
  await house.db.query(
    `INSERT INTO operating_interval (breaker_id, from_ms, to_ms, state, reason) VALUES
       ('B1', $1, $2, 'operating', NULL), ('B1', $2, NULL, 'notOperating', 'open'), ('M1', $1, NULL, 'operating', NULL)`,
    [at("2026-01-01T00:00:00+08:00"), at("2026-04-16T00:00:00+08:00")],
  );
});
afterAll(() => house?.stop());

const send = (method: string, path: string, body?: object) =>
  house.request(`/api/v1${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });

test("answers a month of the township's time zone, page by page, and the same by its instants", async () => {
  const { body, status } = await house.get<Page>(
    "/performance?by=village&period=month&date=2026-04-09&limit=1",
  );
  expect(status).toBe(200);
  const [upper] = body.items;
  expect(upper).toMatchObject({
    id: "V1",
    from: "2026-03-31T16:00:00.000Z",
    to: "2026-04-30T16:00:00.000Z",
    households: 4,
    inhabitedHouseholds: 3,
    inhabitedOperating: 0,
    villages: 1,
    villagesWithOfficer: 0,
  });
  expect(upper?.levels.household.notOperatingMsByReason.open).toBe(15 * 24 * hour);
  expect(upper?.levels.household).toMatchObject({ shouldInstall: 3, requiredInstalled: 2, installed: 3 });
  expect(upper?.levels.main).toMatchObject({ shouldInstall: 2, requiredInstalled: 2, operationalRate: 0.5 });
  const next = await house.get<Page>(`/performance?by=village&limit=1&cursor=${body.nextCursor}`);
  expect(next.body.items.map((row) => [row.id, row.from])).toEqual([["V2", upper?.from]]);
  const instants = await house.get<Page>(
    "/performance?by=village&from=2026-04-01T00:00:00%2B08:00&to=2026-05-01T00:00:00%2B08:00",
  );
  expect(instants.body.items[0]).toEqual(upper);
});

test("names the breakers that cost most", async () => {
  const { body } = await house.get<{ items: WorstBreaker[] }>(
    "/performance/worst-breakers?period=month&date=2026-04-09&village=V1&limit=2",
  );
  expect(body.items.map((one) => one.lostMs)).toEqual([30 * 24 * hour, 30 * 24 * hour]);
  const { body: level } = await house.get<{ items: WorstBreaker[] }>(
    "/performance/worst-breakers?period=month&date=2026-04-09&area=A1&level=main",
  );
  expect(level.items).toEqual([]);
});

test("refuses periods that contradict themselves", async () => {
  for (const query of [
    "by=village&date=2026-04-09",
    "by=village&period=month&from=2026-04-01T00:00:00Z",
    "by=village&period=month&date=2026-02-30",
    "by=village&period=month&date=0000-01-01",
    "by=street",
  ])
    expect((await house.get(`/performance?${query}`)).status, query).toBe(400);
});

test("sets a target from a day on, holds places against it, and removes it again", async () => {
  const wish = {
    measure: "operationalRate",
    level: "household",
    village: "V1",
    value: 0.4,
    validFrom: "2026-04-01",
  };
  const set = await send("PUT", "/targets", wish);
  expect(set.status).toBe(200);
  const { id } = (await set.json()) as { id: number };
  const target = async (date: string) => {
    const { body } = await house.get<Page>(`/performance?by=village&period=month&date=${date}`);
    return body.items[0]?.levels.household.operationalTarget;
  };
  expect(await target("2026-04-09")).toBe(0.4);
  expect(await target("2026-03-09")).toBe(0.95);
  const { body: rates } = await house.get<{ items: { target: number }[] }>(
    "/rates?by=village&village=V1&level=household&from=2026-04-01T00:00:00Z&to=2026-04-02T00:00:00Z",
  );
  expect(rates.items[0]?.target).toBe(0.4);
  const { body: village } = await house.get<{ levels: { household: { target: number } } }>("/villages/V1");
  expect(village.levels.household.target).toBe(0.4);
  expect((await send("DELETE", `/targets/${id}`)).status).toBe(204);
  expect((await send("DELETE", `/targets/${id}`)).status).toBe(404);
  expect(await target("2026-04-09")).toBe(0.95);
  expect((await send("PUT", "/targets", { ...wish, village: "nowhere" })).status).toBe(400);
  expect((await send("PUT", "/targets", { ...wish, level: null })).status).toBe(400);
  const acts = await house.db.query<{ act: string }>(
    "SELECT act FROM audit WHERE act LIKE 'target.%' ORDER BY id",
  );
  expect(acts.map((row) => row.act)).toEqual(["target.set", "target.remove"]);
});

test("publishes an ended period once, and again only when its numbers are others", async () => {
  const wish = { township: "T", kind: "month", date: "2026-04-15" };
  expect((await send("POST", "/published-rates", { ...wish, date: "2026-05-15" })).status).toBe(409);
  expect((await send("POST", "/published-rates", { ...wish, township: "nowhere" })).status).toBe(404);
  const first = await send("POST", "/published-rates", wish);
  expect(first.status).toBe(201);
  const published = (await first.json()) as PublishedRateDetail;
  expect(published).toMatchObject({
    revision: 1,
    firstDate: "2026-04-01",
    cause: "demand",
    publishedBy: "tester",
    changes: [],
  });
  expect((await send("POST", "/published-rates", wish)).status).toBe(200);
  await house.db.query(
    "UPDATE operating_interval SET state = 'excused', reason = 'areaOutage' WHERE reason = 'open'",
  );
  const second = await send("POST", "/published-rates", wish);
  expect(second.status).toBe(201);
  const revised = (await second.json()) as PublishedRateDetail;
  expect(revised.revision).toBe(2);
  expect(revised.changes).toContainEqual(
    expect.objectContaining({
      placeId: "V1",
      field: "levels.household.notOperatingMsByReason.open",
      before: 15 * 24 * hour,
      after: 0,
    }),
  );
  const { body } = await house.get<{ items: { id: string; latest: boolean }[] }>(
    "/published-rates?latest=true",
  );
  expect(body.items.map((one) => one.id)).toEqual([revised.id]);
});
