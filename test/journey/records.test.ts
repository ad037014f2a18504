// Trips and tests: recorded exactly once, whatever is sent twice, late or around a kill; verdicts do not depend on order.
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TestRecord } from "../../domain/http-tests.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const minuteMs = 60_000;
const ids = ["in-order", "late-reading", "late-trip"];

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

type Sent = { kind: string; body: { ts: number; seq: number } & Record<string, unknown> };
const send = async (id: string, reports: readonly Sent[]) => {
  const client = await connectAsync(house.mqttUrl, {
    clientId: id,
    username: id,
    password: passwords.get(id) ?? "",
  });
  for (const { kind, body } of reports)
    await client.publishAsync(`hubao/v1/T/A-${id}/${id}/${kind}`, JSON.stringify(body), { qos: 1 });
  await client.endAsync();
};

const trips = () =>
  database.db.query<{ id: string; verdict: string }>(
    "SELECT breaker_id AS id, verdict FROM trip_record ORDER BY breaker_id, ts_ms, seq",
  );

it("records every trip and test once over duplicates, a kill and late data, with the verdict that in-order data has", async () => {
  const t0 = Date.now() - 60 * minuteMs;
  const reading = (minute: number, seq: number, residualCurrentMa: number): Sent => ({
    kind: "reading",
    body: { ts: t0 + minute * minuteMs, seq, residualCurrentMa, contact: "closed", protection: "enabled" },
  });
  const trip = (minute: number, seq: number, more: object = {}): Sent => ({
    kind: "trip",
    body: { ts: t0 + minute * minuteMs, seq, cause: "leakage", ...more },
  });
  const tested: Sent = {
    kind: "test",
    body: { ts: t0 + 30 * minuteMs, seq: 9, kind: "trip", passed: true, breakTimeMs: 38 },
  };
  // The first trip does not say its own current: the reading before it does. The last one follows a reading too old to tell.
  const history = [
    reading(0, 1, 5),
    reading(8, 2, 20),
    trip(9, 3),
    trip(10, 4, { residualCurrentMa: 4 }),
    trip(11, 5, { cause: "overload" }),
    tested,
    trip(40, 10),
  ];
  await send("in-order", [...history, ...history.slice(2)]);
  await send("late-reading", [history[0], ...history.slice(2), history[1]] as Sent[]);
  await house.kill();
  await house.restart();
  await send("late-reading", history.slice(3));
  await send("late-trip", [history[1], history[6], history[3], history[2], history[5], history[4]] as Sent[]);
  await send("late-trip", history);

  const expected = ids.flatMap((id) =>
    ["correct", "nuisanceTrip", "other", "other"].map((verdict) => ({ id, verdict })),
  );
  await until("the records", async () => JSON.stringify(await trips()) === JSON.stringify(expected));
  const { items } = await house.get<{ items: TestRecord[] }>("/tests");
  expect(new Set(items.map(({ breakerId }) => breakerId))).toEqual(new Set(ids));
  expect(items).toHaveLength(ids.length);
  expect(items[0]).toMatchObject({ kind: "trip", source: "report", passed: true, breakTimeMs: 38 });
});
