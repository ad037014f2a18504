import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createParser } from "eventsource-parser";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type LiveRelay, readLive, startLiveRelay } from "../../api/live.ts";
import { startBroker } from "../../broker/broker.ts";
import type { Alarm, LiveEvents } from "../../domain/http.ts";
import { liveTopics } from "../../domain/live.ts";
import { openJournal } from "../../journal/journal.ts";
import { smallTable, startTestApi, type TestApi, token } from "./house.ts";

const log = pino({ level: process.env["TEST_LOG_LEVEL"] ?? "silent" });
const deadlineMs = 10_000;
const cleanups: (() => Promise<unknown> | unknown)[] = [];

let house: TestApi;
beforeAll(async () => {
  house = await startTestApi({
    config: {
      limits: { liveClients: 2, liveBacklogBytes: 256 * 1024, liveHeartbeatMs: 50, liveRatesMs: 200 },
    },
  });
  await house.importCsv(smallTable);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await until(() => house.api.liveClients() === 0);
});
afterAll(() => house.stop());

const until = async (condition: () => boolean): Promise<void> => {
  const endMs = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error("the deadline has passed");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** Listens like a page; collects events and comments. */
const listen = async () => {
  const abort = new AbortController();
  const response = await house.request("/api/v1/live", { signal: abort.signal });
  const events: { event: string; data: unknown }[] = [];
  const comments: string[] = [];
  const parser = createParser({
    onEvent: (e) => events.push({ event: e.event ?? "", data: JSON.parse(e.data) }),
    onComment: (comment) => comments.push(comment),
  });
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  })().catch(() => {});
  const stop = async () => {
    abort.abort();
    await reading;
  };
  cleanups.push(stop);
  return { response, events, comments, stop, ended: reading };
};

const stateOf = (villageId: string): LiveEvents["states"][number] => ({
  breakerId: "B1",
  areaId: "A1",
  villageId,
  townshipId: "T",
  state: "operating",
  reason: null,
  since: "2026-05-20T03:59:00.000Z",
});

test("greets a listener, sends events and heartbeats", async () => {
  const page = await listen();
  expect(page.response.headers.get("content-type")).toContain("text/event-stream");
  expect(page.response.headers.get("x-content-type-options")).toBe("nosniff");
  await until(() => page.events.length === 1);
  expect(page.events[0]).toEqual({ event: "hello", data: { at: "2026-05-20T04:00:00.000Z" } });
  const reading = {
    breakerId: "B1",
    at: "2026-05-20T04:00:00.000Z",
    residualCurrentMa: 1,
    contact: "closed" as const,
    protection: "enabled" as const,
    loadCurrentA: null,
    voltageV: null,
    temperatureC: null,
    signalDbm: null,
  };
  house.emit("readings", [reading]);
  await until(() => page.events.length === 2 && page.comments.length > 1);
  expect(page.events[1]).toEqual({ event: "readings", data: [reading] });
});

test("computes the rates of touched villages once for all listeners, and coalesces a burst", async () => {
  const one = await listen();
  const two = await listen();
  await until(() => one.events.length === 1 && two.events.length === 1);
  for (let i = 0; i < 50; i += 1) house.emit("states", [stateOf(i % 2 === 0 ? "V1" : "V2")]);
  const rates = (page: typeof one) => page.events.filter((e) => e.event === "rates");
  const villages = (page: typeof one) =>
    rates(page).flatMap((e) => (e.data as LiveEvents["rates"]).villages.map((v) => v.id));
  await until(() => new Set(villages(one)).size === 2 && new Set(villages(two)).size === 2);
  // The first change is answered at once, what came while it was computed in one more.
  expect(rates(one).length).toBeLessThanOrEqual(2);
  expect(rates(two)).toEqual(rates(one));
});

test("refuses more listeners than the limit, and HEAD", async () => {
  await listen();
  await listen();
  const third = await house.request("/api/v1/live");
  expect(third.status).toBe(503);
  expect(third.headers.get("retry-after")).toBe("5");
  await third.body?.cancel();
  expect((await house.request("/api/v1/live", { method: "HEAD" })).status).toBe(405);
});

test("cuts a listener that does not read, and serves the others on", async () => {
  const page = await listen();
  const socket = connect(house.api.port, "127.0.0.1");
  cleanups.push(() => socket.destroy());
  socket.on("error", () => {});
  socket.write(`GET /api/v1/live HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
  socket.pause();
  await until(() => house.api.liveClients() === 2);
  const bulk = Array.from({ length: 200 }, () => stateOf("V1"));
  let sent = 0;
  await until(() => {
    house.emit("states", bulk);
    sent += 1;
    return house.api.liveClients() === 1;
  });
  await until(() => page.events.filter((e) => e.event === "states").length === sent);
});

test("ends its listeners when it stops", async () => {
  const other = await startTestApi();
  const response = await other.request("/api/v1/live");
  const reader = (async () => {
    for await (const chunk of response.body ?? []) void chunk;
  })().catch(() => {});
  await until(() => other.api.liveClients() === 1);
  await other.stop();
  await reader;
  expect(other.listeners.size).toBe(0);
});

const alarm: Alarm = {
  id: "a",
  kind: "failureToTrip",
  priority: "high",
  breakerId: "B1",
  areaId: "A1",
  areaName: "Upper 1",
  villageId: "V1",
  villageName: "Upper",
  address: null,
  raisedAt: "2026-05-20T04:00:00.000Z",
  clearedAt: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  state: "unacknowledged",
  occurrences: 1,
  evidence: {},
};

test("reads only live messages of the contract", () => {
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  expect(readLive(liveTopics.alarms, bytes([alarm]))).toEqual({ name: "alarms", data: [alarm] });
  expect(readLive(liveTopics.states, bytes([stateOf("V1")]))?.name).toBe("states");
  expect(readLive(liveTopics.readings, bytes([]))).toEqual({ name: "readings", data: [] });
  expect(readLive(liveTopics.alarms, bytes([{ ...alarm, kind: "none" }]))).toBeNull();
  expect(readLive(liveTopics.alarms, Buffer.from("["))).toBeNull();
  expect(readLive(liveTopics.alarms, Buffer.from([0xff]))).toBeNull();
  expect(readLive("hubao/live/v1/else", bytes([]))).toBeNull();
});

test("relays through a real broker, and says hello after the broker was away", async () => {
  const dir = await mkdtemp(path.join(tmpdir(), "hubao-relay-"));
  const journal = openJournal({ dir, maxBytes: 1 << 24, consumers: [] });
  cleanups.push(async () => {
    await journal.close();
    await rm(dir, { recursive: true });
  });
  const start = (port: number) =>
    startBroker(
      { host: "127.0.0.1", port },
      {
        journal,
        authenticate: async (_id, username, password) =>
          username.startsWith("service:") && password.toString() === "pass" ? { kind: "service" } : null,
        clock: Date.now,
        log,
        count: () => {},
      },
    );
  let broker = await start(0);
  cleanups.push(() => broker.stop());
  const relay = (password: string): LiveRelay => {
    const started = startLiveRelay(
      { url: `mqtt://127.0.0.1:${broker.port}`, username: "service:api", password },
      { log },
    );
    cleanups.push(() => started.stop());
    return started;
  };
  const hearing = relay("pass");
  const telling = relay("pass");
  const heard: { event: string; data: unknown }[] = [];
  hearing.subscribe((event, data) => heard.push({ event, data }));
  hearing.subscribe(() => {
    throw new Error("a listener that fails must not stop the others");
  });
  const alarms = () => heard.filter((h) => h.event === "alarms").length;
  await until(() => {
    telling.publish(liveTopics.alarms, [alarm]);
    return alarms() > 0;
  });
  expect(heard[0]).toEqual({ event: "alarms", data: [alarm] });
  telling.publish(liveTopics.alarms, [{ ...alarm, kind: "nonsense" }]);

  const { port } = broker;
  await broker.stop();
  await until(() => !hearing.connected() && !telling.connected());
  const before = alarms();
  broker = await start(port);
  await until(() => heard.some((h) => h.event === "hello"));
  await until(() => {
    telling.publish(liveTopics.alarms, [alarm]);
    return alarms() > before;
  });
  expect(heard.every((h) => h.event !== "alarms" || (h.data as Alarm[])[0]?.kind === "failureToTrip")).toBe(
    true,
  );
});
