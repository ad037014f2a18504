// One connection to an external broker: CONNECT, SUBSCRIBE, and every PUBLISH into the journal before its acknowledgement.
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { wireLimits } from "../domain/limits.ts";
import type { Refusal } from "./access.ts";
import type { Intake, IntakeOutcome } from "./intake.ts";
import type { Logger } from "./needs.ts";

export type SubscriptionConfig = {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** Names the lasting session at the external broker; stands as client id in the journal. */
  clientId: string;
  filters: readonly string[];
};

export type SubscriptionLimits = {
  /** Until CONNACK and SUBACK have arrived. */
  handshakeTimeoutMs: number;
  /** A PINGREQ is due this often; twice this long without a byte means that the connection is dead. */
  pingIntervalMs: number;
  /** Messages on their way to the journal beyond which no more are read. */
  maxPending: number;
  /** How long a stop waits for what is pending. */
  stopTimeoutMs: number;
};

export type SubscriptionNeeds = {
  intake: Intake;
  clock(): number;
  log: Logger;
  onSubscribed(sessionPresent: boolean): void;
};

/** Where a connection to this URL goes. Throws TypeError when it is no `mqtt:` or `mqtts:` URL. */
export const parseBrokerUrl = (url: string): { host: string; port: number; secure: boolean } => {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === "mqtts:";
  if (!secure && protocol !== "mqtt:") throw new TypeError(`${protocol}// is not mqtt:// or mqtts://`);
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: port === "" ? (secure ? 8883 : 1883) : Number(port), secure };
};

const openSocket = (url: string): { socket: Socket; readyEvent: string } => {
  const { host, port, secure } = parseBrokerUrl(url);
  if (!secure) return { socket: connectTcp({ host, port }), readyEvent: "connect" };
  return { socket: connectTls({ host, port, servername: host }), readyEvent: "secureConnect" };
};

/**
 * Runs one connection until it ends or `signal` stops it, and answers why it ended. On a stop, what is pending is
 * brought to the journal and acknowledged first. Speaks MQTT 3.1.1 itself: MQTT.js would handle one message at a time,
 * so that each would wait for a sync of its own.
 */
export const runSubscription = (
  config: SubscriptionConfig,
  limits: SubscriptionLimits,
  needs: SubscriptionNeeds,
  signal: AbortSignal,
): Promise<string> => {
  const { intake, clock, log } = needs;
  const { promise, resolve } = Promise.withResolvers<string>();
  const { socket, readyEvent } = openSocket(config.url);
  const incoming = parser({ protocolVersion: 4 });
  let pending = 0;
  let ended = false;
  let corked = false;
  let subscribed = false;
  let sessionPresent = false;
  let lastHeardMs = performance.now();

  const end = (reason: string) => {
    if (ended) return;
    ended = true;
    clearTimeout(handshake);
    clearInterval(pinger);
    signal.removeEventListener("abort", finish);
    socket.destroy();
    resolve(reason);
  };
  const send = (packet: Packet) => {
    if (ended) return;
    // Acknowledgements of one group leave in one segment.
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(() => {
        corked = false;
        socket.uncork();
      });
    }
    socket.write(generate(packet));
  };
  const sayGoodbye = () => {
    send({ cmd: "disconnect" });
    if (!ended) socket.end(() => end("stopped"));
  };
  const finish = () => {
    if (!subscribed) return end("stopped");
    setTimeout(() => end("stopped"), limits.stopTimeoutMs).unref();
    socket.pause();
    if (pending === 0) sayGoodbye();
  };

  const settle = (packet: IPublishPacket, outcome: IntakeOutcome) => {
    pending--;
    if (outcome.kind === "failed") log.error({ reason: outcome.reason }, "the journal failed");
    if (outcome.kind !== "durable") return end(outcome.kind === "full" ? "journalFull" : "journalFailed");
    const messageId = packet.messageId ?? 0;
    if (packet.qos > 0) send({ cmd: packet.qos === 1 ? "puback" : "pubrec", messageId } as Packet);
    if (signal.aborted) return pending === 0 ? sayGoodbye() : undefined;
    if (pending < limits.maxPending && socket.isPaused()) {
      lastHeardMs = performance.now();
      socket.resume();
    }
  };
  const take = (packet: IPublishPacket) => {
    const whole = typeof packet.payload === "string" ? Buffer.from(packet.payload) : packet.payload;
    const tooLarge = whole.length > wireLimits.maxPayloadBytes;
    const refusal: Refusal | null = tooLarge ? "tooLarge" : null;
    const payload = tooLarge ? whole.subarray(0, wireLimits.maxPayloadBytes) : whole;
    const { topic } = packet;
    pending++;
    if (pending >= limits.maxPending) socket.pause();
    intake.append({
      arrivalMs: clock(),
      clientId: config.clientId,
      topic,
      payload,
      refusal,
      answer: (outcome) => settle(packet, outcome),
    });
  };

  const handle = (packet: Packet) => {
    if (packet.cmd === "publish") return take(packet);
    if (packet.cmd === "pubrel") return send({ cmd: "pubcomp", messageId: packet.messageId ?? 0 } as Packet);
    if (packet.cmd === "connack") {
      if (packet.returnCode !== 0) return end(`refused with code ${packet.returnCode}`);
      sessionPresent = packet.sessionPresent;
      const subscriptions = config.filters.map((topic) => ({ topic, qos: 1 }));
      return send({ cmd: "subscribe", messageId: 1, subscriptions } as Packet);
    }
    if (packet.cmd === "suback") {
      const denied = config.filters.filter((_, index) => packet.granted[index] === 128);
      if (denied.length > 0) return end(`may not subscribe to ${denied.join(", ")}`);
      clearTimeout(handshake);
      subscribed = true;
      needs.onSubscribed(sessionPresent);
    }
  };

  const handshake = setTimeout(() => end("handshake timed out"), limits.handshakeTimeoutMs);
  const pinger = setInterval(() => {
    const silentMs = performance.now() - lastHeardMs;
    if (!socket.isPaused() && silentMs > 2 * limits.pingIntervalMs) end("connection is silent");
    else send({ cmd: "pingreq" });
  }, limits.pingIntervalMs);
  signal.addEventListener("abort", finish, { once: true });

  incoming.on("packet", handle);
  incoming.on("error", (error: Error) => end(`protocol error: ${error.message}`));
  socket.on("data", (bytes: Buffer) => {
    lastHeardMs = performance.now();
    incoming.parse(bytes);
  });
  socket.on("error", (error) => end(error.message));
  socket.on("close", () => end("connection closed"));
  socket.once(readyEvent, () => {
    socket.setNoDelay(true);
    const { clientId, username, password } = config;
    send({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean: false,
      keepalive: Math.ceil((2 * limits.pingIntervalMs) / 1000),
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: Buffer.from(password) }),
    });
  });
  return promise;
};
