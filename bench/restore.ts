// A restart with very many breakers: detection's memory back from the PostgreSQL that comes along, as the house reads it.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { receive, settle } from "../detection/area-fold.ts";
import type { BreakerMemory } from "../detection/breaker-memory.ts";
import { defaultHorizonMs, type FoldContext } from "../detection/memory.ts";
import { defaultJudgingRule } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import { openDetectionBook, packOldest } from "../ingest/detection-book.ts";
import { registryOf } from "../ingest/registry.ts";
import { wakeAreas } from "../ingest/waking.ts";
import { type Db, openDatabase } from "../storage/db.ts";
import { startEmbeddedPostgres } from "../storage/embedded.ts";
import { migrate } from "../storage/migrate.ts";
import { loadRegistryFacts } from "../storage/registry-read.ts";
import { fillRegistry, type RegistrySize } from "./fill-registry.ts";
import { type Spread, spreadOf } from "./measure.ts";
import { lived, memoryBytes, storedTexts } from "./state.ts";

export type RestoreOptions = RegistrySize & { rounds: number };

export type RestoreResult = {
  breakers: number;
  /** Reading the registry, in s. */
  registryS: Spread;
  /** From the registry until the first report can be judged, its area read back, in s. */
  readyS: Spread;
  /** Reading back areas, as many as the house takes at once, in ms. */
  areasMs: Spread;
  /** Reading back all of them one after the other, in s: by the clock, and CPU of the house alone. */
  restoreS: Spread;
  restoreCpuS: Spread;
  /** Looking at all of them once, so that what time alone has changed is noticed, in s. */
  lookS: Spread;
  /**
   * What the memory of a breaker takes, the registry not counted: read back, and when all have been looked at and have
   * reported, those that are unpacked included.
   */
  restoredBytes: number;
  livingBytes: number;
};

/** A prefecture. */
export const defaultRestore: RestoreOptions = {
  villages: 500,
  areasPerVillage: 40,
  breakersPerArea: 50,
  rounds: 3,
};

/** As detection takes them at once. */
const areasAtOnce = 200;
const timeZone = "Asia/Shanghai";

/** Every breaker has lived as the one of `bench/state.ts`, and has been operating since it was first heard. */
const fillState = async (db: Db, breakers: number): Promise<number> => {
  const breaker = lived();
  const nowMs = (breaker.fold.own.lastKey?.tsMs ?? 0) + 1_000;
  const { memory, baseline } = storedTexts(breaker);
  const heardMs = breaker.changes.at(-1)?.fromMs ?? nowMs;
  for (let part = 0; part < 10; part += 1) {
    const range = [Math.floor((breakers * part) / 10), Math.floor((breakers * (part + 1)) / 10)];
    const rows = `generate_series($1::int, $2::int - 1) n JOIN breaker b ON b.id = 'B' || lpad(n::text, 6, '0')`;
    await db.query(
      `INSERT INTO breaker_state (breaker_id, state, since_ms, last_heard_ms, memory, facts)
       SELECT b.id, 'operating', $3, $4, decode($5, 'base64'), format('T %s %s %s %s 30 1577808000000  %s ', a.village_id, b.area_id, b.household_id, b.level,
                CASE h.inhabited WHEN true THEN '0+' WHEN false THEN '0-' END)
         FROM ${rows} JOIN transformer_area a ON a.id = b.area_id LEFT JOIN household h ON h.id = b.household_id`,
      [...range, heardMs, nowMs - 1_000, memory],
    );
    await db.query(`INSERT INTO breaker_baseline SELECT b.id, decode($3, 'base64') FROM ${rows}`, [
      ...range,
      baseline,
    ]);
    await db.query(
      `INSERT INTO own_change (breaker_id, from_ms, state, reason, dark)
       SELECT b.id, 1577808000000, 'unknown', 'silent', NULL FROM ${rows}
       UNION ALL SELECT b.id, $3, 'operating', NULL, false FROM ${rows}`,
      [...range, heardMs],
    );
    await db.query(
      `INSERT INTO operating_interval (breaker_id, from_ms, to_ms, state, reason)
       SELECT b.id, 1577808000000, $3::bigint, 'unknown', 'silent' FROM ${rows}
       UNION ALL SELECT b.id, $3, NULL, 'operating', NULL FROM ${rows}`,
      [...range, heardMs],
    );
  }
  await db.query("VACUUM ANALYZE");
  return nowMs;
};

const contextAt = (nowMs: number): FoldContext => ({
  rule: defaultJudgingRule,
  listeningSinceMs: nowMs,
  horizonMs: nowMs - defaultHorizonMs,
});

const reportAfterMs = 600_000;
/** What a breaker says next, after what it said last. */
const nextReport = (breaker: BreakerMemory): Report => {
  const { reading } = breaker.fold;
  if (reading === null) throw new Error(`nothing has been heard of ${breaker.facts.breakerId}`);
  const { ts: _, seq, tsMs, ...body } = reading;
  return {
    kind: "reading",
    breakerId: breaker.facts.breakerId,
    tsMs: tsMs + reportAfterMs,
    seq: seq + 1,
    arrivalMs: tsMs + reportAfterMs + 800,
    clockReplaced: false,
    body: { ...body, residualCurrentMa: body.residualCurrentMa + 0.1 },
  };
};

/** Fills a database of its own and restores from it; `note` hears of what it is at. */
export const measureRestore = async (
  options: RestoreOptions,
  note: (text: string) => void,
): Promise<RestoreResult> => {
  const dataDir = await mkdtemp(join(tmpdir(), "hubao-bench-restore-"));
  const postgres = await startEmbeddedPostgres({
    dataDir: join(dataDir, "postgres"),
    log: { info: () => {}, warn: note },
  });
  const db = openDatabase(postgres.url, { statementTimeoutMs: 600_000 });
  try {
    await migrate(postgres.url);
    const breakers = await fillRegistry(db, options);
    const nowMs = await fillState(db, breakers);
    note(`${breakers} breakers are stored`);
    const registryS: number[] = [];
    const readyS: number[] = [];
    const areasMs: number[] = [];
    const restoreS: number[] = [];
    const restoreCpuS: number[] = [];
    const lookS: number[] = [];
    let restoredBytes = 0;
    let livingBytes = 0;
    for (let round = 0; round < options.rounds; round += 1) {
      const startMs = performance.now();
      const facts = await loadRegistryFacts(db, timeZone);
      const registry = registryOf(facts.breakers, 1, facts.plannedOutages);
      registryS.push((performance.now() - startMs) / 1_000);
      const before = memoryBytes();
      const cpu = process.cpuUsage();
      const beganMs = performance.now();
      const book = openDetectionBook(registry);
      let revisions = 0;
      for (let areas = 1; book.asleep.size > 0; areas = areasAtOnce) {
        const areaIds = book.asleep.values().take(areas);
        const wakeMs = performance.now();
        const woken = await wakeAreas(db, book, registry, areaIds, nowMs - defaultHorizonMs, nowMs);
        if (areas === 1) readyS.push((performance.now() - beganMs) / 1_000);
        else areasMs.push(performance.now() - wakeMs);
        revisions += woken.revisions.length;
      }
      restoreS.push((performance.now() - beganMs) / 1_000);
      const spent = process.cpuUsage(cpu);
      restoreCpuS.push((spent.user + spent.system) / 1e6);
      // Later rounds begin with the memory of the one before, which goes while they are measured.
      if (round === 0) restoredBytes = (memoryBytes() - before) / breakers;
      note(`restored in ${restoreS.at(-1)?.toFixed(1)} s, ${restoredBytes.toFixed(0)} bytes each`);
      const lookMs = performance.now();
      for (const area of book.areas.values()) {
        settle(area, nowMs, contextAt(nowMs));
        packOldest(book);
      }
      lookS.push((performance.now() - lookMs) / 1_000);
      for (const area of round > 0 ? [] : book.areas.values()) {
        for (const breaker of area.breakers.values()) receive(breaker, nextReport(breaker), contextAt(nowMs));
        settle(area, nowMs + reportAfterMs, contextAt(nowMs + reportAfterMs));
        packOldest(book);
      }
      if (round === 0) livingBytes = (memoryBytes() - before) / breakers;
      // After the last measurement: what is not used any more may be gone before.
      if (book.breakers.size !== breakers || registry.breakers.size !== breakers || revisions > 0)
        throw new Error(`${book.breakers.size} breakers and ${revisions} revisions were restored`);
      note(
        `looked at in ${lookS.at(-1)?.toFixed(1)} s; when all have reported, ${livingBytes.toFixed(0)} bytes each`,
      );
    }
    return {
      breakers,
      registryS: spreadOf(registryS),
      readyS: spreadOf(readyS),
      areasMs: spreadOf(areasMs),
      restoreS: spreadOf(restoreS),
      restoreCpuS: spreadOf(restoreCpuS),
      lookS: spreadOf(lookS),
      restoredBytes,
      livingBytes,
    };
  } finally {
    await db.close();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};
