// One device's MQTT connection: a bounded outbox, a bounded number of messages in flight, reconnecting with backoff, and
// everything that was not acknowledged sent again. Each attempt is a fresh MQTT.js client, so that none of its own
// reconnecting (no backoff, no jitter, stops for good when refused) is in play.
import mqtt, { type MqttClient } from "mqtt";

/** The little of a logger that the simulators use; pino fits. */
export type Log = {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
};

/** Something to publish at QoS 1; `reports` names what is in it, for the ledger. */
export type Message = {
  topic: string;
  payload: string;
  retain: boolean;
  reports: readonly SentReport[];
};

/** A report as it went out, for ledgers outside the system under test. */
export type SentReport = { breakerId: string; kind: string; tsMs: number; seq: number };

export type Counters = {
  connected: number;
  /** Reports handed to MQTT, the repeated ones counted once. */
  published: number;
  acknowledged: number;
  /** Reports given up: the outbox was full, or the sender stopped before they were acknowledged. */
  failed: number;
  /** Reports that were on their way when a fault cut the device's line, and that it still had at the end. */
  kept: number;
  /** Connections that the broker refused, over all attempts. */
  refused: number;
};

export const newCounters = (): Counters => ({
  connected: 0,
  published: 0,
  acknowledged: 0,
  failed: 0,
  kept: 0,
  refused: 0,
});

export const connectionLimits = {
  /** Messages that wait for a connection or for room in flight; the oldest give way. */
  maxWaiting: 1_000,
  /** Unacknowledged messages of one connection (MQTT.js loses callbacks above 65,535). */
  maxInFlight: 32,
  connectTimeoutMs: 15_000,
  keepaliveS: 60,
  firstBackoffMs: 500,
  maxBackoffMs: 30_000,
} as const;

export type Connection = {
  /** Queues a message; it is sent when there is room and again until acknowledged. */
  send(message: Message): void;
  /** Messages that wait or are in flight. */
  backlog(): number;
  /** Resolves when fewer than `messages` wait or are in flight, or the connection has stopped. */
  backlogBelow(messages: number): Promise<void>;
  /** Cuts the line without a word, so that the last will speaks, and stays away until `resume`. */
  pause(): void;
  resume(): void;
  /** Waits at most `timeoutMs` for acknowledgements, then says goodbye. Messages left over count as failed, or as kept while paused. */
  stop(timeoutMs: number): Promise<void>;
};

export const startConnection = (
  options: {
    mqttUrl: string;
    /** Client id and username. */
    clientId: string;
    password: string;
    will: { topic: string; payload: string } | null;
    /** Topics to subscribe to on every connection. */
    subscriptions: readonly string[];
    /** Stays away until `resume`. */
    paused?: boolean;
  },
  needs: {
    counters: Counters;
    random(): number;
    onConnected(): void;
    onMessage(topic: string): void;
    onAcknowledged(message: Message): void;
    onProblem(reason: string): void;
  },
): Connection => {
  const { counters } = needs;
  let client: MqttClient | null = null;
  let online = false;
  let wanted = options.paused !== true;
  let stopping = false;
  let attempts = 0;
  let timer: NodeJS.Timeout | undefined;
  let waiting: { message: Message; sentBefore: boolean }[] = [];
  const inFlight = new Set<Message>();
  let watchers: { below: number; resolve: () => void }[] = [];

  const backlog = () => waiting.length + inFlight.size;
  const wake = () => {
    if (watchers.length === 0) return;
    const ready = watchers.filter((w) => stopping || backlog() < w.below);
    watchers = watchers.filter((w) => !ready.includes(w));
    for (const watcher of ready) watcher.resolve();
  };

  const backlogBelow = (messages: number): Promise<void> =>
    new Promise((resolve) => {
      watchers.push({ below: messages, resolve });
      wake();
    });

  const pump = () => {
    while (client !== null && online && inFlight.size < connectionLimits.maxInFlight) {
      const next = waiting.shift();
      if (next === undefined) break;
      publish(client, next.message, next.sentBefore);
    }
  };

  const publish = (through: MqttClient, message: Message, sentBefore: boolean) => {
    inFlight.add(message);
    if (!sentBefore) counters.published += message.reports.length;
    through.publish(message.topic, message.payload, { qos: 1, retain: message.retain }, (error) => {
      // A client that was given up has had its messages put back already.
      if (through !== client || error || !inFlight.delete(message)) return;
      counters.acknowledged += message.reports.length;
      needs.onAcknowledged(message);
      pump();
      wake();
    });
  };

  const lost = (of: MqttClient) => {
    if (of !== client) return;
    client = null;
    if (online) counters.connected -= 1;
    online = false;
    waiting = [...[...inFlight].map((message) => ({ message, sentBefore: true })), ...waiting];
    inFlight.clear();
    of.end(true);
    if (wanted && !stopping) {
      const ceiling = Math.min(
        connectionLimits.maxBackoffMs,
        connectionLimits.firstBackoffMs * 2 ** attempts,
      );
      attempts = Math.min(attempts + 1, 16);
      timer = setTimeout(connect, ceiling * (0.3 + 0.7 * needs.random()));
    }
  };

  const connect = () => {
    clearTimeout(timer);
    if (client !== null || !wanted || stopping) return;
    const fresh = mqtt.connect(options.mqttUrl, {
      clientId: options.clientId,
      username: options.clientId,
      password: options.password,
      protocolVersion: 4,
      clean: true,
      manualConnect: true,
      reconnectPeriod: 0,
      connectTimeout: connectionLimits.connectTimeoutMs,
      keepalive: connectionLimits.keepaliveS,
      resubscribe: false,
      ...(options.will === null
        ? {}
        : {
            will: {
              topic: options.will.topic,
              payload: Buffer.from(options.will.payload),
              qos: 1 as const,
              retain: true,
            },
          }),
    });
    client = fresh;
    fresh.on("error", (error) => {
      if ("code" in error && typeof error.code === "number") counters.refused += 1;
      if (fresh === client) needs.onProblem(error.message || String((error as { code?: unknown }).code));
      lost(fresh);
    });
    fresh.on("close", () => lost(fresh));
    fresh.on("message", (topic) => needs.onMessage(topic));
    fresh.on("connect", () => {
      if (fresh !== client) return;
      online = true;
      attempts = 0;
      counters.connected += 1;
      if (options.subscriptions.length > 0)
        fresh.subscribe([...options.subscriptions], { qos: 1 }, (error) => {
          if (error && fresh === client) needs.onProblem(`subscribing failed: ${error.message}`);
        });
      needs.onConnected();
      pump();
    });
    fresh.connect();
  };

  connect();
  return {
    send(message) {
      if (stopping) return;
      waiting.push({ message, sentBefore: false });
      if (waiting.length > connectionLimits.maxWaiting)
        counters.failed += waiting.shift()?.message.reports.length ?? 0;
      pump();
    },
    backlog,
    backlogBelow,
    pause() {
      wanted = false;
      clearTimeout(timer);
      const current = client;
      // Not end(): a goodbye would silence the last will.
      current?.stream.destroy();
      if (current !== null) lost(current);
    },
    resume() {
      wanted = true;
      connect();
    },
    async stop(timeoutMs) {
      if (online) {
        const { promise: late, resolve } = Promise.withResolvers<void>();
        const deadline = setTimeout(resolve, timeoutMs);
        await Promise.race([backlogBelow(1), late]);
        clearTimeout(deadline);
      }
      stopping = true;
      clearTimeout(timer);
      const left = wanted ? "failed" : "kept";
      for (const { message } of waiting) counters[left] += message.reports.length;
      for (const message of inFlight) counters[left] += message.reports.length;
      waiting = [];
      inFlight.clear();
      wake();
      const current = client;
      client = null;
      if (online) counters.connected -= 1;
      if (current === null) return;
      const graceful = online;
      online = false;
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      const force = setTimeout(() => {
        current.end(true);
        resolve();
      }, 1_000);
      current.end(!graceful, {}, () => resolve());
      await ended;
      clearTimeout(force);
    },
  };
};
