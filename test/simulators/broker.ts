// A plain local broker for the simulators' tests: it checks credentials, remembers what it acknowledged, and can be killed.
import { createServer, type Server, type Socket } from "node:net";
import { Aedes, type AuthenticateError } from "aedes";

export type Received = { clientId: string; topic: string; body: unknown; retain: boolean };

export type PlainBroker = {
  port: number;
  url: string;
  /** Every publish of a client, in order of arrival; repeated deliveries are in it twice. */
  received: Received[];
  connectedCount(): number;
  publish(topic: string, payload: string): void;
  /** Cuts every connection at once and stops listening. */
  kill(): Promise<void>;
};

/** Starts a broker on `port` (0: any). `accept` decides who may connect. */
export const startPlainBroker = async (
  options: { port?: number; accept?: (clientId: string, password: string) => boolean } = {},
): Promise<PlainBroker> => {
  const received: Received[] = [];
  const aedes = await Aedes.createBroker({
    authenticate(client, username, password, done) {
      const ok = username === client.id && (options.accept?.(client.id, password?.toString() ?? "") ?? true);
      if (ok) done(null, true);
      else done(Object.assign(new Error("bad credential"), { returnCode: 5 }) as AuthenticateError, null);
    },
    authorizePublish(client, packet, callback) {
      received.push({
        clientId: client?.id ?? "",
        topic: packet.topic,
        body: JSON.parse(packet.payload.toString()),
        retain: packet.retain,
      });
      callback(null);
    },
  });
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    aedes.handle(socket);
  });
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(options.port ?? 0, "127.0.0.1", resolve);
  await listening;
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    received,
    connectedCount: () => aedes.connectedClients,
    publish: (topic, payload) =>
      aedes.publish(
        { cmd: "publish", qos: 1, dup: false, retain: false, topic, payload: Buffer.from(payload) },
        () => {},
      ),
    async kill() {
      const { promise: closed, resolve: done } = Promise.withResolvers<void>();
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
      await closed;
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      aedes.close(() => end());
      await ended;
    },
  };
};

/** Polls until `condition` holds; throws after `timeoutMs`. */
export const until = async (what: string, condition: () => boolean, timeoutMs = 15_000): Promise<void> => {
  const deadlineMs = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadlineMs) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

export const silentLog = { info() {}, warn() {} };
