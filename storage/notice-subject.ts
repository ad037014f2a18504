// Whom a notice is about: the place, household, breaker and officer of an alarm, or of what an operator names.
import type { AlarmEvidence, AlarmKind, AlarmPriority } from "../domain/alarm.ts";
import { lastReadingSchema } from "../domain/http.ts";
import type { NoticeEvidence, NoticeOfficer } from "../domain/http-notices.ts";
import type { OperatingReason, OperatingState } from "../domain/operating.ts";
import { toIso } from "../domain/time.ts";
import type { Query } from "./db.ts";
import type { NoticeCopy } from "./views/notices.ts";

export type SubjectAlarm = {
  id: string;
  kind: AlarmKind;
  priority: AlarmPriority;
  breakerId: string | null;
  areaId: string;
  raisedAtMs: number;
  clearedAtMs: number | null;
  evidence: AlarmEvidence;
};

/** An alarm as a notice copies it, or null. */
export const readSubjectAlarm = async (query: Query, alarmId: string): Promise<SubjectAlarm | null> => {
  const [row] = await query<SubjectAlarm>(
    `SELECT id, kind, priority, breaker_id AS "breakerId", area_id AS "areaId", raised_at_ms AS "raisedAtMs",
            cleared_at_ms AS "clearedAtMs", evidence FROM alarm WHERE id = $1`,
    [alarmId],
  );
  return row ?? null;
};

export type NoticeSubject = {
  townshipId: string;
  villageId: string;
  areaId: string;
  householdId: string | null;
  breakerId: string | null;
  copy: NoticeCopy;
  officer: NoticeOfficer | null;
  ratedResidualCurrentMa: number | null;
  operating: NoticeEvidence["operating"];
  lastReading: NoticeEvidence["lastReading"];
};

type Row = Omit<NoticeSubject, "copy" | "officer" | "operating" | "lastReading"> &
  NoticeSubject["copy"] & {
    state: OperatingState | null;
    reason: OperatingReason | null;
    sinceMs: number | null;
    lastReading: unknown;
  };

/**
 * The place and people of a breaker, of a household (with the household breaker that stands there on `date`), or of an
 * area (with its main breaker); null when there is no such thing.
 */
export const readNoticeSubject = async (
  query: Query,
  of: { breakerId: string } | { householdId: string } | { areaId: string },
  date: string,
): Promise<NoticeSubject | null> => {
  const standing = "b.installed_on <= $2::date AND (b.removed_on IS NULL OR b.removed_on > $2::date)";
  const from =
    "breakerId" in of
      ? `breaker b LEFT JOIN household h ON h.id = b.household_id
         JOIN transformer_area a ON a.id = b.area_id`
      : "householdId" in of
        ? `household h JOIN transformer_area a ON a.id = h.area_id
           LEFT JOIN breaker b ON b.household_id = h.id AND b.level = 'household' AND ${standing}`
        : `transformer_area a LEFT JOIN breaker b ON b.area_id = a.id AND b.level = 'main' AND ${standing}
           LEFT JOIN household h ON h.id = b.household_id`;
  const [column, id] =
    "breakerId" in of
      ? ["b.id", of.breakerId]
      : "householdId" in of
        ? ["h.id", of.householdId]
        : ["a.id", of.areaId];
  const [row] = await query<Row>(
    `SELECT v.township_id AS "townshipId", v.id AS "villageId", a.id AS "areaId", h.id AS "householdId",
            b.id AS "breakerId", t.name AS "townshipName", v.name AS "villageName", a.name AS "areaName",
            a.supply_station AS "supplyStation", h.householder, h.account_number AS "accountNumber", h.address,
            b.rated_residual_current_ma AS "ratedResidualCurrentMa", s.state, s.reason, s.since_ms AS "sinceMs",
            s.last_reading AS "lastReading"
       FROM ${from}
       JOIN village v ON v.id = a.village_id
       JOIN township t ON t.id = v.township_id
       LEFT JOIN breaker_state s ON s.breaker_id = b.id
      WHERE ${column} = $1 AND $2::date IS NOT NULL ORDER BY b.installed_on DESC NULLS LAST, b.id LIMIT 1`,
    [id, date],
  );
  return row === undefined ? null : subjectOf(row, await readVillageOfficer(query, row.villageId, date));
};

const subjectOf = (row: Row, officer: NoticeOfficer | null): NoticeSubject => {
  const { townshipName, villageName, areaName, supplyStation, householder, accountNumber, address } = row;
  return {
    townshipId: row.townshipId,
    villageId: row.villageId,
    areaId: row.areaId,
    householdId: row.householdId,
    breakerId: row.breakerId,
    copy: { townshipName, villageName, areaName, supplyStation, householder, accountNumber, address },
    officer,
    ratedResidualCurrentMa: row.ratedResidualCurrentMa,
    operating:
      row.state === null || row.sinceMs === null
        ? null
        : { state: row.state, reason: row.reason, since: toIso(row.sinceMs) },
    lastReading: row.lastReading === null ? null : lastReadingSchema.parse(row.lastReading),
  };
};

/** Who looks after a village on `date`; the one appointed last where there are several. */
export const readVillageOfficer = async (
  query: Query,
  villageId: string,
  date: string,
): Promise<NoticeOfficer | null> => {
  const [row] = await query<NoticeOfficer>(
    `SELECT o.id, o.name, o.phone FROM village_officer vo JOIN safety_officer o ON o.id = vo.officer_id
      WHERE vo.village_id = $1 AND vo.from_on <= $2::date AND (vo.to_on IS NULL OR vo.to_on > $2::date)
      ORDER BY vo.from_on DESC, o.id LIMIT 1`,
    [villageId, date],
  );
  return row ?? null;
};
