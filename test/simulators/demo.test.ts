import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCli, parseFaults, parseTimeMs } from "../../simulators/cli-options.ts";
import { type Demo, startDemo } from "../../simulators/demo.ts";
import { demoFaults } from "../../simulators/demo-plan.ts";
import { demoTownship } from "../../simulators/township.ts";
import { createWorld } from "../../simulators/world.ts";
import { type PlainBackend, startPlainBackend } from "./backend.ts";
import { silentLog, until } from "./broker.ts";

let backend: PlainBackend;
let dataDir: string;
const demos: Demo[] = [];
beforeEach(async () => {
  backend = await startPlainBackend();
  dataDir = await mkdtemp(join(tmpdir(), "hubao-demo-"));
});
afterEach(async () => {
  for (const demo of demos.splice(0)) await demo.stop();
  await backend.stop();
  await rm(dataDir, { recursive: true });
});

const start = (overrides: { token?: string } = {}): Demo => {
  const demo = startDemo(
    {
      apiUrl: backend.apiUrl,
      token: backend.token,
      mqttUrl: backend.broker.url,
      dataDir,
      seed: 1,
      historyHours: 2,
      intervalMs: 5_000,
      ...overrides,
    },
    silentLog,
  );
  demos.push(demo);
  return demo;
};
const credentialsPath = () => join(dataDir, "demo-credentials.json");
const batches = () => backend.broker.received.filter((r) => r.topic.endsWith("/batch"));

describe("the demo", () => {
  it("imports the township, gives every device a credential, uploads the past and reports live", async () => {
    const demo = start();
    await demo.ready;
    const world = createWorld(backend.rows(), 1, []);
    expect(new Set(backend.rows().map((r) => r.areaId)).size).toBe(12);
    expect(backend.issued.length).toBe(world.breakers.length + 12);
    expect((await stat(credentialsPath())).mode & 0o777).toBe(0o600);
    const uploaded = batches().flatMap(
      (r) => (r.body as { entries: { body: { ts: number } }[] }).entries,
    ).length;
    expect(uploaded).toBeGreaterThan(world.breakers.length * 23);
    // One breaker has been silent since before the start and stays so.
    await until("all but the silent one are connected", () => {
      return demo.stats()?.connected === world.breakers.length - 1;
    });
    const heard = () =>
      new Set(backend.broker.received.filter((r) => r.topic.endsWith("/reading")).map((r) => r.clientId));
    await until("all have spoken", () => heard().size === world.breakers.length - 1);
    await demo.stop();
    expect(demo.stats()).toMatchObject({ connected: 0, failed: 0, refused: 0 });
  });

  it("starts a second time with the same devices and uploads only what was missed", async () => {
    const first = start();
    await first.ready;
    await until("it reports", () => (first.stats()?.acknowledged ?? 0) > 0);
    await first.stop();
    const issuedBefore = backend.issued.length;
    const batchesBefore = batches().length;
    const second = start();
    await second.ready;
    await until("it reports", () => (second.stats()?.acknowledged ?? 0) > 500);
    expect(backend.issued.length).toBe(issuedBefore);
    const again = batches()
      .slice(batchesBefore)
      .flatMap((r) => (r.body as { entries: object[] }).entries).length;
    expect(again).toBeLessThan(100);
    await second.stop();
    expect(second.stats()).toMatchObject({ failed: 0, refused: 0 });
  });

  it("issues credentials anew when those it kept are refused or unreadable", async () => {
    await writeFile(credentialsPath(), "{ not json");
    const first = start();
    await first.ready;
    await first.stop();
    const kept = JSON.parse(await readFile(credentialsPath(), "utf8")) as {
      tokens: Record<string, string>;
    };
    const stale = Object.fromEntries(Object.keys(kept.tokens).map((id) => [id, "of-another-database"]));
    await writeFile(credentialsPath(), JSON.stringify({ tokens: stale, reportedUntilMs: Date.now() }));
    const second = start();
    await second.ready;
    await until("it is let in", () => (second.stats()?.connected ?? 0) > 100);
    expect(second.stats()?.refused).toBe(0);
  });

  it("says in one sentence why it cannot start, and still stops", async () => {
    const demo = start({ token: "wrong" });
    await expect(demo.ready).rejects.toThrow("The API answered 401 to GET registry/export: Unauthorized");
    await demo.stop();
  });

  it("can be stopped while it is still starting", async () => {
    const demo = start();
    await until("it has begun", () => backend.issued.length > 10);
    await demo.stop();
    await until("nobody is connected", () => backend.broker.connectedCount() === 0);
    expect(demo.stats()).toBe(null);
  });

  it("stages one failure to trip, high leakage, two exits, silence and an open breaker for its first minutes", () => {
    const nowMs = Date.UTC(2026, 4, 20);
    const world = createWorld(demoTownship(1, nowMs), 1, []);
    const faults = demoFaults(world, 1, nowMs);
    expect(demoFaults(world, 1, nowMs)).toEqual(faults);
    const soon = faults.filter((f) => f.startMs <= nowMs + 30_000);
    expect(soon.map((f) => f.kind).toSorted((a, b) => a.localeCompare(b))).toEqual([
      "drift",
      "failureToTrip",
      "open",
      "protectionExited",
      "protectionExited",
      "silence",
      "spike",
    ]);
    const known = new Set(world.breakers.flatMap((b) => [b.breakerId, b.areaId]));
    expect(faults.every((f) => known.has(f.subjectId) && f.startMs < f.endMs)).toBe(true);
    expect(new Set(faults.map((f) => f.subjectId)).size).toBe(faults.length);
    expect(new Set(soon.filter((f) => f.kind === "protectionExited").map((f) => f.startMs % 2))).toEqual(
      new Set([0, 1]),
    );
  });
});

describe("the command", () => {
  const cli = fileURLToPath(new URL("../../simulators/cli.ts", import.meta.url));
  const run = (args: string[], interruptWhen?: () => boolean) => {
    const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, HUBAO_ADMIN_TOKEN: "" } });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      output += String(chunk);
    });
    const { promise, resolve } = Promise.withResolvers<{ code: number | null; output: string }>();
    child.on("close", (code) => resolve({ code, output }));
    if (interruptWhen) void until("it may be interrupted", interruptWhen).then(() => child.kill("SIGINT"));
    return promise;
  };
  const target = () => ["--api", backend.apiUrl, "--mqtt", backend.broker.url, "--token", backend.token];

  it("simulates a made-up fleet on an empty registry, writes the labels, and ends by itself", async () => {
    const labels = join(dataDir, "labels.csv");
    const { code, output } = await run([
      ...target(),
      ..."--breakers 30 --interval 1s --faults all --duration 3s --labels".split(" "),
      labels,
    ]);
    expect(output).toContain("Simulating 30 breakers");
    expect(code, output).toBe(0);
    expect(backend.issued.length).toBe(30);
    expect(backend.broker.received.length).toBeGreaterThan(30);
    const lines = (await readFile(labels, "utf8")).trim().split("\n");
    expect(lines[0]).toBe("subjectId,finding,startMs,endMs");
    expect(lines.length).toBeGreaterThan(2);
  });

  it("ends cleanly on Ctrl-C", async () => {
    const { code, output } = await run(
      [...target(), "--breakers", "10", "--interval", "500ms"],
      () => backend.broker.received.length > 30,
    );
    expect(output).toMatch(/connected 0 .*given up 0/);
    expect(code).toBe(0);
    await until("nobody is connected", () => backend.broker.connectedCount() === 0);
  });

  it("explains itself, and says in one sentence what is wrong", async () => {
    expect(await run(["--help"])).toMatchObject({
      code: 0,
      output: expect.stringContaining("--labels FILE"),
    });
    expect(await run(["--nonsense"])).toMatchObject({
      code: 2,
      output: expect.stringContaining("see --help"),
    });
    const away = await run(["--api", "http://127.0.0.1:1", "--token", "t"]);
    expect(away).toMatchObject({ code: 1, output: expect.stringContaining("does not answer") });
  });

  it.each([
    [[], "Give the API's admin token"],
    [["--token", "t", "--api", "ftp://x"], "--api must be"],
    [["--token", "t", "--mqtt", "here"], "--mqtt must be"],
    [["--token", "t", "--seed", "x"], "--seed must be"],
    [["--token", "t", "--breakers", "0"], "--breakers must be"],
    [["--token", "t", "--interval", "soon"], "--interval must be"],
    [["--token", "t", "--since", "yesterday"], "--since must be"],
    [["--token", "t", "--speed", "10"], "--speed needs --since"],
    [["--token", "t", "--faults", "fire"], "--faults takes"],
    [["--token", "t", "--duration", "5"], "--duration must be"],
  ])("refuses %j", (args, reason) => {
    expect(parseCli(args, {})).toEqual({ kind: "wrong", reason: expect.stringContaining(reason) });
  });

  it("reads times, fault lists and its defaults", () => {
    expect(parseTimeMs("1.5h")).toBe(5_400_000);
    expect(parseTimeMs("5")).toBe(null);
    expect(parseFaults("spike=2,silence")).toEqual({ spike: 2, silence: 1 });
    expect(parseCli(["--since", "24h"], { HUBAO_ADMIN_TOKEN: "t" })).toMatchObject({
      kind: "run",
      options: { token: "t", speed: 600, sinceMs: 86_400_000, intervalMs: 30_000, via: "breakers" },
    });
  });
});
