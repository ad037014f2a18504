import { afterEach, describe, expect, it } from "vitest";
import {
  batchEntrySchema,
  batchSchema,
  bodySchemas,
  parseUpTopic,
  type ReportKind,
} from "../../domain/wire.ts";
import type { SentReport } from "../../simulators/connection.ts";
import type { Fault } from "../../simulators/faults.ts";
import { type Fleet, startFleet } from "../../simulators/fleet.ts";
import { sendHistory } from "../../simulators/history.ts";
import { gatewayIdOf } from "../../simulators/messages.ts";
import { fleetRegistry } from "../../simulators/township.ts";
import { createWorld, type World } from "../../simulators/world.ts";
import { type PlainBroker, silentLog, startPlainBroker, until } from "./broker.ts";

const rowsOf = (householdsPerArea: number, areas = 1) =>
  fleetRegistry({ townships: 1, villages: 1, areas, householdsPerArea, seed: 1, todayMs: Date.now() });
const tokensFor = (world: World): Map<string, string> =>
  new Map(
    world.breakers.flatMap((b): [string, string][] => [
      [b.breakerId, `token-${b.breakerId}`],
      [gatewayIdOf(b.areaId), `token-${gatewayIdOf(b.areaId)}`],
    ]),
  );
const accept = (clientId: string, password: string) => password === `token-${clientId}`;
const keyOfReport = (r: SentReport) => `${r.breakerId} ${r.kind} ${r.tsMs} ${r.seq}`;

/** What a broker received, as the ledger would write it; every body must be valid on the wire. */
const receivedKeys = (broker: PlainBroker): string[] =>
  broker.received.flatMap(({ topic, body }) => {
    const at = parseUpTopic(topic);
    if (at === null) throw new Error(`not a topic of the contract: ${topic}`);
    const one = (breakerId: string, kind: ReportKind, raw: unknown) => {
      const report = bodySchemas[kind].parse(raw) as { ts: number; seq?: number };
      return `${breakerId} ${kind} ${report.ts} ${report.seq ?? 0}`;
    };
    if ("breakerId" in at) return [one(at.breakerId, at.kind, body)];
    return batchSchema.parse(body).entries.map((raw) => {
      const entry = batchEntrySchema.parse(raw);
      return one(entry.breakerId, entry.kind, entry.body);
    });
  });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
const broker = async (options: Parameters<typeof startPlainBroker>[0] = {}): Promise<PlainBroker> => {
  const started = await startPlainBroker({ accept, ...options });
  cleanups.push(() => started.kill().catch(() => {}));
  return started;
};
const fleet = (options: Parameters<typeof startFleet>[0]): Fleet => {
  const started = startFleet(options);
  cleanups.push(() => started.stop(0));
  return started;
};

describe("a fleet", () => {
  it("connects each breaker as itself, says online, reports on the wire contract, and stops cleanly", async () => {
    const server = await broker();
    const world = createWorld(rowsOf(30), 1, []);
    const ledger: string[] = [];
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 500,
      connectPerSecond: 500,
      log: silentLog,
      onAcknowledged: (report) => ledger.push(keyOfReport(report)),
    });
    await until("all are connected", () => running.stats().connected === 31);
    await until("reports flow", () => running.stats().acknowledged > 31 * 5);
    await running.stop();
    const stats = running.stats();
    expect(stats).toMatchObject({ connected: 0, failed: 0, refused: 0 });
    expect(stats.published).toBe(stats.acknowledged);
    await until("the broker sees them gone", () => server.connectedCount() === 0);
    // Without a broken line every report arrives exactly once, and no last will speaks after a goodbye.
    const received = receivedKeys(server);
    expect(received.length).toBe(stats.acknowledged);
    expect(new Set(received)).toEqual(new Set(ledger));
    expect(server.received.every((r) => r.topic.split("/")[4] === r.clientId)).toBe(true);
    const online = server.received.filter((r) => r.topic.endsWith("/status"));
    expect(online.length).toBe(31);
    expect(online.every((r) => r.retain && (r.body as { online: boolean }).online)).toBe(true);
  });

  it("numbers each breaker's reports upwards in the order of their time", async () => {
    const server = await broker();
    const world = createWorld(rowsOf(5), 1, []);
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 100,
      log: silentLog,
    });
    await until("reports flow", () => running.stats().acknowledged > 6 * 10);
    await running.stop();
    const last = new Map<string, { ts: number; seq: number }>();
    for (const { clientId, topic, body } of server.received) {
      if (topic.endsWith("/status")) continue;
      const report = body as { ts: number; seq: number };
      const before = last.get(clientId);
      if (before !== undefined) {
        expect(report.seq).toBe(before.seq + 1);
        expect(report.ts).toBeGreaterThanOrEqual(before.ts);
      }
      expect(report.ts).toBeLessThanOrEqual(Date.now());
      last.set(clientId, report);
    }
  });

  it("survives a broker restart: what was not acknowledged is sent again and nothing acknowledged is missing", async () => {
    const first = await broker();
    const world = createWorld(rowsOf(20), 1, []);
    const ledger = new Set<string>();
    const running = fleet({
      mqttUrl: first.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 50,
      connectPerSecond: 500,
      log: silentLog,
      onAcknowledged: (report) => ledger.add(keyOfReport(report)),
    });
    await until("reports flow", () => running.stats().acknowledged > 500);
    await first.kill();
    await until("all lines are down", () => running.stats().connected === 0);
    const acknowledgedBefore = running.stats().acknowledged;
    const second = await broker({ port: first.port });
    await until("all are back", () => running.stats().connected === 21);
    await until("reports flow again", () => running.stats().acknowledged > acknowledgedBefore + 1_000);
    await running.stop();
    const stats = running.stats();
    expect(stats).toMatchObject({ connected: 0, failed: 0 });
    expect(stats.acknowledged).toBe(stats.published);
    expect(ledger.size).toBe(stats.acknowledged);
    const received = new Set([...receivedKeys(first), ...receivedKeys(second)]);
    expect([...ledger].filter((key) => !received.has(key))).toEqual([]);
  });

  it("goes on trying where the broker refuses it, without bothering the others", async () => {
    let revoked = true;
    const server = await broker({
      accept: (clientId, password) => accept(clientId, password) && !(revoked && clientId.endsWith("-b003")),
    });
    const world = createWorld(rowsOf(5), 1, []);
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 200,
      log: silentLog,
    });
    await until("it is refused twice", () => running.stats().refused >= 2);
    expect(running.stats().connected).toBe(5);
    revoked = false;
    await until("it is let in", () => running.stats().connected === 6);
  });

  it("answers a trip test on the breaker's own command topic", async () => {
    const server = await broker();
    const rows = rowsOf(2);
    const ids = rows.flatMap((r) => r.breakerId ?? []);
    const areaId = rows[0]?.areaId ?? "";
    const nowMs = Date.now();
    const faults: Fault[] = [
      { kind: "failureToTrip", subjectId: ids[2] ?? "", startMs: nowMs - 1_000, endMs: nowMs + 600_000 },
    ];
    const world = createWorld(rows, 1, faults);
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 60_000,
      log: silentLog,
    });
    await until("they have spoken", () => running.stats().acknowledged >= 6);
    const tests = () => server.received.filter((r) => r.topic.endsWith("/test"));
    await until("both have answered", () => {
      for (const id of ids.slice(1)) server.publish(`hubao/v1/t01/${areaId}/${id}/command/tripTest`, "{}");
      return new Set(tests().map((t) => t.clientId)).size === 2;
    });
    expect(tests().find((t) => t.clientId === ids[1])?.body).toMatchObject({ kind: "trip", passed: true });
    expect(tests().find((t) => t.clientId === ids[2])?.body).toMatchObject({ kind: "trip", passed: false });
  });

  it("drops the line of a breaker that falls silent, so that its last will speaks, and comes back when it ends", async () => {
    const server = await broker();
    const rows = rowsOf(3);
    const silentId = rows[2]?.breakerId ?? "";
    const nowMs = Date.now();
    const world = createWorld(rows, 1, [
      { kind: "silence", subjectId: silentId, startMs: nowMs + 1_000, endMs: nowMs + 3_000 },
    ]);
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 100,
      log: silentLog,
    });
    const wills = () =>
      server.received.filter(
        (r) => r.topic.endsWith(`/${silentId}/status`) && !(r.body as { online: boolean }).online,
      );
    await until("its will speaks", () => wills().length === 1);
    expect(running.stats().connected).toBe(3);
    expect(wills()[0]?.body).toEqual({ ts: 0, online: false });
    await until("it is back", () => running.stats().connected === 4);
    await running.stop();
    const inSilence = server.received.filter((r) => {
      const { ts } = r.body as { ts: number };
      return r.clientId === silentId && ts >= nowMs + 1_100 && ts < nowMs + 3_000;
    });
    expect(inSilence).toEqual([]);
  });

  it("plays a past hour quickly at high speed, and never reports from the future", async () => {
    const server = await broker();
    const world = createWorld(rowsOf(9), 1, []);
    const startAtMs = Date.now() - 3_600_000;
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 300_000,
      speed: 1_800,
      startAtMs,
      log: silentLog,
    });
    await until("it has caught up", () => Date.now() - running.nowMs() < 1_000);
    await running.stop();
    const readings = server.received
      .filter((r) => r.topic.endsWith("/reading"))
      .map((r) => ({ clientId: r.clientId, ts: (r.body as { ts: number }).ts }));
    // 12 in the hour and the one at connecting. The hour has grown by as long as the test took, and one that was due in
    // the last second before it may not have been sent when the fleet was stopped.
    const endMs = Date.now();
    const dueAtLeast = Math.floor(3_600_000 / 300_000);
    const dueAtMost = Math.floor((endMs - startAtMs) / 300_000) + 2;
    for (const { breakerId } of world.breakers) {
      const count = readings.filter((r) => r.clientId === breakerId).length;
      expect(count).toBeGreaterThanOrEqual(dueAtLeast);
      expect(count).toBeLessThanOrEqual(dueAtMost);
    }
    expect(readings.every((r) => r.ts >= startAtMs && r.ts <= endMs)).toBe(true);
  });

  it("sends batches through one gateway an area when asked to", async () => {
    const server = await broker();
    const world = createWorld(rowsOf(10, 2), 1, []);
    const ledger: string[] = [];
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      via: "gateways",
      intervalMs: 500,
      log: silentLog,
      onAcknowledged: (report) => ledger.push(keyOfReport(report)),
    });
    await until("reports flow", () => running.stats().acknowledged > 100);
    expect(running.stats().connected).toBe(2);
    await running.stop();
    expect(new Set(receivedKeys(server))).toEqual(new Set(ledger));
    expect(running.stats().failed).toBe(0);
  });

  it("stops when its signal aborts", async () => {
    const server = await broker();
    const world = createWorld(rowsOf(3), 1, []);
    const aborter = new AbortController();
    const running = fleet({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      intervalMs: 100,
      log: silentLog,
      signal: aborter.signal,
    });
    await until("all are connected", () => running.stats().connected === 4);
    aborter.abort();
    await until("all are gone", () => server.connectedCount() === 0 && running.stats().connected === 0);
  });
});

describe.each(["breakers", "gateways"] as const)("history sent by %s", (via) => {
  it("delivers every report of the stretch exactly once, in each breaker's order", async () => {
    const server = await broker();
    const world = createWorld(rowsOf(20, 3), 1, []);
    const toMs = Date.now();
    const ledger = new Set<string>();
    const counters = await sendHistory({
      mqttUrl: server.url,
      world,
      credentials: tokensFor(world),
      via,
      fromMs: toMs - 24 * 3_600_000,
      toMs,
      intervalMs: 600_000,
      log: silentLog,
      onAcknowledged: (report) => ledger.add(keyOfReport(report)),
    });
    expect(counters).toMatchObject({ connected: 0, published: 63 * 144, acknowledged: 63 * 144, failed: 0 });
    const received = receivedKeys(server);
    expect(received.length).toBe(63 * 144);
    expect(new Set(received)).toEqual(ledger);
    const lastTs = new Map<string, number>();
    for (const key of received) {
      const [breakerId = "", , ts] = key.split(" ");
      expect(Number(ts)).toBeGreaterThan(lastTs.get(breakerId) ?? 0);
      lastTs.set(breakerId, Number(ts));
    }
  });

  it("waits for a broker that is away and resumes where it was", async () => {
    const first = await broker();
    const world = createWorld(rowsOf(20), 1, []);
    const toMs = Date.now();
    const ledger = new Set<string>();
    const sending = sendHistory({
      mqttUrl: first.url,
      world,
      credentials: tokensFor(world),
      via,
      fromMs: toMs - 48 * 3_600_000,
      toMs,
      intervalMs: 60_000,
      log: silentLog,
      onAcknowledged: (report) => ledger.add(keyOfReport(report)),
    });
    await until("some are delivered", () => ledger.size > 2_000);
    await first.kill();
    const second = await broker({ port: first.port });
    const counters = await sending;
    expect(counters).toMatchObject({ acknowledged: 21 * 2_880, failed: 0 });
    const received = new Set([...receivedKeys(first), ...receivedKeys(second)]);
    expect(received.size).toBe(21 * 2_880);
    expect([...ledger].every((key) => received.has(key))).toBe(true);
  });

  it("gives up at once when it is aborted while the broker is away", async () => {
    const world = createWorld(rowsOf(3), 1, []);
    const gone = await broker();
    await gone.kill();
    const aborter = new AbortController();
    const sending = sendHistory({
      mqttUrl: gone.url,
      world,
      credentials: tokensFor(world),
      via,
      fromMs: Date.now() - 3_600_000,
      toMs: Date.now(),
      intervalMs: 60_000,
      log: silentLog,
      signal: aborter.signal,
    });
    aborter.abort();
    expect((await sending).acknowledged).toBe(0);
  });
});
