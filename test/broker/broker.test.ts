// The broker as devices and services see it: what is taken, acknowledged, refused, delivered.
import { generate } from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import type { BrokerConfig } from "../../broker/broker.ts";
import type { BrokerNeeds } from "../../broker/needs.ts";
import { type Harness, passwordOf, startHarness, topicOf } from "./harness.ts";
import { connectPacket, publishPacket, until } from "./raw-client.ts";

describe("the broker", () => {
  const started: Harness[] = [];
  const start = async (config: Partial<BrokerConfig> = {}, needs: Partial<BrokerNeeds> = {}) => {
    const harness = await startHarness(config, needs);
    started.push(harness);
    return harness;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((harness) => harness.stop()));
  });

  it("journals every message of a device before it acknowledges it, at every QoS", async () => {
    const broker = await start();
    const device = await broker.client("b-1");
    await device.publishAsync(topicOf("b-1", "reading"), "zero", { qos: 0 });
    await device.publishAsync(topicOf("b-1", "reading"), "one", { qos: 1 });
    await device.publishAsync(topicOf("b-1", "reading"), "two", { qos: 2 });
    expect(broker.records().map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      "zero",
      "one",
      "two",
    ]);
    expect(broker.records()[0]).toMatchObject({
      clientId: "b-1",
      topic: topicOf("b-1", "reading"),
      refusal: null,
    });
    expect([broker.counted("journaled"), broker.counted("acknowledged")]).toEqual([3, 2]);
    expect(broker.broker.connections()).toBe(1);
  });

  it("sends no PUBACK while the journal has not answered", async () => {
    const appended: (() => void)[] = [];
    const journal: BrokerNeeds["journal"] = {
      appendAll: ({ length }) => new Promise((resolve) => appended.push(() => resolve(length))),
    };
    const broker = await start({}, { journal });
    const device = await broker.rawAs("b-1");
    device.send(publishPacket(topicOf("b-1", "reading"), "x", 7));
    await until("the first append", () => appended.length === 1);
    device.send(publishPacket(topicOf("b-1", "reading"), "y", 8));
    device.send({ cmd: "pingreq" });
    await device.next("pingresp");
    await until("both appends", () => appended.length === 2);
    expect(device.received.filter(({ cmd }) => cmd === "puback")).toEqual([]);
    appended[0]?.();
    expect((await device.next("puback")).messageId).toBe(7);
    appended[1]?.();
    expect((await device.next("puback")).messageId).toBe(8);
  });

  it("quarantines what a device may not say, acknowledges it, and lets nobody hear it", async () => {
    const broker = await start();
    const service = await broker.client("service:api");
    const heard: string[] = [];
    service.on("message", (topic) => heard.push(topic));
    await service.subscribeAsync(["hubao/live/v1/+", "hubao/v1/#"], { qos: 1 });
    const victim = await broker.client("b-2");
    victim.on("message", (topic) => heard.push(topic));
    await victim.subscribeAsync(topicOf("b-2", "command/+"), { qos: 1 });
    const device = await broker.client("b-1");
    const foreign: [string, string][] = [
      [topicOf("b-2", "reading"), "foreignTopic"],
      [topicOf("b-2", "command/open"), "foreignTopic"],
      [topicOf("b-1", "command/open"), "commandTopic"],
      ["hubao/live/v1/alarms", "foreignTopic"],
      ["$SYS/x/new/clients", "reservedTopic"],
      [topicOf("b-1", ""), "foreignTopic"],
      ["hubao/v1/T/A/b-1\u0007/reading", "invalidTopic"],
    ];
    for (const [topic] of foreign) {
      await device.publishAsync(topic, "b-2", { qos: 1, retain: true });
      await device.publishAsync(topic, "b-2", { qos: 2 });
    }
    await device.publishAsync(topicOf("b-1", "reading"), "mine", { qos: 1 });
    await until("the allowed message", () => heard.includes(topicOf("b-1", "reading")));
    expect(heard).toEqual([topicOf("b-1", "reading")]);
    expect(victim.connected && device.connected).toBe(true);
    const refused = broker.records().filter(({ refusal }) => refusal !== null);
    expect(refused.map(({ topic, refusal }) => [topic, refusal])).toEqual(
      foreign.flatMap(([topic, refusal]) => [
        [topic, refusal],
        [topic, refusal],
      ]),
    );
    expect(refused.every(({ payload }) => Buffer.from(payload).toString() === "b-2")).toBe(true);
    expect(broker.counted("refusedMessage")).toBe(foreign.length * 2);
  });

  it("lets a device subscribe to its own commands only", async () => {
    const broker = await start();
    const device = await broker.client("b-1");
    const granted = async (filter: string) => {
      const subscription = await device.subscribeAsync(filter, { qos: 1 }).catch(() => null);
      return subscription?.[0]?.qos === 1;
    };
    expect(await granted(topicOf("b-1", "command/+"))).toBe(true);
    expect(await granted(topicOf("b-1", "command/trip-test"))).toBe(true);
    for (const filter of [
      "#",
      "+/#",
      "$SYS/#",
      "hubao/v1/#",
      topicOf("b-1", "#"),
      topicOf("b-1", "+/+"),
      topicOf("b-1", "command/#"),
      topicOf("b-1", "command"),
      topicOf("b-1", "command/"),
      topicOf("b-1", "command/+/x"),
      topicOf("b-1", "status"),
      topicOf("b-2", "command/+"),
      topicOf("+", "command/+"),
      "hubao/live/v1/+",
      "refused",
    ]) {
      expect([filter, await granted(filter)]).toEqual([filter, false]);
    }
  });

  it("delivers a service's commands to the device, and its live messages to services, without journaling them", async () => {
    const broker = await start();
    const [sender, listener, device] = await Promise.all([
      broker.client("service:ingest"),
      broker.client("service:api", { clientId: "service:api:1" }),
      broker.client("b-1"),
    ]);
    const heard: string[] = [];
    for (const client of [listener, device]) client.on("message", (topic) => heard.push(topic));
    await listener.subscribeAsync("hubao/live/v1/+");
    await device.subscribeAsync(topicOf("b-1", "command/+"), { qos: 1 });
    await sender.publishAsync("hubao/live/v1/alarms", "[]");
    await sender.publishAsync(topicOf("b-1", "command/trip-test"), "{}", { qos: 1 });
    await until("both", () => heard.length === 2);
    expect(new Set(heard)).toEqual(new Set(["hubao/live/v1/alarms", topicOf("b-1", "command/trip-test")]));
    await sender.publishAsync(topicOf("b-1", "reading"), "{}", { qos: 1 });
    expect(broker.records()).toEqual([]);
  });

  it("refuses anonymous clients, wrong passwords, foreign and empty client ids, and foreign wills", async () => {
    const broker = await start();
    const b1 = { username: "b-1", password: passwordOf("b-1") };
    const codeFor = async (...args: Parameters<typeof connectPacket>) => {
      const client = broker.raw();
      client.send(connectPacket(...args));
      const connack = await client.next("connack");
      await client.closed();
      return connack.returnCode;
    };
    const will = (topic: string) => ({ will: { topic, payload: Buffer.from("x"), qos: 1, retain: false } });
    expect(await codeFor("b-1")).toBe(4);
    expect(await codeFor("b-1", { username: "b-1", password: "" })).toBe(4);
    expect(await codeFor("b-1", { username: "b-1", password: "wrong" })).toBe(4);
    expect(await codeFor("b-2", b1)).toBe(2);
    expect(await codeFor("", b1)).toBe(2);
    expect(await codeFor("+", { username: "+", password: passwordOf("+") })).toBe(2);
    expect(await codeFor("a/b", { username: "a/b", password: passwordOf("a/b") })).toBe(2);
    expect(await codeFor("b-1", b1, will(topicOf("b-2", "status")))).toBe(5);
    expect(await codeFor("b-1", b1, will("$SYS/x/new/clients"))).toBe(5);
    expect(await codeFor("b-1", b1, will(topicOf("b-1", "command/open")))).toBe(5);
    const lasting = generate(connectPacket("", b1));
    lasting[9] = (lasting[9] ?? 0) & ~2;
    const nameless = broker.raw();
    nameless.socket.write(lasting);
    expect((await nameless.next("connack")).returnCode).toBe(2);
    expect(broker.counted("refusedConnection")).toBe(11);
    expect(broker.broker.connections()).toBe(0);
  });

  it("journals and delivers the last will of a device that is cut off, and none for a broker that stops", async () => {
    const broker = await start();
    const will = {
      will: { topic: topicOf("b-1", "status"), payload: Buffer.from("offline"), qos: 1, retain: true },
    };
    const service = await broker.client("service:api");
    const heard: string[] = [];
    service.on("message", (_topic, payload) => heard.push(payload.toString()));
    await service.subscribeAsync(topicOf("+", "status"));
    const device = await broker.rawAs("b-1", will);
    device.end();
    await until("the will", () => heard.includes("offline"));
    expect(broker.records().map(({ topic }) => topic)).toEqual([topicOf("b-1", "status")]);
    const late = await broker.client("service:late");
    const retained: boolean[] = [];
    late.on("message", (_topic, _payload, { retain }) => retained.push(retain));
    await late.subscribeAsync(topicOf("+", "status"));
    await until("the retained status", () => retained.includes(true));
    await broker.rawAs("b-1", will);
    await broker.broker.stop();
    expect(broker.records()).toHaveLength(1);
  });

  it("cuts a client off at once when its credential is revoked, and keeps its last words out", async () => {
    const broker = await start();
    const device = await broker.rawAs("b-1", {
      will: { topic: topicOf("b-1", "status"), payload: Buffer.from("x"), qos: 1, retain: false },
    });
    const other = await broker.rawAs("b-2");
    broker.broker.disconnect("b-1");
    await device.closed();
    other.send(publishPacket(topicOf("b-2", "reading"), "x"));
    await other.next("puback");
    expect(broker.records().map(({ clientId }) => clientId)).toEqual(["b-2"]);
    expect(broker.broker.connections()).toBe(1);
  });

  it("also cuts off a client whose credential is revoked while it is being looked up", async () => {
    const lookups: (() => void)[] = [];
    const broker = await start(
      {},
      {
        authenticate: (clientId) =>
          new Promise((resolve) =>
            lookups.push(() =>
              resolve({ kind: "device", clientId, publishPrefix: "hubao/v1/T/A/b-1/", commandPrefix: "c/" }),
            ),
          ),
      },
    );
    const device = broker.raw();
    device.send(connectPacket("b-1", { username: "b-1", password: "x" }));
    await until("the lookup", () => lookups.length === 1);
    broker.broker.disconnect("b-1");
    lookups[0]?.();
    await device.closed();
    expect(device.received).toEqual([]);
  });

  it("cuts off a sender without acknowledging when the journal stays full or fails, and takes its retry", async () => {
    let answer: "full" | "fail" | "durable" = "full";
    const journal: BrokerNeeds["journal"] = {
      appendAll: async ({ length }) => {
        if (answer === "fail") throw new Error("disk failed");
        return answer === "full" ? 0 : length;
      },
    };
    const broker = await start({ journalWaitMs: 200 }, { journal });
    for (const [state, reason] of [
      ["full", "journalFull"],
      ["fail", "journalFailed"],
    ] as const) {
      answer = state;
      const device = await broker.rawAs("b-1");
      device.send(publishPacket(topicOf("b-1", "reading"), "x"));
      await device.closed();
      expect(device.received.map(({ cmd }) => cmd)).toEqual(["connack"]);
      expect(broker.counted("closedConnection", reason)).toBe(1);
    }
    answer = "full";
    const waiting = await broker.rawAs("b-1");
    waiting.send(publishPacket(topicOf("b-1", "reading"), "x"));
    answer = "durable";
    await waiting.next("puback");
  });

  it("says with the system's code that its port is taken", async () => {
    const broker = await start();
    await expect(startHarness({ port: broker.broker.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
