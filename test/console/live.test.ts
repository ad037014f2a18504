// The live connection against a real HTTP server: events, cuts, silence, and a token that no longer holds.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followLive, type LiveStatus, parseLiveEvent } from "../../console/data/live.ts";
import type { LiveEvent } from "../../console/data/patch.ts";

const timing = { silenceMs: 400, backoffMs: [20], offlineAfterMs: 150 };
let answer: (response: ServerResponse) => void;
let feeds: ServerResponse[];
let stops: (() => void)[];
const server = createServer((_request, response) => answer(response));
let url = "";

beforeEach(async () => {
  feeds = [];
  stops = [];
  answer = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('event: hello\ndata: {"at":"2026-05-01T00:00:00Z"}\n\n');
    feeds.push(response);
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  for (const stop of stops) stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const follow = () => {
  const seen = { events: [] as LiveEvent[], statuses: [] as LiveStatus["kind"][], unauthorized: 0 };
  stops.push(
    followLive(
      {
        open: (path, signal) => fetch(url + path, { signal }),
        onEvent: (event) => seen.events.push(event),
        onStatus: ({ kind }) => seen.statuses.push(kind),
        onUnauthorized: () => seen.unauthorized++,
        wakeups: new EventTarget(),
      },
      timing,
    ),
  );
  return seen;
};
const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000, interval: 10 });

describe("the live connection", () => {
  it("hands on events, also when they come in pieces", async () => {
    const seen = follow();
    await until(() => seen.events.length === 1);
    feeds[0]?.write("event: states\nda");
    feeds[0]?.write('ta: [{"breakerId":"护-1"}]\n\nevent: unheardOf\ndata: {}\n\n');
    await until(() => seen.events.length === 2);
    expect(seen.events[1]).toEqual({ name: "states", data: [{ breakerId: "护-1" }] });
    expect(seen.statuses).toEqual(["connecting", "live"]);
  });

  it("comes back after a cut and begins with a new hello", async () => {
    const seen = follow();
    await until(() => feeds.length === 1);
    feeds[0]?.destroy();
    await until(() => seen.events.filter((e) => e.name === "hello").length === 2);
    expect(seen.statuses).toEqual(["connecting", "live", "reconnecting", "live"]);
  });

  it("notices a feed that has fallen silent, while a comment is enough to keep it", async () => {
    const seen = follow();
    await until(() => feeds.length === 1);
    for (let beats = 0; beats < 4; beats++) {
      await new Promise((resolve) => setTimeout(resolve, timing.silenceMs / 2));
      feeds[0]?.write(": heartbeat\n\n");
    }
    expect(feeds).toHaveLength(1);
    await until(() => feeds.length === 2);
    expect(seen.statuses).toContain("reconnecting");
  });

  it("says offline when the service stays away, and live when it is back", async () => {
    const works = answer;
    answer = (response) => response.destroy();
    const seen = follow();
    await until(() => seen.statuses.includes("offline"));
    answer = works;
    await until(() => seen.statuses.at(-1) === "live");
    expect(seen.statuses).toEqual(["connecting", "reconnecting", "offline", "live"]);
  });

  it("stops for good when the token no longer holds", async () => {
    let asked = 0;
    answer = (response) => {
      asked++;
      response.writeHead(401).end();
    };
    const seen = follow();
    await until(() => seen.unauthorized === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toBe(1);
  });

  it("ignores events without a name that it knows", () => {
    expect(parseLiveEvent(undefined, "{}")).toBeNull();
    expect(parseLiveEvent("other", "{}")).toBeNull();
  });
});
