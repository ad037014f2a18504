// Sends what breakers would have reported in a stretch of the past, as fast as the broker acknowledges it.
import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type Connection,
  type Counters,
  connectionLimits,
  type Log,
  newCounters,
  type SentReport,
  startConnection,
} from "./connection.ts";
import { createBatcher, createNumbering, gatewayIdOf, type Numbering, reportMessage } from "./messages.ts";
import { generator, keyOf } from "./random.ts";
import { createSchedule, type PlannedReport } from "./schedule.ts";
import type { World } from "./world.ts";

export type HistoryOptions = {
  mqttUrl: string;
  world: World;
  /** Client id → token; those of gateways with `via: "gateways"`. Who has none sends nothing. */
  credentials: ReadonlyMap<string, string>;
  via: "breakers" | "gateways";
  /** Reports with device times in `(fromMs, toMs]`, one every `intervalMs` a breaker, beside those that faults cause. */
  fromMs: number;
  toMs: number;
  intervalMs: number;
  /** Goes on with another's numbers; by default from the second in which it starts. */
  numbering?: Numbering;
  log: Log;
  onAcknowledged?: (report: SentReport) => void;
  /** Gives up when it aborts. */
  signal?: AbortSignal;
};

/** Batches are large: a few on the way are enough to keep a gateway busy. */
const gatewayBacklog = 4;
const breakerBacklog = 2 * connectionLimits.maxInFlight;
/** Reports made before sockets and timers get their turn again; the whole house may share this thread. */
const reportsPerTurn = 100;

type Sender = {
  /** Hands a report on; answers the connection that has to catch up first, if one has. */
  send(planned: PlannedReport): Connection | null;
  flush(): void;
};

/**
 * Sends the history in order of time for each breaker and resolves when everything is acknowledged (or it was aborted:
 * then `failed` says how many reports were not). Keeps trying while the broker is away.
 */
export const sendHistory = async (options: HistoryOptions): Promise<Counters> => {
  const counters = newCounters();
  const numbering = options.numbering ?? createNumbering(options.fromMs);
  const connect = connector(options, counters);
  const { world } = options;
  const connections = new Map<string, Connection>();
  const clientIds =
    options.via === "gateways"
      ? [...new Set(world.breakers.map((b) => gatewayIdOf(b.areaId)))]
      : world.breakers.map((b) => b.breakerId);
  for (const clientId of clientIds) {
    const connection = connect(clientId);
    if (connection !== null) connections.set(clientId, connection);
  }
  const sender =
    options.via === "gateways"
      ? gatewaySender(world, connections, numbering)
      : breakerSender(connections, numbering);

  const { signal } = options;
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  signal?.addEventListener("abort", () => abort(), { once: true });
  if (signal?.aborted) abort();
  const gaveUp = () => signal?.aborted === true;

  let made = 0;
  for (const planned of createSchedule(world, options.intervalMs).between(options.fromMs, options.toMs)) {
    const busy = sender.send(planned);
    if (busy !== null)
      await Promise.race([
        busy.backlogBelow(options.via === "gateways" ? gatewayBacklog : breakerBacklog),
        aborted,
      ]);
    made += 1;
    if (made % reportsPerTurn === 0) await nextTurn();
    if (gaveUp()) break;
  }
  sender.flush();
  const settled = Promise.all([...connections.values()].map((connection) => connection.backlogBelow(1)));
  await Promise.race([settled, aborted]);
  await Promise.all([...connections.values()].map((connection) => connection.stop(0)));
  return counters;
};

/** Opens a connection for a client that has a credential; null for one that has none. */
const connector = (options: HistoryOptions, counters: Counters) => {
  const said = new Set<string>();
  return (clientId: string): Connection | null => {
    const password = options.credentials.get(clientId);
    if (password === undefined) return null;
    return startConnection(
      { mqttUrl: options.mqttUrl, clientId, password, will: null, subscriptions: [] },
      {
        counters,
        random: generator(keyOf(options.world.seed, clientId)),
        onConnected() {},
        onMessage() {},
        onAcknowledged(message) {
          if (options.onAcknowledged) for (const report of message.reports) options.onAcknowledged(report);
        },
        onProblem(reason) {
          if (!said.has(reason)) options.log.warn({ clientId, reason }, "connection problem");
          said.add(reason);
        },
      },
    );
  };
};

const breakerSender = (connections: ReadonlyMap<string, Connection>, numbering: Numbering): Sender => ({
  send({ breaker, kind, atMs, body }) {
    const connection = connections.get(breaker.breakerId);
    if (connection === undefined) return null;
    connection.send(reportMessage(breaker, kind, atMs, body, numbering));
    return connection.backlog() >= breakerBacklog ? connection : null;
  },
  flush() {},
});

const gatewaySender = (
  world: World,
  connections: ReadonlyMap<string, Connection>,
  numbering: Numbering,
): Sender => {
  const batchers = new Map<string, ReturnType<typeof createBatcher>>();
  for (const { townshipId, areaId } of world.breakers) {
    const connection = connections.get(gatewayIdOf(areaId));
    if (connection === undefined || batchers.has(areaId)) continue;
    batchers.set(
      areaId,
      createBatcher({ townshipId, areaId }, numbering, (message) => connection.send(message)),
    );
  }
  return {
    send({ breaker, kind, atMs, body }) {
      batchers.get(breaker.areaId)?.add(breaker, kind, atMs, body);
      const connection = connections.get(gatewayIdOf(breaker.areaId));
      return connection !== undefined && connection.backlog() >= gatewayBacklog ? connection : null;
    },
    flush() {
      for (const batcher of batchers.values()) batcher.flush();
    },
  };
};
