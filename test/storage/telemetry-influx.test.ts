// The telemetry contract over InfluxDB, and what is its own: bad lines, tokens, buckets, kill -9, answers by HTTP status.
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type InfluxOptions, openInfluxTelemetry } from "../../storage/telemetry/influx.ts";
import type { TelemetryStore } from "../../storage/telemetry/port.ts";
import { openGate } from "../support/gate.ts";
import { findInflux, type InfluxServer } from "../support/influx.ts";
import {
  contractNowMs,
  contractRetentionDays,
  reading,
  recordOf,
  telemetryContract,
} from "./telemetry.contract.ts";

const source = await findInflux();
const start = () => {
  if (source.kind === "missing") throw new Error(source.reason);
  return source.start();
};
const title =
  source.kind === "missing" ? `InfluxDB telemetry (skipped: ${source.reason})` : "InfluxDB telemetry";

const warnings: string[] = [];
const log = { warn: (message: string) => warnings.push(message) };
const openStore = (server: Omit<InfluxOptions, "log" | "retentionDays">): TelemetryStore =>
  openInfluxTelemetry({ ...server, retentionDays: contractRetentionDays, log });

describe.skipIf(source.kind === "missing")(title, () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server?.stop());

  let counter = 0;
  const newBreaker = () => `influx-${process.pid}-${counter++}`;
  const all = (store: TelemetryStore, breakerId: string, limit = 1_000) =>
    store.reports({ breakerId, fromMs: 0, toMs: contractNowMs, limit });
  const stored = { kind: "stored", rejected: [] };
  const startMs = contractNowMs - 3_600_000;

  telemetryContract(async () => {
    const { hostname, port } = new URL(server.url);
    const gate = await openGate({ host: hostname, port: Number(port) });
    return {
      store: openStore({ ...server, url: `http://127.0.0.1:${gate.port}` }),
      cut: gate.shut,
      mend: gate.open,
      stop: gate.stop,
    };
  });

  it("finds the bad lines of a batch, rejects them with the server's reason, and stores all others", async () => {
    const store = openStore(server);
    const breakerId = newBreaker();
    const bad = new Set([0, 137, 138, 999]);
    const reports = Array.from({ length: 1_000 }, (_, seq) =>
      reading(breakerId, startMs + seq, seq, bad.has(seq) ? { residualCurrentMa: Number.NaN } : {}),
    );
    const outcome = await store.write(reports.map(recordOf), contractNowMs);
    expect(outcome.kind === "stored" && outcome.rejected.map(({ index }) => index)).toEqual([...bad]);
    expect(outcome.kind === "stored" && outcome.rejected[0]?.reason).toMatch(/parse/);
    expect(await all(store, breakerId)).toEqual(reports.filter(({ seq }) => !bad.has(seq)));
  });

  it("rejects lines whose field has another type in the bucket, and stores all others", async () => {
    const store = openStore(server);
    const breakerId = newBreaker();
    const reports = [1, 2, 3].map((seq) => reading(breakerId, startMs + seq, seq));
    const odd = {
      ...reports[1],
      body: { ...reports[1]?.body, voltageV: "229" },
    } as unknown as (typeof reports)[0];
    const first = reading(newBreaker(), startMs, 0, { voltageV: 230 });
    expect(await store.write([first].map(recordOf), contractNowMs)).toEqual(stored);
    const outcome = await store.write(
      [reports[0], odd, reports[2]].map((report) => recordOf(report as typeof first)),
      contractNowMs,
    );
    expect(outcome).toEqual({
      kind: "stored",
      rejected: [{ index: 1, reason: expect.stringMatching(/field type conflict/) }],
    });
    expect(await all(store, breakerId)).toEqual([reports[0], reports[2]]);
    expect(warnings.at(-1)).toMatch(/1 of 3/);
  });

  it.skipIf(source.kind === "given")(
    "rejects what a bucket of shorter retention drops, and stores the rest",
    async () => {
      const headers = { authorization: `Token ${server.token}`, "content-type": "application/json" };
      const found = await fetch(`${server.url}/api/v2/orgs?org=${server.org}`, { headers });
      const { orgs } = (await found.json()) as { orgs: { id: string }[] };
      const made = await fetch(`${server.url}/api/v2/buckets`, {
        method: "POST",
        headers,
        body: JSON.stringify({
          orgID: orgs[0]?.id,
          name: "short",
          retentionRules: [{ type: "expire", everySeconds: 3 * 86_400, shardGroupDurationSeconds: 3_600 }],
        }),
      });
      expect(made.status).toBe(201);
      const store = openStore({ ...server, bucket: "short" });
      const breakerId = newBreaker();
      const reports = Array.from({ length: 40 }, (_, seq) =>
        reading(breakerId, seq % 10 === 7 ? startMs - 9 * 86_400_000 : startMs + seq, seq),
      );
      const outcome = await store.write(reports.map(recordOf), contractNowMs);
      expect(outcome.kind === "stored" && outcome.rejected.map(({ index }) => index)).toEqual([
        7, 17, 27, 37,
      ]);
      expect(outcome.kind === "stored" && outcome.rejected[0]?.reason).toMatch(/retention/);
      expect(await all(store, breakerId)).toEqual(reports.filter(({ seq }) => seq % 10 !== 7));
    },
  );

  it("says which setting is wrong when the token, the bucket or the organisation is", async () => {
    const records = [recordOf(reading(newBreaker(), startMs, 1))];
    for (const [wrong, setting] of [
      [{ token: "no-such-token" }, /INFLUX_TOKEN/],
      [{ bucket: "no-such-bucket" }, /INFLUX_BUCKET/],
      [{ org: "no-such-org" }, /INFLUX_ORG/],
    ] as const) {
      const store = openStore({ ...server, ...wrong });
      expect(await store.write(records, contractNowMs)).toEqual({
        kind: "unavailable",
        reason: expect.stringMatching(setting),
      });
      expect(await store.problem()).toMatch(setting);
    }
  });

  it("takes hostile query values as values", async () => {
    const store = openStore(server);
    const hostile = `x" or true) |> drop(columns: ["a"]) //`;
    const range = { breakerId: hostile, fromMs: -1, toMs: Number.MAX_SAFE_INTEGER, limit: 5 };
    expect(await store.reports(range)).toEqual([]);
    expect(await store.events(range)).toEqual([]);
    expect(await store.readings({ ...range, everyMs: 1_000 })).toEqual([]);
  });

  it.skipIf(source.kind === "given")(
    "loses nothing that it called stored when the server is killed",
    async () => {
      const own = await start();
      onTestFinished(own.stop);
      const store = openStore(own);
      const breakerId = newBreaker();
      const acknowledged = new Set<number>();
      const batches = 60;
      const killAfter = 25;
      const size = 200;
      let killed: Promise<void> | undefined;
      for (let batch = 0; batch < batches; batch += 1) {
        const seqs = Array.from({ length: size }, (_, offset) => batch * size + offset);
        const records = seqs.map((seq) => recordOf(reading(breakerId, startMs + seq, seq)));
        // Killed while this batch is on its way.
        if (batch === killAfter) killed = own.kill().then(own.restart);
        await expect
          .poll(async () => (await store.write(records, contractNowMs)).kind, {
            timeout: 60_000,
            interval: 50,
          })
          .toBe("stored");
        for (const seq of seqs) acknowledged.add(seq);
      }
      expect(killed).toBeDefined();
      await killed;
      const found = new Set((await all(store, breakerId, 20_000)).map(({ seq }) => seq));
      expect([...acknowledged].filter((seq) => !found.has(seq))).toEqual([]);
    },
  );
});

// A real InfluxDB cannot be made to give these answers at will.
describe("InfluxDB telemetry, by the server's answer", () => {
  const answering = async (
    answer: (lines: number, request: number) => { status: number; headers?: Record<string, string> },
  ) => {
    const { gunzipSync } = await import("node:zlib");
    const requests: number[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const lines = gunzipSync(Buffer.concat(chunks)).toString().split("\n").length;
        requests.push(lines);
        const { status, headers } = answer(lines, requests.length);
        response.writeHead(status, headers).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const url = `http://127.0.0.1:${address.port}`;
    return { requests, store: openStore({ url, token: "t", org: "o", bucket: "b" }) };
  };
  const batchOf = (length: number) =>
    Array.from({ length }, (_, seq) => recordOf(reading("b", contractNowMs - 1_000 + seq, seq)));

  it("splits what is too large until it fits", async () => {
    const { store, requests } = await answering((lines) => ({ status: lines > 30 ? 413 : 204 }));
    expect(await store.write(batchOf(100), contractNowMs)).toEqual({ kind: "stored", rejected: [] });
    expect(requests.filter((lines) => lines <= 30).reduce((a, b) => a + b)).toBe(100);
  });

  it("keeps silent for the seconds that Retry-After names", async () => {
    const { store, requests } = await answering((_lines, request) =>
      request === 1 ? { status: 429, headers: { "retry-after": "1" } } : { status: 204 },
    );
    const askedMs = Date.now();
    expect(await store.write(batchOf(1), contractNowMs)).toMatchObject({ kind: "unavailable" });
    expect(await store.write(batchOf(1), contractNowMs)).toMatchObject({
      kind: "unavailable",
      reason: expect.stringMatching(/pause/),
    });
    expect(requests).toHaveLength(1);
    await expect
      .poll(async () => (await store.write(batchOf(1), contractNowMs)).kind, { timeout: 5_000, interval: 20 })
      .toBe("stored");
    expect(Date.now() - askedMs).toBeGreaterThanOrEqual(990);
    expect(requests).toHaveLength(2);
  });

  it.each([500, 502, 503, 403, 302])("keeps the batch for another try on status %i", async (status) => {
    const { store } = await answering(() => ({ status }));
    expect(await store.write(batchOf(2), contractNowMs)).toMatchObject({ kind: "unavailable" });
  });

  it("does not take a partial success (201) for a success", async () => {
    const { store } = await answering((lines) => ({ status: lines > 1 ? 201 : 204 }));
    expect(await store.write(batchOf(4), contractNowMs)).toEqual({ kind: "stored", rejected: [] });
  });
});
