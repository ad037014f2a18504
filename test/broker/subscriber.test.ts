// The subscriber beyond the common contract: crashes, refusals, silence, large bodies.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { connectAsync, type MqttClient } from "mqtt";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, describe, expect, it } from "vitest";
import { type Subscriber, type SubscriberConfig, startSubscriber } from "../../broker/subscriber.ts";
import { openJournal } from "../../journal/journal.ts";
import type { Journal, RawMessage } from "../../journal/port.ts";
import { scratchDirectory } from "../journal/directory.ts";
import { silentLog, topicOf } from "./harness.ts";
import { freePort, type Mosquitto, mosquittoMissing, startMosquitto } from "./mosquitto.ts";
import { publishPacket, until } from "./raw-client.ts";

const cleanups: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const subscribe = (
  port: number,
  journal: Pick<Journal, "appendAll">,
  config: Partial<SubscriberConfig> = {},
): Subscriber => {
  const subscriber = startSubscriber(
    { url: `mqtt://127.0.0.1:${port}`, clientId: "hubao-ingest", minBackoffMs: 20, ...config },
    { journal, clock: () => 1, log: silentLog },
  );
  cleanups.push(() => subscriber.stop());
  return subscriber;
};
/** A journal that keeps its messages in an array. */
const listJournal = () => {
  const messages: RawMessage[] = [];
  const appendAll: Journal["appendAll"] = async (taken) => {
    messages.push(...taken);
    return taken.length;
  };
  return { messages, appendAll };
};

/** A server that answers each packet as `answer` says. */
const fakeBroker = async (answer: (packet: Packet, socket: Socket) => void) => {
  const server: Server = createServer((socket) => {
    const incoming = parser();
    incoming.on("packet", (packet: Packet) => answer(packet, socket));
    socket.on("data", (bytes: Buffer) => incoming.parse(bytes));
    socket.on("error", () => {});
    cleanups.push(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
};
const connack = (returnCode: number) => generate({ cmd: "connack", returnCode, sessionPresent: false });
const suback = (granted: number[]) => generate({ cmd: "suback", messageId: 1, granted } as Packet);

describe("the subscriber", () => {
  it("goes on after refusals, silence and denied subscriptions, and says what is wrong meanwhile", async () => {
    let attempts = 0;
    const port = await fakeBroker((packet, socket) => {
      if (packet.cmd === "connect") {
        attempts++;
        if (attempts === 2) return;
        socket.write(connack(attempts === 1 ? 5 : 0));
      }
      if (packet.cmd === "subscribe") socket.write(suback([attempts === 3 ? 128 : 1]));
    });
    const subscriber = subscribe(port, listJournal(), {
      handshakeTimeoutMs: 200,
      minBackoffMs: 100,
      maxBackoffMs: 100,
    });
    await until("the refusal", () => subscriber.problem() === "refused with code 5");
    await until("the silence", () => subscriber.problem() === "handshake timed out");
    await until("the denial", () => subscriber.problem() === "may not subscribe to hubao/v1/+/+/+/+");
    await until("the subscription", () => subscriber.problem() === null);
    expect(attempts).toBe(4);
  });

  it("leaves a connection that has fallen silent", async () => {
    let connects = 0;
    const port = await fakeBroker((packet, socket) => {
      if (packet.cmd === "connect") {
        connects++;
        socket.write(connack(0));
      }
      if (packet.cmd === "subscribe") socket.write(suback([1]));
    });
    subscribe(port, listJournal(), { pingIntervalMs: 50 });
    await until("another connection", () => connects >= 2);
  });

  it("reads on while earlier messages wait for their sync, and acknowledges each only after its own", async () => {
    const answers: (() => void)[] = [];
    const acknowledged: number[] = [];
    let peer: Socket | undefined;
    const port = await fakeBroker((packet, socket) => {
      peer = socket;
      if (packet.cmd === "connect") socket.write(connack(0));
      if (packet.cmd === "puback") acknowledged.push(packet.messageId ?? 0);
      if (packet.cmd === "subscribe") socket.write(suback([1]));
    });
    const subscriber = subscribe(port, {
      appendAll: ({ length }) => new Promise((resolve) => answers.push(() => resolve(length))),
    });
    await until("the subscription", () => subscriber.problem() === null);
    for (const [index, id] of [11, 12, 13].entries()) {
      peer?.write(generate(publishPacket("hubao/v1/T/A/b/reading", "x", id)));
      await until("its append", () => answers.length === index + 1);
    }
    expect(acknowledged).toEqual([]);
    for (const [index, answer] of answers.entries()) {
      answer();
      await until("its acknowledgement", () => acknowledged.length === index + 1);
    }
    expect(acknowledged).toEqual([11, 12, 13]);
  });

  it("stops reading when too much is pending and goes on afterwards", async () => {
    const answers: (() => void)[] = [];
    let taken = 0;
    let acknowledged = 0;
    const port = await fakeBroker((packet, socket) => {
      if (packet.cmd === "connect") socket.write(connack(0));
      if (packet.cmd === "puback") acknowledged++;
      if (packet.cmd !== "subscribe") return;
      socket.write(suback([1]));
      for (let id = 1; id <= 60_000; id++) {
        socket.write(generate(publishPacket("hubao/v1/T/A/b/reading", "x".repeat(100), id)));
      }
    });
    const appendAll: Journal["appendAll"] = ({ length }) => {
      taken += length;
      return new Promise((resolve) => answers.push(() => resolve(length)));
    };
    subscribe(port, { appendAll }, { maxPending: 100 });
    let before = 0;
    let sameSinceMs = performance.now();
    await until("the pause", () => {
      if (taken !== before) sameSinceMs = performance.now();
      before = taken;
      return taken >= 100 && performance.now() - sameSinceMs > 200;
    });
    // One read of the socket may exceed the bound, further reads may not.
    expect(taken).toBeLessThan(2_000);
    await until("all acknowledgements", () => {
      for (const answer of answers.splice(0)) answer();
      return acknowledged === 60_000;
    });
  });

  it("refuses a URL that is not MQTT's", () => {
    expect(() => subscribe(0, listJournal(), { url: "http://localhost" })).toThrow(TypeError);
  });
});

if (mosquittoMissing !== null) console.warn(`SKIPPED: the subscriber at Mosquitto: ${mosquittoMissing}`);

describe.skipIf(mosquittoMissing !== null)("the subscriber at Mosquitto", () => {
  const mosquittoHere = async (settings: readonly string[] = []): Promise<Mosquitto> => {
    const mosquitto = await startMosquitto(settings);
    cleanups.push(() => mosquitto.stop());
    return mosquitto;
  };
  const deviceAt = async (port: number): Promise<MqttClient> => {
    const device = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId: "b-1" });
    cleanups.push(() => device.endAsync(true));
    return device;
  };

  it("waits for a broker that is not there yet", async () => {
    const port = await freePort();
    const subscriber = subscribe(port, listJournal(), { maxBackoffMs: 100 });
    await until("the failure", () => subscriber.problem()?.includes("ECONNREFUSED"));
    await mosquittoHere([`listener ${port} 127.0.0.1`]);
    await until("the subscription", () => subscriber.problem() === null);
  });

  it("finds what was published while it was away", async () => {
    const mosquitto = await mosquittoHere();
    const journal = listJournal();
    const first = subscribe(mosquitto.port, journal);
    await until("the subscription", () => first.problem() === null);
    await first.stop();
    const device = await deviceAt(mosquitto.port);
    await device.publishAsync(topicOf("b-1", "reading"), "while away", { qos: 1 });
    expect(journal.messages).toEqual([]);
    subscribe(mosquitto.port, journal);
    await until("the message", () => journal.messages.length === 1);
  });

  it("keeps the beginning of a body that is too large for the contract, marked as such", async () => {
    const mosquitto = await mosquittoHere();
    const journal = listJournal();
    const subscriber = subscribe(mosquitto.port, journal);
    await until("the subscription", () => subscriber.problem() === null);
    const device = await deviceAt(mosquitto.port);
    await device.publishAsync(topicOf("b-1", "batch"), Buffer.alloc(1024 * 1024, 97), { qos: 1 });
    await device.publishAsync(topicOf("b-1", "reading"), "small", { qos: 1 });
    await until("both", () => journal.messages.length === 2);
    expect(journal.messages.map(({ refusal, payload }) => [refusal, payload.length])).toEqual([
      ["tooLarge", 256 * 1024],
      [null, 5],
    ]);
  });

  it("loses nothing that the external broker acknowledged although it is killed again and again", async () => {
    const mosquitto = await mosquittoHere();
    const scratch = scratchDirectory();
    cleanups.push(() => scratch.remove());
    const script = new URL("./subscribe-until-killed.ts", import.meta.url).pathname;
    const startChild = (): ChildProcess =>
      spawn(process.execPath, [script, scratch.dir, `mqtt://127.0.0.1:${mosquitto.port}`], {
        stdio: "ignore",
      });
    const journal = openJournal({ dir: scratch.dir, maxBytes: 1e9, consumers: ["all"] });
    cleanups.push(() => journal.close());
    const found = () => journal.read(0, 1e6).map(({ payload }) => Buffer.from(payload).toString());

    let child = startChild();
    cleanups.push(() => child.kill("SIGKILL"));
    const device = await deviceAt(mosquitto.port);
    // The first subscription makes the lasting session; nothing published before it is owed to us.
    await until("the session", () => {
      device.publish(topicOf("b-1", "reading"), "probe", { qos: 0 });
      return found().length > 0;
    });
    const acknowledged = new Set<string>();
    const traffic = (async () => {
      for (let sent = 0; sent < 6_000; sent += 50) {
        const burst = Array.from({ length: 50 }, (_, i) => `m-${sent + i}`);
        await Promise.all(burst.map((m) => device.publishAsync(topicOf("b-1", "reading"), m, { qos: 1 })));
        for (const m of burst) acknowledged.add(m);
      }
    })();
    for (const share of [1_000, 3_000, 5_000]) {
      await until("some traffic", () => acknowledged.size >= share);
      child.kill("SIGKILL");
      await once(child, "exit");
      child = startChild();
    }
    await traffic;
    await until("all records", () => acknowledged.isSubsetOf(new Set(found())), 20_000);
    expect(acknowledged.size).toBe(6_000);
  });
});
