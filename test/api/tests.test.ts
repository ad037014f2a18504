import type { Readable } from "node:stream";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestRecord } from "../../domain/http-tests.ts";
import { writeRecords } from "../../storage/records.ts";
import { smallTable, startTestApi, type TestApi } from "./house.ts";

let house: TestApi;
const atMs = Date.parse("2026-05-10T02:00:00Z");
const evil = '=HYPERLINK("http://x","</td><script>alert(1)</script>")';

beforeAll(async () => {
  house = await startTestApi();
  const imported = await house.request("/api/v1/registry/import", {
    method: "POST",
    headers: { "content-type": "text/csv" },
    body: smallTable,
  });
  expect(imported.status).toBe(200);
  await house.db.query("UPDATE transformer_area SET supply_station = 'North' WHERE id = 'A1'");
});
afterAll(() => house?.stop());

const send = (method: string, path: string, body?: unknown) =>
  house.request(`/api/v1/${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
const list = async (query = ""): Promise<TestRecord[]> => {
  const items: TestRecord[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: { items: TestRecord[]; nextCursor: string | null } = await (
      await house.request(`/api/v1/tests?limit=2${query}${cursor === "" ? "" : `&cursor=${cursor}`}`)
    ).json();
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
};
const acts = async () =>
  (await house.db.query<{ act: string }>("SELECT act FROM audit WHERE act LIKE '%Test' ORDER BY id")).map(
    ({ act }) => act,
  );

test("reported tests and tests by hand stand in one ledger, and only those by hand can be changed or taken away", async () => {
  await house.db.transaction((query) =>
    writeRecords(query, {
      trips: [],
      tests: [0, 1, 2].map((i) => ({
        breakerId: i === 2 ? "M3" : "B1",
        tsMs: atMs + i * 1_000,
        seq: i,
        kind: i === 0 ? ("self" as const) : ("trip" as const),
        passed: i !== 0,
        breakTimeMs: 38,
      })),
      staleHours: [],
    }),
  );
  const made = await send("POST", "tests", {
    breakerId: "B2",
    at: "2026-05-12T09:30:00+08:00",
    passed: false,
    operatingCurrentMa: 27.5,
    breakTimeMs: 80,
    offAt: "2026-05-12T09:30:00+08:00",
    onAt: "2026-05-12T09:31:00+08:00",
    tester: evil,
    supplyStation: "South",
  });
  expect(made.status).toBe(201);
  const written = (await made.json()) as TestRecord;
  expect(written).toMatchObject({
    kind: "hand",
    source: "hand",
    areaId: "A1",
    address: "Lane 2",
    supplyStation: "South",
    at: "2026-05-12T01:30:00.000Z",
    tester: evil,
  });
  expect(made.headers.get("location")).toBe(`/api/v1/tests/${written.id}`);

  const all = await list();
  expect(all.map((one) => one.breakerId)).toEqual(["B2", "M3", "B1", "B1"]);
  expect(all[3]).toMatchObject({ kind: "self", passed: false, supplyStation: "North", tester: null });
  expect((await list("&station=North")).length).toBe(2);
  expect((await list("&passed=false")).length).toBe(2);
  expect((await list("&village=V2&kind=trip")).map((one) => one.breakerId)).toEqual(["M3"]);
  expect((await list("&from=2026-05-11T00:00:00Z")).length).toBe(1);
  expect(await (await send("GET", "tests/stations")).json()).toEqual({
    items: [{ name: "North" }, { name: "South" }],
  });

  const changed = await send("PATCH", `tests/${written.id}`, { passed: true, note: "again", onAt: null });
  expect(await changed.json()).toMatchObject({ passed: true, note: "again", onAt: null, breakTimeMs: 80 });
  const reported = encodeURIComponent(all[3]?.id ?? "");
  expect((await send("GET", `tests/${reported}`)).status).toBe(200);
  expect((await send("PATCH", `tests/${reported}`, { passed: true })).status).toBe(409);
  expect((await send("DELETE", `tests/${reported}`)).status).toBe(409);
  expect((await send("DELETE", "tests/none")).status).toBe(404);

  const other = (await (
    await send("POST", "tests", { breakerId: "B2", at: "2026-05-12T02:30:00Z", passed: true, tester: "t" })
  ).json()) as TestRecord;
  expect((await send("DELETE", `tests/${other.id}`)).status).toBe(204);
  expect((await send("GET", `tests/${other.id}`)).status).toBe(404);
  expect(await acts()).toEqual(["addTest", "changeTest", "addTest", "removeTest"]);
});

test("a test of no breaker, of a breaker not yet or no longer there, or of tomorrow is refused", async () => {
  const wrong = async (change: object) => {
    const answer = await send("POST", "tests", {
      breakerId: "B1",
      at: "2026-05-12T02:30:00Z",
      passed: true,
      tester: "t",
      ...change,
    });
    return [answer.status, ((await answer.json()) as { errors: { field: string }[] }).errors[0]?.field];
  };
  expect(await wrong({ breakerId: "none" })).toEqual([422, "breakerId"]);
  expect(await wrong({ at: "2026-05-21T00:00:00Z" })).toEqual([422, "at"]);
  expect(await wrong({ at: "2025-05-21T00:00:00Z" })).toEqual([422, "at"]);
  expect(await wrong({ breakerId: "B6" })).toEqual([422, "at"]);
  expect(await wrong({ tester: " " })).toEqual([400, "tester"]);
  expect(await wrong({ offAt: "2026-05-12T02:30:00Z", onAt: "2026-05-12T02:29:00Z" })).toEqual([400, "onAt"]);
  expect((await acts()).length).toBe(4);
});

test("the printed ledger has twelve rows a page, each station on its own, and shows names as text", async () => {
  for (let i = 0; i < 12; i += 1)
    await send("POST", "tests", {
      breakerId: "B1",
      at: new Date(atMs + i * 60_000).toISOString(),
      passed: true,
      tester: `T${i}`,
    });
  const page = await (await house.request("/api/v1/tests/export?lang=zh")).text();
  // North 14 tests: two pages; South and none: one each.
  expect(page.match(/<section>/g)?.length).toBe(4);
  expect(page.match(/<tr><td>/g)?.length).toBe(4 * 12);
  expect(page).toContain("剩余电流动作保护器测试记录");
  expect(page).toContain("第 1 页 共 4 页");
  expect(page).toContain("自检不合格");
  expect(page).toContain("2026-05-12 09:30");
  expect(page).not.toContain("<script");
  expect(page).toContain("&lt;script&gt;");
  const english = await (await house.request("/api/v1/tests/export?lang=en&station=South")).text();
  expect(english).toContain("Page 1 of 1");
  const none = await house.request("/api/v1/tests/export?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z");
  expect(await none.text()).toContain("这段时间没有测试记录");
});

test("CSV and workbook hold the same rows, numbers as numbers, and never a formula", async () => {
  const csv = await (await house.request("/api/v1/tests/export?format=csv&lang=en&station=South")).text();
  const [header, row] = parse(csv, { bom: true }) as string[][];
  expect(header?.slice(0, 3)).toEqual(["Date", "Village", "Transformer area"]);
  expect(row).toContain(`'${evil}`);
  expect(row).toContain("27.5");
  const answer = await house.request("/api/v1/tests/export?format=xlsx&lang=en&station=South");
  expect(answer.headers.get("content-disposition")).toMatch(/filename="tests-.*\.xlsx"/);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const { sheet, all } = await unzip(bytes);
  expect(all).toContain("HYPERLINK");
  expect(sheet).not.toContain("<f");
  expect(sheet).toContain("<v>27.5</v>");
});

/** The first sheet's XML, and all XML parts together. */
const unzip = async (bytes: Buffer): Promise<{ sheet: string; all: string }> => {
  const yauzl = await import("yauzl");
  const zip = await yauzl.default.fromBufferPromise(bytes);
  let sheet = "";
  let all = "";
  for await (const entry of zip.eachEntry()) {
    const parts: Buffer[] = [];
    for await (const part of (await zip.openReadStreamPromise(entry)) as Readable) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString("utf8");
    all += text;
    if (entry.fileName === "xl/worksheets/sheet1.xml") sheet = text;
  }
  return { sheet, all };
};
