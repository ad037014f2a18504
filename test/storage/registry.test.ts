import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { RegistryRow } from "../../domain/registry.ts";
import {
  findCredential,
  issueBreakerCredential,
  issueCredentials,
  issueGatewayCredential,
  tokenDigest,
} from "../../storage/credentials.ts";
import type { ChangeNotice } from "../../storage/db.ts";
import { importRegistry } from "../../storage/registry.ts";
import { exportRegistry, loadAreas, loadBreakerFacts } from "../../storage/registry-read.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";

const zone = "Asia/Shanghai";
let fresh: FreshDatabase;
const notices: ChangeNotice[] = [];
let listening: { stop(): Promise<void> };
beforeAll(async () => {
  fresh = await freshDatabase();
  listening = await fresh.db.listen(
    (notice) => notices.push(notice),
    () => {},
  );
});
beforeEach(async () => {
  await fresh.db.query("TRUNCATE township CASCADE");
  await settled();
  notices.length = 0;
});
afterAll(async () => {
  await listening.stop();
  await fresh.drop();
});

/** Waits until every notice sent so far has come. */
const settled = async () => {
  const clientId = crypto.randomUUID();
  await fresh.db.notify({ kind: "credential", clientId });
  const endMs = Date.now() + 10_000;
  while (!notices.some((n) => n.kind === "credential" && n.clientId === clientId)) {
    if (Date.now() > endMs) throw new Error("the notice has not come");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  notices.splice(
    notices.findIndex((n) => n.kind === "credential" && n.clientId === clientId),
    1,
  );
};

const place = {
  townshipId: "T",
  townshipName: "Town",
  villageId: "V",
  villageName: "Upper",
  areaId: "A",
  areaName: "Upper 1",
};
const house = (n: number, change: Partial<RegistryRow> = {}): RegistryRow => ({
  ...place,
  householdId: `H${n}`,
  address: `Lane ${n}`,
  inhabited: true,
  breakerId: `B${n}`,
  level: "household",
  ratedResidualCurrentMa: 30,
  installedOn: "2026-01-01",
  removedOn: null,
  ...change,
});
const importRows = (rows: RegistryRow[], nowMs = 1_000) =>
  importRegistry(
    fresh.db,
    rows.map((row, i) => ({ line: i + 2, row })),
    { actor: "tester", nowMs },
  );
const changed = async (rows: RegistryRow[], nowMs?: number) => {
  const outcome = await importRows(rows, nowMs);
  if (outcome.kind === "rejected") throw new Error(JSON.stringify(outcome.errors));
  return outcome.result.changed;
};
const exported = async (): Promise<RegistryRow[]> =>
  (await Array.fromAsync(exportRegistry(fresh.db.query))).flat();

test("tells others of a change, once, and not of an import that changes nothing", async () => {
  expect(await changed([house(1), house(2)])).toBe(2);
  await settled();
  expect(notices).toEqual([{ kind: "registry" }]);
  expect(await changed([house(1), house(2)])).toBe(0);
  await settled();
  expect(notices).toHaveLength(1);
  expect(await fresh.db.query("SELECT actor, act FROM audit WHERE act = 'registry.import'")).toContainEqual({
    actor: "tester",
    act: "registry.import",
  });
});

test("counts the rows that differ, and leaves what is not mentioned", async () => {
  await changed([house(1), house(2), house(3)]);
  expect(await changed([house(2, { ratedResidualCurrentMa: 10 }), house(3)])).toBe(1);
  expect(await changed([house(1, { address: null })])).toBe(1);
  const renamed = [house(1, { address: null, villageName: "Uppermost" })];
  expect(await changed(renamed)).toBe(1);
  expect(
    (await exported()).map((r) => [r.householdId, r.address, r.ratedResidualCurrentMa, r.villageName]),
  ).toEqual([
    ["H1", null, 30, "Uppermost"],
    ["H2", "Lane 2", 10, "Uppermost"],
    ["H3", "Lane 3", 30, "Uppermost"],
  ]);
});

test("keeps when a household became vacant", async () => {
  await changed([house(1)], 1_000);
  await changed([house(1, { inhabited: false })], 2_000);
  await changed([house(1, { inhabited: false })], 3_000);
  await changed([house(1)], 4_000);
  const [facts] = await loadBreakerFacts(fresh.db, zone);
  expect(facts).toEqual({
    breakerId: "B1",
    townshipId: "T",
    villageId: "V",
    areaId: "A",
    householdId: "H1",
    level: "household",
    ratedResidualCurrentMa: 30,
    installedAtMs: Date.parse("2026-01-01T00:00:00+08:00"),
    removedAtMs: null,
    occupancy: [
      { fromMs: 0, inhabited: true },
      { fromMs: 2_000, inhabited: false },
      { fromMs: 4_000, inhabited: true },
    ],
  });
});

test("moves a breaker with its household, tells the broker, and gives its credential the new area", async () => {
  await changed([house(1), house(2)]);
  await issueBreakerCredential(fresh.db, "B1", "tester");
  await settled();
  notices.length = 0;
  const there = { areaId: "A2", areaName: "Upper 2" };
  expect(await changed([house(1, there), house(2, there)])).toBe(2);
  await settled();
  expect(notices).toEqual([{ kind: "registry" }, { kind: "credential", clientId: "B1" }]);
  expect(await findCredential(fresh.db.query, "B1")).toMatchObject({
    areaId: "A2",
    townshipId: "T",
    kind: "breaker",
  });
  expect((await loadAreas(fresh.db.query)).get("A2")).toEqual({ ...place, ...there });
});

test("does not tear a household from a breaker that the table leaves out", async () => {
  await changed([house(1)]);
  const outcome = await importRows([
    house(1, {
      areaId: "A2",
      areaName: "Upper 2",
      breakerId: null,
      level: null,
      ratedResidualCurrentMa: null,
      installedOn: null,
    }),
  ]);
  expect(outcome).toEqual({
    kind: "rejected",
    errors: [
      {
        line: 2,
        field: "areaId",
        reason: "household H1 moves, but its breaker B1 in transformer area A is not in this table",
      },
    ],
  });
  expect((await loadAreas(fresh.db.query)).has("A2")).toBe(false);
});

test("changes a breaker's household and level", async () => {
  await changed([house(1), house(2)]);
  const other = house(1, { householdId: "H2", address: "Lane 2" });
  const main = house(2, { householdId: null, address: null, inhabited: null, level: "main" });
  expect(await changed([other, main])).toBe(2);
  expect((await exported()).map((r) => [r.householdId, r.breakerId, r.level])).toEqual([
    [null, "B2", "main"],
    ["H1", null, null],
    ["H2", "B1", "household"],
  ]);
});

test("imports what it exported without a change, thousands of rows at once", async () => {
  const rows = Array.from({ length: 45_000 }, (_, i) =>
    house(i, {
      areaId: `A${i % 300}`,
      areaName: `Area ${i % 300}`,
      villageId: `V${i % 30}`,
      villageName: `Village ${i % 30}`,
      inhabited: i % 7 !== 0,
      removedOn: i % 11 === 0 ? "2026-03-01" : null,
    }),
  );
  expect(await changed(rows)).toBe(45_000);
  const first = await exported();
  expect(first).toHaveLength(45_000);
  expect(await changed(first)).toBe(0);
  expect(await exported()).toEqual(first);
});

test("lets imports at the same time wait for each other", async () => {
  const outcomes = await Promise.all(
    [0, 1, 2, 3].map((shift) =>
      importRows(Array.from({ length: 200 }, (_, i) => house((i * 7 + shift * 50) % 200))),
    ),
  );
  expect(outcomes.map((o) => o.kind)).toEqual(["imported", "imported", "imported", "imported"]);
  expect(await exported()).toHaveLength(200);
});

test("stores only the digest of a credential, and a new one takes the place of the old", async () => {
  await changed([house(1)]);
  const issue = async () => {
    const outcome = await issueBreakerCredential(fresh.db, "B1", "tester");
    if (outcome.kind !== "issued") throw new Error(outcome.kind);
    return outcome.credential.token;
  };
  const old = await issue();
  const token = await issue();
  const stored = await findCredential(fresh.db.query, "B1");
  expect(stored?.tokenSha256.equals(tokenDigest(token))).toBe(true);
  expect(stored?.tokenSha256.equals(tokenDigest(old))).toBe(false);
  expect(await findCredential(fresh.db.query, "B2")).toBeNull();
  expect(await issueBreakerCredential(fresh.db, "B2", "tester")).toEqual({ kind: "unknownBreaker" });
  await settled();
  expect(notices.filter((n) => n.kind === "credential")).toEqual([
    { kind: "credential", clientId: "B1" },
    { kind: "credential", clientId: "B1" },
  ]);
});

test("issues thousands of credentials at once and names the ids without a breaker", async () => {
  await changed(Array.from({ length: 6_000 }, (_, i) => house(i)));
  const { issued, unknown } = await issueCredentials(
    fresh.db,
    [...Array.from({ length: 6_000 }, (_, i) => `B${i}`), "none", "B1"],
    "tester",
  );
  expect(issued).toHaveLength(6_000);
  expect(new Set(issued.map((i) => i.token)).size).toBe(6_000);
  expect(unknown).toEqual(["none"]);
});

test("keeps ids of gateways and of breakers apart", async () => {
  await changed([house(1)]);
  const gateway = (gatewayId: string, areaId = "A") =>
    issueGatewayCredential(fresh.db, { areaId, gatewayId }, "tester");
  expect((await gateway("G1")).kind).toBe("issued");
  expect(await findCredential(fresh.db.query, "G1")).toMatchObject({ kind: "gateway", areaId: "A" });
  expect((await gateway("B1")).kind).toBe("taken");
  expect((await gateway("G2", "none")).kind).toBe("unknownArea");
  expect(await importRows([house(1), house(2, { breakerId: "G1" })])).toEqual({
    kind: "rejected",
    errors: [
      { line: 3, field: "breakerId", reason: "G1 is the id of a gateway; a breaker's id must be its own" },
    ],
  });
});
