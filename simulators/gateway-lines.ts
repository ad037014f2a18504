// The gateways of a fleet whose breakers report by themselves: each says that it is there, and hands on trip tests.
import { devicePrefix } from "../domain/wire.ts";
import { type Connection, type Log, newCounters, startConnection } from "./connection.ts";
import { createBatcher, gatewayIdOf, type Numbering } from "./messages.ts";
import { effectOn, tripTestBody } from "./physics.ts";
import { generator, keyOf } from "./random.ts";
import type { SimulatedBreaker, World } from "./world.ts";

export type GatewayLines = {
  /** Tests these breakers at `atMs` (Unix ms) and sends what they answered; those that are silent answer nothing. */
  tripTest(breakers: readonly SimulatedBreaker[], atMs: number): void;
  /** Waits at most `timeoutMs` (default 5,000) for acknowledgements, then says goodbye. */
  stop(timeoutMs?: number): Promise<void>;
};

type Options = {
  mqttUrl: string;
  world: World;
  credentials: ReadonlyMap<string, string>;
  numbering: Numbering;
  log: Log;
};
type Line = { connection: Connection; say(): void };

/** The backend takes a gateway for offline after three of these. */
const heartbeatMs = 300_000;

const openLine = (options: Options, of: { townshipId: string; areaId: string; password: string }): Line => {
  const clientId = gatewayIdOf(of.areaId);
  const topic = `${devicePrefix(of.townshipId, of.areaId, clientId)}status`;
  const say = () => {
    const payload = JSON.stringify({ ts: Date.now(), online: true });
    connection.send({ topic, payload, retain: true, reports: [] });
  };
  let said = false;
  const connection = startConnection(
    {
      mqttUrl: options.mqttUrl,
      clientId,
      password: of.password,
      will: { topic, payload: JSON.stringify({ ts: 0, online: false }) },
      subscriptions: [],
    },
    {
      counters: newCounters(),
      random: generator(keyOf(options.world.seed, clientId)),
      onConnected: say,
      onMessage() {},
      onAcknowledged() {},
      onProblem(reason) {
        if (!said) options.log.warn({ clientId, reason }, "connection problem");
        said = true;
      },
    },
  );
  return { connection, say };
};

/** Connects one gateway an area and keeps it there; who has no credential stays away. Answers at once. */
export const startGatewayLines = (options: Options): GatewayLines => {
  const { world, credentials, numbering } = options;
  const lines = new Map<string, Line>();
  for (const { townshipId, areaId } of world.breakers) {
    const password = credentials.get(gatewayIdOf(areaId));
    if (password !== undefined && !lines.has(areaId))
      lines.set(areaId, openLine(options, { townshipId, areaId, password }));
  }
  const heartbeat = setInterval(() => {
    for (const { say } of lines.values()) say();
  }, heartbeatMs);
  return {
    tripTest(breakers, atMs) {
      for (const [areaId, tested] of Map.groupBy(breakers, (breaker) => breaker.areaId)) {
        const line = lines.get(areaId);
        const townshipId = tested[0]?.townshipId;
        if (line === undefined || townshipId === undefined) continue;
        const batcher = createBatcher({ townshipId, areaId }, numbering, (m) => line.connection.send(m));
        for (const breaker of tested)
          if (!effectOn(world, breaker, atMs).silent)
            batcher.add(breaker, "test", atMs, tripTestBody(world, breaker, atMs));
        batcher.flush();
      }
    },
    async stop(timeoutMs = 5_000) {
      clearInterval(heartbeat);
      await Promise.all([...lines.values()].map(({ connection }) => connection.stop(timeoutMs)));
    },
  };
};
