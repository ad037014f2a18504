// What an area that wakes is judged with, where its breakers have changed places meanwhile.
import { expect, it, onTestFinished } from "vitest";
import { settle } from "../../detection/area-fold.ts";
import { newBreakerFold } from "../../detection/breaker-fold.ts";
import type { BreakerFacts } from "../../domain/breaker.ts";
import { defaultJudgingRule as rule } from "../../domain/limits.ts";
import { newCommitBuilder } from "../../ingest/commit-builder.ts";
import { openDetectionBook } from "../../ingest/detection-book.ts";
import { factsLine } from "../../ingest/facts-line.ts";
import { registryOf } from "../../ingest/registry.ts";
import { followRegistry, wakeAreas } from "../../ingest/waking.ts";
import type { CopyOut } from "../../storage/copy-out.ts";
import type { Query } from "../../storage/db.ts";
import { writeDetection } from "../../storage/detection.ts";
import { facts, minute, t0 } from "../detection/area.ts";
import { freshDatabase } from "../support/database.ts";

const hour = 60 * minute;
const nothing = {
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

const setUp = async (ids: string[]) => {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.drop());
  const { query } = fresh.db;
  await query("INSERT INTO township VALUES ('T', 'T')");
  await query("INSERT INTO village VALUES ('V', 'T', 'V')");
  for (const id of ["A", "B"])
    await query("INSERT INTO transformer_area (id, village_id, name) VALUES ($1, 'V', $1)", [id]);
  for (const id of ids)
    await query(
      `INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on) VALUES ($1, 'A', 'household', 30, '2026-03-01')`,
      [id],
    );
  const store = async (
    all: BreakerFacts[],
    heard: string[],
    areaFolds: { areaId: string; fold: unknown }[],
  ) => {
    const own = all.map((f) => ({
      breakerId: f.breakerId,
      fromMs: t0,
      endMs: null,
      changes: [
        {
          fromMs: t0,
          state: "unknown" as const,
          reason: "silent" as const,
          dark: heard.includes(f.breakerId) ? false : null,
        },
      ],
    }));
    const published = all.map((f) => ({
      breakerId: f.breakerId,
      fromMs: t0,
      endMs: null,
      changes: [{ fromMs: t0, state: "unknown" as const, reason: "silent" as const }],
    }));
    const states = all.map((f) => {
      const fold = newBreakerFold();
      if (heard.includes(f.breakerId))
        fold.own = { ...fold.own, lastKey: { tsMs: t0 + 20 * hour, seq: 1, kind: "reading" } };
      return {
        breakerId: f.breakerId,
        state: "unknown" as const,
        reason: null,
        sinceMs: t0,
        lastReading: null,
        lastHeardMs: null,
        memory: Buffer.from(JSON.stringify(fold)).toString("base64"),
        facts: factsLine(f),
      };
    });
    await fresh.db.transaction((tx) =>
      writeDetection(tx, { ...nothing, areas: areaFolds, own, published, states }),
    );
  };
  return { db: fresh.db, query, store };
};
const nowMs = t0 + 20 * hour;

it("planned outage of an asleep area whose first breaker goes to an awake one", async () => {
  const { db, store } = await setUp(["x", "y", "z", "w"]);
  const before = [facts("x"), facts("y"), facts("z"), facts("w", { areaId: "B" })];
  await store(before, ["y", "z", "w"], []);
  const r1 = registryOf(before, 1);
  const book = openDetectionBook(r1);
  await wakeAreas(db, book, r1, ["B"], t0, nowMs);
  const window = [{ fromMs: t0 + 5 * hour, toMs: t0 + 8 * hour }];
  const after = [
    facts("x", { areaId: "B" }),
    facts("y", { plannedOutages: window }),
    facts("z", { plannedOutages: window }),
    facts("w", { areaId: "B" }),
  ];
  const r2 = registryOf(after, 2, new Map([["A", window]]));
  const { revisions } = await followRegistry(db, book, r2, t0, nowMs);
  expect(revisions.some((r) => ["y", "z"].includes(r.breakerId) && r.fromMs <= t0 + 5 * hour)).toBe(true);
});

it("an area's alarm comes back though none of its breakers has a memory there any more", async () => {
  const { db, store } = await setUp(["x", "y", "z", "n"]);
  const before = [facts("x"), facts("y"), facts("z")];
  const alarm = { phase: "standing", id: "alarm" };
  await store(before, ["x", "y", "z"], [{ areaId: "A", fold: { outageAlarm: alarm } }]);
  const r1 = registryOf([...before.map((f) => ({ ...f, areaId: "B" })), facts("n")], 1);
  const book = openDetectionBook(r1);
  await wakeAreas(db, book, r1, ["A"], t0, nowMs);
  await wakeAreas(db, book, r1, ["B"], t0, nowMs);
  expect(book.areas.get("A")?.outageAlarm).toEqual(alarm);
});

it("no statement asks for or writes more than so many breakers, however many wake at once", async () => {
  const { db, query, store } = await setUp([]);
  const ids = Array.from({ length: 12_000 }, (_, i) => `b${i}`);
  await query(
    `INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
     SELECT id, 'A', 'household', 30, '2026-03-01' FROM unnest($1::text[]) id`,
    [ids],
  );
  const all = ids.map((id) => facts(id));
  await store(all, ids, []);
  let most = 0;
  const counting =
    (inner: Query): Query =>
    (text, values = []) => {
      for (const value of values) {
        const list = typeof value === "string" && value.startsWith("[") ? JSON.parse(value) : value;
        if (Array.isArray(list)) most = Math.max(most, list.length);
      }
      return inner(text, values);
    };
  const countingCopies: CopyOut = (select, onRow) => {
    most = Math.max(most, ...(select.match(/\{[^}]*\}/g) ?? []).map((list) => list.split(",").length));
    return db.copyOut(select, onRow);
  };
  const registry = registryOf(all, 1);
  const book = openDetectionBook(registry);
  let copies = 0;
  const failing: CopyOut = (select, onRow) => {
    copies += 1;
    return copies === 2 ? Promise.reject(new Error("no PostgreSQL")) : db.copyOut(select, onRow);
  };
  await expect(wakeAreas({ query, copyOut: failing }, book, registry, ["A"], t0, nowMs)).rejects.toThrow(
    "no PostgreSQL",
  );
  // Nothing of it is left, and it is asked for no more.
  expect([book.unpacked.size, book.breakers.size, [...book.asleep], copies]).toEqual([0, 0, ["A"], 2]);
  await wakeAreas({ query: counting(query), copyOut: countingCopies }, book, registry, ["A"], t0, nowMs);
  expect(book.breakers.size).toBe(ids.length);
  expect(most).toBeLessThanOrEqual(10_000);

  const builder = newCommitBuilder();
  const area = book.areas.get("A");
  const context = { rule, listeningSinceMs: t0, horizonMs: t0 };
  for (const breaker of book.breakers.values()) breaker.touched = true;
  if (area) builder.add(area, settle(area, nowMs, context), nowMs);
  const commit = builder.peek();
  expect(commit?.states).toHaveLength(ids.length);
  await db.transaction((tx) => writeDetection(counting(tx), { ...nothing, states: commit?.states ?? [] }));
  expect(most).toBeLessThanOrEqual(10_000);
}, 60_000);
