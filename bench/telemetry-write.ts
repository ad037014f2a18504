// Measures how fast the telemetry stores write alone: `node bench/telemetry-write.ts [readings] [batch]`.
// PostgreSQL is an embedded one in a temporary directory; InfluxDB is the one that the tests would use.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openDatabase } from "../storage/db.ts";
import { startEmbeddedPostgres } from "../storage/embedded.ts";
import { migrate } from "../storage/migrate.ts";
import { openInfluxTelemetry } from "../storage/telemetry/influx.ts";
import type { TelemetryRecord, TelemetryStore } from "../storage/telemetry/port.ts";
import { openPostgresTelemetry } from "../storage/telemetry/postgres.ts";
import { findInflux } from "../test/support/influx.ts";

const total = Number(process.argv[2] ?? 400_000);
const batchSize = Number(process.argv[3] ?? 5_000);
const breakers = 2_000;
const retentionDays = 30;
const log = { info: () => {}, warn: (message: string) => console.warn(message) };

const batchFrom = (start: number, beginMs: number): TelemetryRecord[] =>
  Array.from({ length: Math.min(batchSize, total - start) }, (_, offset) => {
    const n = start + offset;
    const tsMs = beginMs + Math.floor(n / breakers) * 1_000;
    return {
      townshipId: "T1",
      villageId: `V${n % 3}`,
      areaId: `A${n % 12}`,
      level: "household",
      report: {
        kind: "reading",
        breakerId: `breaker-${n % breakers}`,
        tsMs,
        seq: Math.floor(n / breakers),
        arrivalMs: tsMs + 50,
        clockReplaced: false,
        body: {
          residualCurrentMa: ((n * 7919) % 30_000) / 1_000,
          contact: "closed",
          protection: "enabled",
          loadCurrentA: ((n * 104_729) % 40_000) / 1_000,
          voltageV: 220 + (n % 100) / 10,
          temperatureC: 20 + (n % 100) / 10,
          signalDbm: -50 - (n % 40),
        },
      },
    };
  });

const measure = async (name: string, store: TelemetryStore): Promise<void> => {
  const nowMs = Date.now();
  const beginMs = nowMs - 3_600_000;
  let writingMs = 0;
  for (let start = 0; start < total; start += batchSize) {
    const batch = batchFrom(start, beginMs);
    const beforeMs = performance.now();
    const outcome = await store.write(batch, nowMs);
    writingMs += performance.now() - beforeMs;
    if (outcome.kind !== "stored" || outcome.rejected.length > 0)
      throw new Error(`${name}: ${JSON.stringify(outcome).slice(0, 500)}`);
  }
  const perSecond = Math.round((total / writingMs) * 1_000);
  console.log(
    `${name}: ${total} readings in ${Math.round(writingMs)} ms, ${perSecond}/s (batches of ${batchSize})`,
  );
};

const dataDir = await mkdtemp(path.join(tmpdir(), "hubao-bench-"));
const postgres = await startEmbeddedPostgres({ dataDir, log });
try {
  await migrate(postgres.url);
  const db = openDatabase(postgres.url);
  await measure("PostgreSQL", openPostgresTelemetry({ db, retentionDays }));
  await db.close();
} finally {
  await postgres.stop();
  await rm(dataDir, { recursive: true, force: true });
}

const influx = await findInflux();
if (influx.kind !== "missing") {
  const server = await influx.start();
  try {
    await measure("InfluxDB", openInfluxTelemetry({ ...server, retentionDays, log }));
  } finally {
    await server.stop();
  }
}
