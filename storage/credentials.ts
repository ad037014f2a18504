// Credentials of breakers and gateways: issued here, shown once, stored only as a digest.
import { createHash, randomBytes } from "node:crypto";
import { writeAudits } from "./audit.ts";
import type { Db, Query } from "./db.ts";
import { lockRegistryForAct } from "./registry.ts";

/** Random bits of a device's token; so many need no slow hash. */
const tokenBits = 256;
/** Credentials stored in one statement. */
const chunkRows = 5_000;

/** A fresh credential; `token` is its password and is nowhere kept in the clear. */
export type IssuedCredential = { clientId: string; token: string };

/** SHA-256 of a token as it is stored and compared. */
export const tokenDigest = (token: string): Buffer => createHash("sha256").update(token, "utf8").digest();

const newToken = (): string => randomBytes(tokenBits / 8).toString("base64url");

/** A new credential for a breaker; the old one no longer holds. */
export const issueBreakerCredential = async (
  db: Db,
  breakerId: string,
  actor: string,
): Promise<{ kind: "issued"; credential: IssuedCredential } | { kind: "unknownBreaker" }> => {
  const { issued } = await issueCredentials(db, [breakerId], actor);
  const credential = issued[0];
  return credential === undefined ? { kind: "unknownBreaker" } : { kind: "issued", credential };
};

/** New credentials for many breakers at once; ids without a breaker are answered in `unknown`. */
export const issueCredentials = async (
  db: Db,
  breakerIds: readonly string[],
  actor: string,
): Promise<{ issued: IssuedCredential[]; unknown: string[] }> => {
  const issued: IssuedCredential[] = [];
  const ids = [...new Set(breakerIds)];
  await db.transaction(async (query) => {
    for (let at = 0; at < ids.length; at += chunkRows) {
      const fresh = ids.slice(at, at + chunkRows).map((clientId) => ({ clientId, token: newToken() }));
      const stored = await query<{ client_id: string }>(
        `INSERT INTO credential AS c (client_id, kind, area_id, token_sha256)
         SELECT b.id, 'breaker', b.area_id, n.digest
           FROM unnest($1::text[], $2::bytea[]) AS n (id, digest) JOIN breaker b ON b.id = n.id
          ORDER BY b.id
         ON CONFLICT (client_id) DO UPDATE
           SET kind = excluded.kind, area_id = excluded.area_id, token_sha256 = excluded.token_sha256,
               issued_at = now()
         RETURNING client_id`,
        [fresh.map((f) => f.clientId), fresh.map((f) => tokenDigest(f.token))],
      );
      const known = new Set(stored.map((row) => row.client_id));
      issued.push(...fresh.filter((f) => known.has(f.clientId)));
    }
    await announce(
      db,
      query,
      actor,
      issued.map((i) => i.clientId),
    );
  });
  const known = new Set(issued.map((i) => i.clientId));
  return { issued, unknown: ids.filter((id) => !known.has(id)) };
};

/** A new credential for a gateway that speaks for one area. Its id must be no breaker's and no other area's gateway's. */
export const issueGatewayCredential = (
  db: Db,
  gateway: { areaId: string; gatewayId: string },
  actor: string,
): Promise<
  | { kind: "issued"; credential: IssuedCredential }
  | { kind: "unknownArea" }
  | { kind: "taken"; reason: string }
> =>
  db.transaction(async (query) => {
    await lockRegistryForAct(query);
    const { areaId, gatewayId } = gateway;
    const areas = await query("SELECT FROM transformer_area WHERE id = $1", [areaId]);
    if (areas.length === 0) return { kind: "unknownArea" };
    const breakers = await query("SELECT FROM breaker WHERE id = $1", [gatewayId]);
    if (breakers.length > 0) return { kind: "taken", reason: `${gatewayId} is the id of a breaker` };
    const token = newToken();
    const stored = await query(
      `INSERT INTO credential AS c (client_id, kind, area_id, token_sha256) VALUES ($1, 'gateway', $2, $3)
       ON CONFLICT (client_id) DO UPDATE SET token_sha256 = excluded.token_sha256, issued_at = now()
       WHERE c.kind = 'gateway' AND c.area_id = excluded.area_id
       RETURNING client_id`,
      [gatewayId, areaId, tokenDigest(token)],
    );
    if (stored.length === 0)
      return { kind: "taken", reason: `${gatewayId} is the id of a gateway of another transformer area` };
    await announce(db, query, actor, [gatewayId]);
    return { kind: "issued", credential: { clientId: gatewayId, token } };
  });

const announce = async (db: Db, query: Query, actor: string, clientIds: readonly string[]): Promise<void> => {
  await writeAudits(query, { actor, act: "credential.issue", subjects: clientIds });
  for (const clientId of clientIds) await db.notify({ kind: "credential", clientId }, query);
};

/** What a client may speak for, with the digest that its password must have. */
export type StoredCredential = {
  kind: "breaker" | "gateway";
  townshipId: string;
  areaId: string;
  tokenSha256: Buffer;
};

/**
 * The credential of a client, or null. A breaker's area is the registry's, so that a moved one gets its new topics.
 * With `today`, the local day, one that has been removed by then has none.
 */
export const findCredential = async (
  query: Query,
  clientId: string,
  today: string | null = null,
): Promise<StoredCredential | null> => {
  const rows = await query<StoredCredential>(
    `SELECT c.kind, v.township_id AS "townshipId", a.id AS "areaId", c.token_sha256 AS "tokenSha256"
       FROM credential c
       LEFT JOIN breaker b ON b.id = c.client_id AND c.kind = 'breaker'
       JOIN transformer_area a ON a.id = COALESCE(b.area_id, c.area_id)
       JOIN village v ON v.id = a.village_id
      WHERE c.client_id = $1 AND ($2::date IS NULL OR b.removed_on IS NULL OR b.removed_on > $2::date)`,
    [clientId, today],
  );
  return rows[0] ?? null;
};
