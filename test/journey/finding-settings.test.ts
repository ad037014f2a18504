// Thresholds, rules of one's own and gateways through the running house: a change reaches the next reading.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Alarm } from "../../domain/http.ts";
import type { DryRunResult, LimitChange, StoredOwnRule } from "../../domain/http-findings.ts";
import type { GatewayLink, GatewayView } from "../../domain/http-gateways.ts";
import type { Job } from "../../domain/http-jobs.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { connectDevice } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const ids = ["one", "two"];
let database: FreshDatabase;
let house: TestHouse;
let passwords: Map<string, string>;

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url });
  await importRegistry(
    house,
    ids.map((breakerId) => ({ breakerId, areaId: `A-${breakerId}` })),
  );
  passwords = await credentials(house, ids);
  // Long before it connects: the news of a fresh credential cuts off whoever holds the old one.
  const path = "/transformer-areas/A-one/gateways/gw-1/credential";
  passwords.set("gw-1", (await house.post<{ password: string }>(path)).password);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

const call = async <T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> => {
  const answer = await fetch(`${house.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${house.token}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === "" ? null : JSON.parse(text)) as T };
};
let seq = 0;
const say = async (id: string, more: object) => {
  const device = await connectDevice(house, id, passwords.get(id));
  seq += 1;
  const body = {
    ts: Date.now(),
    seq,
    residualCurrentMa: 4,
    contact: "closed",
    protection: "enabled",
    ...more,
  };
  await device.publishAsync(`hubao/v1/T/A-${id}/${id}/reading`, JSON.stringify(body), { qos: 1 });
  await device.endAsync();
};
const alarms = async (kind: string): Promise<Alarm[]> =>
  (await house.get<{ items: Alarm[] }>(`/alarms?kind=${kind}&limit=100`)).items;

it("a threshold of one breaker holds for it alone, is audited, and can be taken back", async () => {
  const change = { scope: "breaker", scopeId: "one", name: "failureToTripShare", value: 0.8 };
  expect((await call("PUT", "/findings/limits", change)).status).toBe(200);
  expect((await call("PUT", "/findings/limits", { ...change, scopeId: "nobody" })).status).toBe(404);
  expect((await call("PUT", "/findings/limits", { ...change, value: 9 })).status).toBe(400);
  const narrow = { scope: "township", scopeId: "T", name: "highLeakageClearShare", value: 0.6 };
  expect((await call("PUT", "/findings/limits", narrow)).status).toBe(400);
  // The fold learns of it by a notice: the readings that come once it has are judged by it.
  await until("the alarm below IΔn", async () => {
    for (const id of ids) await say(id, { residualCurrentMa: 25 });
    return (await alarms("failureToTrip")).length > 0;
  });
  expect((await alarms("failureToTrip")).map((a) => a.breakerId)).toEqual(["one"]);
  expect((await call("PUT", "/findings/limits", { ...change, value: null })).status).toBe(200);
  const { items } = await house.get<{ items: LimitChange[] }>("/findings/limits/changes");
  expect(items).toMatchObject([
    { name: "failureToTripShare", oldValue: 0.8, newValue: null },
    { name: "failureToTripShare", oldValue: null, newValue: 0.8, actor: "admin" },
  ]);
});

it("a rule of one's own raises alarms with its texts, and they clear when it is taken away", async () => {
  const rule = {
    field: "temperatureC",
    comparison: "above",
    threshold: 70,
    deadband: 5,
    holdMs: 0,
    level: null,
    townshipId: null,
    villageId: "V",
    areaId: null,
    priority: "high",
    textZh: "端子过热",
    textEn: "Terminal too hot",
    enabled: true,
  };
  expect((await call("POST", "/findings/rules", { ...rule, threshold: 900 })).status).toBe(400);
  expect((await call("POST", "/findings/rules", { ...rule, villageId: "nowhere" })).status).toBe(400);
  const added = await call<StoredOwnRule>("POST", "/findings/rules", rule);
  expect(added.status).toBe(201);
  await until("its alarm", async () => {
    await say("two", { temperatureC: 80 });
    return (await alarms("customRule")).length > 0;
  });
  expect(await alarms("customRule")).toMatchObject([
    { breakerId: "two", priority: "high", evidence: { ruleId: added.body.id, textEn: "Terminal too hot" } },
  ]);
  expect((await call("DELETE", `/findings/rules/${added.body.id}`)).status).toBe(204);
  await until("it to clear", async () => (await alarms("customRule"))[0]?.clearedAt !== null);
});

it("a dry run says what a change would have raised, and writes nothing", async () => {
  // What a breaker says of its own settings is stored as well as what it measures.
  await say("two", { ratedResidualCurrentMa: 100 });
  await until("the readings to be stored", async () => {
    const [row] = await database.db.query<{ n: number; set: number }>(
      "SELECT count(*) AS n, count(rated_residual_current_ma) AS set FROM reading",
    );
    return (row?.n ?? 0) >= 4 && row?.set === 1;
  });
  const before = await alarms("highLeakage");
  const changes = [
    { scope: "township", scopeId: "T", name: "highLeakageShare", value: 0.9 },
    { scope: "township", scopeId: "T", name: "failureToTripShare", value: 0.8 },
  ];
  const { body, status } = await call<Job>("POST", "/findings/dry-runs", { changes, days: 1 });
  expect(status).toBe(202);
  const job = await until("the dry run", async () => {
    const now = await house.get<Job>(`/jobs/${body.id}`);
    return (now.state === "done" || now.state === "failed") && now;
  });
  expect(job.problem).toBeNull();
  const result = job.result as DryRunResult;
  expect(result.reports).toBeGreaterThan(3);
  expect(result.kinds).toContainEqual({ kind: "failureToTrip", asSet: 0, asProposed: 2 });
  expect(result.kinds).toContainEqual({ kind: "settingsChanged", asSet: 1, asProposed: 1 });
  expect(await alarms("highLeakage")).toHaveLength(before.length);
});

it("a gateway's link has its own state and history", async () => {
  const topic = "hubao/v1/T/A-one/gw-1/";
  const gateway = await connectDevice(house, "gw-1", passwords.get("gw-1"));
  const links = () => house.get<{ items: GatewayLink[] }>("/gateways/gw-1/links");
  const state = async () => (await house.get<{ items: GatewayView[] }>("/gateways")).items[0];
  await gateway.publishAsync(
    `${topic}batch`,
    JSON.stringify({
      ts: Date.now(),
      entries: [
        {
          breakerId: "one",
          kind: "reading",
          body: { ts: Date.now(), seq: 900, residualCurrentMa: 4, contact: "closed", protection: "enabled" },
        },
      ],
    }),
    { qos: 1 },
  );
  await until("the gateway", async () => (await state())?.online === true);
  const offline = JSON.stringify({ ts: Date.now(), online: false });
  await gateway.publishAsync(`${topic}status`, offline, { qos: 1 });
  await until("it to be offline", async () => (await state())?.online === false);
  await gateway.publishAsync(`${topic}status`, JSON.stringify({ ts: Date.now(), online: true }), { qos: 1 });
  await until("it to be online again", async () => (await state())?.online === true);
  await gateway.endAsync();
  expect((await links()).items.map(({ online, cause }) => [online, cause])).toEqual([
    [true, "said"],
    [false, "said"],
    [true, "heard"],
  ]);
  expect(await state()).toMatchObject({ id: "gw-1", areaId: "A-one", breakers: 1 });
  expect((await house.get<{ items: unknown[] }>("/quarantine")).items).toEqual([]);
});
