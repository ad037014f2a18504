// Areas that are asleep when something happens to them: nothing of it is lost when they wake.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { defaultJudgingRule as rule } from "../../domain/limits.ts";
import type { DecodedMessage } from "../../ingest/decode.ts";
import { startDetectionConsumer } from "../../ingest/detection-consumer.ts";
import { type Registry, registryOf } from "../../ingest/registry.ts";
import { openPostgresTelemetry } from "../../storage/telemetry/postgres.ts";
import { facts, minute, reading, t0 } from "../detection/area.ts";
import { freshDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

const hour = 60 * minute;

/** Stores of their own with breakers that have an area each. */
const storesWith = async (ids: readonly string[]) => {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.drop());
  const { db } = fresh;
  await db.query("INSERT INTO township VALUES ('T', 'T')");
  await db.query("INSERT INTO village VALUES ('V', 'T', 'V')");
  await db.query(
    "INSERT INTO transformer_area (id, village_id, name) SELECT 'A-' || id, 'V', id FROM unnest($1::text[]) id",
    [ids],
  );
  await db.query(
    `INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
     SELECT id, 'A-' || id, 'household', 30, '2026-03-01' FROM unnest($1::text[]) id`,
    [ids],
  );
  const telemetry = openPostgresTelemetry({ db, retentionDays: 60 });
  onTestFinished(() => telemetry.stop());
  return { db, telemetry };
};

/** What a consumer needs that these tests do not listen to. */
const quiet = {
  rule,
  retentionMs: 60 * 86_400_000,
  publish: { states: () => {}, alarms: () => {} },
  onAlarmRaised: () => {},
  onQuarantined: () => {},
  onRevised: () => {},
  onProblem: () => {},
  onRevisionProblem: () => {},
};

it("a revision that an area asks for as it wakes is not lost when detection stops right after another", async () => {
  const ids = Array.from({ length: 450 }, (_, i) => `b${i}`);
  const { db, telemetry } = await storesWith(ids);
  const last = "b449";
  const registryWith = (version: number, vacantFromMs?: number): Registry =>
    registryOf(
      ids.map((id) =>
        facts(id, {
          areaId: `A-${id}`,
          ...(id === last &&
            vacantFromMs !== undefined && {
              occupancy: [
                { fromMs: 0, inhabited: true },
                { fromMs: vacantFromMs, inhabited: false },
              ],
            }),
        }),
      ),
      version,
    );
  let nowMs = t0 + 3 * hour;
  let messages: DecodedMessage[] = [];
  const problems: string[] = [];
  const start = (registry: Registry, onRevised: () => void = () => {}) =>
    startDetectionConsumer({
      journal: { id: "J", advance: async () => {}, offsetOf: () => Number.MAX_SAFE_INTEGER },
      log: { read: (after, limit) => messages.filter((m) => m.offset > after).slice(0, limit) },
      db,
      telemetry,
      registry: () => registry,
      clock: () => nowMs,
      ...quiet,
      onRevised,
      onProblem: (problem) => problem !== null && problems.push(problem),
      onRevisionProblem: (problem) => problem !== null && problems.push(problem),
    });
  const run = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 1_000) {
      nowMs += 1_000;
      await sleep(100);
    }
  };

  const before = registryWith(1);
  const lastFacts = before.breakers.get(last);
  if (lastFacts === undefined) throw new Error("no breaker");
  const reports = Array.from({ length: 18 }, (_, i) => reading(last, t0 + i * 10 * minute));
  await telemetry.write(
    reports.map((report) => ({ ...lastFacts, report })),
    nowMs,
  );
  messages = reports.map((report, i) => ({
    offset: i + 1,
    arrivalMs: report.arrivalMs,
    reports: [{ index: 0, report, facts: lastFacts }],
    rejections: [],
    raw: null,
    gateway: null,
  }));
  const first = await start(before);
  await until("the reports to be judged", async () => first.offset() === reports.length);
  await run(3_000);
  await first.stop();

  // While nothing runs somebody enters a vacancy, and asks for a later stretch to be recomputed.
  await db.query("INSERT INTO revision_request VALUES ($1, $2)", [last, t0 + 2 * hour]);
  const after = registryWith(1, t0 + hour);
  let stopped: Promise<void> | null = null;
  const second = await start(after, () => {
    stopped ??= second.stop();
  });
  await until("the first revision", async () => {
    nowMs += 1_000;
    await sleep(100);
    return stopped !== null;
  });
  await stopped;

  const third = await start(after);
  await run(10_000);
  await until("the revisions", async () => {
    nowMs += 1_000;
    await sleep(50);
    const [row] = await db.query<{ n: number }>("SELECT count(*) AS n FROM revision_request");
    return row?.n === 0;
  });
  await run(3_000);
  await third.stop();
  expect(problems).toEqual([]);
  const [at] = await db.query<{ reason: string | null }>(
    `SELECT reason FROM operating_interval WHERE breaker_id = $1 AND from_ms <= $2 AND (to_ms IS NULL OR to_ms > $2)`,
    [last, t0 + 1.5 * hour],
  );
  expect(at?.reason).toBe("vacantHouse");
}, 60_000);

it("a batch that comes again after a failed commit, with more behind it, is not judged twice", async () => {
  const { db, telemetry } = await storesWith(["a"]);
  const known = facts("a", { areaId: "A-a" });
  const registry = registryOf([known], 1);
  let nowMs = t0 + hour;
  const messages = [0, 1, 2].map((i): DecodedMessage => {
    const report = reading("a", t0 + (57 + i) * minute);
    return {
      offset: i + 1,
      arrivalMs: report.arrivalMs,
      reports: [{ index: 0, report, facts: known }],
      rejections: [],
      raw: null,
      gateway: null,
    };
  });
  await telemetry.write(
    messages.flatMap(({ reports }) => reports.map(({ report }) => ({ ...known, report }))),
    nowMs,
  );
  let failures = 0;
  let revised = 0;
  const consumer = await startDetectionConsumer({
    journal: { id: "J", advance: async () => {}, offsetOf: () => Number.MAX_SAFE_INTEGER },
    // The third comes while the first two could not be committed.
    log: { read: (after) => messages.filter((m) => m.offset > after && (m.offset < 3 || failures > 0)) },
    db: {
      ...db,
      async transaction(work) {
        if (failures > 0) return db.transaction(work);
        failures += 1;
        throw new Error("PostgreSQL is away");
      },
    },
    telemetry,
    registry: () => registry,
    clock: () => nowMs,
    ...quiet,
    onRevised: (breakers) => {
      revised += breakers;
    },
  });
  await until("the reports to be judged", async () => consumer.offset() === messages.length);
  for (let i = 0; i < 40; i += 1) {
    nowMs += 1_000;
    await sleep(50);
  }
  await consumer.stop();
  expect({ failures, revised }).toEqual({ failures: 1, revised: 0 });
});

it("the first reports of a backlog are judged before the areas of the last are read back", async () => {
  const ids = Array.from({ length: 450 }, (_, i) => `b${i}`);
  const { db, telemetry } = await storesWith(ids);
  const registry = registryOf(
    ids.map((id) => facts(id, { areaId: `A-${id}` })),
    1,
  );
  const nowMs = t0 + hour;
  const messages = [...registry.breakers.values()].map((known, i): DecodedMessage => {
    const report = reading(known.breakerId, nowMs);
    return {
      offset: i + 1,
      arrivalMs: nowMs,
      reports: [{ index: 0, report, facts: known }],
      rejections: [],
      raw: null,
      gateway: null,
    };
  });
  const done: string[] = [];
  const consumer = await startDetectionConsumer({
    journal: {
      id: "J",
      advance: async (_, offset) => {
        if (offset > 0) done.push(`committed up to ${offset}`);
      },
      offsetOf: () => Number.MAX_SAFE_INTEGER,
    },
    log: { read: (after, limit) => messages.filter((m) => m.offset > after).slice(0, limit) },
    db: {
      ...db,
      copyOut: (select, onRow) => {
        const asked = /FROM breaker_state WHERE breaker_id = ANY\('\{(.*?)\}/.exec(select)?.[1] ?? "";
        done.push(`${asked.split(",").length} read`);
        return db.copyOut(select, onRow);
      },
    },
    telemetry,
    registry: () => registry,
    clock: () => nowMs,
    ...quiet,
  });
  await until("the reports to be judged", async () => consumer.offset() === messages.length);
  await consumer.stop();
  expect(done).toEqual([
    "200 read",
    "committed up to 200",
    "200 read",
    "committed up to 400",
    "50 read",
    "committed up to 450",
  ]);
});
