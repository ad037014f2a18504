// Published rates: a period's numbers as they were when they were published, and every later revision of them.
import {
  type PublishCause,
  type PublishedRate,
  type PublishedRateDetail,
  type RateNumbers,
  rateChanges,
  rateDefinitions,
} from "../domain/http-published.ts";
import { lastDate, type Period, type PeriodKind } from "../domain/periods.ts";
import { toIso } from "../domain/time.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";
import { performanceBy } from "./views/performance.ts";
import { conditions } from "./views/scope.ts";

type ComputedFrom = PublishedRateDetail["computedFrom"];

const readWatermark = async (query: Query, timeZone: string): Promise<ComputedFrom> => {
  const [row] = await query<{ snapshot: string; offsets: Record<string, number> | null; audit: number }>(
    `SELECT pg_current_snapshot()::text AS snapshot, COALESCE((SELECT max(id) FROM audit), 0) AS audit,
            (SELECT jsonb_object_agg(journal_id, "offset") FROM consumer_offset WHERE consumer = 'detection') AS offsets`,
  );
  return {
    definitions: rateDefinitions,
    timeZone,
    snapshot: row?.snapshot ?? "",
    offsets: row?.offsets ?? {},
    audit: row?.audit ?? 0,
  };
};

export type PublishOutcome =
  | { kind: "published"; id: string; revision: number }
  /** What was published last still holds. */
  | { kind: "unchanged"; id: string; revision: number }
  /** There is no such township, or it has no transformer areas. */
  | { kind: "nothing" };

/** One statement after the other: a transaction has one connection. */
const inTurn = (query: Query): Query => {
  let turn: Promise<unknown> = Promise.resolve();
  return <T extends object>(text: string, values?: readonly unknown[]) => {
    const answer = turn.then(() => query<T>(text, values));
    turn = answer.catch(() => {});
    return answer;
  };
};

type Asked = { townshipId: string; period: Period; timeZone: string; nowMs: number };

/** The numbers of one moment, with how far the data reached then; null where there is nothing. */
const computeNumbers = (
  db: Db,
  { townshipId, period, timeZone, nowMs }: Asked,
): Promise<{ numbers: RateNumbers; computedFrom: ComputedFrom } | null> =>
  db.transaction(async (plainQuery) => {
    const query = inTurn(plainQuery);
    await query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    const computedFrom = await readWatermark(query, timeZone);
    const question = { scope: { townshipId }, fromMs: period.fromMs, toMs: period.toMs, nowMs, timeZone };
    const [township] = await performanceBy(query, { ...question, by: "township" });
    if (township === undefined) return null;
    const villages = await performanceBy(query, { ...question, by: "village" });
    return { numbers: { township, villages }, computedFrom };
  });

/**
 * Computes the numbers of a township's period, which must have ended, and stores them where they differ from the newest
 * revision. Late data and corrected facts make a further revision; none is ever changed.
 */
export const publishPeriod = async (
  db: Db,
  asked: Asked & { cause: PublishCause; actor: string },
): Promise<PublishOutcome> => {
  const { townshipId, period, nowMs, cause, actor } = asked;
  const computed = await computeNumbers(db, asked);
  if (computed === null) return { kind: "nothing" };
  const { numbers, computedFrom } = computed;
  return db.transaction(async (query) => {
    await query("SELECT pg_advisory_xact_lock(hashtext($1))", [
      `hubao_publish/${townshipId}/${period.kind}/${period.firstDate}`,
    ]);
    const [last] = await query<{ id: string; revision: number; numbers: RateNumbers }>(
      `SELECT id, revision, numbers FROM published_rate
        WHERE township_id = $1 AND kind = $2 AND first_date = $3::date ORDER BY revision DESC LIMIT 1`,
      [townshipId, period.kind, period.firstDate],
    );
    if (last !== undefined && rateChanges(last.numbers, numbers).length === 0)
      return { kind: "unchanged", id: last.id, revision: last.revision };
    const revision = (last?.revision ?? 0) + 1;
    const [stored] = await query<{ id: string }>(
      `INSERT INTO published_rate (township_id, kind, first_date, from_ms, to_ms, revision, numbers, computed_from, cause,
         published_by, published_at_ms)
       VALUES ($1, $2, $3::date, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
      [
        townshipId,
        period.kind,
        period.firstDate,
        period.fromMs,
        period.toMs,
        revision,
        JSON.stringify(numbers),
        JSON.stringify(computedFrom),
        cause,
        actor,
        nowMs,
      ],
    );
    if (stored === undefined) throw new Error("the publication was not stored");
    await writeAudit(query, {
      actor,
      act: "rates.publish",
      subject: stored.id,
      detail: { townshipId, kind: period.kind, firstDate: period.firstDate, revision, cause },
    });
    return { kind: "published", id: stored.id, revision };
  });
};

/** Townships that had something installed in the period and have not published it. */
export const duePeriods = async (query: Query, period: Period): Promise<string[]> =>
  (
    await query<{ id: string }>(
      `SELECT t.id FROM township t
        WHERE NOT EXISTS (SELECT FROM published_rate p
                           WHERE p.township_id = t.id AND p.kind = $1 AND p.first_date = $2::date)
          AND EXISTS (SELECT FROM breaker b
                        JOIN transformer_area a ON a.id = b.area_id JOIN village v ON v.id = a.village_id
                       WHERE v.township_id = t.id AND b.installed_on <= $3::date)
        ORDER BY t.id`,
      [period.kind, period.firstDate, lastDate(period)],
    )
  ).map((row) => row.id);

/** The periods that have been published and have an instant in `[fromMs, toMs)`. */
export const publishedSince = async (
  query: Query,
  reach: { fromMs: number; toMs: number },
): Promise<{ townshipId: string; period: Period }[]> => {
  const rows = await query<Period & { townshipId: string }>(
    `SELECT DISTINCT township_id AS "townshipId", kind, first_date AS "firstDate", from_ms AS "fromMs", to_ms AS "toMs"
       FROM published_rate WHERE to_ms > $1 AND from_ms < $2 ORDER BY from_ms DESC`,
    [reach.fromMs, reach.toMs],
  );
  return rows.map(({ townshipId, ...period }) => ({ townshipId, period }));
};

type Row = Omit<PublishedRate, "from" | "to" | "publishedAt"> & {
  fromMs: number;
  toMs: number;
  publishedAtMs: number;
};

const columns = `p.id, p.township_id AS "townshipId", t.name AS "townshipName", p.kind, p.first_date AS "firstDate",
  p.from_ms AS "fromMs", p.to_ms AS "toMs", p.revision, p.cause, p.published_by AS "publishedBy",
  p.published_at_ms AS "publishedAtMs",
  NOT EXISTS (SELECT FROM published_rate n WHERE n.township_id = p.township_id AND n.kind = p.kind
                 AND n.first_date = p.first_date AND n.revision > p.revision) AS latest`;

const publishedOf = ({ fromMs, toMs, publishedAtMs, ...row }: Row): PublishedRate => ({
  ...row,
  from: toIso(fromMs),
  to: toIso(toMs),
  publishedAt: toIso(publishedAtMs),
});

export type PublishedPosition = { publishedAtMs: number; id: string };

/** Publications, newest first, after `after`; `latest` leaves out revisions that a later one has replaced. */
export const listPublished = async (
  query: Query,
  filter: { townshipId?: string | undefined; kind?: PeriodKind | undefined; latest?: boolean | undefined },
  page: { after: PublishedPosition | undefined; limit: number },
): Promise<PublishedRate[]> => {
  const where = conditions();
  where.add("p.township_id = ?", filter.townshipId);
  where.add("p.kind = ?", filter.kind);
  if (page.after !== undefined)
    where.fixed(
      `(p.published_at_ms, p.id) < (${where.value(page.after.publishedAtMs)}::bigint, ${where.value(page.after.id)}::uuid)`,
    );
  const latest = filter.latest === true ? "WHERE latest" : "";
  const rows = await query<Row>(
    `SELECT * FROM (SELECT ${columns} FROM published_rate p JOIN township t ON t.id = p.township_id WHERE ${where.sql()}) x
      ${latest} ORDER BY "publishedAtMs" DESC, id DESC LIMIT ${where.value(page.limit)}`,
    where.values,
  );
  return rows.map(publishedOf);
};

/** One publication with its numbers and what it changed; null where there is none of that id. */
export const readPublished = async (query: Query, id: string): Promise<PublishedRateDetail | null> => {
  const [row] = await query<
    Row & { numbers: RateNumbers; computedFrom: ComputedFrom; before: RateNumbers | null }
  >(
    `SELECT ${columns}, p.numbers, p.computed_from AS "computedFrom", b.numbers AS before
       FROM published_rate p JOIN township t ON t.id = p.township_id
       LEFT JOIN published_rate b ON b.township_id = p.township_id AND b.kind = p.kind
                                 AND b.first_date = p.first_date AND b.revision = p.revision - 1
      WHERE p.id = $1::uuid`,
    [id],
  );
  if (row === undefined) return null;
  const { numbers, computedFrom, before, ...rest } = row;
  const revisions = await query<Row>(
    `SELECT ${columns} FROM published_rate p JOIN township t ON t.id = p.township_id
      WHERE p.township_id = $1 AND p.kind = $2 AND p.first_date = $3::date ORDER BY p.revision DESC`,
    [row.townshipId, row.kind, row.firstDate],
  );
  return {
    ...publishedOf(rest),
    numbers,
    computedFrom,
    changes: before === null ? [] : rateChanges(before, numbers),
    revisions: revisions.map(publishedOf),
  };
};
