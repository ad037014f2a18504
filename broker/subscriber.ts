// The journal's other source: a lasting subscription at an external broker, kept up for ever.
import { setTimeout as wait } from "node:timers/promises";
import { upTopicFilter } from "../domain/wire.ts";
import type { Journal } from "../journal/port.ts";
import { openIntake } from "./intake.ts";
import type { Logger } from "./needs.ts";
import {
  parseBrokerUrl,
  runSubscription,
  type SubscriptionConfig,
  type SubscriptionLimits,
} from "./subscription.ts";

export type SubscriberLimits = SubscriptionLimits & {
  /** First and longest pause before a new attempt; each is doubled after a failure, and shortened at random. */
  minBackoffMs: number;
  maxBackoffMs: number;
  /** How long a message waits for room in a full journal before the connection is given up. */
  journalWaitMs: number;
};

export const defaultSubscriberLimits: SubscriberLimits = {
  handshakeTimeoutMs: 10_000,
  pingIntervalMs: 15_000,
  maxPending: 10_000,
  minBackoffMs: 500,
  maxBackoffMs: 30_000,
  journalWaitMs: 60_000,
  stopTimeoutMs: 5_000,
};

export type SubscriberConfig = Omit<SubscriptionConfig, "filters"> & {
  /** Default: every upward topic of the contract. */
  filters?: readonly string[];
} & Partial<SubscriberLimits>;

export type SubscriberNeeds = {
  journal: Pick<Journal, "appendAll">;
  /** Unix milliseconds. */
  clock(): number;
  log: Logger;
  /** Numbers in [0, 1) for the backoff's jitter. */
  random?: () => number;
};

export type Subscriber = {
  /** Null while subscribed, else what keeps it from being so. */
  problem(): string | null;
  /** Acknowledges what is durable, says good-bye and resolves; the external broker keeps the rest for the next start. */
  stop(): Promise<void>;
};

/**
 * Subscribes at QoS 1 in a lasting session and acknowledges each message once it is in the journal; connects again, with
 * growing pauses, whenever the connection ends. Throws TypeError at once when the URL cannot be used.
 */
export const startSubscriber = (config: SubscriberConfig, needs: SubscriberNeeds): Subscriber => {
  const limits: SubscriberLimits = { ...defaultSubscriberLimits, ...config };
  const { log, random = Math.random } = needs;
  const { host, port } = parseBrokerUrl(config.url);
  const intake = openIntake(needs.journal, limits);
  const stopping = new AbortController();
  let problem: string | null = "not connected yet";
  let failures = 0;
  let hadSession = false;

  const onSubscribed = (sessionPresent: boolean) => {
    problem = null;
    failures = 0;
    if (hadSession && !sessionPresent) {
      log.warn({ host, port }, "the external broker lost our session: messages may be missing");
    }
    hadSession = true;
    log.info({ host, port, sessionPresent }, "subscribed at the external broker");
  };
  const keepUp = async () => {
    const subscription = { ...config, filters: config.filters ?? [upTopicFilter] };
    while (!stopping.signal.aborted) {
      const reason = await runSubscription(
        subscription,
        limits,
        { intake, clock: needs.clock, log, onSubscribed },
        stopping.signal,
      );
      if (stopping.signal.aborted) break;
      problem = reason;
      const longestMs = Math.min(limits.maxBackoffMs, limits.minBackoffMs * 2 ** failures++);
      const pauseMs = longestMs * (0.5 + 0.5 * random());
      log.warn({ host, port, reason, pauseMs }, "not subscribed at the external broker");
      await wait(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
    problem = "stopped";
  };
  const running = keepUp();

  return {
    problem: () => problem,
    async stop() {
      stopping.abort();
      const late = wait(limits.stopTimeoutMs, undefined, { ref: false });
      await Promise.race([Promise.all([running, intake.stop()]), late]);
    },
  };
};
