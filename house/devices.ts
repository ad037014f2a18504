// Who may connect to the broker: devices by their stored credential, our own roles by the service token.
import { timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Grant } from "../broker/access.ts";
import { devicePrefix } from "../domain/wire.ts";
import { findCredential, type StoredCredential, tokenDigest } from "../storage/credentials.ts";
import type { Db } from "../storage/db.ts";
import { localDate } from "../storage/views/scope.ts";

/** Credentials remembered, so that devices can come back while PostgreSQL is away. */
const maxRemembered = 200_000;
const freshMs = 60_000;
/** A database that hangs is as good as away to those who are remembered. */
const answerTimeoutMs = 2_000;

export type DeviceAuthenticator = {
  authenticate(clientId: string, username: string, password: Buffer): Promise<Grant | null>;
  /** Forgets a credential that was replaced; `null` forgets all. */
  forget(clientId: string | null): void;
};

export const createDeviceAuthenticator = (needs: {
  db: Db;
  serviceToken: string;
  clock: () => number;
  /** Where days begin: a breaker that was removed has no credential from that midnight on. */
  timeZone: string;
}): DeviceAuthenticator => {
  const remembered = new Map<string, { credential: StoredCredential; readAtMs: number }>();
  const serviceDigest = tokenDigest(needs.serviceToken);

  const lookUp = async (clientId: string): Promise<StoredCredential | null> => {
    const known = remembered.get(clientId);
    if (known && needs.clock() - known.readAtMs < freshMs) return known.credential;
    const today = localDate(needs.clock(), needs.timeZone);
    const asked = findCredential(needs.db.query, clientId, today);
    let credential: StoredCredential | null;
    if (known === undefined) credential = await asked;
    else {
      const timer = new AbortController();
      const answered = await Promise.race([
        asked.catch(() => "away" as const),
        sleep(answerTimeoutMs, "away" as const, { signal: timer.signal }).catch(() => "away" as const),
      ]);
      timer.abort();
      // What was right a while ago is better than locking every device out.
      if (answered === "away") return known.credential;
      credential = answered;
    }
    remembered.delete(clientId);
    if (credential === null) return null;
    if (remembered.size >= maxRemembered) {
      const [oldest] = remembered.keys();
      if (oldest !== undefined) remembered.delete(oldest);
    }
    remembered.set(clientId, { credential, readAtMs: needs.clock() });
    return credential;
  };

  return {
    async authenticate(clientId, username, password) {
      const digest = tokenDigest(password.toString("utf8"));
      // A service's name holds a colon, which no device's id can.
      if (username.startsWith("service:"))
        return timingSafeEqual(digest, serviceDigest) ? { kind: "service" } : null;
      if (username !== clientId) return null;
      const credential = await lookUp(clientId);
      if (credential === null || !timingSafeEqual(digest, credential.tokenSha256)) return null;
      const publishPrefix = devicePrefix(credential.townshipId, credential.areaId, clientId);
      return { kind: "device", clientId, publishPrefix, commandPrefix: `${publishPrefix}command/` };
    },
    forget(clientId) {
      if (clientId === null) remembered.clear();
      else remembered.delete(clientId);
    },
  };
};
