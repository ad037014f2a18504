// A message that came before its breaker was registered: kept, registered, tried again, counted.
import { afterAll, beforeAll, expect, it } from "vitest";
import type { BreakerDetail, QuarantineEntry } from "../../domain/http.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { connectDevice, readingBody } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

let database: FreshDatabase;
let house: TestHouse;

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url });
  await importRegistry(house, [{ breakerId: "known" }]);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

const quarantined = async () => (await house.get<{ items: QuarantineEntry[] }>("/quarantine")).items;
const replay = (id: string) => house.post(`/quarantine/${encodeURIComponent(id)}/replay`);

it("tries a quarantined message again when an operator asks for it, and stores it once", async () => {
  const { password } = await house.post<{ password: string }>("/transformer-areas/A/gateways/g-1/credential");
  const gateway = await connectDevice(house, "g-1", password);
  const body = readingBody();
  const entries = [
    { breakerId: "known", kind: "reading", body: readingBody() },
    { breakerId: "newcomer", kind: "reading", body },
  ];
  await gateway.publishAsync("hubao/v1/T/A/g-1/batch", JSON.stringify({ ts: Date.now(), entries }), {
    qos: 1,
  });
  const [entry] = await until("the quarantine", async () => {
    const items = await quarantined();
    return items.length > 0 && items;
  });
  expect(entry).toMatchObject({ reason: "unknownBreaker", replayRequested: false });

  await importRegistry(house, [{ breakerId: "known" }, { breakerId: "newcomer" }]);
  expect(await replay(entry?.id ?? "")).toEqual({ id: entry?.id, requested: true });
  await until("the newcomer to operate", async () => {
    const { operating } = await house.get<BreakerDetail>("/breakers/newcomer");
    return operating.state === "operating";
  });
  expect(await quarantined()).toEqual([]);
  const stored = await database.db.query<{ breaker_id: string }>(
    "SELECT breaker_id FROM reading ORDER BY breaker_id",
  );
  expect(stored.map((row) => row.breaker_id)).toEqual(["known", "newcomer"]);
  const [audit] = await database.db.query("SELECT actor, act FROM audit WHERE act = 'quarantine.replay'");
  expect(audit).toEqual({ actor: "admin", act: "quarantine.replay" });
});

it("quarantines anew what is still wrong, and never lets in what the broker refused", async () => {
  const { password } = await house.post<{ password: string }>("/breakers/known/credential");
  const device = await connectDevice(house, "known", password);
  await device.publishAsync("hubao/v1/T/A/known/reading", "{", { qos: 1 });
  await device.publishAsync("hubao/v1/T/A/newcomer/reading", JSON.stringify(readingBody()), { qos: 1 });
  const items = await until("both to be quarantined", async () => {
    const all = await quarantined();
    return all.length === 2 && all;
  });
  const broken = items.find((item) => item.reason === "invalidJson");
  const foreign = items.find((item) => item.reason === "foreignTopic");
  await replay(broken?.id ?? "");
  await until("it to be back under another id", async () => {
    const again = (await quarantined()).find((item) => item.reason === "invalidJson");
    return again !== undefined && again.id !== broken?.id && again.payloadText === "{";
  });
  await expect(replay(foreign?.id ?? "")).rejects.toThrow(/409.*did not let this message pass/);
  await expect(replay("no-such-id")).rejects.toThrow(/404/);
});
