// What the telemetry store will never take is quarantined with the bytes that came, once, and holds nothing else up.
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDecodedLog } from "../../ingest/decoded-log.ts";
import { registryOf } from "../../ingest/registry.ts";
import { startTelemetryConsumer } from "../../ingest/telemetry-consumer.ts";
import { openJournal } from "../../journal/journal.ts";
import type { TelemetryStore } from "../../storage/telemetry/port.ts";
import { openPostgresTelemetry } from "../../storage/telemetry/postgres.ts";
import { facts } from "../detection/area.ts";
import { scratchDirectory } from "../journal/directory.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(async () => {
  await database?.drop();
});

it("quarantines what the store rejects, with the message as it came, and goes on", async () => {
  const { dir, remove } = scratchDirectory();
  const journal = openJournal({ dir, maxBytes: 1 << 26, consumers: ["telemetry"] });
  const registry = registryOf([facts("b-1"), facts("b-2")], 1);
  const real = openPostgresTelemetry({ db: database.db, retentionDays: 90 });
  // A store that will not take b-2, whatever place it has in the batch.
  const store: TelemetryStore = {
    ...real,
    async write(records, nowMs) {
      const rejected = records.flatMap(({ report }, index) =>
        report.breakerId === "b-2" ? [{ index, reason: "type conflict" }] : [],
      );
      const outcome = await real.write(
        records.filter(({ report }) => report.breakerId !== "b-2"),
        nowMs,
      );
      return outcome.kind === "stored" ? { kind: "stored", rejected } : outcome;
    },
  };
  const now = Date.now();
  const body = (seq: number) => ({
    ts: now - seq,
    seq,
    residualCurrentMa: 5,
    contact: "closed",
    protection: "enabled",
  });
  const entries = [
    { breakerId: "b-1", kind: "reading", body: body(1) },
    { breakerId: "b-2", kind: "reading", body: body(2) },
    { breakerId: "b-1", kind: "reading", body: body(3) },
  ];
  const send = (topic: string, payload: unknown) =>
    journal.append({
      arrivalMs: now,
      clientId: "g-1",
      topic,
      payload: Buffer.from(JSON.stringify(payload)),
      refusal: null,
    });
  await send("hubao/v1/T/A/b-1/reading", body(4));
  await send("hubao/v1/T/A/g-1/batch", { ts: now, entries });
  await send("hubao/v1/T/A/b-1/reading", "not a reading");

  let stored = 0;
  const consumer = startTelemetryConsumer({
    journal,
    log: openDecodedLog(journal, () => registry, 90 * 86_400_000).reader(),
    store,
    query: database.db.query,
    clock: Date.now,
    onStored(count) {
      stored += count;
    },
    onProblem(problem) {
      expect(problem).toBeNull();
    },
  });
  await until("the journal to be passed", async () => consumer.offset() === 3);
  await consumer.stop();
  expect(stored).toBe(3);
  const rows = await database.db.query<{ id: string; reason: string; detail: string; payload: Buffer }>(
    "SELECT id, reason, detail, payload FROM quarantine ORDER BY id",
  );
  expect(rows.map(({ id, reason }) => [id, reason])).toEqual([
    [`${journal.id}:2:1`, "storeRejected"],
    [`${journal.id}:3:0`, "invalidPayload"],
  ]);
  expect(rows[0]?.detail).toBe("type conflict");
  expect(JSON.parse(rows[0]?.payload.toString() ?? "")).toEqual({ ts: now, entries });
  await journal.close();
  remove();
});
