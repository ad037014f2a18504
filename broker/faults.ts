// Why aedes gave a connection up, in words fit for a counter.
import type { BrokerEvent } from "./needs.ts";

const ownFaults = new Set(["journalFull", "journalFailed", "stopping"]);
const aedesFaults: Record<string, string> = {
  "keep alive timeout": "keepaliveTimeout",
  "connect did not arrive in time": "connectTimeout",
  "drain timeout": "slowReader",
};
/** CONNACK codes with which aedes refuses before it asks for authentication. */
const earlyRefusals: Record<number, string> = { 1: "protocolVersion", 2: "longClientId", 6: "keepalive" };

/** What to count for an error on a connection; null when admission has counted it already. */
export const faultOf = (
  error: Error & { errorCode?: number; returnCode?: number; code?: string },
): { event: BrokerEvent; reason: string } | null => {
  if (error.returnCode !== undefined) return null;
  const early = earlyRefusals[error.errorCode ?? 0];
  if (early !== undefined) return { event: "refusedConnection", reason: early };
  if (error.code !== undefined) return { event: "closedConnection", reason: "networkError" };
  const reason = ownFaults.has(error.message) ? error.message : aedesFaults[error.message];
  return { event: "closedConnection", reason: reason ?? "protocolError" };
};
