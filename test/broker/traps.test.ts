// Each trap of aedes that we know of, as an attack that would succeed without its cure.
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { generate } from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import type { BrokerConfig } from "../../broker/broker.ts";
import type { BrokerNeeds } from "../../broker/needs.ts";
import { type Harness, passwordOf, startHarness, topicOf } from "./harness.ts";
import { connectPacket, publishPacket, until } from "./raw-client.ts";

const credentials = (id: string) => ({ username: id, password: passwordOf(id) });

describe("the broker withstands", () => {
  const started: Harness[] = [];
  const start = async (config: Partial<BrokerConfig> = {}, needs: Partial<BrokerNeeds> = {}) => {
    const harness = await startHarness(config, needs);
    started.push(harness);
    return harness;
  };
  /** The house still stands: a device gets an acknowledgement. */
  const expectAlive = async (harness: Harness, id = "b-alive") => {
    const device = await harness.rawAs(id);
    device.send(publishPacket(topicOf(id, "reading"), "alive"));
    await device.next("puback");
    device.end();
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((harness) => harness.stop()));
  });

  it("an announced packet of any size before authentication, cutting it off at the header", async () => {
    const broker = await start();
    for (const header of [
      [0x10, 0xff, 0xff, 0xff, 0x7f],
      [0x10, 0x81, 0x20],
      [0x10, 0xff, 0xff, 0xff, 0xff, 0x7f],
      [0x30, 0xff, 0xff, 0x03],
    ]) {
      const intruder = broker.raw();
      intruder.socket.write(Buffer.from(header));
      await intruder.closed();
    }
    expect(broker.counted("closedConnection", "oversizePacket")).toBe(3);
    expect(broker.counted("closedConnection", "malformedLength")).toBe(1);
    await expectAlive(broker);
  });

  it("a 1 MiB body of an authenticated device, while the largest allowed one is taken", async () => {
    const broker = await start();
    const device = await broker.rawAs("b-1");
    device.send(publishPacket(topicOf("b-1", "batch"), Buffer.alloc(256 * 1024, 97)));
    await device.next("puback");
    device.send(publishPacket(topicOf("b-1", "batch"), Buffer.alloc(1024 * 1024, 97), 2));
    await device.closed();
    expect(broker.records()).toHaveLength(1);
    expect(broker.counted("closedConnection", "oversizePacket")).toBe(1);
    await expectAlive(broker);
  });

  it("packets sent right behind CONNECT: none is looked at before authentication, all are after it", async () => {
    const broker = await start(
      {},
      {
        authenticate: async (clientId, _username, password) => {
          await wait(50);
          if (password.toString() !== "right") return null;
          const prefix = topicOf(clientId, "");
          return {
            kind: "device",
            clientId,
            publishPrefix: prefix,
            commandPrefix: `${prefix}command/`,
          };
        },
      },
    );
    const burst = (password: string) =>
      Buffer.concat([
        generate(connectPacket("b-1", { username: "b-1", password })),
        ...Array.from({ length: 300 }, (_, i) =>
          generate(publishPacket(topicOf("b-1", "reading"), Buffer.alloc(8_000, 97), i + 1)),
        ),
      ]);
    const intruder = broker.raw();
    intruder.socket.write(burst("wrong"));
    await intruder.closed();
    expect(broker.records()).toEqual([]);
    const device = broker.raw();
    device.socket.write(burst("right"));
    await until(
      "all acknowledgements",
      () => device.received.filter(({ cmd }) => cmd === "puback").length === 300,
    );
    expect(broker.records()).toHaveLength(300);
  });

  it("a connection that says nothing, and an authenticator that never answers", async () => {
    const broker = await start(
      { connectTimeoutMs: 100, authenticateTimeoutMs: 100 },
      { authenticate: () => new Promise(() => {}) },
    );
    const mute = broker.raw();
    await mute.closed();
    const dangling = broker.raw();
    dangling.send(connectPacket("b-1", credentials("b-1")));
    expect((await dangling.next("connack")).returnCode).toBe(3);
    await dangling.closed();
    expect(broker.counted("closedConnection", "connectTimeout")).toBe(1);
    expect(broker.counted("refusedConnection", "authenticatorLate")).toBe(1);
  });

  it("a keepalive of 0, which would never be noticed to be dead", async () => {
    const broker = await start();
    const undying = broker.raw();
    undying.send(connectPacket("b-1", credentials("b-1"), { keepalive: 0 }));
    expect((await undying.next("connack")).returnCode).toBe(6);
    await undying.closed();
    expect(broker.counted("refusedConnection", "keepalive")).toBe(1);
  });

  it("hooks, counters and loggers that throw", async () => {
    const explode = () => {
      throw new Error("boom");
    };
    const broker = await start(
      {},
      {
        count: explode,
        log: { info: explode, warn: explode, error: explode },
        authenticate: (clientId, username, password) => {
          if (username === "b-boom") throw new Error("boom");
          const prefix = topicOf(clientId, "");
          return Promise.resolve(
            password.length === 0
              ? null
              : { kind: "device", clientId, publishPrefix: prefix, commandPrefix: `${prefix}command/` },
          );
        },
      },
    );
    const refused = broker.raw();
    refused.send(connectPacket("b-boom", credentials("b-boom")));
    expect((await refused.next("connack")).returnCode).toBe(3);
    const device = await broker.rawAs("b-1");
    device.send(publishPacket("$SYS/x", "x"));
    await device.next("puback");
    device.send({ cmd: "subscribe", messageId: 2, subscriptions: [{ topic: "#", qos: 0 }] } as never);
    expect((await device.next("suback")).granted).toEqual([128]);
    await expectAlive(broker);
  });

  it("an append that throws at once", async () => {
    const broker = await start(
      {},
      {
        journal: {
          appendAll: () => {
            throw new Error("boom");
          },
        },
      },
    );
    const device = await broker.rawAs("b-1");
    device.send(publishPacket(topicOf("b-1", "reading"), "x"));
    await device.closed();
    expect(device.received.map(({ cmd }) => cmd)).toEqual(["connack"]);
  });

  it("an eviction through $SYS or through a foreign client id", async () => {
    const broker = await start();
    const victim = await broker.rawAs("b-2");
    const device = await broker.rawAs("b-1");
    device.send(publishPacket("$SYS/other-broker/new/clients", "b-2"));
    await device.next("puback");
    const thief = broker.raw();
    thief.send(connectPacket("b-2", credentials("b-1")));
    await thief.closed();
    victim.send(publishPacket(topicOf("b-2", "reading"), "still here"));
    await victim.next("puback");
    expect(victim.isClosed()).toBe(false);
  });

  it("lets the same credential take its own session over", async () => {
    const broker = await start();
    const before = await broker.rawAs("b-1");
    const after = await broker.rawAs("b-1");
    await before.closed();
    after.send(publishPacket(topicOf("b-1", "reading"), "x"));
    await after.next("puback");
    expect(broker.broker.connections()).toBe(1);
    broker.broker.disconnect("b-1");
    await after.closed();
  });

  it("a forbidden filter smuggled into a lasting session beside an allowed one", async () => {
    const broker = await start();
    const filters = [topicOf("b-1", "command/+"), "#", "$SYS/#", topicOf("b-2", "command/+")];
    const spy = await broker.rawAs("b-1", { clean: false });
    spy.send({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: filters.map((topic) => ({ topic, qos: 1 })),
    } as never);
    expect((await spy.next("suback")).granted).toEqual([1, 128, 128, 128]);
    spy.end();
    await until("the spy to be gone", () => broker.broker.connections() === 0);
    const device = await broker.client("b-2");
    await device.publishAsync(topicOf("b-2", "reading"), "secret", { qos: 1 });
    const service = await broker.client("service:api");
    await service.publishAsync(topicOf("b-2", "command/open"), "secret", { qos: 1 });
    await service.publishAsync(topicOf("b-1", "command/open"), "own", { qos: 1 });
    const back = await broker.rawAs("b-1", { clean: false });
    expect((await back.next("publish")).topic).toBe(topicOf("b-1", "command/open"));
    await service.publishAsync(topicOf("b-2", "command/open"), "secret", { qos: 1 });
    back.send({ cmd: "pingreq" });
    await back.next("pingresp");
    expect(back.received.filter(({ cmd }) => cmd === "publish")).toHaveLength(1);
  });

  it("more filters than one client may hold", async () => {
    const broker = await start({ maxSubscriptions: 3 });
    const device = await broker.rawAs("b-1");
    const names = ["a", "b", "c", "d"].map((name) => topicOf("b-1", `command/${name}`));
    device.send({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: names.map((topic) => ({ topic, qos: 0 })),
    } as never);
    expect((await device.next("suback")).granted).toEqual([0, 0, 0, 128]);
  });

  it("retained messages that would pile up in memory", async () => {
    const broker = await start();
    const device = await broker.client("b-1");
    for (const leaf of ["reading", "x1", "x2", "status"]) {
      await device.publishAsync(topicOf("b-1", leaf), "x".repeat(2_000), { qos: 1, retain: true });
    }
    await device.publishAsync(topicOf("b-1", "reading"), "small", { qos: 1, retain: true });
    const service = await broker.client("service:api");
    const heard: string[] = [];
    service.on("message", (topic) => heard.push(topic));
    await service.subscribeAsync("hubao/v1/#");
    await device.publishAsync(topicOf("b-1", "test"), "end", { qos: 1 });
    await until("the end", () => heard.includes(topicOf("b-1", "test")));
    expect(heard).toEqual([topicOf("b-1", "test")]);
  });

  it("a subscriber that does not read: it is cut off, and publishers do not wait for it", async () => {
    const broker = await start({ maxOutboundBytes: 1024 * 1024 });
    const stalled = await broker.rawAs("service:stalled");
    stalled.send({
      cmd: "subscribe",
      messageId: 1,
      subscriptions: [{ topic: "hubao/v1/#", qos: 0 }],
    } as never);
    await stalled.next("suback");
    stalled.socket.pause();
    const device = await broker.client("b-1");
    const slowestMs: number[] = [];
    for (let sent = 0; sent < 300; sent++) {
      const startMs = performance.now();
      await device.publishAsync(topicOf("b-1", "reading"), Buffer.alloc(100_000, 97), { qos: 1 });
      slowestMs.push(performance.now() - startMs);
    }
    // The drain timeout, which publishers would have to wait for, is 5 s.
    expect(Math.max(...slowestMs)).toBeLessThan(4_000);
    expect(broker.counted("closedConnection", "slowReader")).toBe(1);
    expect(broker.broker.connections()).toBe(1);
  });

  it("more connections than it has room for", async () => {
    const broker = await start({ maxConnections: 2 });
    const first = await broker.rawAs("b-1");
    await broker.rawAs("b-2");
    const third = broker.raw();
    await third.closed();
    expect(broker.counted("refusedConnection", "tooManyConnections")).toBe(1);
    first.end();
    await until("room", () => broker.broker.connections() === 1);
    await expectAlive(broker, "b-3");
  });

  it("names that every object has, as client ids and topics", async () => {
    const broker = await start();
    for (const id of ["constructor", "__proto__", "toString"]) await expectAlive(broker, id);
  });

  it("1,000 malformed messages, each counted, with valid traffic undisturbed", async () => {
    const broker = await start();
    const steady = await broker.client("b-steady");
    let acknowledged = 0;
    let running = true;
    const traffic = (async () => {
      while (running) {
        await steady.publishAsync(topicOf("b-steady", "reading"), "{}", { qos: 1 });
        acknowledged++;
      }
    })();
    const invalidUtf8 = () => {
      const bytes = generate(publishPacket(topicOf("b-bad", "rXading"), "{}", 9));
      bytes[bytes.indexOf("X")] = 0xff;
      return bytes;
    };
    const bad: (() => Buffer)[] = [
      () => generate(publishPacket("some/where/else", "{}")),
      () => generate(publishPacket(topicOf("b-other", "reading"), "{}")),
      () => generate(publishPacket(topicOf("b-bad", "batch"), Buffer.alloc(1024 * 1024))),
      () => generate(publishPacket(topicOf("b-bad", "reading"), "{}")).subarray(0, 12),
      invalidUtf8,
      () => Buffer.from([0x3b, 2, 0, 0]),
      () => Buffer.from([0x32, 3, 0, 0xff, 1]),
      () => Buffer.from([0xf0, 0]),
      () => Buffer.from([0x82, 2, 0, 1]),
      () => Buffer.from([0x30, 2, 0, 0]),
    ];
    const outcomes = { acknowledged: 0, closed: 0, cut: 0 };
    for (let sent = 0; sent < 1_000; sent++) {
      const client = await broker.rawAs("b-bad");
      client.socket.write(bad[sent % bad.length]?.() ?? Buffer.alloc(0));
      if (sent % bad.length === 3) {
        client.socket.end();
        outcomes.cut++;
      } else {
        await until("an answer", () => client.isClosed() || client.received.length > 1);
        if (client.received.some(({ cmd }) => cmd === "puback")) outcomes.acknowledged++;
        else outcomes.closed++;
      }
      client.end();
    }
    running = false;
    await traffic;
    expect(outcomes).toEqual({ acknowledged: 300, closed: 600, cut: 100 });
    const refused = broker.records().filter(({ refusal }) => refusal !== null);
    expect(refused).toHaveLength(300);
    expect(broker.counted("refusedMessage", "foreignTopic")).toBe(200);
    expect(broker.counted("refusedMessage", "invalidTopic")).toBe(100);
    expect(broker.counted("closedConnection", "oversizePacket")).toBe(100);
    expect(broker.counted("closedConnection", "protocolError")).toBe(500);
    expect(acknowledged).toBeGreaterThan(100);
    expect(broker.records().filter(({ clientId }) => clientId === "b-steady")).toHaveLength(acknowledged);
    await expectAlive(broker);
  });

  it("garbage of every kind on the wire", async () => {
    const broker = await start();
    let seed = 12345;
    const next = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed;
    };
    for (let round = 0; round < 300; round++) {
      const authenticated = round % 2 === 0;
      const garbage = Buffer.from(Array.from({ length: 1 + (next() % 60) }, () => (next() >> 8) & 0xff));
      // A small announced length lets the parser see it whole.
      garbage[1] = Math.max(0, garbage.length - 2);
      if (authenticated) {
        const client = await broker.rawAs("b-1");
        client.socket.end(garbage);
        client.end();
      } else {
        const socket = connect(broker.broker.port, "127.0.0.1");
        socket.on("error", () => {});
        socket.end(garbage);
        await new Promise((resolve) => socket.once("close", resolve).resume());
      }
    }
    await expectAlive(broker);
  });
});
