// The registry changes under a running house: credentials, topics, states, histories and rates follow at once.
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AreaSummary, BreakerDetail, RateRow } from "../../domain/http.ts";
import { registryColumns } from "../../domain/registry.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { connectDevice, openDevice, readingBody } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { brokenIntervals } from "../support/ledger.ts";
import { drained } from "../support/metrics.ts";
import { credentials } from "../support/registry.ts";
import { until } from "../support/until.ts";

const dayMs = 86_400_000;
const timeZone = "Asia/Shanghai";

/** The date so many days before today, in the township. */
const daysAgo = (days: number): string =>
  new Date(Date.now() - days * dayMs).toLocaleDateString("en-CA", { timeZone });
const midnightMs = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);

type Row = {
  breakerId: string;
  area?: string;
  inhabited?: boolean;
  installedOn?: string;
  removedOn?: string;
};

let database: FreshDatabase;
let house: TestHouse;
let passwords: Map<string, string>;
const devices: MqttClient[] = [];

const register = (rows: readonly Row[]) =>
  house.post(
    "/registry/import",
    [
      registryColumns.join(","),
      ...rows.map(
        ({ breakerId: id, area = "A", inhabited = true, installedOn = daysAgo(10), removedOn = "" }) =>
          `T,Township,V,Village,${area},Area ${area},h-${id},${id} house,${inhabited},${id},household,30,${installedOn},${removedOn}`,
      ),
      "",
    ].join("\n"),
    "text/csv",
  );
const breaker = (id: string) => house.get<BreakerDetail>(`/breakers/${id}`);
const households = async (area: string) =>
  (await house.get<AreaSummary>(`/transformer-areas/${area}`)).levels.household;
const rates = async (area: string, fromMs: number): Promise<RateRow | undefined> => {
  const from = encodeURIComponent(new Date(fromMs).toISOString());
  const { items } = await house.get<{ items: RateRow[] }>(`/rates?by=area&level=household&from=${from}`);
  return items.find((row) => row.id === area);
};
const intervals = (id: string) =>
  database.db.query<{ from_ms: number; to_ms: number | null; state: string; reason: string | null }>(
    "SELECT from_ms, to_ms, state, reason FROM operating_interval WHERE breaker_id = $1 ORDER BY from_ms",
    [id],
  );
const report = async (id: string, area: string, more: object = {}) => {
  const device = await openDevice(house, id, passwords.get(id));
  devices.push(device);
  await device.publishAsync(`hubao/v1/T/${area}/${id}/reading`, JSON.stringify(readingBody(more)), {
    qos: 1,
  });
  return device;
};
const untilState = (id: string, state: string, reason: string | null = null) =>
  until(`${id} to be ${reason ?? state}`, async () => {
    const { operating } = await breaker(id);
    if (operating.state !== state || operating.reason !== reason) throw new Error(JSON.stringify(operating));
    return true;
  });
/** Every millisecond of the installed time has its state. */
const expectWhole = async () => {
  const gaps = (await brokenIntervals(database.db.query)) as { breaker_id: string; next_ms: number | null }[];
  // The last interval of a removed breaker has an end and no next.
  expect(gaps.filter(({ breaker_id, next_ms }) => breaker_id !== "gone" || next_ms !== null)).toEqual([]);
};

const ids = ["renewed", "moving", "gone", "vacant", "older", "newer"];

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url, HUBAO_TIME_ZONE: timeZone });
  await register(ids.map((breakerId) => ({ breakerId })));
  passwords = await credentials(house, ids);
  for (const id of ids) await report(id, "A");
  for (const id of ids) await untilState(id, "operating");
});
afterAll(async () => {
  for (const device of devices) await device.endAsync(true);
  await house?.stop();
  await database?.drop();
});

describe("while the house runs", () => {
  it("a new credential cuts the device off; the old token is refused and the new one works", async () => {
    const device = await connectDevice(house, "renewed", passwords.get("renewed"));
    const old = passwords.get("renewed");
    const { password } = await house.post<{ password: string }>("/breakers/renewed/credential");
    await until("the device to be cut off", async () => !device.connected);
    await expect(connectDevice(house, "renewed", old)).rejects.toThrow();
    expect((await connectDevice(house, "renewed", password)).connected).toBe(true);
  });

  it("a breaker that moves speaks under its new area, and counts there", async () => {
    const before = await households("A");
    const device = await connectDevice(house, "moving", passwords.get("moving"));
    await register([{ breakerId: "moving", area: "B" }]);
    await until("the device to be cut off", async () => !device.connected);

    const again = await report("moving", "B", { residualCurrentMa: 7.7 });
    await until("its reading", async () => (await breaker("moving")).last?.residualCurrentMa === 7.7);
    expect(await breaker("moving")).toMatchObject({ areaId: "B", operating: { state: "operating" } });
    expect((await households("A")).installed).toBe(before.installed - 1);
    expect(await households("B")).toMatchObject({ installed: 1, operating: 1 });

    await again.publishAsync("hubao/v1/T/A/moving/reading", JSON.stringify(readingBody()), { qos: 1 });
    await until("the quarantine", async () => {
      const { items } = await house.get<{ items: { reason: string; topic: string }[] }>("/quarantine");
      return items.some(
        ({ topic, reason }) => topic === "hubao/v1/T/A/moving/reading" && reason === "foreignTopic",
      );
    });
    await expectWhole();
  });

  it("a breaker that was removed ends with its day, and so do its alarms", async () => {
    await report("gone", "A", { protection: "disabled" });
    await until("its alarm", async () => (await breaker("gone")).openAlarms.length === 1);
    const before = await households("A");
    await register([{ breakerId: "gone", removedOn: daysAgo(2) }]);
    const endMs = midnightMs(daysAgo(2));
    await until("its history to end", async () => {
      const last = (await intervals("gone")).at(-1);
      if (last?.to_ms !== endMs) throw new Error(JSON.stringify(last));
      return true;
    });
    await until("its alarm to clear", async () => (await breaker("gone")).openAlarms.length === 0);
    const now = await households("A");
    expect(now.installed).toBe(before.installed - 1);
    expect(now.shouldInstall).toBe(before.shouldInstall);
    await expectWhole();

    // What is installed is what the rates count, to the millisecond.
    const fromMs = midnightMs(daysAgo(5));
    const row = await rates("A", fromMs);
    if (row === undefined) throw new Error("no rates of area A");
    const toMs = Date.parse(row.to);
    const standing = now.installed * (toMs - fromMs);
    // "moving" was here until this day.
    const movedMs = midnightMs(daysAgo(0));
    expect(row.installedMs).toBe(standing + (endMs - fromMs) + (movedMs - fromMs));
    expect(row.operatingMs + row.unknownMs + row.excusedMs + row.notOperatingMs).toBe(row.installedMs);
  });

  it("a household that becomes vacant is excused from then on, and counts again when someone moves in", async () => {
    const before = await households("A");
    await register([{ breakerId: "vacant", inhabited: false }]);
    await untilState("vacant", "excused", "vacantHouse");
    expect(await households("A")).toMatchObject({
      shouldInstall: before.shouldInstall - 1,
      excused: before.excused + 1,
      operating: before.operating - 1,
    });
    const vacantFromMs = (await intervals("vacant")).at(-1)?.from_ms ?? 0;
    expect(vacantFromMs).toBeGreaterThan(Date.now() - 60_000);

    await register([{ breakerId: "vacant", inhabited: true }]);
    await untilState("vacant", "operating");
    const history = await intervals("vacant");
    expect(history.slice(-3).map((interval) => interval.reason ?? interval.state)).toEqual([
      "operating",
      "vacantHouse",
      "operating",
    ]);
    await expectWhole();
  });

  it("an installation date that moves takes the history with it, earlier and later", async () => {
    const operatingFromMs = (await intervals("older")).at(-1)?.from_ms;
    await register([
      { breakerId: "older", installedOn: daysAgo(30) },
      { breakerId: "newer", installedOn: daysAgo(3) },
    ]);
    for (const [id, days] of [
      ["older", 30],
      ["newer", 3],
    ] as const)
      await until(`the history of ${id} to begin ${days} days ago`, async () => {
        const [first] = await intervals(id);
        if (first?.from_ms !== midnightMs(daysAgo(days))) throw new Error(JSON.stringify(first));
        return true;
      });
    const history = await intervals("older");
    expect(history.map((interval) => interval.reason ?? interval.state)).toEqual([
      "silent",
      "neverReported",
      "operating",
    ]);
    expect(history[1]?.from_ms).toBe(midnightMs(daysAgo(30)) + dayMs);
    expect(history.at(-1)?.from_ms).toBe(operatingFromMs);
    await untilState("newer", "operating");
    await expectWhole();
  });

  it("a breaker may report the moment its registration is answered", async () => {
    const { password } = await house.post<{ password: string }>(
      "/transformer-areas/B/gateways/B-gw/credential",
    );
    const gateway = await connectDevice(house, "B-gw", password);
    const quick = Array.from({ length: 30 }, (_, n) => `quick-${n}`);
    for (const breakerId of quick) {
      await register([{ breakerId, area: "B" }]);
      const entries = [{ breakerId, kind: "reading", body: readingBody() }];
      await gateway.publishAsync("hubao/v1/T/B/B-gw/batch", JSON.stringify({ ts: Date.now(), entries }), {
        qos: 1,
      });
    }
    await drained(house);
    expect(
      await database.db.query("SELECT breaker_id FROM reading WHERE breaker_id LIKE 'quick-%'"),
    ).toHaveLength(30);
    expect(await database.db.query("SELECT * FROM quarantine WHERE reason = 'unknownBreaker'")).toEqual([]);
    await until("all of them to operate", async () => (await households("B")).operating === 1 + quick.length);
  });

  it("all of it holds after a restart", async () => {
    const before = await Promise.all(ids.map(intervals));
    await house.interrupt();
    await house.restart();
    await untilState("older", "operating");
    await untilState("vacant", "operating");
    expect(await Promise.all(ids.map(intervals))).toEqual(before);
  });
});
