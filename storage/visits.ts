// What came of visits, as it is written.
import type { VisitMark } from "../domain/http-visits.ts";
import { writeAudit } from "./audit.ts";
import type { Db } from "./db.ts";

export type MarkRequest = {
  /** A household, or a breaker: one that belongs to a household stands for it. */
  of: { householdId: string } | { breakerId: string };
  date: string;
  mark: VisitMark["mark"];
  note: string | null;
  actor: string;
  nowMs: number;
};

/** Records what came of a visit; the day's last mark holds. False when there is no such household or breaker. */
export const markVisit = (db: Db, request: MarkRequest): Promise<boolean> =>
  db.transaction(async (query) => {
    const { of, date, mark, note, actor, nowMs } = request;
    const householdId = "householdId" in of ? of.householdId : null;
    const breakerId = "breakerId" in of ? of.breakerId : null;
    const [row] = await query<{ householdId: string | null }>(
      `INSERT INTO visit_mark (on_date, household_id, breaker_id, mark, note, actor, at_ms)
       SELECT $1, h.id, CASE WHEN h.id IS NULL THEN b.id END, $4, $5, $6, $7
         FROM (SELECT $2::text AS household_id, $3::text AS breaker_id) asked
         LEFT JOIN breaker b ON b.id = asked.breaker_id
         LEFT JOIN household h ON h.id = COALESCE(asked.household_id, b.household_id)
        WHERE h.id IS NOT NULL OR b.id IS NOT NULL RETURNING household_id AS "householdId"`,
      [date, householdId, breakerId, mark, note, actor, nowMs],
    );
    if (row === undefined) return false;
    const detail = { date, mark, ...(note === null ? {} : { note }) };
    await writeAudit(query, {
      actor,
      act: "visit.mark",
      subject: row.householdId ?? breakerId ?? "",
      detail,
    });
    return true;
  });
