// What a recomputation works on: whose history, how it stands, and the requests that detection works off.
import type { OperatingReason, OperatingState } from "../domain/operating.ts";
import type { Query } from "./db.ts";
import { addScope, conditions, type Scope } from "./views/scope.ts";

/** One area and its breakers that are to be recomputed. */
export type RecomputeArea = { areaId: string; breakerIds: string[] };

/**
 * Breakers of the scope (or the one breaker) by transformer area. Left out are those whose reports cannot be read back as
 * far as their history reaches: without a checkpoint, and silent since before `sinceMs`.
 */
export const areasToRecompute = (
  query: Query,
  scope: Scope & { breakerId?: string | undefined },
  sinceMs: number,
): Promise<RecomputeArea[]> => {
  const where = conditions();
  addScope(where, scope);
  where.add("b.id = ?", scope.breakerId);
  where.add(
    `s.last_heard_ms IS NULL OR s.last_heard_ms >= ? OR EXISTS (SELECT FROM fold_checkpoint c WHERE c.breaker_id = b.id)`,
    sinceMs,
  );
  return query<RecomputeArea>(
    `SELECT a.id AS "areaId", array_agg(b.id ORDER BY b.id) AS "breakerIds"
       FROM breaker b
       JOIN transformer_area a ON a.id = b.area_id
       JOIN village v ON v.id = a.village_id
       LEFT JOIN breaker_state s ON s.breaker_id = b.id
      WHERE ${where.sql()} GROUP BY a.id ORDER BY a.id`,
    where.values,
  );
};

/** How an interval of a breaker adds to `[fromMs, toMs)`. */
export type StateTime = { state: OperatingState; reason: OperatingReason | null; ms: number };
export type HistorySummary = { breakerId: string; digest: string; times: StateTime[] };

/** The published histories of breakers in `[fromMs, toMs)`, in short; breakers without any are left out. */
export const summariseHistories = (
  query: Query,
  breakerIds: readonly string[],
  fromMs: number,
  toMs: number,
): Promise<HistorySummary[]> =>
  query<HistorySummary>(
    `WITH clipped AS (
       SELECT breaker_id, state, reason, GREATEST(from_ms, $2::bigint) AS from_ms,
              LEAST(COALESCE(to_ms, $3::bigint), $3::bigint) AS to_ms
         FROM operating_interval
        WHERE breaker_id = ANY($1::text[]) AND from_ms < $3::bigint AND (to_ms IS NULL OR to_ms > $2::bigint)
     ), digest AS (
       SELECT breaker_id, md5(string_agg(concat_ws('/', from_ms, to_ms, state, reason), ' ' ORDER BY from_ms)) AS digest
         FROM clipped GROUP BY breaker_id
     ), time AS (
       SELECT breaker_id, state, reason, sum(to_ms - from_ms)::bigint AS ms FROM clipped GROUP BY breaker_id, state, reason
     )
     SELECT d.breaker_id AS "breakerId", d.digest,
            (SELECT jsonb_agg(jsonb_build_object('state', t.state, 'reason', t.reason, 'ms', t.ms))
               FROM time t WHERE t.breaker_id = d.breaker_id) AS times
       FROM digest d ORDER BY d.breaker_id`,
    [breakerIds, fromMs, toMs],
  );

/** Asks detection to fold the breakers' reports anew from `fromMs` on. */
export const requestRevisions = async (
  query: Query,
  breakerIds: readonly string[],
  fromMs: number,
): Promise<void> => {
  await query(
    `INSERT INTO revision_request (breaker_id, from_ms) SELECT unnest($1::text[]), $2
     ON CONFLICT (breaker_id) DO UPDATE SET from_ms = least(revision_request.from_ms, excluded.from_ms)`,
    [breakerIds, fromMs],
  );
};

/** How many of the breakers still wait to be revised. */
export const waitingRevisions = async (query: Query, breakerIds: readonly string[]): Promise<number> => {
  const [row] = await query<{ count: number }>(
    "SELECT count(*) AS count FROM revision_request WHERE breaker_id = ANY($1::text[])",
    [breakerIds],
  );
  return row?.count ?? 0;
};
