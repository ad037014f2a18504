// What operators do with alarms (ISA-18.2): acknowledging one, once, by name.
import type { Alarm } from "../domain/http.ts";
import { lockAlarm, setAcknowledged } from "../storage/alarms.ts";
import { writeAudit } from "../storage/audit.ts";
import type { Db } from "../storage/db.ts";
import { findAlarms } from "../storage/views/alarms.ts";

export type AcknowledgeRequest = {
  alarmId: string;
  actor: string;
  nowMs: number;
  /** What the operator has to say about it; goes to the audit log. */
  comment?: string | undefined;
  /** How many occurrences the operator saw; when there are more by now, nothing is acknowledged unseen. */
  seenOccurrences?: number | undefined;
};

export type AcknowledgeOutcome =
  | { kind: "acknowledged"; alarm: Alarm }
  /** Someone had done so before; the first one's name and time stay. */
  | { kind: "alreadyAcknowledged"; alarm: Alarm }
  | { kind: "returned"; occurrences: number }
  | { kind: "notFound" };

/**
 * Acknowledges an alarm, whether its condition still holds or has cleared: `unacknowledged` becomes `acknowledged`,
 * `returnedUnacknowledged` becomes `normal`. A second time changes nothing.
 */
export const acknowledge = (db: Db, request: AcknowledgeRequest): Promise<AcknowledgeOutcome> =>
  db.transaction(async (query): Promise<AcknowledgeOutcome> => {
    const { alarmId, actor, nowMs } = request;
    const standing = await lockAlarm(query, alarmId);
    if (standing === null) return { kind: "notFound" };
    const fresh = standing.acknowledgedAtMs === null;
    if (fresh && request.seenOccurrences !== undefined && request.seenOccurrences < standing.occurrences)
      return { kind: "returned", occurrences: standing.occurrences };
    if (fresh) {
      await setAcknowledged(query, alarmId, { actor, atMs: nowMs });
      await writeAudit(query, {
        actor,
        act: "alarm.acknowledge",
        subject: alarmId,
        detail: request.comment === undefined ? {} : { comment: request.comment },
      });
    }
    const [alarm] = await findAlarms(query, [alarmId]);
    if (alarm === undefined) return { kind: "notFound" };
    return { kind: fresh ? "acknowledged" : "alreadyAcknowledged", alarm };
  });
