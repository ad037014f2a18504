// Ctrl-C in the middle: what was judged stays judged, what was half heard is heard out, and nothing is raised twice.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { alarmId } from "../../detection/alarms.ts";
import type { Alarm, BreakerDetail } from "../../domain/http.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { connectDevice, readingBody } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { brokenIntervals, registerFleet, sendWithLedger, storedReadings } from "../support/ledger.ts";
import { drained } from "../support/metrics.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const ids = ["standing", "half", "exited", "quiet"];

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
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

const say = async (id: string, more: object = {}) => {
  const device = await connectDevice(house, id, passwords.get(id));
  const body = readingBody(more);
  await device.publishAsync(`hubao/v1/T/A-${id}/${id}/reading`, JSON.stringify(body), { qos: 1 });
  await device.endAsync();
  return body;
};
const alarmsOf = async (id: string): Promise<Alarm[]> =>
  (await house.get<{ items: Alarm[] }>("/alarms?limit=1000")).items.filter((alarm) => alarm.breakerId === id);
const operating = async (id: string) => (await house.get<BreakerDetail>(`/breakers/${id}`)).operating;

describe("a restart in the middle", () => {
  it("keeps the books of a history that is being sent, and every alarm stays one alarm", async () => {
    const fleet = await registerFleet(house, 2, 20);
    await say("standing", { residualCurrentMa: 34 });
    await say("standing", { residualCurrentMa: 34 });
    await say("quiet");
    const [standing] = await until("the alarm that stands", async () => {
      const found = await alarmsOf("standing");
      return found.length > 0 && found;
    });
    await house.post(`/alarms/${standing?.id}/acknowledge`);
    const since = await until("quiet to operate", async () => {
      const now = await operating("quiet");
      return now.state === "operating" && now;
    });
    // The first of the two reports that a failure to trip takes.
    const first = await say("half", { residualCurrentMa: 33 });

    const aborted = new AbortController();
    onTestFinished(() => aborted.abort());
    const ledger = sendWithLedger(house, fleet, 300, { signal: aborted.signal });
    await ledger.reached(4_000);
    expect(await house.interrupt()).toBe(0);
    await house.restart();
    await say("half", { residualCurrentMa: 33.5 });
    await say("standing", { residualCurrentMa: 34.5 });
    await say("exited", { protection: "disabled" });
    expect(await ledger.sent).toMatchObject({ acknowledged: 12_000, failed: 0 });
    await ledger.reached(12_000);
    await house.interrupt();
    await house.restart();
    await drained(house);

    const stored = new Set(await storedReadings(database.db.query));
    expect([...ledger.acknowledged].filter((key) => !stored.has(key))).toEqual([]);
    expect(stored.size).toBe(12_000 + 7);
    expect(await brokenIntervals(database.db.query)).toEqual([]);

    const [half] = await until("the alarm that was half heard", async () => {
      const found = await alarmsOf("half");
      return found.length > 0 && found;
    });
    // Its id holds when it began: before the restart.
    expect(half).toMatchObject({ kind: "failureToTrip", id: alarmId("half", "failureToTrip", first.ts) });
    expect((await alarmsOf("half")).length).toBe(1);
    await until("the alarm of the exit", async () => (await alarmsOf("exited")).length === 1);
    expect(
      (await alarmsOf("standing")).map(({ id, state, occurrences }) => ({ id, state, occurrences })),
    ).toEqual([{ id: standing?.id, state: "acknowledged", occurrences: 1 }]);
    expect(await operating("quiet")).toEqual(since);
  }, 180_000);

  it("lets a condition that ended while we were away clear its alarm once", async () => {
    await house.interrupt();
    await house.restart();
    await say("standing", { residualCurrentMa: 3 });
    await until("it to clear", async () => (await alarmsOf("standing"))[0]?.state === "normal");
    expect((await alarmsOf("standing")).length).toBe(1);
  });
});
