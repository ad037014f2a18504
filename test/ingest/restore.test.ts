// What detection remembers comes back from the database as it was: folds, alarms, what is usual, and the area's darkness.
import { expect, it, onTestFinished } from "vitest";
import { receive, settle } from "../../detection/area-fold.ts";
import { usualOf } from "../../detection/stored-baseline.ts";
import { newCommitBuilder } from "../../ingest/commit-builder.ts";
import { openDetectionBook, wakeAreas } from "../../ingest/detection-book.ts";
import { registryOf } from "../../ingest/registry.ts";
import { writeDetection } from "../../storage/detection.ts";
import { facts, minute, reading, rule, t0 } from "../detection/area.ts";
import { freshDatabase } from "../support/database.ts";

it("a restart is no restart: the folds, the baselines and the alarms go on where they were", async () => {
  const fresh = await freshDatabase();
  onTestFinished(() => fresh.drop());
  const { query } = fresh.db;
  await query("INSERT INTO township VALUES ('T', 'T')");
  await query("INSERT INTO village VALUES ('V', 'T', 'V')");
  await query("INSERT INTO transformer_area (id, village_id, name) VALUES ('A', 'V', 'A')");
  const ids = ["a", "b", "c"];
  for (const id of ids)
    await query(
      `INSERT INTO breaker (id, area_id, level, rated_residual_current_ma, installed_on)
       VALUES ($1, 'A', 'household', 30, '2026-03-01')`,
      [id],
    );
  const registry = registryOf(
    ids.map((id) => facts(id)),
    1,
  );
  /** A start, with everything read back. */
  const start = async (atMs: number) => {
    const opened = openDetectionBook(registry);
    await wakeAreas(query, opened, registry, registry.areaIds(), atMs - 2 * 60 * minute, atMs);
    return opened;
  };
  const book = await start(t0);
  const area = book.areas.get("A");
  if (area === undefined) throw new Error("no area");
  const builder = newCommitBuilder();
  let nowMs = t0;
  const context = () => ({ rule, listeningSinceMs: t0, horizonMs: nowMs - 2 * 60 * minute });
  const say = (id: string, m: number, residualCurrentMa: number) => {
    const breaker = area.breakers.get(id);
    nowMs = t0 + m * minute;
    if (breaker) receive(breaker, reading(id, nowMs, { residualCurrentMa, voltageV: 190 }), context());
    builder.add(area, settle(area, nowMs, context()), nowMs);
  };
  for (let m = 5; m < 26 * 60; m += 5) for (const id of ids) say(id, m, 4 + (m % 3) / 10);
  say("a", 26 * 60, 40);
  say("a", 26 * 60 + 1, 40);
  const commit = builder.peek();
  if (commit === null) throw new Error("nothing to write");
  await fresh.db.transaction((tx) => writeDetection(tx, commit));

  const again = await start(nowMs);
  for (const id of ids) {
    const [was, is] = [book.breakers.get(id)?.breaker, again.breakers.get(id)?.breaker];
    expect(is?.fold).toEqual(was?.fold);
    expect(is && usualOf(is)).toEqual(was?.baseline);
    expect(is?.limits).toBe(was?.limits);
  }
  expect(again.breakers.get("a")?.breaker.fold.alarms).toMatchObject({
    failureToTrip: { phase: "standing" },
    lowVoltage: { phase: "standing" },
  });

  // Nothing has changed, and nothing is written.
  const there = again.areas.get("A");
  const effects = there && settle(there, nowMs, context());
  expect(effects).toMatchObject({ touched: [], own: [], published: [], alarms: [], baselines: [] });
});
