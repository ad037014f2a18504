// Gateways as detection stores them and the API reads them.
import type { GatewayLink, GatewayView, LinkCause } from "../domain/http-gateways.ts";
import { toIso } from "../domain/time.ts";
import type { Query } from "./db.ts";

/** Where a gateway stands; times in Unix ms. */
export type GatewayRow = {
  gatewayId: string;
  areaId: string;
  online: boolean;
  sinceMs: number;
  lastHeardMs: number | null;
  /** The alarm fold's memory of it; only detection reads it. */
  alarm: unknown;
};

export type LinkRow = { gatewayId: string; fromMs: number; online: boolean; cause: LinkCause };

/** Writes where gateways stand and what has changed; call in the transaction of detection's commit. */
export const writeGateways = async (
  query: Query,
  rows: readonly GatewayRow[],
  changes: readonly LinkRow[],
): Promise<void> => {
  await query(
    `INSERT INTO gateway_state (gateway_id, area_id, online, since_ms, last_heard_ms, alarm)
     SELECT r.* FROM jsonb_to_recordset($1::jsonb) AS r("gatewayId" text, "areaId" text, online boolean, "sinceMs" bigint,
       "lastHeardMs" bigint, alarm jsonb) JOIN transformer_area a ON a.id = r."areaId"
     ON CONFLICT (gateway_id) DO UPDATE SET area_id = excluded.area_id, online = excluded.online,
       since_ms = excluded.since_ms, last_heard_ms = excluded.last_heard_ms, alarm = excluded.alarm`,
    [JSON.stringify(rows)],
  );
  await query(
    `INSERT INTO gateway_link (gateway_id, from_ms, online, cause)
     SELECT r.* FROM jsonb_to_recordset($1::jsonb) AS r("gatewayId" text, "fromMs" bigint, online boolean, cause text)
       JOIN gateway_state g ON g.gateway_id = r."gatewayId"
     ON CONFLICT (gateway_id, from_ms) DO UPDATE SET online = excluded.online, cause = excluded.cause`,
    [JSON.stringify(changes)],
  );
};

export const loadGateways = async (query: Query): Promise<(GatewayRow & { villageId: string })[]> =>
  query(
    `SELECT g.gateway_id AS "gatewayId", g.area_id AS "areaId", a.village_id AS "villageId", g.online,
            g.since_ms AS "sinceMs", g.last_heard_ms AS "lastHeardMs", g.alarm
       FROM gateway_state g JOIN transformer_area a ON a.id = g.area_id`,
  );

/** Gateways that hold a credential, with their area. */
export const loadGatewayAreas = async (query: Query): Promise<Map<string, string>> => {
  const rows = await query<{ id: string; areaId: string }>(
    `SELECT client_id AS id, area_id AS "areaId" FROM credential WHERE kind = 'gateway'`,
  );
  return new Map(rows.map((row) => [row.id, row.areaId]));
};

type ViewRow = Omit<GatewayView, "since" | "lastHeardAt"> & { sinceMs: number; lastHeardMs: number | null };

/** Gateways by id, as the API shows them. */
export const listGateways = async (
  query: Query,
  filter: { areaId?: string | undefined; online?: boolean | undefined; id?: string | undefined },
  page: { afterId?: string | undefined; limit: number },
): Promise<GatewayView[]> => {
  const rows = await query<ViewRow>(
    `SELECT g.gateway_id AS id, g.area_id AS "areaId", a.name AS "areaName", a.village_id AS "villageId", g.online,
            g.since_ms AS "sinceMs", g.last_heard_ms AS "lastHeardMs",
            count(b.id)::int AS breakers,
            count(*) FILTER (WHERE s.reason IN ('silent', 'areaOutage', 'neverReported'))::int AS "silentBreakers"
       FROM gateway_state g JOIN transformer_area a ON a.id = g.area_id
       LEFT JOIN breaker b ON b.area_id = g.area_id AND b.removed_on IS NULL
       LEFT JOIN breaker_state s ON s.breaker_id = b.id
      WHERE ($1::text IS NULL OR g.area_id = $1) AND ($2::boolean IS NULL OR g.online = $2)
        AND ($3::text IS NULL OR g.gateway_id = $3) AND ($4::text IS NULL OR g.gateway_id COLLATE "C" > $4)
      GROUP BY g.gateway_id, a.id ORDER BY g.gateway_id COLLATE "C" LIMIT $5`,
    [filter.areaId ?? null, filter.online ?? null, filter.id ?? null, page.afterId ?? null, page.limit],
  );
  return rows.map(({ sinceMs, lastHeardMs, ...row }) => ({
    ...row,
    since: toIso(sinceMs),
    lastHeardAt: lastHeardMs === null ? null : toIso(lastHeardMs),
  }));
};

/** The history of one gateway's link, the newest first. */
export const listGatewayLinks = async (
  query: Query,
  gatewayId: string,
  page: { beforeMs?: number | undefined; limit: number },
): Promise<GatewayLink[]> => {
  const rows = await query<{ fromMs: number; toMs: number | null; online: boolean; cause: LinkCause }>(
    `SELECT * FROM (
       SELECT from_ms AS "fromMs", lead(from_ms) OVER (ORDER BY from_ms) AS "toMs", online, cause
         FROM gateway_link WHERE gateway_id = $1) l
      WHERE $2::bigint IS NULL OR "fromMs" < $2 ORDER BY "fromMs" DESC LIMIT $3`,
    [gatewayId, page.beforeMs ?? null, page.limit],
  );
  return rows.map(({ fromMs, toMs, ...row }) => ({
    ...row,
    from: toIso(fromMs),
    to: toMs === null ? null : toIso(toMs),
  }));
};
