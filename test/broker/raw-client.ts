// A client that speaks raw MQTT packets over a socket, for what a well-behaved library would not send.
import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { generate, type Packet, parser } from "mqtt-packet";

export type RawClient = {
  socket: Socket;
  received: Packet[];
  send(packet: Packet): void;
  /** Waits for the next packet of this kind that was not taken yet. */
  next<C extends Packet["cmd"]>(cmd: C): Promise<Extract<Packet, { cmd: C }>>;
  closed(): Promise<void>;
  isClosed(): boolean;
  end(): void;
};

/** Polls until `check` gives something else than undefined or false; throws after the deadline. */
export const until = async <T>(
  what: string,
  check: () => T | undefined | false,
  deadlineMs = 10_000,
): Promise<T> => {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const found = check();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain for ${what}`);
    await wait(5);
  }
};

/** Opens a socket; nothing is sent yet. */
export const rawClient = (port: number): RawClient => {
  const socket = connect(port, "127.0.0.1");
  const received: Packet[] = [];
  const taken = new Set<Packet>();
  let ended = false;
  const incoming = parser();
  incoming.on("packet", (packet: Packet) => received.push(packet));
  socket.on("data", (bytes: Buffer) => incoming.parse(bytes));
  socket.on("error", () => {});
  socket.on("close", () => {
    ended = true;
  });
  return {
    socket,
    received,
    send: (packet) => socket.write(generate(packet)),
    next: <C extends Packet["cmd"]>(cmd: C) =>
      until(`${cmd}`, () => {
        const found = received.find((packet) => packet.cmd === cmd && !taken.has(packet));
        if (found) taken.add(found);
        return found as Extract<Packet, { cmd: C }> | undefined;
      }),
    closed: () => until("the connection's end", () => ended).then(() => {}),
    isClosed: () => ended,
    end: () => socket.destroy(),
  };
};

/** A CONNECT of MQTT 3.1.1. */
export const connectPacket = (
  clientId: string,
  credentials: { username?: string; password?: string } = {},
  more: object = {},
): Packet =>
  ({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    keepalive: 60,
    clientId,
    ...(credentials.username === undefined ? {} : { username: credentials.username }),
    ...(credentials.password === undefined ? {} : { password: Buffer.from(credentials.password) }),
    ...more,
  }) as Packet;

/** A PUBLISH of QoS 1 unless said otherwise. */
export const publishPacket = (
  topic: string,
  payload: string | Buffer,
  messageId = 1,
  more: object = {},
): Packet =>
  ({
    cmd: "publish",
    topic,
    payload,
    qos: 1,
    messageId,
    dup: false,
    retain: false,
    ...more,
  }) as Packet;
