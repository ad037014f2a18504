// The pipeline's side of the live feed against a server that counts connections.
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { openFeed } from "../../ingest/feed.ts";
import { until } from "../support/until.ts";

/** A server that accepts and never says a word, as a broker that is busy. */
const silentServer = async (): Promise<{ port: number; accepted: Socket[] }> => {
  const accepted: Socket[] = [];
  const server: Server = createServer((socket) => {
    accepted.push(socket);
    socket.on("error", () => {}).resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, accepted };
};

it("does not come back when it is stopped before the broker has answered", async () => {
  const { port, accepted } = await silentServer();
  const feed = openFeed({ url: `mqtt://127.0.0.1:${port}`, username: "service:test", password: "secret" });
  await until("the connection", async () => accepted.length === 1);
  await feed.stop();
  await until("its end", async () => accepted.every((socket) => socket.destroyed));
  // MQTT.js would reconnect after one second.
  await sleep(1_500);
  expect(accepted.length).toBe(1);
});
