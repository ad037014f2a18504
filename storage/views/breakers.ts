// Breakers with their place, their state now and their newest reading.
import type { BreakerLevel } from "../../domain/breaker.ts";
import { type Breaker, type LastReading, lastReadingSchema } from "../../domain/http.ts";
import type { OperatingReason, OperatingState } from "../../domain/operating.ts";
import { toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import type { Now } from "./counts.ts";
import type { IdPage } from "./places.ts";
import { addScope, conditions, likeLiteral, localDate, midnightSql, type Scope } from "./scope.ts";

/** Which breakers to list; undefined is no limit. */
export type BreakerFilter = Scope & {
  state?: OperatingState | undefined;
  reason?: OperatingReason | undefined;
  level?: BreakerLevel | undefined;
  /** Part of the id or of the address, whatever its case. */
  text?: string | undefined;
  /** Removed and not yet installed breakers too. */
  anyInstalled?: boolean | undefined;
};

type Row = Omit<Breaker, "operating" | "last"> & {
  state: OperatingState;
  reason: OperatingReason | null;
  sinceMs: number;
  lastReading: unknown;
};

/** Breakers in order of their ids. One that has not been judged yet is unknown since its installation. */
export const listBreakers = async (
  query: Query,
  filter: BreakerFilter,
  page: IdPage,
  now: Now,
): Promise<Breaker[]> => {
  const where = conditions();
  addScope(where, filter);
  where.add("COALESCE(s.state, 'unknown') = ?", filter.state);
  where.add("CASE WHEN s.breaker_id IS NULL THEN 'silent' ELSE s.reason END = ?", filter.reason);
  where.add("b.level = ?", filter.level);
  if (filter.text !== undefined)
    where.add("b.id ILIKE ? OR h.address ILIKE ?", `%${likeLiteral(filter.text)}%`);
  if (filter.anyInstalled !== true)
    where.add(
      "b.installed_on <= ?::date AND (b.removed_on IS NULL OR b.removed_on > ?::date)",
      localDate(now.nowMs, now.timeZone),
    );
  where.add("b.id > ?", page.afterId);
  return read(query, where, page.limit, now);
};

/** One breaker with the time of its credential's issue (ISO 8601 in UTC), or null. */
export const findBreaker = async (
  query: Query,
  breakerId: string,
  now: Now,
): Promise<{ breaker: Breaker; credentialIssuedAt: string | null } | null> => {
  const where = conditions();
  where.add("b.id = ?", breakerId);
  const [breaker] = await read(query, where, 1, now);
  if (breaker === undefined) return null;
  const [credential] = await query<{ issued_at: Date }>(
    "SELECT issued_at FROM credential WHERE client_id = $1 AND kind = 'breaker'",
    [breakerId],
  );
  return { breaker, credentialIssuedAt: credential?.issued_at.toISOString() ?? null };
};

const read = async (
  query: Query,
  where: ReturnType<typeof conditions>,
  limit: number,
  now: Now,
): Promise<Breaker[]> => {
  const zone = where.value(now.timeZone);
  const limitValue = where.value(limit);
  const rows = await query<Row>(
    `SELECT b.id, b.level, b.rated_residual_current_ma AS "ratedResidualCurrentMa",
            b.installed_on AS "installedOn", b.removed_on AS "removedOn",
            t.id AS "townshipId", t.name AS "townshipName", v.id AS "villageId", v.name AS "villageName",
            a.id AS "areaId", a.name AS "areaName", b.household_id AS "householdId", h.address, h.inhabited,
            COALESCE(s.state, 'unknown') AS state,
            CASE WHEN s.breaker_id IS NULL THEN 'silent' ELSE s.reason END AS reason,
            COALESCE(s.since_ms, ${midnightSql("b.installed_on", zone)}) AS "sinceMs",
            s.last_reading AS "lastReading",
            (SELECT count(*) FROM alarm al WHERE al.breaker_id = b.id AND al.cleared_at_ms IS NULL)
              AS "openAlarmCount"
       FROM breaker b
       JOIN transformer_area a ON a.id = b.area_id
       JOIN village v ON v.id = a.village_id
       JOIN township t ON t.id = v.township_id
       LEFT JOIN household h ON h.id = b.household_id
       LEFT JOIN breaker_state s ON s.breaker_id = b.id
      WHERE ${where.sql()} ORDER BY b.id LIMIT ${limitValue}`,
    where.values,
  );
  return rows.map(({ state, reason, sinceMs, lastReading, ...rest }) => ({
    ...rest,
    operating: { state, reason, since: toIso(sinceMs) },
    last: readingOf(lastReading),
  }));
};

/** What breaker_state.last_reading holds: the JSON of domain/http.ts. */
const readingOf = (stored: unknown): LastReading | null =>
  stored === null ? null : lastReadingSchema.parse(stored);
