// A thousand malformed messages among valid ones: each is counted and quarantined or refused, and disturbs nobody.
import { connect } from "node:net";
import type { MqttClient } from "mqtt";
import { generate } from "mqtt-packet";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { createApi } from "../../simulators/api.ts";
import { connectPacket, publishPacket, rawClient } from "../broker/raw-client.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { connectDevice, readingBody } from "../support/device.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { type LedgerFleet, registerFleet, sendWithLedger, storedReadings } from "../support/ledger.ts";
import { drained, metricsOf } from "../support/metrics.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const rounds = 40;
/** The device that says these things, and a house in another area that it knows of. */
const liar = { id: "liar", prefix: "hubao/v1/T/A/liar/" };
const gateway = { id: "A-gw", prefix: "hubao/v1/T/A/A-gw/" };

type Case = { what: string; topic: string; payload: string | Buffer; reasons: readonly string[] };

const body = (more: object = {}) => JSON.stringify(readingBody(more));
const entry = (breakerId: string, kind = "reading", more: object = {}) => ({
  breakerId,
  kind,
  body: readingBody(more),
});

/** What a device may send over a sound MQTT connection: acknowledged, and quarantined for these reasons. */
const cases = (): Case[] => {
  const reading = `${liar.prefix}reading`;
  const bad = (what: string, payload: string | Buffer, ...reasons: string[]) => ({
    what,
    topic: reading,
    payload,
    reasons,
  });
  const elsewhere = (what: string, topic: string, reason: string) => ({
    what,
    topic,
    payload: body(),
    reasons: [reason],
  });
  return [
    bad("truncated JSON", body().slice(0, -7), "invalidJson"),
    bad("nothing at all", "", "invalidJson"),
    bad("NUL bytes", Buffer.alloc(300), "invalidJson"),
    bad("JSON that is too deep for its bytes", "[".repeat(50_000), "invalidJson"),
    bad("deep JSON", `${"[".repeat(20_000)}${"]".repeat(20_000)}`, "invalidPayload"),
    bad("invalid UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), "invalidUtf8"),
    bad("wrong types", body({ residualCurrentMa: "12", contact: 1, protection: null }), "invalidPayload"),
    bad("huge numbers", body({ ts: 1e300, residualCurrentMa: 1e308, seq: 2 ** 60 }), "invalidPayload"),
    bad(
      "infinite numbers",
      body().replace('"residualCurrentMa":5.2', '"residualCurrentMa":1e999'),
      "invalidPayload",
    ),
    bad("a negative current", body({ residualCurrentMa: -1 }), "invalidPayload"),
    bad("only null", "null", "invalidPayload"),
    bad("a prototype's keys", '{"__proto__":{"ts":1},"constructor":{"prototype":{}}}', "invalidPayload"),
    elsewhere("another's topic", "hubao/v1/T/B/victim/reading", "foreignTopic"),
    elsewhere("a reserved topic", "$SYS/broker/new/clients", "reservedTopic"),
    elsewhere("a command", `${liar.prefix}command/tripTest`, "commandTopic"),
    elsewhere("a topic of no meaning", `${liar.prefix}weather`, "unknownTopic"),
    elsewhere("a batch of no shape", `${liar.prefix}batch`, "invalidPayload"),
    {
      what: "a batch with bad entries",
      topic: `${gateway.prefix}batch`,
      payload: JSON.stringify({
        ts: Date.now(),
        entries: [
          entry("honest"),
          entry("honest", "gossip"),
          entry("honest", "reading", { contact: "ajar" }),
          entry("victim"),
          entry("stranger"),
          null,
        ],
      }),
      reasons: ["invalidPayload", "invalidPayload", "wrongArea", "unknownBreaker", "invalidPayload"],
    },
  ];
};

let database: FreshDatabase;
let house: TestHouse;
let fleet: LedgerFleet;
let passwords: Map<string, string>;
let gatewayPassword: string;

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url });
  fleet = await registerFleet(house, 1, 20);
  await importRegistry(house, [
    { breakerId: "liar" },
    { breakerId: "honest" },
    { breakerId: "victim", areaId: "B" },
  ]);
  passwords = await credentials(house, ["liar", "victim"]);
  gatewayPassword = await createApi(house.url, house.token).gatewayToken("A", gateway.id);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

/** A PUBLISH whose topic holds bytes that are no text of MQTT. */
const publishWithTopicBytes = (topic: Buffer): Buffer => {
  const payload = Buffer.from(body());
  const rest = Buffer.concat([
    Buffer.from([topic.length >> 8, topic.length & 0xff]),
    topic,
    Buffer.from([0, 9]),
    payload,
  ]);
  return Buffer.concat([Buffer.from([0x32, (rest.length & 0x7f) | 0x80, rest.length >> 7]), rest]);
};

/** Bytes that a socket sends, and how often the broker must have counted something because of them. */
const onSockets = (): { what: string; bytes: readonly Buffer[]; authenticated: boolean }[] => {
  const hello = generate(connectPacket("liar", { username: "liar", password: "wrong" }));
  const reading = `${liar.prefix}reading`;
  const named = (suffix: number[]) =>
    publishWithTopicBytes(Buffer.concat([Buffer.from(liar.prefix), Buffer.from(suffix)]));
  return [
    { what: "garbage", bytes: [Buffer.alloc(64, 0xf7)], authenticated: false },
    { what: "HTTP", bytes: [Buffer.from("GET / HTTP/1.1\r\nhost: hubao\r\n\r\n")], authenticated: false },
    {
      what: "PUBLISH before CONNECT",
      bytes: [generate(publishPacket(reading, body()))],
      authenticated: false,
    },
    { what: "a wrong password", bytes: [hello], authenticated: false },
    { what: "no password", bytes: [generate(connectPacket("liar"))], authenticated: false },
    {
      what: "a CONNECT of 200 MB",
      bytes: [Buffer.from([0x10, 0x80, 0xc2, 0xd7, 0x2f]), Buffer.alloc(64)],
      authenticated: false,
    },
    {
      what: "a body of 1 MiB",
      bytes: [generate(publishPacket(reading, Buffer.alloc(1_048_576, "x")))],
      authenticated: true,
    },
    { what: "a topic that is not UTF-8", bytes: [named([0xff, 0xfe])], authenticated: true },
    { what: "a topic with NUL", bytes: [named([0x61, 0x00, 0x62])], authenticated: true },
    { what: "a topic with a wildcard", bytes: [named([0x2b])], authenticated: true },
  ];
};

const portOf = (house: TestHouse): number => Number(new URL(house.mqttUrl).port);

/** Sends bytes on a fresh socket, after a sound CONNECT where asked for, and waits for what the broker makes of it. */
const sendRaw = async (bytes: readonly Buffer[], authenticated: boolean): Promise<void> => {
  if (!authenticated) {
    const socket = connect(portOf(house), "127.0.0.1");
    socket.on("error", () => {});
    socket.resume();
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    for (const part of bytes) socket.write(part);
    await closed;
    return;
  }
  const client = rawClient(portOf(house));
  client.send(connectPacket("liar", { username: "liar", password: passwords.get("liar") ?? "" }));
  expect((await client.next("connack")).returnCode).toBe(0);
  for (const part of bytes) client.socket.write(part);
  // Either it is cut off, or the message is in the journal and acknowledged.
  await until(
    "an answer",
    async () => client.isClosed() || client.received.some(({ cmd }) => cmd === "puback"),
  );
  client.end();
  await client.closed();
};

const publishAll = async (client: MqttClient, messages: readonly Case[]) => {
  await Promise.all(messages.map(({ topic, payload }) => client.publishAsync(topic, payload, { qos: 1 })));
};

it("a thousand malformed messages cost nothing but themselves", async () => {
  const aborted = new AbortController();
  onTestFinished(() => aborted.abort());
  const ledger = sendWithLedger(house, fleet, 400, { signal: aborted.signal });

  const expected = new Map<string, number>();
  const expectReason = (reason: string) => expected.set(reason, (expected.get(reason) ?? 0) + 1);
  let sent = 0;
  let good = 0;
  const before = await metricsOf(house);
  for (let round = 0; round < rounds; round += 1) {
    const messages = cases();
    const device = await connectDevice(house, liar.id, passwords.get(liar.id));
    const speaker = await connectDevice(house, gateway.id, gatewayPassword);
    const fromGateway = messages.filter(({ topic }) => topic.startsWith(gateway.prefix));
    await publishAll(
      device,
      messages.filter((one) => !fromGateway.includes(one)),
    );
    await publishAll(speaker, fromGateway);
    await device.endAsync();
    await speaker.endAsync();
    for (const { reasons } of messages) for (const reason of reasons) expectReason(reason);
    sent += messages.length;
    good += fromGateway.length;

    for (const { bytes, authenticated } of onSockets()) {
      await sendRaw(bytes, authenticated);
      sent += 1;
    }
  }
  expect(sent).toBeGreaterThanOrEqual(1_000);

  expect(await ledger.sent).toMatchObject({ acknowledged: 8_000, failed: 0 });
  await drained(house);
  const stored = new Set(await storedReadings(database.db.query));
  expect([...ledger.acknowledged].filter((key) => !stored.has(key))).toEqual([]);
  expect(stored.size).toBe(8_000 + good);
  const [honest] = await database.db.query<{ n: number }>(
    "SELECT count(*) AS n FROM reading WHERE breaker_id = 'honest'",
  );
  expect(honest?.n).toBe(good);
  const [others] = await database.db.query<{ n: number }>(
    "SELECT count(*) AS n FROM reading WHERE breaker_id IN ('victim', 'stranger', 'liar')",
  );
  expect(others?.n).toBe(0);

  const kept = new Map(
    (
      await database.db.query<{ reason: string; n: number }>(
        "SELECT reason, count(*) AS n FROM quarantine GROUP BY reason",
      )
    ).map(({ reason, n }) => [reason, n]),
  );
  const after = await metricsOf(house);
  for (const [reason, n] of expected) {
    expect([reason, kept.get(reason)]).toEqual([reason, n]);
    expect([reason, after.value("hubao_quarantined_total", { reason })]).toEqual([reason, n]);
  }
  // The rest came from sockets: topics that are no topics.
  expect([...kept.keys()].filter((reason) => !expected.has(reason) && reason !== "invalidTopic")).toEqual([]);
  const refused = after.sum("hubao_refused_total") - before.sum("hubao_refused_total");
  expect(refused).toBeGreaterThanOrEqual(rounds * onSockets().length);

  expect((await fetch(`${house.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${house.url}/readyz`)).status).toBe(200);
  expect(house.output()).not.toMatch(/the pipeline (failed|has ended)|"level":(50|60)/);
}, 180_000);

it("what was quarantined is shown with its reason and its bytes", async () => {
  const { items } = await house.get<{
    items: { reason: string; payloadText: string | null; payloadBase64: string; topic: string }[];
  }>("/quarantine?limit=1000");
  const bytes = items.find(({ reason }) => reason === "invalidUtf8");
  expect(bytes?.payloadText).toBeNull();
  expect(Buffer.from(bytes?.payloadBase64 ?? "", "base64")).toEqual(
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  );
  expect(items.find(({ reason }) => reason === "foreignTopic")?.topic).toBe("hubao/v1/T/B/victim/reading");
});
