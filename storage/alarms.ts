// Acts of operators on alarms, as they are stored.
import type { Query } from "./db.ts";

/** Where an alarm stands, for deciding on an act; Unix milliseconds. */
export type AlarmStanding = {
  clearedAtMs: number | null;
  acknowledgedAtMs: number | null;
  acknowledgedBy: string | null;
  occurrences: number;
};

/** Locks an alarm until the transaction ends and answers where it stands, or null. */
export const lockAlarm = async (query: Query, alarmId: string): Promise<AlarmStanding | null> => {
  const rows = await query<AlarmStanding>(
    `SELECT cleared_at_ms AS "clearedAtMs", acknowledged_at_ms AS "acknowledgedAtMs",
            acknowledged_by AS "acknowledgedBy", occurrences
       FROM alarm WHERE id = $1 FOR UPDATE`,
    [alarmId],
  );
  return rows[0] ?? null;
};

/** Stores who acknowledged an alarm and when. */
export const setAcknowledged = async (
  query: Query,
  alarmId: string,
  by: { actor: string; atMs: number },
): Promise<void> => {
  await query("UPDATE alarm SET acknowledged_at_ms = $2, acknowledged_by = $3 WHERE id = $1", [
    alarmId,
    by.atMs,
    by.actor,
  ]);
};
