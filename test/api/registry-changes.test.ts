// Acts on the registry with their dates: what they change, what they refuse, and that the same again changes nothing.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HouseholdDetail, PlacementEntry } from "../../domain/http-registry.ts";
import { findCredential, issueBreakerCredential } from "../../storage/credentials.ts";
import { exportPlacements } from "../../storage/placements.ts";
import { lockRegistry } from "../../storage/registry.ts";
import { loadBreakerFacts } from "../../storage/registry-read.ts";
import { exportOccupancy } from "../../storage/views/households.ts";
import { smallTable, startTestApi, type TestApi } from "./house.ts";

const zone = "Asia/Shanghai";
const midnight = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);
let house: TestApi;

beforeAll(async () => {
  house = await startTestApi();
  expect((await house.importCsv(smallTable)).status).toBe(200);
});
afterAll(() => house.stop());

const send = async (method: string, path: string, body?: object) => {
  const response = await house.request(`/api/v1${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const answer = (await response.json()) as { changed?: boolean; detail?: string };
  return { status: response.status, changed: answer.changed, detail: answer.detail ?? "" };
};
const done = { status: 200, changed: true };
const same = { status: 200, changed: false };
const placements = async (id: string) =>
  (await house.get<{ items: PlacementEntry[] }>(`/breakers/${id}/placements`)).body.items.map(
    (p) => `${p.fromOn} ${p.areaId} ${p.householdId}`,
  );
const factsOf = async (id: string) => {
  const facts = (await loadBreakerFacts(house.db, zone)).find((f) => f.breakerId === id);
  if (facts === undefined) throw new Error(`no facts of ${id}`);
  return facts;
};

it("wait for an import only so long, and say what to wait for", async () => {
  const act = () => send("PATCH", "/breakers/B1", { ratedResidualCurrentMa: 30 });
  await house.db.transaction(async (query) => {
    await lockRegistry(query);
    expect(await act()).toMatchObject({ status: 503, detail: expect.stringContaining("import") });
  });
  expect(await act()).toMatchObject({ status: 200 });
});

describe("breakers", () => {
  it("are installed once; the same again changes nothing, and a second one at the place is refused", async () => {
    const body = {
      id: "N1",
      areaId: "A2",
      householdId: "H4",
      level: "household",
      ratedResidualCurrentMa: 30,
      installedOn: "2026-03-01",
    };
    expect(await send("POST", "/breakers", body)).toMatchObject(done);
    expect(await send("POST", "/breakers", body)).toMatchObject(same);
    expect(await send("POST", "/breakers", { ...body, id: "N2" })).toMatchObject({
      status: 409,
      detail: expect.stringContaining("household H4 has breaker N1 in that time"),
    });
    expect(await send("POST", "/breakers", { ...body, installedOn: "2026-04-01" })).toMatchObject({
      status: 409,
      detail: "breaker N1 is installed already, since 2026-03-01",
    });
    expect(await send("POST", "/breakers", { ...body, id: "N3", areaId: "A1" })).toMatchObject({
      status: 409,
      detail: "household H4 lies in transformer area A2, not in A1",
    });
    expect((await send("POST", "/breakers", { ...body, id: "N3", areaId: "A9" })).status).toBe(404);
    expect((await send("POST", "/breakers", { ...body, id: "N4", additional: true })).changed).toBe(true);
    expect((await send("POST", "/breakers/N4/remove", { on: "2026-03-01" })).changed).toBe(true);
  });

  it("are replaced in one act: the old one goes on the day on which the new one comes", async () => {
    const body = { id: "N5", on: "2026-04-10" };
    expect(await send("POST", "/breakers/N1/replace", { ...body, on: "2026-02-01" })).toMatchObject({
      status: 409,
      detail: "breaker N1 was installed only on 2026-03-01",
    });
    expect(await send("POST", "/breakers/N1/replace", { ...body, on: "2026-05-21" })).toMatchObject({
      status: 409,
      detail: "2026-05-21 has not come yet",
    });
    expect(await send("POST", "/breakers/N1/replace", body)).toMatchObject(done);
    expect(await send("POST", "/breakers/N1/replace", body)).toMatchObject(same);
    const [old, fresh] = [await factsOf("N1"), await factsOf("N5")];
    expect(old.removedAtMs).toBe(midnight("2026-04-10"));
    expect(fresh).toMatchObject({ installedAtMs: midnight("2026-04-10"), householdId: "H4", areaId: "A2" });
    expect(await send("POST", "/breakers/N1/remove", { on: "2026-05-01" })).toMatchObject({
      status: 409,
      detail: "breaker N1 was removed on 2026-04-10 already",
    });
    expect(await send("POST", "/breakers/N1/reinstate", {})).toMatchObject({ status: 409 });
  });

  it("have no credential once removed, and have it again when that is taken back", async () => {
    await issueBreakerCredential(house.db, "B2", "tester");
    expect(await findCredential(house.db.query, "B2", "2026-05-20")).not.toBeNull();
    expect(await send("POST", "/breakers/B2/remove", {})).toMatchObject(done);
    expect(await findCredential(house.db.query, "B2", "2026-05-20")).toBeNull();
    expect(await findCredential(house.db.query, "B2", "2026-05-19")).not.toBeNull();
    expect(await send("POST", "/breakers/B2/reinstate", {})).toMatchObject(done);
    expect(await findCredential(house.db.query, "B2", "2026-05-20")).not.toBeNull();
  });

  it("keep their past places when they move, and the past facts of each place", async () => {
    const areas = await house.db.query<{ id: string }>("SELECT id FROM transformer_area");
    expect(areas.length).toBe(3);
    await house.db.query("INSERT INTO household (id, area_id, inhabited) VALUES ('H9', 'A3', false)");
    await house.db.query("INSERT INTO household_occupancy VALUES ('H9', 0, false)");
    const outage = (area: string, from: string, to: string) =>
      house.db.query(
        `INSERT INTO planned_outage (group_id, area_id, from_ms, to_ms, created_by)
         VALUES (gen_random_uuid(), $1, $2, $3, 't')`,
        [area, midnight(from), midnight(to)],
      );
    await outage("A1", "2026-02-01", "2026-02-02");
    await outage("A1", "2026-04-30", "2026-05-03");
    await outage("A3", "2026-05-02", "2026-05-04");
    const move = { areaId: "A3", householdId: "H9", on: "2026-05-01" };
    expect(await send("POST", "/breakers/B1/move", { ...move, on: "2026-06-01" })).toMatchObject({
      status: 409,
      detail: "2026-06-01 has not come yet",
    });
    expect(await send("POST", "/breakers/B1/move", { ...move, householdId: "H5" })).toMatchObject({
      status: 409,
      detail: expect.stringContaining("household H5 has breaker B5"),
    });
    expect(await send("POST", "/breakers/B1/move", move)).toMatchObject(done);
    expect(await send("POST", "/breakers/B1/move", move)).toMatchObject(same);
    expect(await placements("B1")).toEqual(["2026-01-01 A1 H1", "2026-05-01 A3 H9"]);
    const moved = await factsOf("B1");
    expect(moved).toMatchObject({
      areaId: "A3",
      villageId: "V2",
      occupancy: [
        { fromMs: 0, inhabited: true },
        { fromMs: midnight("2026-05-01"), inhabited: false },
      ],
      placements: [{ areaId: "A1" }, { areaId: "A3", fromMs: midnight("2026-05-01") }],
      plannedOutages: [
        { fromMs: midnight("2026-02-01"), toMs: midnight("2026-02-02") },
        { fromMs: midnight("2026-04-30"), toMs: midnight("2026-05-01") },
        { fromMs: midnight("2026-05-02"), toMs: midnight("2026-05-04") },
      ],
    });
    expect(await send("POST", "/breakers/B1/remove", { on: "2026-04-01" })).toMatchObject({
      status: 409,
      detail: "breaker B1 was moved on 2026-05-01, after 2026-04-01",
    });
    const exported = (await Array.fromAsync(exportPlacements(house.db.query))).flat();
    expect(exported.filter((p) => p.breakerId === "B1").map((p) => p.areaId)).toEqual(["A1", "A3"]);

    expect(await send("DELETE", "/breakers/B1/placements/2026-05-01")).toMatchObject(done);
    expect(await placements("B1")).toEqual(["2026-01-01 A1 H1"]);
    expect((await factsOf("B1")).areaId).toBe("A1");
    expect((await send("DELETE", "/breakers/B1/placements/2026-01-01")).status).toBe(409);
    expect((await send("DELETE", "/breakers/B1/placements/2026-05-01")).status).toBe(404);
  });

  it("are corrected, but not against what came after", async () => {
    expect(await send("PATCH", "/breakers/B5", { installedOn: "2025-12-01" })).toMatchObject({
      status: 409,
      detail: expect.stringContaining("household H5 has breaker B6"),
    });
    expect(await send("PATCH", "/breakers/B5", { ratedResidualCurrentMa: 30 })).toMatchObject(done);
    expect(await send("PATCH", "/breakers/B5", { ratedResidualCurrentMa: 30 })).toMatchObject(same);
    expect(await send("PATCH", "/breakers/B2", { installedOn: "2025-11-01" })).toMatchObject(done);
    expect(await placements("B2")).toEqual(["2025-11-01 A1 H2"]);
    expect((await send("PATCH", "/breakers/B6", { installedOn: "2026-02-01" })).status).toBe(409);
  });

  it("are moved by an import from the day of the import on", async () => {
    const { status } = await house.importCsv(
      smallTable
        .split("\n")
        .filter((line, i) => i === 0 || line.includes("H3"))
        .join("\n")
        .replaceAll("A2,Upper 2", "A1,Upper 1"),
    );
    expect(status).toBe(200);
    expect(await placements("B3")).toEqual(["2026-01-01 A2 H3", "2026-05-20 A1 H3"]);
  });
});

describe("households", () => {
  const occupancy = async (id: string) => {
    const { body } = await house.get<HouseholdDetail>(`/households/${id}`);
    return { inhabited: body.inhabited, entries: body.occupancy };
  };

  it("are registered, edited and found", async () => {
    const body = { id: "H20", areaId: "A3", inhabited: true, householder: "户主-20", walkingOrder: 3 };
    expect(await send("POST", "/households", body)).toMatchObject(done);
    expect(await send("POST", "/households", body)).toMatchObject(same);
    expect((await send("POST", "/households", { ...body, areaId: "A1" })).status).toBe(409);
    expect(
      await send("PATCH", "/households/H20", { accountNumber: " 0420 ", householder: "" }),
    ).toMatchObject(done);
    expect((await send("PATCH", "/households/H21", { address: "x" })).status).toBe(404);
    const { body: found } = await house.get<{ items: HouseholdDetail[] }>("/households?q=0420");
    expect(found.items).toEqual([
      {
        id: "H20",
        townshipId: "T",
        villageId: "V2",
        villageName: "Lower",
        areaId: "A3",
        areaName: "Lower 1",
        supplyStation: null,
        address: null,
        inhabited: true,
        householder: null,
        accountNumber: "0420",
        walkingOrder: 3,
        breakers: [],
      },
    ]);
  });

  it("become vacant and inhabited from past days on, and an entry can be taken back", async () => {
    expect(
      await send("POST", "/households/H20/occupancy", { inhabited: false, on: "2026-03-01" }),
    ).toMatchObject(done);
    expect(
      await send("POST", "/households/H20/occupancy", { inhabited: false, on: "2026-03-01" }),
    ).toMatchObject(same);
    expect(
      await send("POST", "/households/H20/occupancy", { inhabited: true, on: "2026-04-01" }),
    ).toMatchObject(done);
    expect(await occupancy("H20")).toEqual({
      inhabited: true,
      entries: [
        { sinceMs: 0, since: new Date(0).toISOString(), inhabited: true },
        { sinceMs: midnight("2026-03-01"), since: "2026-02-28T16:00:00.000Z", inhabited: false },
        { sinceMs: midnight("2026-04-01"), since: "2026-03-31T16:00:00.000Z", inhabited: true },
      ],
    });
    const path = "/households/H20/occupancy";
    expect(await send("DELETE", `${path}/${midnight("2026-04-01")}`)).toMatchObject(done);
    expect((await occupancy("H20")).inhabited).toBe(false);
    expect((await send("DELETE", `${path}/${midnight("2026-04-01")}`)).status).toBe(404);
    expect((await send("DELETE", `${path}/0`)).status).toBe(409);
    expect((await send("POST", path, { inhabited: true, on: "2026-05-21" })).status).toBe(409);
    const exported = (await Array.fromAsync(exportOccupancy(house.db.query))).flat();
    expect(exported.filter((e) => e.householdId === "H20")).toHaveLength(2);
  });

  it("belong to the area's supply station, which is written down once", async () => {
    expect(await send("PATCH", "/transformer-areas/A1", { supplyStation: "供电所-01" })).toMatchObject(done);
    expect(await send("PATCH", "/transformer-areas/A1", { supplyStation: "供电所-01" })).toMatchObject(same);
    expect((await send("PATCH", "/transformer-areas/A9", { supplyStation: null })).status).toBe(404);
  });
});

it("writes every act down in the audit log, and nothing for what changed nothing", async () => {
  const audit = await house.db.query<{ act: string; subject: string; actor: string }>(
    "SELECT act, subject, actor FROM audit WHERE act LIKE 'registry.%' AND act <> 'registry.import' ORDER BY id",
  );
  expect(new Set(audit.map((a) => a.actor))).toEqual(new Set(["tester"]));
  expect(audit.filter((a) => a.subject === "N1").map((a) => a.act)).toEqual([
    "registry.install",
    "registry.replace",
  ]);
  expect(audit.filter((a) => a.subject === "H20").map((a) => a.act)).toEqual([
    "registry.household",
    "registry.household",
    "registry.occupancy",
    "registry.occupancy",
    "registry.withdrawOccupancy",
  ]);
});
