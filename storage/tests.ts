// Tests that people write down: added, changed and taken away, each with an entry in the audit log.
import { randomUUID } from "node:crypto";
import type { NewTest, TestChange } from "../domain/http-tests.ts";
import { midnightMs } from "../domain/time.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";

/** Who acts, when (Unix ms), and where days begin. */
export type Actor = { actor: string; nowMs: number; timeZone: string };

/** A clock that runs a little ahead must not keep a test from being written down. */
const aheadMs = 600_000;

export type TestOutcome =
  | { kind: "written"; id: string }
  | { kind: "notFound" }
  /** The test was reported by its breaker. */
  | { kind: "reported" }
  | { kind: "refused"; field: string; reason: string };

type Installed = { installedOn: string; removedOn: string | null };

const timeProblem = (at: string, breaker: Installed, { nowMs, timeZone }: Actor): string | null => {
  const atMs = Date.parse(at);
  if (atMs > nowMs + aheadMs) return "lies in the future";
  if (atMs < midnightMs(breaker.installedOn, timeZone))
    return `is before the breaker was installed (${breaker.installedOn})`;
  if (breaker.removedOn !== null && atMs >= midnightMs(breaker.removedOn, timeZone))
    return `is after the breaker was removed (${breaker.removedOn})`;
  return null;
};

const installation = async (query: Query, breakerId: string): Promise<Installed | null> =>
  (
    await query<Installed>(
      `SELECT installed_on AS "installedOn", removed_on AS "removedOn" FROM breaker WHERE id = $1`,
      [breakerId],
    )
  )[0] ?? null;

const ms = (time: string | null | undefined): number | null => (time ? Date.parse(time) : null);

/** Writes down a test; the breaker must have been installed at that time. */
export const addTest = (db: Db, test: NewTest, by: Actor): Promise<TestOutcome> =>
  db.transaction(async (query) => {
    const breaker = await installation(query, test.breakerId);
    if (breaker === null)
      return { kind: "refused", field: "breakerId", reason: `there is no breaker '${test.breakerId}'` };
    const reason = timeProblem(test.at, breaker, by);
    if (reason !== null) return { kind: "refused", field: "at", reason };
    const id = randomUUID();
    await query(
      `INSERT INTO test_record (id, breaker_id, at_ms, kind, passed, operating_current_ma, break_time_ms, off_at_ms,
         on_at_ms, tester, supply_station, note, source)
       VALUES ($1, $2, $3, 'hand', $4, $5, $6, $7, $8, $9, $10, $11, 'hand')`,
      [
        id,
        test.breakerId,
        ms(test.at),
        test.passed,
        test.operatingCurrentMa ?? null,
        test.breakTimeMs ?? null,
        ms(test.offAt),
        ms(test.onAt),
        test.tester,
        test.supplyStation ?? null,
        test.note ?? null,
      ],
    );
    await writeAudit(query, { actor: by.actor, act: "addTest", subject: id, detail: test });
    await db.notify({ kind: "findingSettings" }, query);
    return { kind: "written", id };
  });

/** Change's field → its column; times are stored as Unix ms. */
const columns: Record<keyof TestChange, string> = {
  at: "at_ms",
  passed: "passed",
  operatingCurrentMa: "operating_current_ma",
  breakTimeMs: "break_time_ms",
  offAt: "off_at_ms",
  onAt: "on_at_ms",
  tester: "tester",
  supplyStation: "supply_station",
  note: "note",
};
const times: ReadonlySet<string> = new Set(["at", "offAt", "onAt"]);

type Found = { breakerId: string; source: string; offAtMs: number | null; onAtMs: number | null };

const findForChange = async (query: Query, id: string): Promise<Found | null> =>
  (
    await query<Found>(
      `SELECT breaker_id AS "breakerId", source, off_at_ms AS "offAtMs", on_at_ms AS "onAtMs"
         FROM test_record WHERE id = $1 FOR UPDATE`,
      [id],
    )
  )[0] ?? null;

/** Changes a test that was written by hand. */
export const changeTest = (db: Db, id: string, change: TestChange, by: Actor): Promise<TestOutcome> =>
  db.transaction(async (query) => {
    const found = await findForChange(query, id);
    if (found === null) return { kind: "notFound" };
    if (found.source !== "hand") return { kind: "reported" };
    const breaker = await installation(query, found.breakerId);
    const reason = change.at === undefined || breaker === null ? null : timeProblem(change.at, breaker, by);
    if (reason !== null) return { kind: "refused", field: "at", reason };
    const offMs = change.offAt === undefined ? found.offAtMs : ms(change.offAt);
    const onMs = change.onAt === undefined ? found.onAtMs : ms(change.onAt);
    if (offMs !== null && onMs !== null && onMs < offMs)
      return { kind: "refused", field: "onAt", reason: "must not be before offAt" };
    const changes = Object.entries(change).filter(([, value]) => value !== undefined);
    if (changes.length > 0) {
      await query(
        `UPDATE test_record SET ${changes
          .map(([field], i) => `${columns[field as keyof TestChange]} = $${i + 2}`)
          .join(", ")} WHERE id = $1`,
        [id, ...changes.map(([field, value]) => (times.has(field) ? ms(value as string | null) : value))],
      );
      await writeAudit(query, { actor: by.actor, act: "changeTest", subject: id, detail: change });
      await db.notify({ kind: "findingSettings" }, query);
    }
    return { kind: "written", id };
  });

/** Takes away a test that was written by hand; what it said stays in the audit log. */
export const removeTest = (db: Db, id: string, by: Pick<Actor, "actor">): Promise<TestOutcome> =>
  db.transaction(async (query) => {
    const found = await findForChange(query, id);
    if (found === null) return { kind: "notFound" };
    if (found.source !== "hand") return { kind: "reported" };
    const [row] = await query<{ detail: Record<string, unknown> }>(
      "DELETE FROM test_record t WHERE id = $1 RETURNING to_jsonb(t) AS detail",
      [id],
    );
    await writeAudit(query, { actor: by.actor, act: "removeTest", subject: id, detail: row?.detail ?? {} });
    await db.notify({ kind: "findingSettings" }, query);
    return { kind: "written", id };
  });

/** Passed trip tests that breakers reported in `[fromMs, toMs)` (Unix ms) and of which nobody knows when they ended. */
export const testsWithoutTimes = (
  query: Query,
  fromMs: number,
  toMs: number,
  limit: number,
): Promise<{ id: string; breakerId: string; atMs: number }[]> =>
  query(
    `SELECT id, breaker_id AS "breakerId", at_ms AS "atMs" FROM test_record
      WHERE source = 'report' AND kind = 'trip' AND passed AND on_at_ms IS NULL AND at_ms >= $1 AND at_ms < $2
      ORDER BY at_ms DESC LIMIT $3`,
    [fromMs, toMs, limit],
  );

/** Keeps when breakers went off for their tests and were on again. */
export const writeTestTimes = async (
  query: Query,
  times: readonly { id: string; offAtMs: number; onAtMs: number }[],
): Promise<void> => {
  if (times.length === 0) return;
  await query(
    `UPDATE test_record t SET off_at_ms = r."offAtMs", on_at_ms = r."onAtMs"
       FROM jsonb_to_recordset($1::jsonb) AS r(id text, "offAtMs" bigint, "onAtMs" bigint) WHERE t.id = r.id`,
    [JSON.stringify(times)],
  );
};
