// Reporting over a real PostgreSQL and a real InfluxDB: what detection commits stands in InfluxDB, exactly, outages included.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { acknowledge } from "../../alerting/lifecycle.ts";
import { notOperating, operating, silent } from "../../domain/operating.ts";
import { registryOf } from "../../ingest/registry.ts";
import { type Reporting, type ReportingNeeds, startReporting } from "../../ingest/reporting.ts";
import { repeatBefore, repeatEveryMs } from "../../ingest/state-points.ts";
import { type AlarmWrite, type DetectionCommit, writeDetection } from "../../storage/detection.ts";
import { importRegistry } from "../../storage/registry.ts";
import { loadBreakerFacts } from "../../storage/registry-read.ts";
import { endReporting } from "../../storage/reporting.ts";
import { openInfluxLines } from "../../storage/telemetry/influx-write.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { fluxRows } from "../support/flux.ts";
import { openGate } from "../support/gate.ts";
import { findInflux, type InfluxServer } from "../support/influx.ts";
import { until } from "../support/until.ts";

const influx = await findInflux();
const timeZone = "Asia/Shanghai";
const minuteMs = 60_000;
/** Other suites write on the same PostgreSQL server: what they have not committed yet is waited for. */
const pollTimeoutMs = 40_000;
const nothing: DetectionCommit = {
  own: [],
  published: [],
  states: [],
  areas: [],
  alarms: [],
  checkpoints: [],
  revisions: [],
  quarantine: [],
  offset: null,
};

describe.skipIf(influx.kind === "missing")("reporting", { timeout: 3 * pollTimeoutMs }, () => {
  let server: InfluxServer;
  let fresh: FreshDatabase;
  let nowMs: number;
  beforeAll(async () => {
    if (influx.kind === "missing") throw new Error(influx.reason);
    server = await influx.start();
  });
  afterAll(() => server?.stop());

  const stats = {
    records: 7,
    bytes: 700,
    maxBytes: 1_000,
    oldestArrivalMs: null,
    lastOffset: 7,
    lag: { telemetry: 1, detection: 2, live: 3 },
    full: false,
  };
  let counter = 0;

  /** A database with one village of two houses and a main breaker, and a start of the service that can be repeated. */
  const setting = async () => {
    fresh = await freshDatabase();
    onTestFinished(() => fresh.drop());
    counter += 1;
    const township = `T-${process.pid}-${counter}`;
    const row = (breakerId: string, main = false) => ({
      townshipId: township,
      townshipName: '镇 "one"',
      villageId: `V-${township}`,
      villageName: "Village, one",
      areaId: `A-${township}`,
      areaName: "Area\\",
      householdId: main ? null : `h-${breakerId}`,
      address: main ? null : "Lane 1",
      inhabited: main ? null : true,
      breakerId,
      level: main ? ("main" as const) : ("household" as const),
      ratedResidualCurrentMa: main ? 300 : 30,
      installedOn: "2026-01-01",
      removedOn: null,
    });
    const ids = ["b1", "b2", "m"].map((id) => `${id}-${township}`);
    const [b1 = "", b2 = "", main = ""] = ids;
    const imported = await importRegistry(
      fresh.db,
      [row(b1), row(b2), row(main, true)].map((one, index) => ({ line: index + 1, row: one })),
      { actor: "test", nowMs: Date.now() },
    );
    expect(imported.kind).toBe("imported");
    const registry = registryOf(await loadBreakerFacts(fresh.db, timeZone), 1);
    nowMs = Date.now();
    const problems: (string | null)[] = [];
    const start = (more: Partial<ReportingNeeds> = {}): Reporting => {
      const reporting = startReporting({
        journal: { stats: () => stats },
        query: fresh.db.query,
        registry: () => registry,
        clock: () => nowMs,
        timeZone,
        retentionDays: 90,
        write: openInfluxLines(server),
        counters: () => ({ storedTotal: 5, quarantinedTotal: 1, connections: 3, telemetryProblem: false }),
        onReported() {},
        onProblem: (problem) => problems.push(problem),
        warn: (message) => expect.fail(message),
        ...more,
      });
      onTestFinished(() => reporting.stop());
      return reporting;
    };
    const commit = (part: Partial<DetectionCommit>) =>
      fresh.db.transaction((query) => writeDetection(query, { ...nothing, ...part }));
    return { township, b1, b2, main, start, commit, problems };
  };

  const states = async (breakerId: string) =>
    (
      await fluxRows(
        server,
        `from(bucket: "${server.bucket}") |> range(start: 0, stop: 2100-01-01T00:00:00Z)
          |> filter(fn: (r) => r._measurement == "operating" and r.breaker == "${breakerId}")
          |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value") |> group() |> sort(columns: ["_time"])`,
      )
    ).map((row) => [Date.parse(String(row["_time"])), row["state"], row["reason"], row["stateCode"]]);
  const change = (
    breakerId: string,
    fromMs: number,
    changes: DetectionCommit["published"][0]["changes"],
  ) => ({
    published: [{ breakerId, fromMs, changes, endMs: null }],
  });

  it("writes every change at its instant, repeats it every five minutes, and corrects both when the past is revised", async () => {
    const { b1, b2, start, commit } = await setting();
    const beginMs = repeatBefore(nowMs) - 2 * repeatEveryMs;
    nowMs = beginMs + minuteMs;
    await commit(change(b1, beginMs - 7 * minuteMs, [{ fromMs: beginMs - 7 * minuteMs, ...operating }]));
    const first = start();
    const begun = [beginMs - 7 * minuteMs, "operating", "", 1];
    const repeated = [beginMs, "operating", "", 1];
    await expect.poll(() => states(b1), { timeout: pollTimeoutMs }).toEqual([begun, repeated]);
    // Time passes, and it falls silent; the rewrite begins one change early, as detection's do.
    nowMs = beginMs + repeatEveryMs + minuteMs;
    const silentMs = beginMs + 2 * minuteMs;
    await commit(
      change(b1, beginMs - 7 * minuteMs, [
        { fromMs: beginMs - 7 * minuteMs, ...operating },
        { fromMs: silentMs, ...silent },
      ]),
    );
    await expect
      .poll(() => states(b1), { timeout: pollTimeoutMs })
      .toEqual([
        begun,
        repeated,
        [silentMs, "unknown", "silent", 3],
        [beginMs + repeatEveryMs, "unknown", "silent", 3],
      ]);
    await first.stop();
    // Late data: it was open from before the first repeat on. The next start finds what was committed meanwhile.
    const openMs = beginMs - minuteMs;
    await commit(
      change(b1, beginMs - 7 * minuteMs, [
        { fromMs: beginMs - 7 * minuteMs, ...operating },
        { fromMs: openMs, ...notOperating("open") },
      ]),
    );
    await commit(change(b2, beginMs, [{ fromMs: beginMs, ...operating }]));
    start();
    const open = (atMs: number) => [atMs, "notOperating", "open", 2];
    await expect
      .poll(() => states(b1), { timeout: pollTimeoutMs })
      .toEqual([begun, open(openMs), open(beginMs), open(silentMs), open(beginMs + repeatEveryMs)]);
    expect((await states(b2))[0]).toEqual([beginMs, "operating", "", 1]);
  });

  it("writes alarms as they are raised, cleared, opened again and acknowledged, apart within one millisecond", async () => {
    const { b1, b2, township, start, commit } = await setting();
    start();
    const raisedMs = nowMs - 10_000;
    const raise = (id: string, breakerId: string): AlarmWrite => ({
      effect: "raise",
      id,
      kind: "failureToTrip",
      priority: "high",
      breakerId,
      areaId: `A-${township}`,
      villageId: `V-${township}`,
      atMs: raisedMs,
      evidence: {},
    });
    const [one, two] = ["aaaaaaaa0000", "bbbbbbbb0000"];
    await commit({ alarms: [raise(one, b1), raise(two, b2)] });
    await commit({ alarms: [{ effect: "clear", id: one, atMs: raisedMs + 1_000 }] });
    await commit({ alarms: [{ effect: "reopen", id: one, atMs: raisedMs + 2_000, evidence: {} }] });
    expect(
      (await acknowledge(fresh.db, { alarmId: one, actor: "officer", nowMs: raisedMs + 3_000 })).kind,
    ).toBe("acknowledged");
    const events = async () =>
      (
        await fluxRows(
          server,
          `from(bucket: "${server.bucket}") |> range(start: -1h, stop: 1h)
            |> filter(fn: (r) => r._measurement == "alarm" and r.township == "${township}")
            |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value") |> group() |> sort(columns: ["_time"])`,
        )
      ).map((row) => [
        Date.parse(String(row["_time"])) - raisedMs,
        row["event"],
        row["id"],
        row["breaker"],
        row["open"],
      ]);
    await expect.poll(async () => (await events()).length, { timeout: pollTimeoutMs }).toBe(5);
    const all = await events();
    expect(new Set(all.slice(0, 2).map(String))).toEqual(
      new Set([`0,raised,${one},${b1},1`, `0,raised,${two},${b2},1`]),
    );
    expect(all.slice(2)).toEqual([
      [1_000, "cleared", one, b1, 0],
      [2_000, "raised", one, b1, 1],
      [3_000, "acknowledged", one, b1, null],
    ]);
    // The minute's count of standing alarms, once the alarm has been seen.
    nowMs += minuteMs;
    const standing = () =>
      fluxRows(
        server,
        `from(bucket: "${server.bucket}") |> range(start: -1h, stop: 1h)
          |> filter(fn: (r) => r._measurement == "standing_alarms" and r.township == "${township}") |> last()`,
      );
    await expect.poll(async () => (await standing())[0]?.["_value"], { timeout: pollTimeoutMs }).toBe(2);
    await commit({
      alarms: [one, two].map((id): AlarmWrite => ({ effect: "clear", id, atMs: nowMs })),
    });
    nowMs += minuteMs;
    await expect.poll(async () => (await standing())[0]?.["_value"], { timeout: pollTimeoutMs }).toBe(0);
  });

  it("writes rates of every place and level, names, and its own numbers", async () => {
    const { b1, township, start, commit } = await setting();
    await commit({
      states: [
        {
          breakerId: b1,
          ...operating,
          sinceMs: nowMs,
          lastReading: null,
          lastHeardMs: nowMs,
          memory: "e30=",
          facts: "{}",
        },
      ],
    });
    start();
    const of = (measurement: string, filter = "true") =>
      fluxRows(
        server,
        `from(bucket: "${server.bucket}") |> range(start: -2h, stop: 1h)
          |> filter(fn: (r) => r._measurement == "${measurement}" and (${filter}))
          |> last() |> group() |> keep(columns: ["_field", "_value", "scope", "level", "breaker"])`,
      );
    const here = `r.township == "${township}"`;
    const rate = async (scope: string, level: string, field: string) =>
      (
        await of(
          "rate",
          `${here} and r.scope == "${scope}" and r.level == "${level}" and r._field == "${field}"`,
        )
      )[0]?.["_value"];
    await expect
      .poll(() => rate("township", "household", "operationalRate"), { timeout: pollTimeoutMs })
      .toBe(0.5);
    for (const scope of ["township", "village", "area"]) {
      expect(await rate(scope, "household", "installed")).toBe(2);
      expect(await rate(scope, "household", "unknown")).toBe(1);
      expect(await rate(scope, "household", "operationalRateUpperBound")).toBe(1);
      expect(await rate(scope, "household", "target")).toBe(0.95);
      expect(await rate(scope, "household", "inhabitedCoverage")).toBe(0.5);
      expect(await rate(scope, "main", "shouldInstall")).toBe(1);
      expect(await rate(scope, "main", "operationalRate")).toBe(0);
      expect(await rate(scope, "main", "inhabitedCoverage")).toBeUndefined();
      expect(await rate(scope, "intermediate", "installed")).toBeUndefined();
    }
    const names = await of("place", `${here} and r._field == "name"`);
    expect(Object.fromEntries(names.map((row) => [row["scope"], row["_value"]]))).toEqual({
      area: "Area\\",
      township: '镇 "one"',
      village: "Village, one",
    });
    const addresses = await of("breaker_info", `${here} and r._field == "address"`);
    expect(addresses.filter((row) => row["_value"] === "Lane 1").map((row) => row["level"])).toEqual([
      "household",
      "household",
    ]);
    expect(addresses.find((row) => row["level"] === "main")?.["_value"]).toBe("");
    const own = await of("ingest");
    expect(Object.fromEntries(own.map((row) => [row["_field"], row["_value"]]))).toEqual({
      journalRecords: 7,
      journalBytes: 700,
      journalMaxBytes: 1_000,
      journalOldestAgeS: 0,
      lagTelemetry: 1,
      lagDetection: 2,
      lagLive: 3,
      storedTotal: 5,
      quarantinedTotal: 1,
      connections: 3,
      telemetryProblem: 0,
    });
  });

  it("fills in after an outage what happened during it, numbers of the moment included, and says what was wrong", async () => {
    const { b1, township, start, commit, problems } = await setting();
    const { hostname, port } = new URL(server.url);
    const gate = await openGate({ host: hostname, port: Number(port) });
    onTestFinished(() => gate.stop());
    start({ write: openInfluxLines({ ...server, url: `http://127.0.0.1:${gate.port}` }) });
    const beginMs = nowMs;
    await commit(change(b1, beginMs, [{ fromMs: beginMs, ...operating }]));
    await expect.poll(async () => (await states(b1)).length, { timeout: pollTimeoutMs }).toBe(1);
    await gate.shut();
    await commit(
      change(b1, beginMs, [
        { fromMs: beginMs, ...operating },
        { fromMs: beginMs + 1, ...notOperating("protectionExited") },
      ]),
    );
    nowMs = Math.floor(nowMs / minuteMs + 2) * minuteMs;
    const duringMs = nowMs;
    await until("the problem to be told", async () => problems.at(-1) != null, pollTimeoutMs);
    expect(problems.at(-1)).toMatch(/does not answer.*INFLUX_URL/);
    await commit(
      change(b1, beginMs + 1, [
        { fromMs: beginMs + 1, ...notOperating("protectionExited") },
        { fromMs: beginMs + 2, ...operating },
      ]),
    );
    await gate.open();
    await expect.poll(() => problems.at(-1), { timeout: pollTimeoutMs }).toBe(null);
    expect((await states(b1)).slice(0, 3)).toEqual([
      [beginMs, "operating", "", 1],
      [beginMs + 1, "notOperating", "protectionExited", 2],
      [beginMs + 2, "operating", "", 1],
    ]);
    const rates = await fluxRows(
      server,
      `from(bucket: "${server.bucket}") |> range(start: -1h, stop: 1h)
        |> filter(fn: (r) => r._measurement == "rate" and r.township == "${township}" and r._field == "installed")`,
    );
    expect(rates.map((row) => Date.parse(String(row["_time"])))).toContain(duringMs);
  });

  it("keeps nothing for a report that is not wanted any more", async () => {
    const { b1, start, commit } = await setting();
    const reporting = start();
    await commit(change(b1, nowMs, [{ fromMs: nowMs, ...operating }]));
    await expect.poll(async () => (await states(b1)).length, { timeout: pollTimeoutMs }).toBe(1);
    await reporting.stop();
    await endReporting(fresh.db.query);
    await commit(change(b1, nowMs, [{ fromMs: nowMs, ...silent }]));
    expect(await fresh.db.query("SELECT * FROM operating_gone")).toEqual([]);
  });
});
