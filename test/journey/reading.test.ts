// One reading's way through the whole house, as a device and an operator see it.
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Alarm, BreakerDetail, RateRow, TimelineEntry, VillageSummary } from "../../domain/http.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

let database: FreshDatabase;
let house: TestHouse;
let passwords: Map<string, string>;
const devices: MqttClient[] = [];

const device = async (id: string): Promise<MqttClient> => {
  const client = await connectAsync(house.mqttUrl, {
    clientId: id,
    username: id,
    password: passwords.get(id) ?? "",
  });
  devices.push(client);
  return client;
};
const body = (more: object = {}) => ({
  ts: Date.now(),
  seq: Date.now() % 1_000_000,
  residualCurrentMa: 5.2,
  contact: "closed",
  protection: "enabled",
  loadCurrentA: 3.1,
  voltageV: 229.8,
  ...more,
});
const say = (client: MqttClient, id: string, payload: object, kind = "reading") =>
  client.publishAsync(`hubao/v1/T/A/${id}/${kind}`, JSON.stringify(payload), { qos: 1 });
const breaker = (id: string) => house.get<BreakerDetail>(`/breakers/${id}`);
const openAlarms = async (kind: string) =>
  (await house.get<{ items: Alarm[] }>("/alarms?state=open")).items.filter((alarm) => alarm.kind === kind);

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url });
  const ids = ["b-1", "b-2", "b-3", "b-4"];
  await importRegistry(house, [
    ...ids.slice(0, 3).map((breakerId) => ({ breakerId })),
    { breakerId: "b-4", inhabited: false },
    { breakerId: "m-1", level: "main" },
  ]);
  passwords = await credentials(house, ids);
});
afterAll(async () => {
  for (const client of devices) await client.endAsync(true);
  await house?.stop();
  await database?.drop();
});

describe("a breaker's report", () => {
  it("makes it operating, with its reading, within two seconds", async () => {
    expect((await breaker("b-1")).operating.state).not.toBe("operating");
    const client = await device("b-1");
    await say(client, "b-1", body());
    const seen = await until(
      "b-1 to operate",
      async () => {
        const now = await breaker("b-1");
        return now.operating.state === "operating" && now;
      },
      2_000,
    );
    expect(seen.last).toMatchObject({ residualCurrentMa: 5.2, contact: "closed", voltageV: 229.8 });
    const points = await until(
      "the stored reading",
      async () => {
        const { items } = await house.get<{ items: { residualCurrentMa: number }[] }>(
          "/breakers/b-1/readings",
        );
        return items.length > 0 && items;
      },
      2_000,
    );
    expect(points.map((p) => p.residualCurrentMa)).toEqual([5.2]);
  });

  it("of 34 mA through a closed 30 mA breaker raises a failure to trip, live, that can be acknowledged and clears", async () => {
    const stream = await fetch(`${house.url}/api/v1/live`, {
      headers: { authorization: `Bearer ${house.token}` },
    });
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let heard = "";
    const listening = (async () => {
      const decoder = new TextDecoder();
      while (!heard.includes("failureToTrip")) {
        const { done, value } = await reader.read();
        if (done) return;
        heard += decoder.decode(value, { stream: true });
      }
    })();

    const client = await device("b-2");
    await say(client, "b-2", body({ residualCurrentMa: 34 }));
    const [alarm] = await until("the alarm", async () => {
      const found = await openAlarms("failureToTrip");
      return found.length > 0 && found;
    });
    await listening;
    await reader.cancel();
    expect(heard).toContain("event: alarms");
    expect(alarm).toMatchObject({
      breakerId: "b-2",
      priority: "high",
      state: "unacknowledged",
      evidence: { residualCurrentMa: 34, ratedResidualCurrentMa: 30, contact: "closed" },
    });
    expect(await house.post(`/alarms/${alarm?.id}/acknowledge`)).toMatchObject({ state: "acknowledged" });
    await say(client, "b-2", body({ ts: Date.now() + 1, residualCurrentMa: 4 }));
    await until("it to clear", async () => (await openAlarms("failureToTrip")).length === 0);
    const all = await house.get<{ items: Alarm[] }>("/alarms?kind=failureToTrip");
    expect(all.items.map((a) => a.state)).toEqual(["normal"]);
  });

  it("counts in the rates of its village, whose parts add up", async () => {
    const client = await device("b-3");
    await say(client, "b-3", body({ protection: "alarmOnly" }));
    await until("its alarm", async () => (await openAlarms("protectionExited")).length === 1);
    const village = await until("the village", async () => {
      const one = await house.get<VillageSummary>("/villages/V");
      return one.levels.household.notOperating === 1 && one.levels.household.operating === 2 && one;
    });
    const { household, main } = village.levels;
    expect(household).toMatchObject({
      shouldInstall: 3,
      installed: 4,
      operating: 2,
      notOperating: 1,
      excused: 1,
    });
    expect(household.operationalRate).toBe(2 / 4);
    expect(household.installationRate).toBe(1);
    expect(main).toMatchObject({ shouldInstall: 1, installed: 1, operating: 0 });
    expect(village.inhabitedCoverage).toBeCloseTo(2 / 3);

    const { items } = await house.get<{ items: RateRow[] }>("/rates?by=village&level=household");
    const [row] = items;
    if (row === undefined) throw new Error("no rates");
    const parts = row.operatingMs + row.unknownMs + row.excusedMs + row.notOperatingMs;
    expect(parts).toBe(row.installedMs);
    expect(Object.values(row.notOperatingMsByReason).reduce((a, b) => a + b, 0)).toBe(row.notOperatingMs);
    expect(row.installedMs).toBe(4 * (Date.parse(row.to) - Date.parse(row.from)));
  });

  it("has a timeline that partitions the time asked for", async () => {
    const from = "2026-01-01T00:00:00+08:00";
    const { items } = await house.get<{ items: TimelineEntry[] }>(
      `/breakers/b-1/timeline?from=${encodeURIComponent(from)}`,
    );
    expect(Date.parse(items[0]?.from ?? "")).toBe(Date.parse(from));
    for (const [i, entry] of items.entries()) if (i > 0) expect(entry.from).toBe(items[i - 1]?.to);
    expect(items.map((entry) => entry.reason ?? entry.state)).toEqual([
      "silent",
      "neverReported",
      "operating",
    ]);
  });

  it("that cannot be used is kept with its reason, and harms nothing", async () => {
    const client = await device("b-1");
    await say(client, "b-1", { ts: "yesterday" });
    await client.publishAsync("hubao/v1/T/A/b-1/reading", "{broken", { qos: 1 });
    await client.publishAsync("hubao/v1/T/A/b-2/reading", JSON.stringify(body()), { qos: 1 });
    const kept = await until("the quarantine", async () => {
      const { items } = await house.get<{ items: { reason: string; payloadText: string | null }[] }>(
        "/quarantine",
      );
      return items.length >= 3 && items;
    });
    expect(kept.map((entry) => entry.reason).sort()).toEqual([
      "foreignTopic",
      "invalidJson",
      "invalidPayload",
    ]);
    expect(kept.find((entry) => entry.reason === "invalidJson")?.payloadText).toBe("{broken");
  });
});
