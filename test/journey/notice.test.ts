// A notice's whole way through a real house: alarm, notice, issued, rectified – and verified by a day of telemetry, which
// passes as fast as its reports can be judged; another breaker's telemetry contradicts.
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Alarm, BreakerDetail } from "../../domain/http.ts";
import type { NoticeDetail } from "../../domain/http-notices.ts";
import type { VisitList } from "../../domain/http-visits.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { openDevice } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const hourMs = 3_600_000;
/** Two heartbeats: no report is missed, and half as many have to be waited for. */
const stepMs = 10 * 60_000;

let database: FreshDatabase;
let house: TestHouse;
let directory: string;
let aheadMs = 0;
const devices = new Map<string, MqttClient>();

const setAhead = async (ms: number): Promise<void> => {
  aheadMs = ms;
  const file = join(directory, "clock");
  await writeFile(`${file}.new`, `${ms}\n`);
  await rename(`${file}.new`, file);
};
const now = () => Date.now() + aheadMs;
let seq = 0;
const say = async (id: string, body: object): Promise<number> => {
  seq += 1;
  const ts = now();
  const reading = { ts, seq, residualCurrentMa: 5, contact: "closed", protection: "enabled", ...body };
  await devices.get(id)?.publishAsync(`hubao/v1/T/A/${id}/reading`, JSON.stringify(reading), { qos: 1 });
  return ts;
};
const connectAll = async (passwords: ReadonlyMap<string, string>) => {
  for (const [id, password] of passwords) devices.set(id, await openDevice(house, id, password));
};
const disconnectAll = async () => {
  for (const device of devices.values()) await device.endAsync(true);
  devices.clear();
};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "hubao-clock-"));
  await setAhead(0);
  database = await freshDatabase();
  const preload = pathToFileURL(join(import.meta.dirname, "..", "support", "shifted-clock.ts")).href;
  house = await startTestHouse({
    DATABASE_URL: database.url,
    NODE_OPTIONS: `--import ${preload}`,
    TEST_CLOCK_FILE: join(directory, "clock"),
  });
});
afterAll(async () => {
  await disconnectAll();
  await house?.stop();
  await database?.drop();
  await rm(directory, { recursive: true, force: true });
});

it("leads from the alarm to what telemetry says a day after it was rectified", {
  timeout: 240_000,
}, async () => {
  await importRegistry(house, [{ breakerId: "good" }, { breakerId: "bad" }]);
  const passwords = await credentials(house, ["good", "bad"]);
  await connectAll(passwords);
  for (const id of ["good", "bad"]) {
    await say(id, { residualCurrentMa: 33 });
    await say(id, { residualCurrentMa: 34 });
  }
  const alarms = await until("both alarms", async () => {
    const { items } = await house.get<{ items: Alarm[] }>("/alarms?kind=failureToTrip&state=open");
    return items.length === 2 && items;
  });
  const visits = await house.get<VisitList>("/visits?village=V");
  expect(visits.areas[0]?.visits.map((v) => v.priority)).toEqual(["high", "high"]);

  const notices = new Map<string, string>();
  for (const { id, breakerId } of alarms) {
    const notice = await house.post<NoticeDetail>("/notices", JSON.stringify({ alarmId: id }));
    expect(notice.evidence.alarm?.values["residualCurrentMa"]).toBeGreaterThan(30);
    notices.set(breakerId ?? "", notice.id);
    await house.post(`/notices/${notice.id}/issue`);
  }
  for (const id of ["good", "bad"]) await say(id, {});
  await until("both alarms to clear", async () => {
    const { items } = await house.get<{ items: Alarm[] }>("/alarms?kind=failureToTrip&state=open");
    return items.length === 0;
  });
  for (const id of notices.values()) await house.post(`/notices/${id}/rectify`);

  const startMs = aheadMs;
  for (let passedMs = stepMs; passedMs <= 25 * hourMs; passedMs += stepMs) {
    await setAhead(startMs + passedMs);
    await say("good", {});
    // For an hour of the night somebody has switched the other one's protection off.
    const off = passedMs > 10 * hourMs && passedMs <= 11 * hourMs;
    const ts = await say("bad", off ? { protection: "alarmOnly" } : {});
    await until("the report to be judged", async () => {
      const { last, operating } = await house.get<BreakerDetail>("/breakers/bad");
      return (
        last?.at === new Date(ts).toISOString() && operating.state === (off ? "notOperating" : "operating")
      );
    });
  }
  // The keeper looks every minute, and at once when the house starts.
  await disconnectAll();
  expect(await house.interrupt()).toBe(0);
  await house.restart();
  const read = (breakerId: string) => house.get<NoticeDetail>(`/notices/${notices.get(breakerId)}`);
  const good = await until(
    "telemetry to confirm",
    async () => {
      const notice = await read("good");
      return notice.state !== "rectified" && notice;
    },
    60_000,
  );
  expect(good).toMatchObject({
    state: "verified",
    verification: { maxResidualCurrentMa: 5, thresholdMa: 18 },
  });
  expect(good.events.map((e) => e.event)).toEqual(["created", "issued", "rectified", "verified"]);
  const { from = "", to = "" } = good.verification ?? {};
  expect(Date.parse(to) - Date.parse(from)).toBe(24 * hourMs);

  const bad = await until(
    "telemetry to contradict",
    async () => {
      const notice = await read("bad");
      return notice.state !== "rectified" && notice;
    },
    60_000,
  );
  expect(bad).toMatchObject({
    state: "issued",
    rectifiedAt: null,
    contradiction: { kind: "notOperating", reason: "protectionExited" },
  });
});
