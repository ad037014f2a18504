// The embedded MQTT broker: aedes on TCP, with every message of a device in the journal before it is acknowledged.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Aedes } from "aedes";
import { faultOf } from "./faults.ts";
import { createHooks, forgetFilters } from "./hooks.ts";
import { openIntake } from "./intake.ts";
import { type BrokerLimits, defaultBrokerLimits } from "./limits.ts";
import type { BrokerNeeds } from "./needs.ts";
import { createSessions } from "./sessions.ts";
import { guardSocket } from "./socket-guard.ts";
import { skipUnheard } from "./unheard.ts";

/** `port` 0 takes a free one. */
export type BrokerConfig = { host: string; port: number } & Partial<BrokerLimits>;

export type Broker = {
  readonly port: number;
  /** Closes every connection; what is not yet durable stays unacknowledged. */
  stop(): Promise<void>;
  /** Cuts off whoever is connected with this client id: its credential was revoked. */
  disconnect(clientId: string): void;
  /** Authenticated connections. */
  connections(): number;
};

/** Makes needs that may be called from inside aedes: a counter or a logger that throws would end the process. */
const shielded = (needs: BrokerNeeds): BrokerNeeds => {
  const safely = (work: () => void) => {
    try {
      work();
    } catch {
      // A failing counter or logger has nowhere to complain to.
    }
  };
  return {
    ...needs,
    authenticate: async (clientId, username, password) => needs.authenticate(clientId, username, password),
    count: (event, reason) => safely(() => needs.count(event, reason)),
    log: {
      info: (details, message) => safely(() => needs.log.info(details, message)),
      warn: (details, message) => safely(() => needs.log.warn(details, message)),
      error: (details, message) => safely(() => needs.log.error(details, message)),
    },
  };
};

/** Starts listening. Rejects when the port cannot be had (`EADDRINUSE`, `EACCES`). */
export const startBroker = async (config: BrokerConfig, given: BrokerNeeds): Promise<Broker> => {
  const limits: BrokerLimits = { ...defaultBrokerLimits, ...config };
  const needs = shielded(given);
  const { log, count } = needs;
  const state: { stopping: boolean } = { stopping: false };
  const sessions = createSessions();
  const intake = openIntake(needs.journal, limits);
  // The broker's id is left to chance: with a fixed one, counters of an earlier life would be taken for repetitions.
  const aedes = await Aedes.createBroker({
    ...createHooks(sessions, intake, limits, needs, () => state.stopping),
    connectTimeout: limits.connectTimeoutMs,
    keepaliveLimit: limits.maxKeepaliveS,
    drainTimeout: limits.drainTimeoutMs,
    queueLimit: limits.maxQueuedPackets,
    maxInflightInbound: limits.maxHalfDoneMessages,
    maxClientsIdLength: 128,
  });
  skipUnheard(aedes, sessions);
  aedes.on("error" as "closed", ((error: Error) => log.error({ err: error }, "broker error")) as () => void);
  for (const event of ["clientError", "connectionError"] as const) {
    aedes.on(event, (client, error) => {
      const session = sessions.of(client);
      const fault = faultOf(error);
      if (fault === null || session?.failureCounted) return;
      if (session) session.failureCounted = true;
      log.info({ clientId: client.id, reason: error.message }, "connection failed");
      count(fault.event, fault.reason);
    });
  }
  aedes.on("unsubscribe", (filters, client) => forgetFilters(sessions, filters, client));

  const accept = (socket: Socket) => {
    socket.setNoDelay(true);
    const guard = guardSocket(socket, limits, (fault) => {
      count("closedConnection", fault);
      log.warn({ fault, remoteAddress: socket.remoteAddress }, "connection cut off");
    });
    sessions.add(aedes.handle(socket), socket, guard);
  };
  const server = createServer(accept);
  server.maxConnections = limits.maxConnections;
  server.on("drop", () => count("refusedConnection", "tooManyConnections"));
  server.listen(config.port, config.host);
  try {
    await once(server, "listening");
  } catch (error) {
    await new Promise<void>((resolve) => aedes.close(resolve));
    throw error;
  }
  server.on("error", (error) => log.error({ err: error }, "listener error"));

  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      if (state.stopping) return;
      state.stopping = true;
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => aedes.close(resolve));
      sessions.destroyAll();
      await Promise.all([intake.stop(), closed]);
    },
    disconnect: (clientId) => sessions.disconnect(clientId),
    connections: () => sessions.count(),
  };
};
