// Rectification notices as the API shows them, and how many were issued, closed and overdue.
import type { AlarmKind } from "../../domain/alarm.ts";
import type {
  Notice,
  NoticeCount,
  NoticeDetail,
  NoticeEvent,
  NoticeEvidence,
  NoticeOfficer,
  NoticeTexts,
  Reinspection,
} from "../../domain/http-notices.ts";
import {
  type NoticeState,
  noticeNumber,
  type StoredNoticeState,
  shownNoticeState,
} from "../../domain/notice.ts";
import type { Confirmation, Contradiction } from "../../domain/notice-check.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import { addScope, conditions, likeLiteral, type Scope } from "./scope.ts";

/** Names as they were when the notice was made. */
export type NoticeCopy = Pick<
  Notice,
  "townshipName" | "villageName" | "areaName" | "supplyStation" | "householder" | "accountNumber" | "address"
>;

export type NoticeRow = {
  id: string;
  townshipId: string;
  year: number;
  serial: number;
  villageId: string;
  areaId: string;
  householdId: string | null;
  breakerId: string | null;
  alarmId: string | null;
  finding: AlarmKind | null;
  copy: NoticeCopy;
  texts: { zh: NoticeTexts; en: NoticeTexts };
  evidence: NoticeEvidence;
  state: StoredNoticeState;
  deadline: string;
  deadlineEndMs: number;
  inspector: string | null;
  officer: NoticeOfficer | null;
  createdAtMs: number;
  createdBy: string;
  issuedAtMs: number | null;
  rectifiedAtMs: number | null;
  verifiedAtMs: number | null;
  refusedAtMs: number | null;
  withdrawnAtMs: number | null;
  remindedAtMs: number | null;
  overdueAtMs: number | null;
  escalatedAtMs: number | null;
  reinspection: Reinspection | null;
  verification: Confirmation | null;
  contradiction: Contradiction | null;
};

/** The columns of a NoticeRow, of `rectification_notice n`. */
export const noticeColumns = `n.id, n.township_id AS "townshipId", n.year, n.serial, n.village_id AS "villageId",
  n.area_id AS "areaId", n.household_id AS "householdId", n.breaker_id AS "breakerId", n.alarm_id AS "alarmId",
  n.finding, n.copy, n.texts, n.evidence, n.state, n.deadline, n.deadline_end_ms AS "deadlineEndMs", n.inspector,
  n.officer, n.created_at_ms AS "createdAtMs", n.created_by AS "createdBy", n.issued_at_ms AS "issuedAtMs",
  n.rectified_at_ms AS "rectifiedAtMs", n.verified_at_ms AS "verifiedAtMs", n.refused_at_ms AS "refusedAtMs",
  n.withdrawn_at_ms AS "withdrawnAtMs", n.reminded_at_ms AS "remindedAtMs", n.overdue_at_ms AS "overdueAtMs",
  n.escalated_at_ms AS "escalatedAtMs", n.reinspection, n.verification, n.contradiction`;

const iso = (ms: number | null): string | null => (ms === null ? null : toIso(ms));

/** The API's JSON of a stored notice, as it stands at `nowMs`. */
export const noticeOf = (row: NoticeRow, nowMs: number): Notice => ({
  id: row.id,
  number: noticeNumber(row.year, row.serial),
  state: shownNoticeState(row, nowMs),
  townshipId: row.townshipId,
  villageId: row.villageId,
  areaId: row.areaId,
  ...row.copy,
  householdId: row.householdId,
  breakerId: row.breakerId,
  alarmId: row.alarmId,
  finding: row.finding,
  texts: row.texts,
  deadline: row.deadline,
  inspector: row.inspector,
  officer: row.officer,
  createdAt: toIso(row.createdAtMs),
  createdBy: row.createdBy,
  issuedAt: iso(row.issuedAtMs),
  rectifiedAt: iso(row.rectifiedAtMs),
  verifiedAt: iso(row.verifiedAtMs),
  refusedAt: iso(row.refusedAtMs),
  withdrawnAt: iso(row.withdrawnAtMs),
  remindedAt: iso(row.remindedAtMs),
  overdueAt: iso(row.overdueAtMs),
  escalatedAt: iso(row.escalatedAtMs),
  reinspection: row.reinspection,
  contradiction: row.contradiction === null ? null : contradictionOf(row.contradiction),
});

const contradictionOf = (c: Contradiction): NonNullable<Notice["contradiction"]> => ({
  kind: c.kind,
  at: toIso(c.atMs),
  reason: c.kind === "notOperating" ? c.reason : null,
  residualCurrentMa: c.kind === "leakage" ? c.residualCurrentMa : null,
  thresholdMa: c.kind === "leakage" ? c.thresholdMa : null,
});

/** Which notices to list; undefined is no limit. */
export type NoticeFilter = Scope & {
  /** `open` is every one that is issued, overdue, refused or rectified. */
  state?: NoticeState | "open" | undefined;
  /** Past its deadline and not rectified, whether issued or refused. */
  overdue?: boolean | undefined;
  officerId?: string | undefined;
  breakerId?: string | undefined;
  alarmId?: string | undefined;
  /** Made in `[fromMs, toMs)`. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  /** Part of number, address, householder or account, whatever its case. */
  text?: string | undefined;
};

/** The notice after which a page begins. */
export type NoticePosition = { createdAtMs: number; id: string };

/** Notices, newest first. */
export const listNotices = async (
  query: Query,
  filter: NoticeFilter,
  page: { after?: NoticePosition | undefined; limit: number },
  nowMs: number,
): Promise<Notice[]> => {
  const where = conditions();
  where.add("n.township_id = ?", filter.townshipId);
  where.add("n.village_id = ?", filter.villageId);
  where.add("n.area_id = ?", filter.areaId);
  where.add("n.breaker_id = ?", filter.breakerId);
  where.add("n.alarm_id = ?", filter.alarmId);
  where.add("n.officer_id = ?", filter.officerId);
  where.add("n.created_at_ms >= ?", filter.fromMs);
  where.add("n.created_at_ms < ?", filter.toMs);
  addState(where, filter.state, nowMs);
  if (filter.overdue === true) where.add(overdueSql("?::bigint"), nowMs);
  if (filter.text !== undefined)
    where.add(
      `n.year || '-' || lpad(n.serial::text, greatest(4, length(n.serial::text)), '0') ILIKE ? OR n.copy->>'address' ILIKE ?
       OR n.copy->>'householder' ILIKE ? OR n.copy->>'accountNumber' ILIKE ? OR n.breaker_id ILIKE ?`,
      `%${likeLiteral(filter.text)}%`,
    );
  if (page.after !== undefined) {
    const at = where.value(page.after.createdAtMs);
    where.add(`(n.created_at_ms, n.id) < (${at}::bigint, ?::uuid)`, page.after.id);
  }
  const limit = where.value(page.limit);
  const rows = await query<NoticeRow>(
    `SELECT ${noticeColumns} FROM rectification_notice n
      WHERE ${where.sql()} ORDER BY n.created_at_ms DESC, n.id DESC LIMIT ${limit}`,
    where.values,
  );
  return rows.map((row) => noticeOf(row, nowMs));
};

const addState = (
  where: ReturnType<typeof conditions>,
  state: NoticeState | "open" | undefined,
  nowMs: number,
): void => {
  if (state === "open") where.fixed("n.state IN ('issued', 'refused', 'rectified')");
  else if (state === "issued") where.add("n.state = 'issued' AND n.deadline_end_ms > ?", nowMs);
  else if (state === "overdue") where.add("n.state = 'issued' AND n.deadline_end_ms <= ?", nowMs);
  else where.add("n.state = ?", state);
};

const overdueSql = (at: string): string => `n.state IN ('issued', 'refused') AND n.deadline_end_ms <= ${at}`;

/** One notice with its evidence and its history, or null. */
export const findNotice = async (
  query: Query,
  noticeId: string,
  nowMs: number,
): Promise<NoticeDetail | null> => {
  const [row] = await query<NoticeRow>(
    `SELECT ${noticeColumns} FROM rectification_notice n WHERE n.id = $1`,
    [noticeId],
  );
  if (row === undefined) return null;
  const events = await query<Omit<NoticeEvent, "at"> & { atMs: number }>(
    `SELECT at_ms AS "atMs", actor, event, detail FROM notice_event WHERE notice_id = $1 ORDER BY id`,
    [noticeId],
  );
  const { verification } = row;
  return {
    ...noticeOf(row, nowMs),
    evidence: row.evidence,
    verification:
      verification === null
        ? null
        : {
            from: toIso(verification.fromMs),
            to: toIso(verification.toMs),
            maxResidualCurrentMa: verification.maxResidualCurrentMa,
            thresholdMa: verification.thresholdMa,
          },
    events: events.map(({ atMs, ...event }) => ({ at: toIso(atMs), ...event })),
  };
};

const groupColumns = { township: "n.township_id", village: "n.village_id", area: "n.area_id" } as const;

/**
 * Notices issued and closed in `[fromMs, toMs)`, and overdue at its end (at `nowMs` where that comes first), by place;
 * only places that have any. A notice without a breaker is closed by a passed re-inspection, any other by telemetry.
 */
export const noticeCountsBy = (
  query: Query,
  question: {
    by: keyof typeof groupColumns;
    scope: Scope;
    fromMs: number;
    toMs: number;
    nowMs: number;
    timeZone: string;
  },
): Promise<NoticeCount[]> => {
  const where = conditions();
  addScope(where, question.scope);
  const from = `${where.value(question.fromMs)}::bigint`;
  const to = `${where.value(question.toMs)}::bigint`;
  const end = `${where.value(Math.min(question.toMs, question.nowMs))}::bigint`;
  const zone = where.value(question.timeZone);
  const reinspectedMs = `(extract(epoch FROM (n.reinspection->>'on')::timestamp AT TIME ZONE ${zone}) * 1000)::bigint`;
  const closedMs = `CASE WHEN n.breaker_id IS NOT NULL THEN n.verified_at_ms
                         WHEN n.reinspection->>'result' = 'passed' THEN ${reinspectedMs} END`;
  return query<NoticeCount>(
    `SELECT * FROM (
       SELECT ${groupColumns[question.by]} AS id,
              count(*) FILTER (WHERE n.issued_at_ms >= ${from} AND n.issued_at_ms < ${to}) AS issued,
              count(*) FILTER (WHERE ${closedMs} >= ${from} AND ${closedMs} < ${to}) AS closed,
              count(*) FILTER (WHERE n.issued_at_ms < ${end} AND n.deadline_end_ms <= ${end}
                                 AND COALESCE(n.rectified_at_ms, ${closedMs}, ${end}) >= ${end}) AS overdue
         FROM rectification_notice n
         JOIN transformer_area a ON a.id = n.area_id
         JOIN village v ON v.id = n.village_id
        WHERE ${where.sql()} GROUP BY 1) counted
      WHERE issued > 0 OR closed > 0 OR overdue > 0 ORDER BY id`,
    where.values,
  );
};
