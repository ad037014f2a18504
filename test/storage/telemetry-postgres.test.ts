// The telemetry contract over PostgreSQL, and what is its own: partitions and their end.
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../storage/db.ts";
import { openPostgresTelemetry } from "../../storage/telemetry/postgres.ts";
import { freshDatabase } from "../support/database.ts";
import { openGate } from "../support/gate.ts";
import {
  contractNowMs,
  contractRetentionDays,
  reading,
  recordOf,
  telemetryContract,
} from "./telemetry.contract.ts";

const dayMs = 86_400_000;

describe("PostgreSQL telemetry", () => {
  telemetryContract(async () => {
    const { url, drop } = await freshDatabase();
    const gated = new URL(url);
    const gate = await openGate({ host: gated.hostname, port: Number(gated.port || 5432) });
    gated.hostname = "127.0.0.1";
    gated.port = String(gate.port);
    const db = openDatabase(gated.href);
    const store = openPostgresTelemetry({ db, retentionDays: contractRetentionDays });
    return {
      store,
      cut: gate.shut,
      mend: gate.open,
      async stop() {
        await store.stop();
        await db.close();
        await gate.stop();
        await drop();
      },
    };
  });

  const partitionsOf = `SELECT inhrelid::regclass::text AS name FROM pg_inherits
    WHERE inhparent = 'reading'::regclass ORDER BY 1`;

  it("drops whole days when the retention has passed, and goes on writing", async () => {
    const { db, drop } = await freshDatabase();
    onTestFinished(drop);
    const store = openPostgresTelemetry({ db, retentionDays: 2 });
    const days = [-2, -1, 0].map((day) => contractNowMs + day * dayMs);
    for (const tsMs of days) await store.write([recordOf(reading("b", tsMs, 1))], contractNowMs);
    await store.prune(contractNowMs + dayMs);
    const left = await store.reports({ breakerId: "b", fromMs: 0, toMs: contractNowMs + dayMs, limit: 9 });
    expect(left.map(({ tsMs }) => tsMs)).toEqual(days.slice(1));
    expect(await db.query(partitionsOf)).toHaveLength(2);
    const late = [recordOf(reading("b", days[0] ?? 0, 2))];
    expect(await store.write(late, contractNowMs)).toEqual({ kind: "stored", rejected: [] });
  });

  it("writes on after another process has dropped a day that it remembers", async () => {
    const { db, drop } = await freshDatabase();
    onTestFinished(drop);
    const [one, other] = [1, 2].map(() => openPostgresTelemetry({ db, retentionDays: 2 }));
    if (!one || !other) return;
    await one.write([recordOf(reading("b", contractNowMs, 1))], contractNowMs);
    await other.prune(contractNowMs + 9 * dayMs);
    expect(await db.query(partitionsOf)).toEqual([]);
    expect(await one.write([recordOf(reading("b", contractNowMs, 2))], contractNowMs)).toEqual({
      kind: "stored",
      rejected: [],
    });
  });

  it("lets several processes make the same days at the same moment", async () => {
    const { db, drop } = await freshDatabase();
    onTestFinished(drop);
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, writer) =>
        openPostgresTelemetry({ db, retentionDays: 9 }).write(
          [0, 1, 2, 3].map((day) => recordOf(reading("b", contractNowMs - day * dayMs, writer))),
          contractNowMs,
        ),
      ),
    );
    expect(outcomes.every(({ kind }) => kind === "stored")).toBe(true);
    expect(await db.query("SELECT FROM reading")).toHaveLength(24);
  });
});
