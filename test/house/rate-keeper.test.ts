// The keeper of rates: days are summed by themselves, periods published when they have settled, and again when they change.
import { afterEach, expect, it } from "vitest";
import type { PublishedRateDetail } from "../../domain/http-published.ts";
import { type RateKeeper, startRateKeeper } from "../../house/rate-keeper.ts";
import { writeDetection } from "../../storage/detection.ts";
import { listPublished, readPublished } from "../../storage/published-rates.ts";
import { setTarget } from "../../storage/targets.ts";
import { performanceBy } from "../../storage/views/performance.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

const zone = "Asia/Shanghai";
const hour = 3_600_000;
const dayOf = (date: string) => Temporal.PlainDate.from(date).toZonedDateTime(zone).epochMilliseconds;
const firstMs = dayOf("2026-03-01");
const secondMs = dayOf("2026-03-02");

let database: FreshDatabase | undefined;
let keeper: RateKeeper | undefined;
afterEach(async () => {
  await keeper?.stop();
  await database?.drop();
});

const seed = async ({ db }: FreshDatabase) => {
  await db.query("INSERT INTO township (id, name) VALUES ('T', 'Township')");
  await db.query("INSERT INTO village (id, township_id, name) VALUES ('V', 'T', 'Village')");
  await db.query("INSERT INTO transformer_area (id, village_id, name) VALUES ('A', 'V', 'Area')");
  await db.query("INSERT INTO household (id, area_id, inhabited) VALUES ('h', 'A', true)");
  await db.query("INSERT INTO household_occupancy (household_id, from_ms, inhabited) VALUES ('h', 0, true)");
  await db.query(
    `INSERT INTO breaker (id, area_id, household_id, level, rated_residual_current_ma, installed_on)
     VALUES ('b', 'A', 'h', 'household', 30, '2026-03-01')`,
  );
};

const rewrite = (silentFromMs: number | null) => ({
  breakerId: "b",
  fromMs: firstMs,
  changes: [
    { fromMs: firstMs, state: "operating" as const, reason: null },
    ...(silentFromMs === null
      ? []
      : [{ fromMs: silentFromMs, state: "unknown" as const, reason: "silent" as const }]),
  ],
  endMs: null,
});
const commit = (published: ReturnType<typeof rewrite>[]) => ({
  own: [],
  published,
  states: [],
  areas: [],
  alarms: [],
  checkpoints: [],
  revisions: [],
  quarantine: [],
  offset: null,
});

it("publishes a day when it has settled, keeps what was published when late data changes it, and says the difference", async () => {
  database = await freshDatabase();
  const { db } = database;
  await seed(database);
  await db.transaction((query) => writeDetection(query, commit([rewrite(firstMs + 12 * hour)])));
  let nowMs = secondMs + hour;
  keeper = startRateKeeper({
    db,
    timeZone: zone,
    clock: () => nowMs,
    warn: (message, error) => console.warn(message, error),
    changeQuietMs: 1_000,
    lookEveryMs: 50,
  });
  await until("the day to be summed", async () => (await db.query("SELECT FROM rate_day")).length === 1);
  const days = () => listPublished(db.query, { kind: "day" }, { after: undefined, limit: 10 });
  expect(await days()).toEqual([]);

  nowMs = secondMs + 3 * hour;
  const [first] = await until("the day to be published", async () => {
    const found = await days();
    return found.length > 0 && found;
  });
  expect(first).toMatchObject({ firstDate: "2026-03-01", revision: 1, cause: "schedule", latest: true });
  const before = (await readPublished(db.query, first?.id ?? "")) as PublishedRateDetail;
  expect(before.numbers.township.levels.household).toMatchObject({
    operationalRate: 0.5,
    operationalRateUpperBound: 1,
    unknownMs: 12 * hour,
  });

  // A gateway delivers what it had kept: the breaker was operating until 18:00.
  await db.transaction((query) => writeDetection(query, commit([rewrite(firstMs + 18 * hour)])));
  const answer = () =>
    performanceBy(db.query, {
      by: "township",
      scope: {},
      fromMs: firstMs,
      toMs: secondMs,
      nowMs,
      timeZone: zone,
    });
  expect((await answer())[0]?.levels.household.operationalRate).toBe(0.75);
  const revised = await until("the change to be published", async () => {
    nowMs += 1_000;
    const found = (await days()).find((one) => one.revision === 2);
    return found ?? null;
  });
  expect(revised).toMatchObject({ cause: "change", publishedBy: "lateData", latest: true });
  const detail = (await readPublished(db.query, revised.id)) as PublishedRateDetail;
  expect(detail.changes).toContainEqual({
    placeId: "T",
    placeName: "Township",
    field: "levels.household.operationalRate",
    before: 0.5,
    after: 0.75,
  });
  expect(detail.revisions.map((one) => one.revision)).toEqual([2, 1]);
  expect((await readPublished(db.query, first?.id ?? ""))?.numbers).toEqual(before.numbers);
  const audited = await db.query<{ count: number }>(
    "SELECT count(*) AS count FROM audit WHERE act = 'rates.publish'",
  );
  expect(audited[0]?.count).toBeGreaterThanOrEqual(2);
});

it("sums nothing anew while a live change lies behind the horizon", async () => {
  database = await freshDatabase();
  const { db } = database;
  await seed(database);
  await db.transaction((query) => writeDetection(query, commit([rewrite(null)])));
  const nowMs = secondMs + hour;
  keeper = startRateKeeper({ db, timeZone: zone, clock: () => nowMs, warn: () => {}, lookEveryMs: 50 });
  await until("the day to be summed", async () => (await db.query("SELECT FROM rate_day")).length === 1);
  await keeper.stop();
  // What had been operating since the day before falls silent today.
  await db.transaction((query) => writeDetection(query, commit([rewrite(secondMs + hour)])));
  expect(await db.query("SELECT FROM rate_stale")).toEqual([]);
  await db.transaction((query) => writeDetection(query, commit([rewrite(secondMs - 1)])));
  expect((await db.query("SELECT FROM rate_stale")).length).toBeGreaterThan(0);
});

it("holds a place against the target that was nearest and latest on the period's last day", async () => {
  database = await freshDatabase();
  const { db } = database;
  await seed(database);
  const set = (value: number, validFrom: string, villageId: string | null) =>
    setTarget(
      db,
      { measure: "operationalRate", level: "household", townshipId: null, villageId, value, validFrom },
      "tester",
    );
  await set(0.9, "2026-03-01", null);
  await set(0.5, "2026-03-01", "V");
  await set(0.6, "2026-03-02", "V");
  const target = async (by: "township" | "village", toMs: number) => {
    const rows = await performanceBy(db.query, {
      by,
      scope: {},
      fromMs: firstMs,
      toMs,
      nowMs: toMs,
      timeZone: zone,
    });
    return rows[0]?.levels.household.operationalTarget;
  };
  expect(await target("village", secondMs)).toBe(0.5);
  expect(await target("village", secondMs + 1)).toBe(0.6);
  expect(await target("township", secondMs + 1)).toBe(0.9);
  expect(await target("township", firstMs)).toBe(0.9);
});
