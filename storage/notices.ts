// Rectification notices as they are written: the number, the changes under a lock, the history and what waits to be told.
import type { BreakerFacts } from "../domain/breaker.ts";
import type { NoticeEventKind } from "../domain/http-notices.ts";
import type { Query } from "./db.ts";
import { loadLimitOverrides } from "./finding-settings.ts";
import { type NoticeRow, noticeColumns } from "./views/notices.ts";

/** Undelivered entries older than this are dropped by `pruneOutbox`. */
const outboxKeptMs = 30 * 86_400_000;

/** Takes the township's next number of the year; others wait until this transaction ends, so that none is lost or given twice. */
const nextSerial = async (query: Query, townshipId: string, year: number): Promise<number> => {
  const [row] = await query<{ last: number }>(
    `INSERT INTO notice_counter (township_id, year, last) VALUES ($1, $2, 1)
     ON CONFLICT (township_id, year) DO UPDATE SET last = notice_counter.last + 1 RETURNING last`,
    [townshipId, year],
  );
  if (row === undefined) throw new Error("the counter answered no number");
  return row.last;
};

export type NewNotice = Pick<
  NoticeRow,
  | "townshipId"
  | "villageId"
  | "areaId"
  | "householdId"
  | "breakerId"
  | "alarmId"
  | "finding"
  | "copy"
  | "texts"
  | "evidence"
  | "deadline"
  | "deadlineEndMs"
  | "inspector"
  | "officer"
  | "createdAtMs"
  | "createdBy"
  | "year"
>;

/** Stores a draft with the next number and answers its id; call inside a transaction, where a rollback gives the number back. */
export const insertNotice = async (query: Query, notice: NewNotice): Promise<string> => {
  const serial = await nextSerial(query, notice.townshipId, notice.year);
  const [row] = await query<{ id: string }>(
    `INSERT INTO rectification_notice (township_id, year, serial, village_id, area_id, household_id, breaker_id,
       alarm_id, finding, copy, texts, evidence, deadline, deadline_end_ms, inspector, officer, officer_id,
       created_at_ms, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING id`,
    [
      notice.townshipId,
      notice.year,
      serial,
      notice.villageId,
      notice.areaId,
      notice.householdId,
      notice.breakerId,
      notice.alarmId,
      notice.finding,
      JSON.stringify(notice.copy),
      JSON.stringify(notice.texts),
      JSON.stringify(notice.evidence),
      notice.deadline,
      notice.deadlineEndMs,
      notice.inspector,
      notice.officer === null ? null : JSON.stringify(notice.officer),
      notice.officer?.id ?? null,
      notice.createdAtMs,
      notice.createdBy,
    ],
  );
  if (row === undefined) throw new Error("the notice answered no id");
  return row.id;
};

/** The notice that an alarm has, withdrawn ones aside. Locks the alarm, so that two requests make one notice. */
export const noticeOfAlarm = async (query: Query, alarmId: string): Promise<string | null> => {
  await query("SELECT FROM alarm WHERE id = $1 FOR NO KEY UPDATE", [alarmId]);
  const [row] = await query<{ id: string }>(
    "SELECT id FROM rectification_notice WHERE alarm_id = $1 AND state <> 'withdrawn'",
    [alarmId],
  );
  return row?.id ?? null;
};

/** Locks a notice until the transaction ends and answers it, or null. */
export const lockNotice = async (query: Query, noticeId: string): Promise<NoticeRow | null> => {
  const [row] = await query<NoticeRow>(
    `SELECT ${noticeColumns} FROM rectification_notice n WHERE n.id = $1 FOR UPDATE`,
    [noticeId],
  );
  return row ?? null;
};

/** What can be changed in a notice, and its column. */
const changeColumns = {
  state: "state",
  texts: "texts",
  deadline: "deadline",
  deadlineEndMs: "deadline_end_ms",
  inspector: "inspector",
  issuedAtMs: "issued_at_ms",
  rectifiedAtMs: "rectified_at_ms",
  verifiedAtMs: "verified_at_ms",
  refusedAtMs: "refused_at_ms",
  withdrawnAtMs: "withdrawn_at_ms",
  remindedAtMs: "reminded_at_ms",
  overdueAtMs: "overdue_at_ms",
  escalatedAtMs: "escalated_at_ms",
  reinspection: "reinspection",
  verification: "verification",
  contradiction: "contradiction",
} as const;
export type NoticeChange = Partial<Pick<NoticeRow, keyof typeof changeColumns>>;

/** Changes a notice that `lockNotice` has locked. */
export const updateNotice = async (query: Query, noticeId: string, change: NoticeChange): Promise<void> => {
  const entries = Object.entries(change) as [keyof NoticeChange, unknown][];
  if (entries.length === 0) return;
  const sets = entries.map(([key], i) => `${changeColumns[key]} = $${i + 2}`);
  const values = entries.map(([, value]) =>
    typeof value === "object" && value !== null ? JSON.stringify(value) : value,
  );
  await query(`UPDATE rectification_notice SET ${sets.join(", ")} WHERE id = $1`, [noticeId, ...values]);
};

/** Adds to a notice's history and, in the same transaction, to what waits to be told to people. */
export const addNoticeEvent = async (
  query: Query,
  entry: {
    noticeId: string;
    atMs: number;
    actor: string;
    event: NoticeEventKind;
    detail?: Record<string, unknown>;
  },
): Promise<void> => {
  const detail = JSON.stringify(entry.detail ?? {});
  await query(
    "INSERT INTO notice_event (notice_id, at_ms, actor, event, detail) VALUES ($1, $2, $3, $4, $5)",
    [entry.noticeId, entry.atMs, entry.actor, entry.event, detail],
  );
  await query(
    `INSERT INTO notice_outbox (at_ms, event, notice_id, payload)
     SELECT $2, $3, n.id, jsonb_build_object('number', n.year || '-' || lpad(n.serial::text, greatest(4, length(n.serial::text)), '0'),
              'townshipId', n.township_id, 'villageId', n.village_id, 'officer', n.officer, 'deadline', n.deadline,
              'actor', $4::text, 'detail', $5::jsonb)
       FROM rectification_notice n WHERE n.id = $1`,
    [entry.noticeId, entry.atMs, entry.event, entry.actor, detail],
  );
};

/** Notices that the calendar or telemetry may have something to say about, in order of their ids. */
export const noticesToKeep = async (
  query: Query,
  afterId: string | null,
  limit: number,
): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    `SELECT id FROM rectification_notice
      WHERE (state = 'issued' OR (state = 'rectified' AND breaker_id IS NOT NULL))
        AND ($1::uuid IS NULL OR id > $1::uuid) ORDER BY id LIMIT $2`,
    [afterId, limit],
  );
  return rows.map((row) => row.id);
};

type CheckedBreaker = Pick<
  BreakerFacts,
  "breakerId" | "areaId" | "townshipId" | "level" | "ratedResidualCurrentMa"
>;

/**
 * The breaker whose telemetry speaks of a notice on `date`: its own, or where that was removed the one that was put in its
 * place, for many a hazard is rectified by a new breaker. Null where nothing stands there. Intermediate breakers may share
 * a place, so of those only one that came on the day on which the other went.
 */
export const breakerToCheck = async (
  query: Query,
  notice: Pick<NoticeRow, "breakerId" | "householdId">,
  date: string,
): Promise<string | null> => {
  const [row] = await query<{ id: string | null }>(
    `SELECT CASE WHEN b.removed_on IS NULL OR b.removed_on > $3::date THEN b.id ELSE (
              SELECT s.id FROM breaker s
               WHERE s.area_id = b.area_id AND s.level = b.level
                 AND s.household_id IS NOT DISTINCT FROM COALESCE($2, b.household_id)
                 AND s.installed_on >= b.removed_on AND s.installed_on <= $3::date
                 AND (b.level <> 'intermediate' OR s.installed_on = b.removed_on)
                 AND (s.removed_on IS NULL OR s.removed_on > $3::date)
               ORDER BY s.installed_on DESC, s.id LIMIT 1) END AS id
       FROM breaker b WHERE b.id = $1`,
    [notice.breakerId, notice.householdId, date],
  );
  return row?.id ?? null;
};

/** What telemetry's judgement of a notice by the breaker `breakerId` reads from PostgreSQL; Unix milliseconds. */
export const readCheckFacts = async (
  query: Query,
  notice: Pick<NoticeRow, "finding" | "areaId">,
  breakerId: string,
  fromMs: number,
) => {
  const [breaker] = await query<CheckedBreaker>(
    `SELECT b.id AS "breakerId", b.area_id AS "areaId", v.township_id AS "townshipId", b.level,
            b.rated_residual_current_ma AS "ratedResidualCurrentMa"
       FROM breaker b JOIN transformer_area a ON a.id = b.area_id JOIN village v ON v.id = a.village_id
      WHERE b.id = $1`,
    [breakerId],
  );
  const [late] = await query("SELECT FROM revision_request WHERE breaker_id = $1", [breakerId]);
  const alarms =
    notice.finding === null
      ? []
      : await query<{ fromMs: number; toMs: number | null }>(
          `SELECT COALESCE(reopened_at_ms, raised_at_ms) AS "fromMs", cleared_at_ms AS "toMs" FROM alarm
            WHERE kind = $1 AND (breaker_id = $2 OR (breaker_id IS NULL AND area_id = $3))
              AND (cleared_at_ms IS NULL OR cleared_at_ms > $4)`,
          [notice.finding, breakerId, notice.areaId, fromMs],
        );
  return {
    breaker: breaker ?? null,
    limitOverrides: await loadLimitOverrides(query),
    /** Late data has come in that the history has yet to be revised for. */
    revisionPending: late !== undefined,
    alarms,
  };
};

/** Drops what has waited longest to be told; answers how many entries. */
export const pruneOutbox = async (query: Query, nowMs: number): Promise<void> => {
  await query("DELETE FROM notice_outbox WHERE at_ms < $1", [nowMs - outboxKeptMs]);
};
