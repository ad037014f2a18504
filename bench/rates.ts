// How long a month's rates take: 100,000 breakers that change their state five times a day, in the PostgreSQL that comes along.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startOfDayMs } from "../domain/time.ts";
import { type Db, openDatabase } from "../storage/db.ts";
import { writeDetection } from "../storage/detection.ts";
import { startEmbeddedPostgres } from "../storage/embedded.ts";
import { migrate } from "../storage/migrate.ts";
import {
  areasAtOnce,
  areasWithoutDay,
  daysBefore,
  dropStaleDays,
  moveHorizon,
  sumDay,
} from "../storage/rates/refresh.ts";
import { performanceBy } from "../storage/views/performance.ts";
import { periodRatesBy } from "../storage/views/rates.ts";
import { worstBreakersBy } from "../storage/views/worst.ts";
import { fillRegistry } from "./fill-registry.ts";
import { type Spread, spreadOf } from "./measure.ts";

export type RatesOptions = {
  rounds: number;
  villages: number;
  areasPerVillage: number;
  breakersPerArea: number;
  days: number;
  changesPerDay: number;
};

export const defaultRates: RatesOptions = {
  rounds: 5,
  villages: 200,
  areasPerVillage: 10,
  breakersPerArea: 50,
  days: 30,
  changesPerDay: 5,
};

export type RatesResult = {
  options: RatesOptions;
  intervals: number;
  /** Summing all days, once. */
  summedMs: number;
  /** By what was asked, in ms. */
  answers: Record<string, Spread>;
  /** A live commit of 1,000 breakers' changes, with the marks of changed days and without, in ms. */
  commit: { marked: Spread; unmarked: Spread };
};

const timeZone = "Asia/Shanghai";
const dayMs = 86_400_000;

const fill = async (db: Db, options: RatesOptions, startMs: number): Promise<number> => {
  const { days, changesPerDay } = options;
  const breakers = await fillRegistry(db, options);
  const everyMs = dayMs / changesPerDay;
  const begin = (k: string) =>
    `($1::bigint + ${k} * ${everyMs}::bigint + abs(hashint8(b * 1000003::bigint + ${k})) % ${everyMs})`;
  // In parts of a tenth: one statement would hold all rows' index entries back.
  for (let part = 0; part < 10; part += 1)
    await db.query(
      `INSERT INTO operating_interval (breaker_id, from_ms, to_ms, state, reason)
       SELECT 'B' || lpad(b::text, 6, '0'), CASE k WHEN 0 THEN $1::bigint ELSE ${begin("k")} END,
              CASE WHEN k < $2::int - 1 THEN ${begin("(k + 1)")} END,
              (ARRAY['operating', 'unknown', 'operating', 'notOperating', 'excused'])[k % 5 + 1],
              (ARRAY[NULL, 'silent', NULL, 'open', 'areaOutage'])[k % 5 + 1]
         FROM generate_series($3::int, $4::int - 1) b CROSS JOIN generate_series(0, $2::int - 1) k`,
      [startMs, days * changesPerDay, (breakers * part) / 10, (breakers * (part + 1)) / 10],
    );
  await db.query("VACUUM ANALYZE");
  return breakers * days * changesPerDay;
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
};

const sumAll = async (db: Db, untilMs: number, maxDays: number) => {
  await dropStaleDays(db);
  for (const day of await daysBefore(db.query, untilMs, timeZone, maxDays)) {
    const areas = await areasWithoutDay(db.query, day);
    for (let at = 0; at < areas.length; at += areasAtOnce)
      await sumDay(db, areas.slice(at, at + areasAtOnce), day, timeZone);
  }
};

/** One live change of 1,000 breakers: what stood ends now, something else begins. */
const commitLive = (db: Db, atMs: number, state: "operating" | "unknown", startMs: number) =>
  db.transaction((query) =>
    writeDetection(query, {
      own: [],
      published: Array.from({ length: 1_000 }, (_, i) => ({
        breakerId: `B${String(i).padStart(6, "0")}`,
        fromMs: Math.max(atMs, startMs),
        changes: [{ fromMs: atMs, state, reason: state === "unknown" ? "silent" : null }],
        endMs: null,
      })),
      states: [],
      areas: [],
      alarms: [],
      checkpoints: [],
      revisions: [],
      quarantine: [],
      offset: null,
    }),
  );

const measureCommits = async (db: Db, rounds: number, startMs: number): Promise<RatesResult["commit"]> => {
  const times: Record<"marked" | "unmarked", number[]> = { marked: [], unmarked: [] };
  let atMs = startMs;
  // In turns, so that whatever else the machine does falls on both alike.
  for (let round = 0; round < 4 * rounds; round += 1)
    for (const kind of ["marked", "unmarked"] as const) {
      atMs += 60_000;
      const names = ["insert", "update", "delete"].map((name) => `operating_interval_rates_${name}`);
      const word = kind === "marked" ? "ENABLE" : "DISABLE";
      for (const name of names) await db.query(`ALTER TABLE operating_interval ${word} TRIGGER ${name}`);
      times[kind].push(
        await timed(() => commitLive(db, atMs, atMs % 120_000 === 0 ? "operating" : "unknown", startMs)),
      );
    }
  for (const name of ["insert", "update", "delete"])
    await db.query(`ALTER TABLE operating_interval ENABLE TRIGGER operating_interval_rates_${name}`);
  return { marked: spreadOf(times.marked), unmarked: spreadOf(times.unmarked) };
};

/** Fills a database of its own and asks for rates; `note` hears of what it is at. */
export const measureRates = async (
  options: RatesOptions,
  note: (text: string) => void,
): Promise<RatesResult> => {
  const dataDir = await mkdtemp(join(tmpdir(), "hubao-bench-rates-"));
  const postgres = await startEmbeddedPostgres({
    dataDir: join(dataDir, "postgres"),
    log: { info: () => {}, warn: note },
  });
  const db = openDatabase(postgres.url);
  try {
    await migrate(postgres.url);
    const untilMs = startOfDayMs(Date.now(), timeZone);
    const startMs = untilMs - options.days * dayMs;
    const intervals = await fill(db, options, startMs);
    note(`${intervals} intervals are stored`);
    await moveHorizon(db, untilMs, timeZone);
    const summedMs = await timed(() => sumAll(db, untilMs, options.days));
    await db.query("ANALYZE");
    note(`the days are summed, ${Math.round(summedMs)} ms`);
    const month = { fromMs: startMs, toMs: untilMs, nowMs: untilMs, timeZone };
    const hours = { ...month, fromMs: startMs + dayMs / 2, toMs: untilMs - dayMs / 2 };
    const questions: Record<string, () => Promise<unknown>> = {
      "rates, all villages": () => periodRatesBy(db.query, { ...month, by: "village", limit: 1_000 }),
      "rates, one village": () =>
        periodRatesBy(db.query, { ...month, by: "village", villageId: "V0077", limit: 10 }),
      "every measure, all villages": () => performanceBy(db.query, { ...month, by: "village", scope: {} }),
      "every measure, one village": () =>
        performanceBy(db.query, { ...month, by: "village", scope: { villageId: "V0077" } }),
      "ten worst, all": () => worstBreakersBy(db.query, { ...month, scope: {}, limit: 10 }),
      "ten worst, one village": () =>
        worstBreakersBy(db.query, { ...month, scope: { villageId: "V0077" }, limit: 10 }),
      "half days at both ends, all villages": () =>
        periodRatesBy(db.query, { ...hours, by: "village", limit: 1_000 }),
      "half days at both ends, one village": () =>
        periodRatesBy(db.query, { ...hours, by: "village", villageId: "V0077", limit: 10 }),
    };
    const answers: Record<string, Spread> = {};
    for (const [name, ask] of Object.entries(questions)) {
      await ask();
      const times: number[] = [];
      for (let round = 0; round < options.rounds; round += 1) times.push(await timed(ask));
      answers[name] = spreadOf(times);
      note(`${name}: ${Math.round(answers[name].median)} ms`);
    }
    const commit = await measureCommits(db, options.rounds, untilMs);
    return { options, intervals, summedMs, answers, commit };
  } finally {
    await db.close();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};
