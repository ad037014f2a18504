// kill -9 under load: what was acknowledged is stored, exactly once, and the history has neither gap nor overlap.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Db, openDatabase } from "../../storage/db.ts";
import { freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { brokenIntervals, registerFleet, sendWithLedger, storedReadings } from "../support/ledger.ts";
import { drained, metricsOf } from "../support/metrics.ts";

const timeoutMs = 420_000;
const breakers = { areas: 8, perArea: 25 };
const readingsPerBreaker = 500;
const readings = breakers.areas * breakers.perArea * readingsPerBreaker;

/** The books agree: acknowledged = stored, nothing twice, nothing quarantined, the time of every breaker partitioned. */
const expectBooksToAgree = async (
  house: TestHouse,
  db: Db,
  acknowledged: ReadonlySet<string>,
): Promise<void> => {
  await drained(house);
  const stored = await storedReadings(db.query);
  const unique = new Set(stored);
  expect([...acknowledged].filter((key) => !unique.has(key)).length, "acknowledged but not stored").toBe(0);
  expect(stored.length - unique.size, "stored twice").toBe(0);
  expect([stored.length, acknowledged.size]).toEqual([readings, readings]);
  expect(await db.query("SELECT id, reason, detail FROM quarantine LIMIT 5")).toEqual([]);
  expect((await metricsOf(house)).sum("hubao_quarantined_total")).toBe(0);

  expect(await brokenIntervals(db.query)).toEqual([]);
  const [whole] = await db.query<{ breakers: number }>(
    `SELECT count(*) AS breakers FROM (
       SELECT breaker_id FROM operating_interval GROUP BY breaker_id
       HAVING count(*) FILTER (WHERE to_ms IS NULL) = 1) AS b`,
  );
  expect(whole?.breakers).toBe(breakers.areas * breakers.perArea);
  // What a replay raised again would have another id, and the same subject, kind and time.
  const twice = await db.query(
    "SELECT breaker_id, kind, raised_at_ms FROM alarm GROUP BY 1, 2, 3 HAVING count(*) > 1",
  );
  expect(twice).toEqual([]);
};

/** Sends everything and kills the house whenever so many readings are acknowledged. */
const sendThroughKills = async (house: TestHouse, killAt: readonly number[]) => {
  const fleet = await registerFleet(house, breakers.areas, breakers.perArea);
  const aborted = new AbortController();
  onTestFinished(() => aborted.abort());
  const ledger = sendWithLedger(house, fleet, readingsPerBreaker, { signal: aborted.signal });
  for (const count of killAt) {
    await ledger.reached(count);
    await house.kill();
    await house.restart();
  }
  const counters = await ledger.sent;
  expect(counters).toMatchObject({ acknowledged: readings, failed: 0 });
  return ledger.acknowledged;
};

/** The connection string of the PostgreSQL that the house brought. */
const embeddedUrl = async (house: TestHouse): Promise<string> => {
  const directory = join(house.dataDir, "postgres");
  const password = (await readFile(join(directory, "password"), "utf8")).trim();
  const port = (await readFile(join(directory, "cluster", "postmaster.pid"), "utf8")).split("\n")[3];
  return `postgres://hubao:${password}@127.0.0.1:${port}/hubao`;
};

describe("100,000 readings of 200 breakers", () => {
  it(
    "are stored exactly once through three kills, with a PostgreSQL that lives on",
    async () => {
      const database = await freshDatabase();
      onTestFinished(() => database.drop());
      const house = await startTestHouse({ DATABASE_URL: database.url });
      onTestFinished(() => house.stop());
      const acknowledged = await sendThroughKills(house, [15_000, 50_000, 85_000]);
      await expectBooksToAgree(house, database.db, acknowledged);
    },
    timeoutMs,
  );

  it(
    "are stored exactly once through a kill that takes the embedded PostgreSQL's owner with it",
    async () => {
      const house = await startTestHouse();
      onTestFinished(() => house.stop());
      const acknowledged = await sendThroughKills(house, [50_000]);
      const db = openDatabase(await embeddedUrl(house));
      onTestFinished(() => db.close());
      await expectBooksToAgree(house, db, acknowledged);
    },
    timeoutMs,
  );
});
