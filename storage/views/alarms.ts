// Alarms as the API shows them, with the names of where they are.
import {
  type AlarmEvidence,
  type AlarmKind,
  type AlarmPriority,
  type AlarmState,
  alarmState,
} from "../../domain/alarm.ts";
import type { Alarm } from "../../domain/http.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import { addScope, conditions, type Scope } from "./scope.ts";

/** Which alarms to list; undefined is no limit. */
export type AlarmFilter = Scope & {
  /** `open` is every alarm that has not cleared. */
  state?: AlarmState | "open" | undefined;
  kind?: AlarmKind | undefined;
  breakerId?: string | undefined;
  /** Raised in `[fromMs, toMs)`. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
};

/** The alarm after which a page begins. */
export type AlarmPosition = { raisedAtMs: number; id: string };

type Row = {
  id: string;
  kind: AlarmKind;
  priority: AlarmPriority;
  breakerId: string | null;
  areaId: string;
  areaName: string;
  villageId: string;
  villageName: string;
  address: string | null;
  raisedAtMs: number;
  clearedAtMs: number | null;
  acknowledgedAtMs: number | null;
  acknowledgedBy: string | null;
  occurrences: number;
  evidence: AlarmEvidence;
};

const stateConditions: Record<AlarmState | "open", string> = {
  open: "al.cleared_at_ms IS NULL",
  unacknowledged: "al.cleared_at_ms IS NULL AND al.acknowledged_at_ms IS NULL",
  acknowledged: "al.cleared_at_ms IS NULL AND al.acknowledged_at_ms IS NOT NULL",
  returnedUnacknowledged: "al.cleared_at_ms IS NOT NULL AND al.acknowledged_at_ms IS NULL",
  normal: "al.cleared_at_ms IS NOT NULL AND al.acknowledged_at_ms IS NOT NULL",
};

/** Alarms, newest first. An alarm lies where its transformer area lies now. */
export const listAlarms = (
  query: Query,
  filter: AlarmFilter,
  page: { after?: AlarmPosition | undefined; limit: number },
): Promise<Alarm[]> => {
  const where = conditions();
  addScope(where, filter);
  if (filter.state !== undefined) where.fixed(stateConditions[filter.state]);
  where.add("al.kind = ?", filter.kind);
  where.add("al.breaker_id = ?", filter.breakerId);
  where.add("al.raised_at_ms >= ?", filter.fromMs);
  where.add("al.raised_at_ms < ?", filter.toMs);
  if (page.after !== undefined) {
    const at = where.value(page.after.raisedAtMs);
    where.add(`(al.raised_at_ms, al.id) < (${at}::bigint, ?)`, page.after.id);
  }
  return read(query, where, page.limit);
};

/** The alarms with these ids, newest first; for whoever tells others of them. */
export const findAlarms = (query: Query, alarmIds: readonly string[]): Promise<Alarm[]> => {
  const where = conditions();
  where.add("al.id = ANY(?::text[])", alarmIds);
  return read(query, where, alarmIds.length);
};

const read = async (query: Query, where: ReturnType<typeof conditions>, limit: number): Promise<Alarm[]> => {
  const limitValue = where.value(limit);
  const rows = await query<Row>(
    `SELECT al.id, al.kind, al.priority, al.breaker_id AS "breakerId", a.id AS "areaId", a.name AS "areaName",
            v.id AS "villageId", v.name AS "villageName", h.address, al.raised_at_ms AS "raisedAtMs",
            al.cleared_at_ms AS "clearedAtMs", al.acknowledged_at_ms AS "acknowledgedAtMs",
            al.acknowledged_by AS "acknowledgedBy", al.occurrences, al.evidence
       FROM alarm al
       JOIN transformer_area a ON a.id = al.area_id
       JOIN village v ON v.id = a.village_id
       LEFT JOIN breaker b ON b.id = al.breaker_id
       LEFT JOIN household h ON h.id = b.household_id
      WHERE ${where.sql()} ORDER BY al.raised_at_ms DESC, al.id DESC LIMIT ${limitValue}`,
    where.values,
  );
  return rows.map(({ raisedAtMs, clearedAtMs, acknowledgedAtMs, ...rest }) => ({
    ...rest,
    raisedAt: toIso(raisedAtMs),
    clearedAt: clearedAtMs === null ? null : toIso(clearedAtMs),
    acknowledgedAt: acknowledgedAtMs === null ? null : toIso(acknowledgedAtMs),
    state: alarmState({ clearedAtMs, acknowledgedAtMs }),
  }));
};
