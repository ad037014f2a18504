// A house on its own PostgreSQL and a given InfluxDB, for the outage measurement, and what both hold at the end.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueCredentials } from "../storage/credentials.ts";
import { type Db, openDatabase } from "../storage/db.ts";
import { startEmbeddedPostgres } from "../storage/embedded.ts";
import { migrate } from "../storage/migrate.ts";
import { importRegistry } from "../storage/registry.ts";
import { stateCodes } from "../storage/telemetry/names.ts";
import { fluxRows } from "../test/support/flux.ts";
import { startTestHouse, type TestHouse } from "../test/support/house.ts";
import type { InfluxServer } from "../test/support/influx.ts";
import { until } from "../test/support/until.ts";
import { benchBreakers, benchClient, benchRow } from "./fleet.ts";
import type { LoadClient } from "./load.ts";

export type OutageHouse = {
  house: TestHouse;
  db: Db;
  clients: LoadClient[];
  /** Ctrl-C, and a start with this token for InfluxDB. */
  restartWithToken(token: string): Promise<void>;
  stop(): Promise<void>;
};

const retentionMs = 90 * 86_400_000;

/** Starts it with so many breakers and their credentials. */
export const openOutageHouse = async (server: InfluxServer, breakers: number): Promise<OutageHouse> => {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const one of stops.reverse()) await one();
  };
  try {
    const postgresDir = await mkdtemp(join(tmpdir(), "hubao-bench-"));
    stops.push(() => rm(postgresDir, { recursive: true, force: true }));
    const log = { info: () => {}, warn: (message: string) => console.warn(message) };
    const postgres = await startEmbeddedPostgres({ dataDir: postgresDir, log });
    stops.push(() => postgres.stop());
    await migrate(postgres.url);
    const db = openDatabase(postgres.url, { maxConnections: 2 });
    stops.push(() => db.close());
    const ids = benchBreakers(breakers);
    const imported = await importRegistry(
      db,
      ids.map((id, index) => ({ line: index + 1, row: benchRow(id) })),
      { actor: "bench", nowMs: Date.now() },
    );
    if (imported.kind !== "imported") throw new Error(JSON.stringify(imported).slice(0, 500));
    const { issued } = await issueCredentials(db, ids, "bench");
    // The house reads these at every start.
    const env = {
      DATABASE_URL: postgres.url,
      HUBAO_LOG_LEVEL: "warn",
      INFLUX_URL: server.url,
      INFLUX_TOKEN: server.token,
      INFLUX_ORG: server.org,
      INFLUX_BUCKET: server.bucket,
    };
    const house = await startTestHouse(env);
    stops.push(() => house.stop());
    return {
      house,
      db,
      clients: issued.map(({ clientId, token }) => benchClient(clientId, token)),
      async restartWithToken(token) {
        await house.interrupt();
        env.INFLUX_TOKEN = token;
        await house.restart();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** What InfluxDB and PostgreSQL hold; a point's identity is its series and time, so two series of a breaker would be its duplicates. */
export type StoredBooks = {
  storedReadings: number;
  breakers: number;
  series: number;
  quarantined: number;
  alarms: number;
  alarmsReported: number;
  stateChanges: number;
  stateChangesMissing: number;
};

/** Reads the books; waits until what is reported has come, half a minute at most. */
export const storedBooks = async (server: InfluxServer, { db }: OutageHouse): Promise<StoredBooks> => {
  const from = `from(bucket: "${server.bucket}") |> range(start: 2020-01-01T00:00:00Z, stop: 2100-01-01T00:00:00Z)`;
  const perSeries = await fluxRows(
    server,
    `${from} |> filter(fn: (r) => r._measurement == "reading" and r._field == "seq") |> count()`,
  );
  const counted = async (sql: string) => (await db.query<{ n: number }>(sql))[0]?.n ?? 0;
  const alarms = await counted("SELECT count(*) AS n FROM alarm_event WHERE event = 'raised'");
  const alarmsReported = async () =>
    (
      await fluxRows(
        server,
        `${from} |> filter(fn: (r) => r._measurement == "alarm" and r._field == "event" and r._value == "raised")`,
      )
    ).length;
  const states = await db.query<{ id: string; fromMs: number; state: keyof typeof stateCodes }>(
    `SELECT breaker_id AS id, from_ms AS "fromMs", state FROM operating_interval WHERE from_ms > $1`,
    [Date.now() - retentionMs],
  );
  const statesMissing = async () => {
    const rows = await fluxRows(
      server,
      `${from} |> filter(fn: (r) => r._measurement == "operating" and r._field == "stateCode")`,
    );
    const have = new Set(rows.map((r) => `${r["breaker"]}/${Date.parse(String(r["_time"]))}/${r["_value"]}`));
    return states.filter(({ id, fromMs, state }) => !have.has(`${id}/${fromMs}/${stateCodes[state]}`)).length;
  };
  await until(
    "the reports",
    async () => (await alarmsReported()) >= alarms && (await statesMissing()) === 0,
    30_000,
  ).catch(() => {});
  return {
    storedReadings: perSeries.reduce((sum, row) => sum + Number(row["_value"]), 0),
    breakers: new Set(perSeries.map((row) => row["breaker"])).size,
    series: perSeries.length,
    quarantined: await counted("SELECT count(*) AS n FROM quarantine"),
    alarms,
    alarmsReported: await alarmsReported(),
    stateChanges: states.length,
    stateChangesMissing: await statesMissing(),
  };
};
