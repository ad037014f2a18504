// Stores that go away and come back: devices stay acknowledged, operators are told what is wrong, and nothing is lost.
import { describe, expect, it, onTestFinished } from "vitest";
import type { Alarm } from "../../domain/http.ts";
import { reportTopic } from "../../domain/wire.ts";
import { openInfluxTelemetry } from "../../storage/telemetry/influx.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { connectDevice, readingBody } from "../support/device.ts";
import { type Gate, openGate } from "../support/gate.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { findInflux } from "../support/influx.ts";
import {
  brokenIntervals,
  type LedgerFleet,
  registerFleet,
  sendWithLedger,
  storedReadings,
} from "../support/ledger.ts";
import { drained, metricsOf, readinessOf } from "../support/metrics.ts";
import { until } from "../support/until.ts";

const timeoutMs = 240_000;

/** A house whose way to PostgreSQL can be cut. */
const houseBehindGate = async (
  env: Record<string, string> = {},
): Promise<{ house: TestHouse; gate: Gate; database: FreshDatabase }> => {
  const database = await freshDatabase();
  onTestFinished(() => database.drop());
  const url = new URL(database.url);
  const gate = await openGate({ host: url.hostname, port: Number(url.port) });
  onTestFinished(() => gate.stop());
  url.hostname = "127.0.0.1";
  url.port = String(gate.port);
  const house = await startTestHouse({ DATABASE_URL: url.href, ...env });
  onTestFinished(() => house.stop());
  await untilAllIsWell(house);
  return { house, gate, database };
};

const send = (house: TestHouse, fleet: LedgerFleet, perBreaker: number) => {
  const aborted = new AbortController();
  onTestFinished(() => aborted.abort());
  return sendWithLedger(house, fleet, perBreaker, { signal: aborted.signal });
};

/** Connects a household's breaker and says two readings of 34 mA through its closed 30 mA contact. */
const leak = async (house: TestHouse, fleet: LedgerFleet, which: number): Promise<string> => {
  const breaker = fleet.world.breakers.filter((b) => b.ratedResidualCurrentMa === 30)[which];
  if (breaker === undefined) throw new Error("no such breaker");
  const device = await connectDevice(house, breaker.breakerId, fleet.tokens.get(breaker.breakerId));
  for (let n = 0; n < 2; n += 1)
    await device.publishAsync(
      reportTopic(breaker, "reading"),
      JSON.stringify({ ...readingBody({ residualCurrentMa: 34 }), ts: Date.now() + n }),
      { qos: 1 },
    );
  return breaker.breakerId;
};

const failures = async (house: TestHouse): Promise<(string | null)[]> =>
  (await house.get<{ items: Alarm[] }>("/alarms?kind=failureToTrip&limit=1000")).items.map(
    (alarm) => alarm.breakerId,
  );

/** Every part says that it is well, those that only speak of troubles are silent. */
const untilAllIsWell = (house: TestHouse) =>
  until(
    "all parts to be well",
    async () => {
      const { ready, parts } = await readinessOf(house);
      const ill = Object.entries(parts).filter(([, part]) => !part.ok);
      if (!ready || ill.length > 0) throw new Error(JSON.stringify(ill));
      return true;
    },
    60_000,
  );

const missing = (acknowledged: ReadonlySet<string>, stored: readonly string[]): string[] => {
  const have = new Set(stored);
  return [...acknowledged].filter((key) => !have.has(key));
};

describe("while PostgreSQL is away", () => {
  it(
    "devices are acknowledged and admitted, operators are told, and afterwards everything is stored and judged once",
    async () => {
      const { house, gate, database } = await houseBehindGate();
      const fleet = await registerFleet(house, 1, 20);
      const ledger = send(house, fleet, 400);
      await ledger.reached(1_000);
      await gate.shut();
      expect(await ledger.sent).toMatchObject({ acknowledged: 8_000, failed: 0 });

      const told = await until("operators to be told", async () => {
        const now = await readinessOf(house);
        if ("pipeline.telemetry" in now.parts && "pipeline.detection" in now.parts) return now;
        throw new Error(JSON.stringify(now));
      });
      expect(told).toMatchObject({ status: 503, ready: false });
      expect(told.parts["database"]).toMatchObject({
        ok: false,
        detail: expect.stringContaining("PostgreSQL"),
      });
      expect(told.parts["pipeline.telemetry"]?.ok).toBe(false);
      expect(told.parts["journal"]?.ok).toBe(true);
      expect((await fetch(`${house.url}/healthz`)).status).toBe(200);
      const asked = await fetch(`${house.url}/api/v1/villages`, {
        headers: { authorization: `Bearer ${house.token}` },
      });
      expect(asked.status).toBe(503);
      expect(asked.headers.get("content-type")).toContain("application/problem+json");

      const metrics = await metricsOf(house);
      expect(metrics.value("hubao_messages_acknowledged_total")).toBe(8_000);
      expect(metrics.value("hubao_consumer_lag_records", { consumer: "telemetry" })).toBeGreaterThan(0);
      expect(metrics.value("hubao_consumer_lag_records", { consumer: "detection" })).toBeGreaterThan(0);
      expect(metrics.value("hubao_journal_oldest_age_seconds")).toBeGreaterThan(0);
      expect(metrics.value("hubao_journal_records")).toBeGreaterThan(1_000);

      // They come back with credentials that are remembered; a wrong one stays wrong.
      const leaking = [await leak(house, fleet, 0), await leak(house, fleet, 1)];
      await expect(connectDevice(house, leaking[0] ?? "", "wrong")).rejects.toThrow();

      await gate.open();
      await untilAllIsWell(house);
      await drained(house);
      const stored = await storedReadings(database.db.query);
      expect(missing(ledger.acknowledged, stored)).toEqual([]);
      expect(stored.length).toBe(8_000 + 4);
      await until("the alarms", async () => (await failures(house)).length > 1);
      expect(new Set(await failures(house))).toEqual(new Set(leaking));
      expect((await metricsOf(house)).value("hubao_alarms_raised_total", { kind: "failureToTrip" })).toBe(2);
      expect(await database.db.query("SELECT * FROM quarantine")).toEqual([]);
      expect(await brokenIntervals(database.db.query)).toEqual([]);
      await untilAllIsWell(house);
    },
    timeoutMs,
  );

  it(
    "a full journal stops the acknowledgements, says so, and goes on without loss when there is room",
    async () => {
      const { house, gate, database } = await houseBehindGate({ HUBAO_JOURNAL_MAX_BYTES: "1048576" });
      const fleet = await registerFleet(house, 1, 20);
      const ledger = send(house, fleet, 1_000);
      await ledger.reached(2_000);
      await gate.shut();

      const full = await until(
        "the journal to be full",
        async () => {
          const now = await readinessOf(house);
          return now.parts["journal"]?.ok === false && now;
        },
        60_000,
      );
      expect(full.parts["journal"]?.detail).toContain("HUBAO_JOURNAL_MAX_BYTES");
      expect(full.ready).toBe(false);
      const cutOff = { what: "closedConnection", reason: "journalFull" };
      await until(
        "devices to be cut off",
        async () => (await metricsOf(house)).value("hubao_refused_total", cutOff) > 0,
      );
      const metrics = await metricsOf(house);
      expect(metrics.value("hubao_journal_bytes")).toBeLessThanOrEqual(1_048_576);
      expect(ledger.acknowledged.size).toBeLessThan(20_000);

      await gate.open();
      expect(await ledger.sent).toMatchObject({ acknowledged: 20_000, failed: 0 });
      await drained(house);
      const stored = await storedReadings(database.db.query);
      expect(missing(ledger.acknowledged, stored)).toEqual([]);
      expect(stored.length).toBe(20_000);
      await until("room in the journal", async () => (await readinessOf(house)).ready);
    },
    timeoutMs,
  );
});

const influx = await findInflux();
const title = influx.kind === "own" ? "InfluxDB" : "InfluxDB (skipped: needs one that may be killed)";

describe.skipIf(influx.kind !== "own")(title, () => {
  it(
    "is killed under load: alarms stay on time, and what was acknowledged is stored when it is back",
    async () => {
      if (influx.kind === "missing") throw new Error(influx.reason);
      const server = await influx.start();
      onTestFinished(() => server.stop());
      const database = await freshDatabase();
      onTestFinished(() => database.drop());
      const house = await startTestHouse({
        DATABASE_URL: database.url,
        INFLUX_URL: server.url,
        INFLUX_TOKEN: server.token,
        INFLUX_ORG: server.org,
        INFLUX_BUCKET: server.bucket,
      });
      onTestFinished(() => house.stop());
      const fleet = await registerFleet(house, 1, 20);
      const ledger = send(house, fleet, 600);
      await ledger.reached(2_000);
      await server.kill();
      await ledger.sent;

      await until("operators to be told", async () => {
        const { parts, status } = await readinessOf(house);
        return "pipeline.telemetry" in parts && status === 200;
      });
      const leaking = await leak(house, fleet, 0);
      await until("the alarm, without InfluxDB", async () => (await failures(house)).length === 1);
      expect(
        (await metricsOf(house)).value("hubao_consumer_lag_records", { consumer: "telemetry" }),
      ).toBeGreaterThan(0);

      await server.restart();
      await drained(house);
      const store = openInfluxTelemetry({ ...server, retentionDays: 90, log: { warn() {} } });
      onTestFinished(() => store.stop());
      const stored: string[] = [];
      for (const { breakerId } of fleet.world.breakers)
        for (const report of await store.reports({
          breakerId,
          fromMs: 0,
          toMs: Date.now() + 60_000,
          limit: 10_000,
        }))
          stored.push(`${breakerId}/${report.tsMs}/${report.seq}`);
      expect(missing(ledger.acknowledged, stored)).toEqual([]);
      expect([stored.length, new Set(stored).size]).toEqual([12_002, 12_002]);
      expect(await failures(house)).toEqual([leaking]);
      await untilAllIsWell(house);
    },
    timeoutMs,
  );
});
