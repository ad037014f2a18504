// Facts with a past date, entered into a running house: the history from that day on is another, and the rates follow.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { RateRow } from "../../domain/http.ts";
import { registryColumns } from "../../domain/registry.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { openDevice, readingBody } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials } from "../support/registry.ts";
import { until } from "../support/until.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const timeZone = "Asia/Shanghai";
const startMs = Date.now();
const daysAgo = (days: number): string =>
  new Date(startMs - days * dayMs).toLocaleDateString("en-CA", { timeZone });
/** Midnight that begins the local day so many days ago, and hours after it. */
const at = (days: number, hours = 0): number =>
  Date.parse(`${daysAgo(days)}T00:00:00+08:00`) + hours * hourMs;

let database: FreshDatabase;
let house: TestHouse;

/** Installed five days ago, and heard every five minutes since. */
const old = ["mover", "stayer", "leaver", "replaced", "neighbour"];
const areaOf = (id: string) => (id === "neighbour" ? "B" : "A");

const act = async (method: string, path: string, body?: object) => {
  const response = await fetch(`${house.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${house.token}`,
      ...(body && { "content-type": "application/json" }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as { id: string };
};

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url, HUBAO_TIME_ZONE: timeZone });
  const rows = old.map(
    (id) =>
      `T,Township,V${areaOf(id)},Village ${areaOf(id)},${areaOf(id)},Area ${areaOf(id)},h-${id},${id} house,true,${id},household,30,${daysAgo(5)},`,
  );
  rows.push("T,Township,VB,Village B,B,Area B,h-empty,empty house,true,,,,,");
  await house.post("/registry/import", [registryColumns.join(","), ...rows, ""].join("\n"), "text/csv");
  const passwords = await credentials(house, old);
  for (const id of old) {
    const device = await openDevice(house, id, passwords.get(id));
    const sent: Promise<unknown>[] = [];
    for (let ts = at(5); ts < Date.now(); ts += 300_000)
      sent.push(
        device.publishAsync(`hubao/v1/T/${areaOf(id)}/${id}/reading`, JSON.stringify(readingBody({ ts })), {
          qos: 1,
        }),
      );
    await Promise.all(sent);
    await device.endAsync();
  }
  await expectHistories(Object.fromEntries(old.map((id) => [id, [[at(5), "operating"]]])));
}, 120_000);
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

type Expected = (readonly [number, string])[];
const historyOf = async (id: string) => {
  const rows = await database.db.query<{ from: number; to: number | null; what: string }>(
    `SELECT from_ms AS from, to_ms AS to, COALESCE(reason, state) AS what FROM operating_interval
      WHERE breaker_id = $1 ORDER BY from_ms`,
    [id],
  );
  // What follows on each other must touch: the installed time is partitioned.
  for (const [i, row] of rows.slice(0, -1).entries()) expect(row.to).toBe(rows[i + 1]?.from);
  return { changes: rows.map(({ from, what }) => [from, what]), endMs: rows.at(-1)?.to ?? null };
};
/** Waits until the histories are these; the last state still lasts, or ends at `ends[id]`. */
const expectHistories = async (wanted: Record<string, Expected>, ends: Record<string, number> = {}) => {
  for (const [id, changes] of Object.entries(wanted)) {
    await until(`the history of ${id}`, async () => {
      const is = await historyOf(id);
      const should = { changes, endMs: ends[id] ?? null };
      if (JSON.stringify(is) !== JSON.stringify(should))
        throw new Error(`${id}: is ${JSON.stringify(is)}, should be ${JSON.stringify(should)}`);
      return true;
    });
  }
};
/** Sums by village over the five whole days before today. */
const ratesByVillage = async () => {
  const query = `from=${new Date(at(5)).toISOString()}&to=${new Date(at(0)).toISOString()}`;
  const { items } = await house.get<{ items: RateRow[] }>(`/rates?by=village&level=household&${query}`);
  return Object.fromEntries(items.map((row) => [row.id, row]));
};

it("moves, replacements, vacancies and planned outages of past days are where they were", async () => {
  const plan = (areaId: string, days: number) =>
    act("POST", "/planned-outages", {
      areaIds: [areaId],
      from: new Date(at(days, 8)).toISOString(),
      to: new Date(at(days, 12)).toISOString(),
    });
  await plan("A", 4);
  await plan("A", 1);
  const inB = await plan("B", 1);
  await act("POST", "/breakers/mover/move", { areaId: "B", householdId: "h-empty", on: daysAgo(2) });
  await act("POST", "/breakers/replaced/replace", { id: "fresh", on: daysAgo(2) });
  await act("POST", "/households/h-leaver/occupancy", { inhabited: false, on: daysAgo(3) });
  await act("POST", "/households/h-leaver/occupancy", { inhabited: true, on: daysAgo(0) });

  const outage = (days: number): Expected => [
    [at(days, 8), "plannedOutage"],
    [at(days, 12), "operating"],
  ];
  const begin: Expected = [[at(5), "operating"]];
  const wanted: Record<string, Expected> = {
    stayer: [...begin, ...outage(4), ...outage(1)],
    mover: [...begin, ...outage(4), ...outage(1)],
    neighbour: [...begin, ...outage(1)],
    leaver: [...begin, ...outage(4), [at(3), "vacantHouse"], [at(0), "operating"]],
    replaced: [...begin, ...outage(4)],
    fresh: [
      [at(2), "silent"],
      [at(1), "neverReported"],
      [at(1, 8), "plannedOutage"],
      [at(1, 12), "neverReported"],
    ],
  };
  await expectHistories(wanted, { replaced: at(2) });

  // Area A's outages excuse whoever was there then, area B's whoever was there then: "mover" is told apart only by this.
  await act("POST", `/planned-outages/${inB.id}/cancel`);
  wanted["mover"] = [...begin, ...outage(4)];
  wanted["neighbour"] = begin;
  await expectHistories(wanted, { replaced: at(2) });

  await house.interrupt();
  await house.restart();
  await expectHistories(wanted, { replaced: at(2) });

  const rates = await ratesByVillage();
  // Village A: stayer and leaver five days; mover, replaced until two days ago; fresh since.
  expect(rates["VA"]?.installedMs).toBe(2 * 5 * dayMs + 2 * 3 * dayMs + 2 * dayMs);
  expect(rates["VB"]?.installedMs).toBe(5 * dayMs + 2 * dayMs);
  // Four breakers at the first outage; stayer and fresh at the second; the house that was left for three days.
  expect(rates["VA"]?.excusedMs).toBe(4 * 4 * hourMs + 2 * 4 * hourMs + 3 * dayMs);
  expect(rates["VB"]?.excusedMs).toBe(0);
  expect(rates["VB"]?.operationalRate).toBe(1);
  expect(rates["VA"]?.unknownMs).toBe(dayMs);
  expect(rates["VA"]?.notOperatingMsByReason.neverReported).toBe(dayMs - 4 * hourMs);
}, 120_000);

it("what is taken back was never so", async () => {
  await act("DELETE", `/breakers/mover/placements/${daysAgo(2)}`);
  await act("DELETE", `/households/h-leaver/occupancy/${at(3)}`);
  const { items } = await house.get<{ items: { id: string }[] }>("/planned-outages");
  for (const { id } of items) await act("POST", `/planned-outages/${id}/cancel`);
  await act("POST", "/breakers/fresh/remove", { on: daysAgo(2) });
  await act("POST", "/breakers/replaced/reinstate", {});
  const begin: Expected = [[at(5), "operating"]];
  await expectHistories(
    Object.fromEntries(["stayer", "mover", "neighbour", "leaver"].map((id) => [id, begin])),
  );
  await until("the silence of replaced to be its own again", async () => {
    const { changes, endMs } = await historyOf("replaced");
    return changes.length === 1 && changes[0]?.[0] === at(5) && endMs === null;
  });
  expect((await historyOf("fresh")).changes).toEqual([]);
}, 120_000);

it("a removed breaker's credential opens nothing any more, from the moment of the act", async () => {
  const passwords = await credentials(house, ["stayer"]);
  const device = await openDevice(house, "stayer", passwords.get("stayer"));
  await act("POST", "/breakers/stayer/remove", {});
  await until("the device to be cut off", async () => !device.connected);
  await device.endAsync(true);
  await expect(openDevice(house, "stayer", passwords.get("stayer"))).rejects.toThrow();
  await act("POST", "/breakers/stayer/reinstate", {});
  const again = await until("the credential to hold again", async () =>
    openDevice(house, "stayer", passwords.get("stayer")).catch(() => null),
  );
  await again.endAsync(true);
});
