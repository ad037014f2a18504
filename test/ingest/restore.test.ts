// What detection remembers comes back from the database as it was: folds, alarms, what is usual, and the area's darkness.
import { expect, it, onTestFinished } from "vitest";
import { receive, settle } from "../../detection/area-fold.ts";
import type { AreaEffects } from "../../detection/memory.ts";
import type { Reading } from "../../domain/wire.ts";
import { newCommitBuilder } from "../../ingest/commit-builder.ts";
import { type DetectionBook, openDetectionBook } from "../../ingest/detection-book.ts";
import { type Registry, registryOf } from "../../ingest/registry.ts";
import { wakeAreas } from "../../ingest/waking.ts";
import type { Db } from "../../storage/db.ts";
import { writeDetection } from "../../storage/detection.ts";
import { facts, minute, reading, rule, t0 } from "../detection/area.ts";
import { freshDatabase } from "../support/database.ts";

const placed = async () => {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.drop());
  const { query } = fresh.db;
  await query("INSERT INTO township VALUES ('T', 'T')");
  await query("INSERT INTO village VALUES ('V', 'T', 'V')");
  await query("INSERT INTO transformer_area (id, village_id, name) VALUES ('A', 'V', 'A')");
  for (const id of ids)
    await query(
      `INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
       VALUES ($1, 'A', 'household', 30, '2026-03-01')`,
      [id],
    );
  return fresh.db;
};
const ids = ["a", "b", "c"];

/** A house that can be stopped and started, everything read back. */
const houseOf = (db: Db, registry: Registry) => {
  let book: DetectionBook | null = null;
  let nowMs = t0;
  const builder = newCommitBuilder();
  const area = () => {
    const there = book?.areas.get("A");
    if (there === undefined) throw new Error("no area");
    return there;
  };
  const context = () => ({ rule, listeningSinceMs: t0, horizonMs: nowMs - 2 * 60 * minute });
  return {
    async start(atMs: number): Promise<DetectionBook> {
      nowMs = atMs;
      book = openDetectionBook(registry);
      await wakeAreas(db, book, registry, registry.areaIds(), atMs - 2 * 60 * minute, atMs);
      return book;
    },
    say(id: string, atMs: number, body: Partial<Reading>) {
      const breaker = area().breakers.get(id);
      nowMs = atMs;
      if (breaker) receive(breaker, reading(id, atMs, body), context());
      this.settle();
    },
    settle(): AreaEffects {
      const effects = settle(area(), nowMs, context());
      builder.add(area(), effects, nowMs);
      return effects;
    },
    async commit() {
      const commit = builder.peek();
      if (commit === null) throw new Error("nothing to write");
      await db.transaction((tx) => writeDetection(tx, commit));
      builder.clear();
    },
  };
};

it("a restart is no restart: the folds, the baselines and the alarms go on where they were", async () => {
  const registry = registryOf(
    ids.map((id) => facts(id)),
    1,
  );
  const house = houseOf(await placed(), registry);
  const book = await house.start(t0);
  const say = (id: string, m: number, residualCurrentMa: number) =>
    house.say(id, t0 + m * minute, { residualCurrentMa, voltageV: 190 });
  for (let m = 5; m < 26 * 60; m += 5) for (const id of ids) say(id, m, 4 + (m % 3) / 10);
  say("a", 26 * 60, 40);
  say("a", 26 * 60 + 1, 40);
  await house.commit();

  const again = await house.start(t0 + (26 * 60 + 1) * minute);
  for (const id of ids) {
    const [was, is] = [book.breakers.get(id), again.breakers.get(id)];
    expect(is?.fold).toEqual(was?.fold);
    expect(is?.baseline).toEqual(was?.baseline);
    expect([is?.changes, is?.published]).toEqual([was?.changes, was?.published]);
    expect(is?.limits).toBe(was?.limits);
  }
  expect(again.breakers.get("a")?.fold.alarms).toMatchObject({
    failureToTrip: { phase: "standing" },
    lowVoltage: { phase: "standing" },
  });

  // Nothing has changed, and nothing is written.
  expect(house.settle()).toMatchObject({ touched: [], own: [], published: [], alarms: [], baselines: [] });
});

it("what comes while nobody is there is judged after it: a house that stands empty from a day on", async () => {
  const emptyFromMs = t0 + 30 * 60 * minute;
  const occupancy = [
    { fromMs: 0, inhabited: true },
    { fromMs: emptyFromMs, inhabited: false },
  ];
  const db = await placed();
  const house = houseOf(db, registryOf([facts("a", { occupancy }), facts("b"), facts("c")], 1));
  await house.start(t0);
  for (let m = 5; m < 30 * 60; m += 5) for (const id of ids) house.say(id, t0 + m * minute, {});
  await house.commit();

  // So short a stop that nobody has fallen silent.
  await house.start(emptyFromMs + minute);
  house.say("a", emptyFromMs + minute, {});
  await house.commit();
  const intervals = await db.query(
    `SELECT from_ms AS "fromMs", reason FROM operating_interval WHERE breaker_id = 'a' ORDER BY from_ms DESC LIMIT 1`,
  );
  expect(intervals).toEqual([{ fromMs: emptyFromMs, reason: "vacantHouse" }]);
});
