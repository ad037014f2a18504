// The calendar of planned outages and the safety officers of villages, over HTTP.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OfficerEntry } from "../../domain/http-officers.ts";
import type { PlannedOutageEntry } from "../../domain/http-outages.ts";
import { exportOfficers } from "../../storage/officers.ts";
import { exportOutages } from "../../storage/planned-outages.ts";
import { loadRegistryFacts } from "../../storage/registry-read.ts";
import { smallTable, startTestApi, type TestApi } from "./house.ts";

let house: TestApi;
beforeAll(async () => {
  house = await startTestApi();
  expect((await house.importCsv(smallTable)).status).toBe(200);
});
afterAll(() => house.stop());

const send = async <T = { changed: boolean }>(method: string, path: string, body?: object) => {
  const response = await house.request(`/api/v1${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: response.status, body: (await response.json()) as T };
};

describe("planned outages", () => {
  const id = "0198a000-0000-7000-8000-000000000001";
  const wish = {
    id,
    areaIds: ["A1"],
    from: "2026-05-01T08:00:00+08:00",
    to: "2026-05-01T12:00:00+08:00",
    note: "换变压器",
  };
  const windows = async () => {
    const { plannedOutages } = await loadRegistryFacts(house.db, "Asia/Shanghai");
    return Object.fromEntries(plannedOutages);
  };
  const list = async (query: string) =>
    (await house.get<{ items: PlannedOutageEntry[]; nextCursor: string | null }>(`/planned-outages${query}`))
      .body;

  it("are entered once, changed, and cancelled for good", async () => {
    const entered = await send<PlannedOutageEntry>("POST", "/planned-outages", wish);
    expect(entered).toMatchObject({
      status: 200,
      body: {
        id,
        from: "2026-05-01T00:00:00.000Z",
        note: "换变压器",
        createdBy: "tester",
        cancelledAt: null,
      },
    });
    expect((await send("POST", "/planned-outages", wish)).status).toBe(200);
    expect((await send("POST", "/planned-outages", { ...wish, note: "x" })).status).toBe(409);
    expect(await exportOutages(house.db.query)).toHaveLength(1);

    const edit = { to: "2026-05-01T14:00:00+08:00", areaIds: ["A1", "A3"] };
    expect((await send<PlannedOutageEntry>("PATCH", `/planned-outages/${id}`, edit)).body.areas).toHaveLength(
      2,
    );
    const window = { fromMs: Date.parse(wish.from), toMs: Date.parse(edit.to) };
    expect(await windows()).toEqual({ A1: [window], A3: [window] });

    expect((await send("POST", `/planned-outages/${id}/cancel`)).status).toBe(200);
    expect((await send("POST", `/planned-outages/${id}/cancel`)).status).toBe(200);
    expect(await windows()).toEqual({});
    expect((await send("PATCH", `/planned-outages/${id}`, edit)).status).toBe(409);
  });

  it("of a village take in all of its areas; overlapping ones are one", async () => {
    const village = { villageId: "V1", from: "2026-06-01T00:00:00Z", to: "2026-06-01T04:00:00Z" };
    const { body } = await send<PlannedOutageEntry>("POST", "/planned-outages", village);
    expect(body.areas.map((a) => a.areaId)).toEqual(["A1", "A2"]);
    await send("POST", "/planned-outages", {
      areaIds: ["A2"],
      from: "2026-06-01T03:00:00Z",
      to: "2026-06-01T06:00:00Z",
    });
    const at = (hour: number) => Date.UTC(2026, 5, 1, hour);
    expect(await windows()).toEqual({
      A1: [{ fromMs: at(0), toMs: at(4) }],
      A2: [{ fromMs: at(0), toMs: at(6) }],
    });
  });

  it("are listed by time and place, page by page, cancelled ones on request", async () => {
    const first = await list("?limit=1");
    expect(first.items.map((o) => o.areas.length)).toEqual([1]);
    const second = await list(`?limit=1&cursor=${first.nextCursor}`);
    expect(second.items.map((o) => o.areas.length)).toEqual([2]);
    expect(second.nextCursor).toBeNull();
    expect((await list("?cancelled=true")).items).toHaveLength(3);
    expect((await list("?village=V2")).items).toHaveLength(0);
    expect((await list("?area=A1&from=2026-06-01T04:00:00Z")).items).toHaveLength(0);
    expect((await list("?area=A1&to=2026-06-01T00:00:01Z")).items).toHaveLength(1);
  });

  it("are refused where they say nothing that can be", async () => {
    const bad = [
      { ...wish, id: undefined, areaIds: [] },
      { ...wish, id: undefined, to: wish.from },
      { ...wish, id: undefined, from: "tomorrow" },
    ];
    for (const body of bad) expect((await send("POST", "/planned-outages", body)).status).toBe(400);
    expect((await send("POST", "/planned-outages", { ...wish, id: undefined, areaIds: ["A9"] })).status).toBe(
      404,
    );
    expect((await send("POST", `/planned-outages/${crypto.randomUUID()}/cancel`)).status).toBe(404);
  });
});

describe("safety officers", () => {
  it("have a telephone, and villages from a day on", async () => {
    expect(await send("PUT", "/officers/O1", { name: "协管员-01", phone: "000-01" })).toMatchObject({
      body: { changed: true },
    });
    expect(await send("PUT", "/officers/O1", { name: "协管员-01", phone: "000-01" })).toMatchObject({
      body: { changed: false },
    });
    const path = "/officers/O1/villages/V1/2026-01-01";
    expect((await send("PUT", path, {})).body.changed).toBe(true);
    expect((await send("PUT", path, { toOn: "2026-04-01" })).body.changed).toBe(true);
    expect((await send("PUT", path, { toOn: "2026-04-01" })).body.changed).toBe(false);
    expect((await send("PUT", path, { toOn: "2026-01-01" })).status).toBe(409);
    expect((await send("PUT", "/officers/O1/villages/V1/2026-03-01", {})).status).toBe(409);
    expect((await send("PUT", "/officers/O1/villages/V1/2026-05-01", {})).body.changed).toBe(true);
    expect((await send("PUT", "/officers/O9/villages/V1/2026-05-01", {})).status).toBe(404);
    expect((await house.get<OfficerEntry>("/officers/O1")).body).toEqual({
      id: "O1",
      name: "协管员-01",
      phone: "000-01",
      villages: [
        { villageId: "V1", villageName: "Upper", fromOn: "2026-01-01", toOn: "2026-04-01" },
        { villageId: "V1", villageName: "Upper", fromOn: "2026-05-01", toOn: null },
      ],
    });
    expect(await exportOfficers(house.db.query)).toHaveLength(2);
  });

  it("are struck out only when they never had a village", async () => {
    expect((await send("DELETE", "/officers/O1")).status).toBe(409);
    expect((await send("DELETE", "/officers/O1/villages/V1/2026-01-01")).body.changed).toBe(true);
    expect((await send("DELETE", "/officers/O1/villages/V1/2026-05-01")).body.changed).toBe(true);
    expect((await send("DELETE", "/officers/O1/villages/V1/2026-05-01")).status).toBe(404);
    expect((await send("DELETE", "/officers/O1")).body.changed).toBe(true);
    expect((await house.get<{ items: unknown[] }>("/officers")).body.items).toEqual([]);
  });
});
