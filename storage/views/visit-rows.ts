// What the visit list is made of, read for some villages as it stood at one instant: findings, notices in hand, marks.
import type { AlarmEvidence, AlarmKind, AlarmPriority } from "../../domain/alarm.ts";
import type { BreakerLevel } from "../../domain/breaker.ts";
import type { NoticeOfficer } from "../../domain/http-notices.ts";
import type { VisitMark } from "../../domain/http-visits.ts";
import type { Query } from "../db.ts";

/** Where a visit goes. */
export type SubjectPlace = {
  areaId: string;
  areaName: string;
  villageId: string;
  villageName: string;
  householdId: string | null;
  breakerId: string | null;
  level: BreakerLevel | null;
  householder: string | null;
  address: string | null;
  walkingOrder: number | null;
};

export type VisitFindingRow = SubjectPlace & {
  finding: AlarmKind;
  /** Null where no alarm speaks of it. */
  priority: AlarmPriority | null;
  sinceMs: number;
  alarmId: string | null;
  evidence: AlarmEvidence;
  /** Its breaker is excused, or its house is vacant. */
  excused: boolean;
};

export type VisitNoticeRow = SubjectPlace & {
  noticeId: string;
  year: number;
  serial: number;
  deadline: string;
  deadlineEndMs: number;
  issuedAtMs: number;
  refused: boolean;
  hazard: { zh: string; en: string };
  excused: boolean;
};

/** `past` asks for an instant before the present, so that what has ended since counts, too. */
type Asked = { villageIds: readonly string[]; atMs: number; past: boolean; limit: number };

const placeColumns = `a.id AS "areaId", a.name AS "areaName", v.id AS "villageId", v.name AS "villageName",
  h.id AS "householdId", b.id AS "breakerId", b.level, h.householder, h.address, h.walking_order AS "walkingOrder"`;
const excusedSql = "(COALESCE(i.state = 'excused', false) OR COALESCE(NOT h.inhabited, false))";

/** The published state of a breaker at instant $2: one look into the index, however long its history. */
const stateSql = (breakerId: string): string =>
  `SELECT state, reason, from_ms FROM (
     SELECT state, reason, from_ms, to_ms FROM operating_interval
      WHERE breaker_id = ${breakerId} AND from_ms <= $2 ORDER BY from_ms DESC LIMIT 1) newest
    WHERE to_ms IS NULL OR to_ms > $2`;

/** Alarms that stand at the instant, then the states that are not operating: the alarm comes first, having evidence. */
export const readFindings = (query: Query, asked: Asked): Promise<VisitFindingRow[]> =>
  query<VisitFindingRow>(
    `SELECT * FROM (
       SELECT ${placeColumns}, al.kind AS finding, al.priority, al.raised_at_ms AS "sinceMs", al.id AS "alarmId",
              al.evidence, ${excusedSql} AS excused
         FROM alarm al
         JOIN transformer_area a ON a.id = al.area_id
         JOIN village v ON v.id = a.village_id
         LEFT JOIN breaker b ON b.id = al.breaker_id
         LEFT JOIN household h ON h.id = b.household_id
         LEFT JOIN LATERAL (${stateSql("b.id")}) i ON true
        WHERE al.village_id = ANY($1::text[]) AND al.raised_at_ms <= $2
          AND (al.cleared_at_ms IS NULL${asked.past ? " OR al.cleared_at_ms > $2" : ""})
       UNION ALL
       SELECT ${placeColumns}, i.reason AS finding, NULL AS priority, i.from_ms AS "sinceMs", NULL AS "alarmId",
              '{}'::jsonb AS evidence, COALESCE(NOT h.inhabited, false) AS excused
         FROM breaker b
         JOIN transformer_area a ON a.id = b.area_id
         JOIN village v ON v.id = a.village_id
         LEFT JOIN household h ON h.id = b.household_id
         JOIN LATERAL (${stateSql("b.id")}) i ON true
        WHERE a.village_id = ANY($1::text[]) AND i.state = 'notOperating') found
      ORDER BY "alarmId" NULLS LAST, "sinceMs" LIMIT $3`,
    [asked.villageIds, asked.atMs, asked.limit],
  );

/**
 * Notices that had been issued and were not rectified at the instant. Which they were is read from their history: the
 * notice itself forgets that it was rectified once telemetry has sent it back, and keeps that it was refused.
 */
export const readNoticesInHand = (query: Query, asked: Asked): Promise<VisitNoticeRow[]> =>
  query<VisitNoticeRow>(
    `SELECT ${placeColumns.replace("b.id AS", "n.breaker_id AS")}, n.id AS "noticeId", n.year, n.serial, n.deadline,
            n.deadline_end_ms AS "deadlineEndMs", n.issued_at_ms AS "issuedAtMs", last.event = 'refused' AS refused,
            jsonb_build_object('zh', n.texts->'zh'->'hazard', 'en', n.texts->'en'->'hazard') AS hazard,
            ${excusedSql} AS excused
       FROM rectification_notice n
       JOIN transformer_area a ON a.id = n.area_id
       JOIN village v ON v.id = a.village_id
       LEFT JOIN breaker b ON b.id = n.breaker_id
       LEFT JOIN household h ON h.id = n.household_id
       LEFT JOIN LATERAL (${stateSql("n.breaker_id")}) i ON true
       JOIN LATERAL (
         SELECT e.event FROM notice_event e
          WHERE e.notice_id = n.id AND e.at_ms <= $2
            AND e.event IN ('issued', 'refused', 'rectified', 'contradicted')
          ORDER BY e.id DESC LIMIT 1) last ON last.event <> 'rectified'
      WHERE a.village_id = ANY($1::text[]) AND n.issued_at_ms <= $2
        AND (n.rectified_at_ms IS NULL OR n.rectified_at_ms > $2)
      ORDER BY n.issued_at_ms, n.id LIMIT $3`,
    [asked.villageIds, asked.atMs, asked.limit],
  );

export type VisitMarkRow = SubjectPlace & Omit<VisitMark, "at"> & { atMs: number };

/** The last mark of each house or breaker on a day. */
export const readMarks = (
  query: Query,
  asked: { villageIds: readonly string[]; date: string },
): Promise<VisitMarkRow[]> =>
  query<VisitMarkRow>(
    `SELECT DISTINCT ON (m.household_id, m.breaker_id) ${placeColumns}, m.mark, m.note, m.actor, m.at_ms AS "atMs"
       FROM visit_mark m
       LEFT JOIN household h ON h.id = m.household_id
       LEFT JOIN breaker b ON b.id = m.breaker_id
       JOIN transformer_area a ON a.id = COALESCE(h.area_id, b.area_id)
       JOIN village v ON v.id = a.village_id
      WHERE m.on_date = $2 AND a.village_id = ANY($1::text[])
      ORDER BY m.household_id, m.breaker_id, m.id DESC`,
    [asked.villageIds, asked.date],
  );

/** The villages of a list: an officer's on a day, or one by its id; null when there is no such officer or village. */
export const readVisitVillages = async (
  query: Query,
  of: { officerId: string } | { villageId: string },
  date: string,
): Promise<{ officer: NoticeOfficer | null; villages: { id: string; name: string }[] } | null> => {
  if ("villageId" in of) {
    const villages = await query<{ id: string; name: string }>("SELECT id, name FROM village WHERE id = $1", [
      of.villageId,
    ]);
    return villages.length === 0 ? null : { officer: null, villages };
  }
  const [officer] = await query<NoticeOfficer>("SELECT id, name, phone FROM safety_officer WHERE id = $1", [
    of.officerId,
  ]);
  if (officer === undefined) return null;
  const villages = await query<{ id: string; name: string }>(
    `SELECT DISTINCT v.id, v.name FROM village_officer vo JOIN village v ON v.id = vo.village_id
      WHERE vo.officer_id = $1 AND vo.from_on <= $2::date AND (vo.to_on IS NULL OR vo.to_on > $2::date)
      ORDER BY v.name, v.id`,
    [of.officerId, date],
  );
  return { officer, villages };
};
