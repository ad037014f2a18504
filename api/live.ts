// The live relay: hears what ingest tells over MQTT, checks it and hands it to the api's listeners.
import { connect } from "mqtt";
import type { Logger } from "pino";
import type { LiveEvents } from "../domain/http.ts";
import { livePayloads, liveTopicFilter, liveTopics } from "../domain/live.ts";
import { toIso } from "../domain/time.ts";
import type { LiveListener } from "./needs.ts";

const firstReconnectMs = 500;
const maxReconnectMs = 10_000;
const keepaliveS = 30;
const connectTimeoutMs = 10_000;

export type LiveRelay = {
  /** Calls the listener with every event until the answer is called. `hello` after a gap: something may have been missed. */
  subscribe(listener: LiveListener): () => void;
  /** Tells all relays, this one too; lost where the broker is away (the next full read makes it good). */
  publish(topic: string, payload: unknown): void;
  connected(): boolean;
  stop(): Promise<void>;
};

/**
 * Connects to the broker as a service and keeps connecting until stopped; does not wait for the first connection.
 * Payloads that are not of the contract are logged and dropped.
 */
export const startLiveRelay = (
  config: { url: string; username: string; password: string },
  needs: { log: Pick<Logger, "warn" | "info">; clock?: () => number },
): LiveRelay => {
  const { log } = needs;
  const clock = needs.clock ?? Date.now;
  const listeners = new Set<LiveListener>();
  const emit: LiveListener = (event, data) => {
    for (const listener of listeners) {
      try {
        listener(event, data);
      } catch (error) {
        log.warn({ err: error, event }, "a live listener failed");
      }
    }
  };

  // Everything is attached before connecting: MQTT.js does not keep what nobody listens for.
  const client = connect(config.url, {
    username: config.username,
    password: config.password,
    clientId: `${config.username}:${crypto.randomUUID()}`,
    clean: true,
    keepalive: keepaliveS,
    connectTimeout: connectTimeoutMs,
    manualConnect: true,
    reconnectPeriod: firstReconnectMs,
    reconnectOnConnackError: true,
    resubscribe: false,
    queueQoSZero: false,
  });
  let connections = 0;
  let failures = 0;
  client.on("connect", () => {
    failures = 0;
    client.options.reconnectPeriod = firstReconnectMs;
    client.subscribe(liveTopicFilter, { qos: 0 }, (error, granted) => {
      if (error || granted?.some((grant) => grant.qos > 2)) {
        log.warn({ err: error }, "the broker refuses the live feed");
        return;
      }
      if (connections > 0) emit("hello", { at: toIso(clock()) });
      connections += 1;
    });
  });
  client.on("close", () => {
    failures += 1;
    const base = Math.min(maxReconnectMs, firstReconnectMs * 2 ** Math.min(failures, 10));
    client.options.reconnectPeriod = base * (0.5 + Math.random() / 2);
  });
  client.on("error", (error) => log.warn({ err: error }, "the live feed's connection failed"));
  client.on("message", (topic, payload) => {
    const event = readLive(topic, payload);
    if (event === null) log.warn({ topic, bytes: payload.length }, "a live message is not of the contract");
    else emit(event.name, event.data);
  });
  client.connect();

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    publish(topic, payload) {
      if (client.connected) client.publish(topic, JSON.stringify(payload), { qos: 0 });
    },
    connected: () => client.connected,
    async stop() {
      listeners.clear();
      // MQTT.js with manualConnect, ended before it was connected, would come back after this period.
      client.options.reconnectPeriod = 0;
      await client.endAsync(true);
    },
  };
};

type LiveEvent = { [E in keyof LiveEvents]: { name: E; data: LiveEvents[E] } }[keyof LiveEvents];

/** A message of the live feed as an event; null where it is not of the contract. */
export const readLive = (topic: string, payload: Uint8Array): LiveEvent | null => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return null;
  }
  switch (topic) {
    case liveTopics.readings: {
      const parsed = livePayloads[liveTopics.readings].safeParse(json);
      return parsed.success ? { name: "readings", data: parsed.data } : null;
    }
    case liveTopics.states: {
      const parsed = livePayloads[liveTopics.states].safeParse(json);
      return parsed.success ? { name: "states", data: parsed.data } : null;
    }
    case liveTopics.alarms: {
      const parsed = livePayloads[liveTopics.alarms].safeParse(json);
      return parsed.success ? { name: "alarms", data: parsed.data } : null;
    }
    case liveTopics.notices: {
      const parsed = livePayloads[liveTopics.notices].safeParse(json);
      return parsed.success ? { name: "notices", data: parsed.data } : null;
    }
    default:
      return null;
  }
};
