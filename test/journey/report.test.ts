// From readings to the signed page: a day's history comes in over MQTT late, shuffled and twice; the report, on demand and
// revised, opens in LibreOffice with the numbers that the API gives.
import fc from "fast-check";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { List } from "../../console/data/resources.ts";
import type { Job } from "../../domain/http-jobs.ts";
import type { PerformanceRow } from "../../domain/http-rates.ts";
import type { ReportSummary } from "../../domain/http-reports.ts";
import { periodAt, periodBefore } from "../../domain/periods.ts";
import { roundRate } from "../../reports/cells.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { findLibreOffice, numberOf, sheetsOf } from "../support/libreoffice.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const zone = "Asia/Shanghai";
const minuteMs = 60_000;
const ids = ["b-1", "b-2", "b-3"];
const soffice = findLibreOffice();
let database: FreshDatabase;
let house: TestHouse;
let passwords: Map<string, string>;

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url, HUBAO_TIME_ZONE: zone });
  await importRegistry(
    house,
    ids.map((breakerId) => ({ breakerId, areaId: `A-${breakerId}` })),
  );
  passwords = await credentials(house, ids);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

const yesterday = periodBefore(periodAt("day", Date.now(), zone), zone);

const upload = async (id: string, reports: readonly { ts: number; seq: number; protection: string }[]) => {
  const client = await connectAsync(house.mqttUrl, {
    clientId: id,
    username: id,
    password: passwords.get(id) ?? "",
  });
  await Promise.all(
    reports.map((report) =>
      client.publishAsync(
        `hubao/v1/T/A-${id}/${id}/reading`,
        JSON.stringify({ ...report, residualCurrentMa: 5, contact: "closed" }),
        { qos: 1 },
      ),
    ),
  );
  await client.endAsync();
};

/** Every five minutes of yesterday, with the protection off from the n-th to the m-th. */
const day = (offFrom: number, offTo: number) =>
  Array.from({ length: 288 }, (_, n) => ({
    ts: yesterday.fromMs + n * 5 * minuteMs,
    seq: n,
    protection: n >= offFrom && n < offTo ? "alarmOnly" : "enabled",
  }));

const performance = async (): Promise<PerformanceRow> => {
  const answer = await house.get<List<PerformanceRow>>(
    `/performance?by=village&period=day&date=${yesterday.firstDate}`,
  );
  const [row] = answer.items;
  if (row === undefined) throw new Error("no village");
  return row;
};

const make = async (): Promise<{ reportId: string; revision: number; isNew: boolean }> => {
  const started = await house.post<Job>(
    "/reports",
    JSON.stringify({ township: "T", kind: "day", date: yesterday.firstDate }),
  );
  const job = await until(
    "the report",
    async () => {
      const asked = await house.get<Job>(`/jobs/${started.id}`);
      return asked.state === "queued" || asked.state === "running" ? null : asked;
    },
    60_000,
  );
  expect(job.problem).toBeNull();
  return job.result as { reportId: string; revision: number; isNew: boolean };
};

const file = async (reportId: string, format: string): Promise<Buffer> => {
  const response = await fetch(`${house.url}/api/v1/reports/${reportId}/files/${format}?language=en`, {
    headers: { authorization: `Bearer ${house.token}` },
  });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-disposition")).toContain(`T-day-${yesterday.firstDate}`);
  return Buffer.from(await response.arrayBuffer());
};

it("makes a day's report whose workbook has the API's numbers, and revises it when late data comes", async () => {
  const [shuffled] = fc.sample(fc.shuffledSubarray(day(100, 124), { minLength: 288 }), {
    numRuns: 1,
    seed: 3,
  });
  await upload("b-1", [...(shuffled ?? []), ...day(100, 124).toReversed()]);
  await upload("b-2", day(0, 0).toReversed());
  const expectedMs = (288 - 24 + 288) * 5 * minuteMs;
  await until(
    "the two breakers' time",
    async () => (await performance()).levels.household.operatingMs === expectedMs,
    60_000,
  );
  const row = await performance();
  expect(row.levels.household).toMatchObject({
    installedMs: 3 * 288 * 5 * minuteMs,
    installed: 3,
    operationalRate: expectedMs / (3 * 288 * 5 * minuteMs),
  });
  const first = await make();
  expect(first).toMatchObject({ revision: 1, isNew: true });
  expect(await make()).toMatchObject({ reportId: first.reportId, isNew: false });
  expect((await file(first.reportId, "html")).toString("utf8")).toContain("Operational rate");
  if (soffice !== null) {
    const sheets = await sheetsOf(soffice, await file(first.reportId, "xlsx"));
    const [header = [], ...rows] = sheets.get("Household") ?? [];
    const cell = (label: string) => numberOf(rows[0]?.[header.indexOf(label)] ?? "");
    const of = row.levels.household;
    expect(cell("Operational rate")).toBeCloseTo(roundRate(of.operationalRate ?? -1), 9);
    expect(cell("Upper bound")).toBeCloseTo(roundRate(of.operationalRateUpperBound ?? -1), 9);
    expect(cell("Installed")).toBe(of.installed);
    expect(cell("Should install")).toBe(of.shouldInstall);
    expect(cell("Operating")).toBe(of.operating);
    expect(cell("Gap")).toBeCloseTo(roundRate(of.operationalRate ?? -1) - of.operationalTarget, 9);
    expect(rows.at(-1)?.[1]).toBe("Total");
  }

  // The third breaker's gateway delivers at last.
  await upload("b-3", day(0, 0));
  await until(
    "the third breaker's time",
    async () => (await performance()).levels.household.operatingMs === expectedMs + 288 * 5 * minuteMs,
    60_000,
  );
  const second = await make();
  expect(second).toMatchObject({ revision: 2, isNew: true });
  const { items } = await house.get<List<ReportSummary>>("/reports?kind=day");
  const revisions = items.filter(({ firstDate }) => firstDate === yesterday.firstDate);
  expect(revisions.map(({ revision, revised }) => [revision, revised])).toEqual([
    [2, false],
    [1, true],
  ]);
  expect(revisions[0]?.before).toEqual(revisions[1]?.figures);
}, 240_000);
