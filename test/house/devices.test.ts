// Who may connect: credentials as they are stored, remembered while PostgreSQL is away or hangs, forgotten when replaced.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDeviceAuthenticator, type DeviceAuthenticator } from "../../house/devices.ts";
import { issueBreakerCredential } from "../../storage/credentials.ts";
import { type Db, openDatabase } from "../../storage/db.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { type Gate, openGate } from "../support/gate.ts";
import { until } from "../support/until.ts";

const serviceToken = "test-token-of-our-own-roles";
const hourMs = 3_600_000;

let database: FreshDatabase;
let gate: Gate;
let db: Db;
let nowMs: number;
let devices: DeviceAuthenticator;
let token: string;

const issue = async (id: string): Promise<string> => {
  const issued = await issueBreakerCredential(database.db, id, "test");
  if (issued.kind !== "issued") throw new Error(issued.kind);
  return issued.credential.token;
};
const ask = (clientId: string, password: string, username = clientId) =>
  devices.authenticate(clientId, username, Buffer.from(password));
const grantOf = (area: string, id: string) => ({
  kind: "device",
  clientId: id,
  publishPrefix: `hubao/v1/T/${area}/${id}/`,
  commandPrefix: `hubao/v1/T/${area}/${id}/command/`,
});

beforeEach(async () => {
  database = await freshDatabase();
  await database.db.query(
    `WITH t AS (INSERT INTO township VALUES ('T', 'T')), v AS (INSERT INTO village VALUES ('V', 'T', 'V')),
          a AS (INSERT INTO transformer_area VALUES ('A', 'V', 'A'), ('B', 'V', 'B'))
     INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
     VALUES ('b-1', 'A', 'main', 300, '2026-01-01'), ('b-2', 'A', 'main', 300, '2026-01-01')`,
  );
  token = await issue("b-1");
  const url = new URL(database.url);
  gate = await openGate({ host: url.hostname, port: Number(url.port) });
  url.hostname = "127.0.0.1";
  url.port = String(gate.port);
  db = openDatabase(url.href);
  nowMs = 1_700_000_000_000;
  devices = createDeviceAuthenticator({ db, serviceToken, clock: () => nowMs, timeZone: "Asia/Shanghai" });
});
afterEach(async () => {
  await db.close();
  await gate.stop();
  await database.drop();
});

describe("a device", () => {
  it("is granted its own topics for its own token, and nothing for another", async () => {
    expect(await ask("b-1", token)).toEqual(grantOf("A", "b-1"));
    expect(await ask("b-1", `${token}x`)).toBeNull();
    expect(await ask("b-1", "")).toBeNull();
    expect(await ask("b-1", await issue("b-2"))).toBeNull();
    expect(await ask("stranger", token)).toBeNull();
    expect(await ask("b-1", token, "b-2")).toBeNull();
  });

  it("has its new token as soon as the notice has come, and the old one no more", async () => {
    await ask("b-1", token);
    const next = await issue("b-1");
    devices.forget("b-1");
    expect(await ask("b-1", token)).toBeNull();
    expect(await ask("b-1", next)).toEqual(grantOf("A", "b-1"));
  });

  it("has its new token after a minute even when no notice came", async () => {
    await ask("b-1", token);
    const next = await issue("b-1");
    expect(await ask("b-1", token)).toEqual(grantOf("A", "b-1"));
    nowMs += 60_000;
    expect(await ask("b-1", token)).toBeNull();
    expect(await ask("b-1", next)).toEqual(grantOf("A", "b-1"));
  });

  it("speaks under its new area once it has moved and is forgotten", async () => {
    await ask("b-1", token);
    await database.db.query("UPDATE breaker SET area_id = 'B' WHERE id = 'b-1'");
    devices.forget(null);
    expect(await ask("b-1", token)).toEqual(grantOf("B", "b-1"));
  });
});

describe("while PostgreSQL is away", () => {
  it("who was admitted before is admitted again, however long ago; a wrong token and a stranger are not", async () => {
    await ask("b-1", token);
    await gate.shut();
    nowMs += 24 * hourMs;
    expect(await ask("b-1", token)).toEqual(grantOf("A", "b-1"));
    expect(await ask("b-1", "wrong")).toBeNull();
    await expect(ask("b-2", token)).rejects.toThrow();
    await gate.open();
    const other = await issue("b-2");
    await until("PostgreSQL to answer", async () => (await ask("b-2", other)) !== null);
  });

  it("a hanging one holds up nobody who is remembered for longer than the broker waits", async () => {
    await ask("b-1", token);
    gate.freeze();
    nowMs += hourMs;
    const startMs = performance.now();
    expect(await ask("b-1", token)).toEqual(grantOf("A", "b-1"));
    expect(performance.now() - startMs).toBeLessThan(5_000);
    await gate.shut();
  });

  it("a credential that was replaced is not remembered", async () => {
    await ask("b-1", token);
    devices.forget("b-1");
    await gate.shut();
    await expect(ask("b-1", token)).rejects.toThrow();
  });
});

describe("our own roles", () => {
  it("are told by the service token, without asking PostgreSQL", async () => {
    await gate.shut();
    expect(await ask("service:api:1", serviceToken, "service:api")).toEqual({ kind: "service" });
    expect(await ask("service:api:1", "wrong", "service:api")).toBeNull();
  });
});
