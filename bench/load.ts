// The load: a process of its own that publishes readings at QoS 1 over many connections, as fast as they are acknowledged.
// It speaks MQTT over plain sockets with packets encoded beforehand, so that most of the CPU is left to what is measured.
import { connect, type Socket } from "node:net";
import { generate } from "mqtt-packet";

export type LoadClient = { clientId: string; password: string; topic: string };

/** From the parent, once. */
export type LoadOrder = {
  port: number;
  clients: LoadClient[];
  /** Messages that one connection may have unacknowledged. */
  window: number;
};
/** From the parent, for each stretch of load. `ratePerS` spreads the messages evenly; null is as fast as it goes. */
export type LoadRun = { messages: number; ratePerS: number | null };

export type LoadResult = {
  messages: number;
  wallMs: number;
  /** From writing a message to its acknowledgement. */
  p50Ms: number;
  p99Ms: number;
  cpuMs: number;
  payloadBytes: number;
};
export type LoadAnswer = { kind: "connected" } | { kind: "done"; result: LoadResult };

const firstSequence = 1_000_000;
const pacingMs = 2;
const pubackBytes = 4;
const pubackHeader = 0x40;
const keepaliveS = 600;

/** A publish with places for message id, time and sequence; all have a fixed width. */
const template = (topic: string, index: number) => {
  const body = {
    ts: 1_000_000_000_000,
    seq: firstSequence,
    // Under 40 % of 30 mA: a quiet breaker, as nearly all are.
    residualCurrentMa: 4 + (index % 80) / 10,
    contact: "closed",
    protection: "enabled",
    loadCurrentA: 1 + (index % 50) / 10,
    voltageV: 225.5 + (index % 10),
    temperatureC: 31.5,
    signalDbm: -71,
  };
  const payload = JSON.stringify(body);
  const bytes = generate({ cmd: "publish", topic, payload, qos: 1, messageId: 1, dup: false, retain: false });
  return {
    bytes,
    payloadBytes: Buffer.byteLength(payload),
    idAt: bytes.indexOf(payload) - 2,
    timeAt: bytes.indexOf(String(body.ts)),
    sequenceAt: bytes.indexOf(`"seq":${body.seq}`) + '"seq":'.length,
  };
};

const writeDigits = (bytes: Buffer, at: number, digits: number, value: number): void => {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i--) {
    bytes[i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
};

type Device = {
  /** Writes up to `wanted` messages, as far as the window allows; answers how many. */
  send(wanted: number): number;
  close(): void;
};

const openDevice = async (
  { port, window }: LoadOrder,
  client: LoadClient,
  index: number,
  onAcknowledged: (latenciesMs: number[]) => void,
): Promise<Device> => {
  const socket: Socket = connect({ host: "127.0.0.1", port, noDelay: true });
  const { bytes, idAt, timeAt, sequenceAt } = template(client.topic, index);
  const freeIds = Array.from({ length: window }, (_, i) => i + 1);
  const sentAtMs = new Float64Array(window + 1);
  const admitted = Promise.withResolvers<void>();
  let sequence = firstSequence;
  let rest: Buffer = Buffer.alloc(0);
  let connected = false;

  const fail = (reason: string): never => {
    throw new Error(`${client.clientId}: ${reason}`);
  };
  const read = (fresh: Buffer) => {
    let chunk: Buffer = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    if (!connected) {
      if (chunk.length < 4) {
        rest = chunk;
        return;
      }
      if (chunk[0] !== 0x20 || chunk[3] !== 0) fail(`refused with code ${chunk[3]}`);
      connected = true;
      admitted.resolve();
      chunk = chunk.subarray(4);
    }
    const nowMs = performance.now();
    const latenciesMs: number[] = [];
    let at = 0;
    for (; at + pubackBytes <= chunk.length; at += pubackBytes) {
      if (chunk[at] !== pubackHeader) fail(`an unexpected packet ${chunk[at]}`);
      const id = chunk.readUInt16BE(at + 2);
      latenciesMs.push(nowMs - (sentAtMs[id] ?? Number.NaN));
      freeIds.push(id);
    }
    rest = chunk.subarray(at);
    if (latenciesMs.length > 0) onAcknowledged(latenciesMs);
  };
  socket.on("data", read);
  socket.on("close", () => {
    if (!socket.writableEnded) fail("the broker has closed the connection");
  });
  socket.on("error", (error) => fail(error.message));
  socket.write(
    generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean: true,
      keepalive: keepaliveS,
      clientId: client.clientId,
      username: client.clientId,
      password: Buffer.from(client.password),
    }),
  );
  await admitted.promise;

  return {
    send(wanted) {
      const count = Math.min(wanted, freeIds.length);
      if (count === 0) return 0;
      const out = Buffer.allocUnsafe(count * bytes.length);
      const nowMs = performance.now();
      const timeMs = Date.now();
      for (let i = 0; i < count; i++) {
        const id = freeIds.pop() ?? 0;
        const from = i * bytes.length;
        sentAtMs[id] = nowMs;
        bytes.copy(out, from);
        out.writeUInt16BE(id, from + idAt);
        writeDigits(out, from + timeAt, 13, timeMs);
        writeDigits(out, from + sequenceAt, 7, sequence++);
      }
      socket.write(out);
      return count;
    },
    close: () => socket.end(generate({ cmd: "disconnect" })),
  };
};

const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

const answer = (message: LoadAnswer): void => {
  process.send?.(message);
};

const work = async (order: LoadOrder): Promise<void> => {
  const devices: Device[] = [];
  let latencies = new Float64Array(0);
  let acknowledged = 0;
  let unsent = 0;
  let paced = false;
  let finished = () => {};
  for (const [index, client] of order.clients.entries()) {
    const device = await openDevice(order, client, index, (latenciesMs) => {
      latencies.set(latenciesMs, acknowledged);
      acknowledged += latenciesMs.length;
      if (!paced) unsent -= device.send(Math.min(latenciesMs.length, unsent));
      if (acknowledged === latencies.length) finished();
    });
    devices.push(device);
  }

  /** Messages that are due go out in turn over the connections. */
  const pace = (messages: number, ratePerS: number): void => {
    const beginMs = performance.now();
    let sent = 0;
    let turn = 0;
    const timer = setInterval(() => {
      const due = Math.min(messages, Math.floor(((performance.now() - beginMs) * ratePerS) / 1_000));
      for (let tries = 0; sent < due && tries < devices.length; tries++) {
        const took = devices[turn++ % devices.length]?.send(1) ?? 0;
        sent += took;
        if (took > 0) tries = -1;
      }
      if (sent === messages) clearInterval(timer);
    }, pacingMs);
  };

  const run = async ({ messages, ratePerS }: LoadRun): Promise<LoadResult> => {
    latencies = new Float64Array(messages);
    acknowledged = 0;
    const cpuBefore = process.cpuUsage();
    const beginMs = performance.now();
    const done = new Promise<void>((resolve) => {
      finished = resolve;
    });
    paced = ratePerS !== null;
    unsent = paced ? 0 : messages;
    if (ratePerS !== null) pace(messages, ratePerS);
    else for (const device of devices) unsent -= device.send(Math.min(order.window, unsent));
    await done;
    const wallMs = performance.now() - beginMs;
    const cpu = process.cpuUsage(cpuBefore);
    latencies.sort();
    return {
      messages,
      wallMs,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      cpuMs: (cpu.user + cpu.system) / 1_000,
      payloadBytes: template("t", 0).payloadBytes,
    };
  };
  process.on("message", (message: LoadRun | "close") => {
    if (message === "close") {
      for (const device of devices) device.close();
      process.disconnect?.();
    } else void run(message).then((result) => answer({ kind: "done", result }));
  });
  answer({ kind: "connected" });
};

process.once("message", (order: LoadOrder) => void work(order));
