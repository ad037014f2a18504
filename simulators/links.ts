// The fleet's lines to the broker: one connection a breaker, or one gateway an area that speaks for its breakers.
import { devicePrefix } from "../domain/wire.ts";
import {
  type Connection,
  type Counters,
  type Message,
  type SentReport,
  startConnection,
} from "./connection.ts";
import {
  createBatcher,
  gatewayIdOf,
  lastWill,
  type Numbering,
  onlineMessage,
  reportMessage,
} from "./messages.ts";
import { lineDown, readingAt, tripTestBody } from "./physics.ts";
import { generator, keyOf } from "./random.ts";
import type { PlannedReport } from "./schedule.ts";
import type { World } from "./world.ts";

export type LinksOptions = {
  mqttUrl: string;
  world: World;
  credentials: ReadonlyMap<string, string>;
  connectPerSecond: number;
  onAcknowledged?: ((report: SentReport) => void) | undefined;
};

const openEveryMs = 100;
/** A gateway collects for this long before it sends a batch. */
const collectMs = 1_000;

export type LinksContext = {
  options: LinksOptions;
  counters: Counters;
  numbering: Numbering;
  nowMs(): number;
  problems(clientId: string, reason: string): void;
};

export type Links = {
  report(planned: PlannedReport): void;
  /** Ends a tick at simulated time `atMs`. */
  flush(atMs: number): void;
  /** A fault of this breaker or area begins or ends: devices that are now silent drop their line, others come back. */
  follow(subjectId: string, atMs: number): void;
  /** Every connection has been opened, though not all may be up. */
  opened(): boolean;
  /** Messages that wait or are in flight. */
  backlog(): number;
  stop(timeoutMs: number): Promise<void>;
};

type LinkPlan = {
  clientId: string;
  will: { topic: string; payload: string } | null;
  subscriptions: readonly string[];
  silent(): boolean;
  onConnected(connection: Connection): void;
  onMessage(topic: string, connection: Connection): void;
};

/** Opens connections one after another, `connectPerSecond` of them; those that are silent now wait for their fault's end. */
const openLinks = (context: LinksContext, plans: readonly LinkPlan[]) => {
  const { options, counters } = context;
  const connections = new Map<string, Connection>();
  const open = (plan: LinkPlan): void => {
    const password = options.credentials.get(plan.clientId);
    if (password === undefined) return;
    const connection = startConnection(
      {
        mqttUrl: options.mqttUrl,
        clientId: plan.clientId,
        password,
        will: plan.will,
        subscriptions: plan.subscriptions,
        paused: plan.silent(),
      },
      {
        counters,
        random: generator(keyOf(options.world.seed, plan.clientId)),
        onConnected: () => plan.onConnected(connection),
        onMessage: (topic) => plan.onMessage(topic, connection),
        onAcknowledged: (message) => acknowledge(message, options.onAcknowledged),
        onProblem: (reason) => context.problems(plan.clientId, reason),
      },
    );
    connections.set(plan.clientId, connection);
  };
  const perTick = Math.max(1, Math.round((options.connectPerSecond * openEveryMs) / 1_000));
  const rest = [...plans];
  const opener = setInterval(() => {
    for (const plan of rest.splice(0, perTick)) open(plan);
    if (rest.length === 0) clearInterval(opener);
  }, openEveryMs);
  return {
    connections,
    opened: () => rest.length === 0,
    backlog() {
      let sum = 0;
      for (const connection of connections.values()) sum += connection.backlog();
      return sum;
    },
    async stop(timeoutMs: number) {
      clearInterval(opener);
      await Promise.all([...connections.values()].map((connection) => connection.stop(timeoutMs)));
    },
  };
};

const acknowledge = (message: Message, ledger: LinksOptions["onAcknowledged"]): void => {
  if (ledger !== undefined) for (const report of message.reports) ledger(report);
};

/** One connection a breaker, as devices with their own modem have. */
export const breakerLinks = (context: LinksContext): Links => {
  const { options, numbering, nowMs } = context;
  const { world } = options;
  // What devices say unasked or when asked waits for the next tick, so that it never overtakes a report of earlier time.
  const toSay: ((atMs: number) => void)[] = [];
  const seen = new Set<string>();
  const links = openLinks(
    context,
    world.breakers.map((breaker) => {
      const prefix = devicePrefix(breaker.townshipId, breaker.areaId, breaker.breakerId);
      return {
        clientId: breaker.breakerId,
        will: lastWill(breaker),
        subscriptions: [`${prefix}command/tripTest`],
        silent: () => lineDown(world, breaker, nowMs()),
        onConnected(connection) {
          // The first words of a device: how it stands. After a reconnection the outbox holds what it has to say.
          const first = !seen.has(breaker.breakerId);
          seen.add(breaker.breakerId);
          toSay.push((atMs) => {
            connection.send(onlineMessage(breaker, atMs));
            const body = first ? readingAt(world, breaker, atMs) : null;
            if (body !== null) connection.send(reportMessage(breaker, "reading", atMs, body, numbering));
          });
        },
        onMessage(topic, connection) {
          if (topic !== `${prefix}command/tripTest`) return;
          toSay.push((atMs) => {
            connection.send(
              reportMessage(breaker, "test", atMs, tripTestBody(world, breaker, atMs), numbering),
            );
          });
        },
      } satisfies LinkPlan;
    }),
  );
  const inArea = Map.groupBy(world.breakers, (breaker) => breaker.areaId);
  const byId = new Map(world.breakers.map((breaker) => [breaker.breakerId, breaker]));
  return {
    report({ breaker, kind, atMs, body }) {
      links.connections.get(breaker.breakerId)?.send(reportMessage(breaker, kind, atMs, body, numbering));
    },
    flush(atMs) {
      for (const say of toSay.splice(0)) say(atMs);
    },
    follow(subjectId, atMs) {
      const one = byId.get(subjectId);
      for (const breaker of one === undefined ? (inArea.get(subjectId) ?? []) : [one]) {
        const connection = links.connections.get(breaker.breakerId);
        if (lineDown(world, breaker, atMs)) {
          connection?.pause();
          seen.delete(breaker.breakerId);
        } else connection?.resume();
      }
    },
    opened: links.opened,
    backlog: links.backlog,
    stop: links.stop,
  };
};

/** One connection an area: its gateway sends batches. */
export const gatewayLinks = (context: LinksContext): Links => {
  const { world } = context.options;
  const areas = Map.groupBy(world.breakers, (breaker) => breaker.areaId);
  const links = openLinks(
    context,
    [...areas.keys()].map((areaId) => ({
      clientId: gatewayIdOf(areaId),
      will: null,
      subscriptions: [],
      silent: () => false,
      onConnected() {},
      onMessage() {},
    })),
  );
  const batchers = new Map(
    [...areas].map(([areaId, [first]]) => [
      areaId,
      createBatcher({ townshipId: first?.townshipId ?? "", areaId }, context.numbering, (message) =>
        links.connections.get(gatewayIdOf(areaId))?.send(message),
      ),
    ]),
  );
  let flushedAtMs = 0;
  return {
    report({ breaker, kind, atMs, body }) {
      batchers.get(breaker.areaId)?.add(breaker, kind, atMs, body);
    },
    flush() {
      if (Date.now() - flushedAtMs < collectMs) return;
      flushedAtMs = Date.now();
      for (const batcher of batchers.values()) batcher.flush();
    },
    // The gateway has its own supply and uplink; its breakers just do not appear in its batches.
    follow() {},
    opened: links.opened,
    backlog: links.backlog,
    stop(timeoutMs) {
      for (const batcher of batchers.values()) batcher.flush();
      return links.stop(timeoutMs);
    },
  };
};
