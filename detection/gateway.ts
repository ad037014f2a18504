// A gateway's link as a fold of its own: online when it says so or is heard, offline when it or its last will says so, or
// after three heartbeats of silence. What its breakers do is another matter. Pure: time is an argument.
import { alarmPriority } from "../domain/alarm.ts";
import type { LinkCause } from "../domain/http-gateways.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { repeatSuppressionMs } from "./alarm-view.ts";
import { type AlarmEffect, type AlarmMemory, alarmId } from "./alarms.ts";

export type GatewayMemory = {
  gatewayId: string;
  areaId: string;
  villageId: string;
  online: boolean;
  sinceMs: number;
  /** When something last came from it; null before that. */
  lastHeardMs: number | null;
  alarm: AlarmMemory | undefined;
};

/** A change of the link, for its history. Times are arrivals in Unix ms: a last will was prepared long before. */
export type LinkChange = { gatewayId: string; fromMs: number; online: boolean; cause: LinkCause };

/** A link that comes back this soon was not worth a word. */
export const offlineHoldMs = 60_000;

/** A gateway that nothing was known of, as of its first word. */
export const newGateway = (
  of: Pick<GatewayMemory, "gatewayId" | "areaId" | "villageId">,
  online: boolean,
  atMs: number,
): GatewayMemory => ({ ...of, online, sinceMs: atMs, lastHeardMs: online ? atMs : null, alarm: undefined });

const turn = (gateway: GatewayMemory, online: boolean, atMs: number, cause: LinkCause): LinkChange | null => {
  if (gateway.online === online) return null;
  gateway.online = online;
  gateway.sinceMs = atMs;
  return { gatewayId: gateway.gatewayId, fromMs: atMs, online, cause };
};

/** Takes in what a gateway said of itself (`online`) or anything else that came from it (null). Mutates the memory. */
export const hearGateway = (
  gateway: GatewayMemory,
  online: boolean | null,
  arrivalMs: number,
): LinkChange | null => {
  if (arrivalMs < gateway.sinceMs) return null;
  if (online !== false) gateway.lastHeardMs = Math.max(gateway.lastHeardMs ?? arrivalMs, arrivalMs);
  return turn(gateway, online ?? true, arrivalMs, online === null ? "heard" : "said");
};

/** Brings the gateway up to `nowMs`; `listening`: our own ears have been open long enough. Mutates the memory. */
export const settleGateway = (
  gateway: GatewayMemory,
  nowMs: number,
  rule: JudgingRule,
  listening: boolean,
): { change: LinkChange | null; alarms: AlarmEffect[] } => {
  const silentAtMs = (gateway.lastHeardMs ?? gateway.sinceMs) + rule.vouchMs;
  const change =
    gateway.online && listening && nowMs >= silentAtMs
      ? turn(gateway, false, Math.max(silentAtMs, gateway.sinceMs + 1), "silent")
      : null;
  const alarms: AlarmEffect[] = [];
  const { alarm } = gateway;
  if (alarm?.phase === "standing") {
    if (gateway.online) {
      alarms.push({ effect: "clear", id: alarm.id, atMs: nowMs });
      gateway.alarm = { phase: "cleared", id: alarm.id, clearedAtMs: nowMs };
    }
    return { change, alarms };
  }
  if (gateway.online || nowMs < gateway.sinceMs + offlineHoldMs) return { change, alarms };
  const evidence = {
    gatewayId: gateway.gatewayId,
    since: new Date(gateway.sinceMs).toISOString(),
    lastHeardAt: gateway.lastHeardMs === null ? null : new Date(gateway.lastHeardMs).toISOString(),
  };
  if (alarm?.phase === "cleared" && nowMs - alarm.clearedAtMs < repeatSuppressionMs) {
    alarms.push({ effect: "reopen", id: alarm.id, atMs: nowMs, evidence });
    gateway.alarm = { phase: "standing", id: alarm.id };
    return { change, alarms };
  }
  const id = alarmId(gateway.gatewayId, "gatewayOffline", gateway.sinceMs);
  alarms.push({
    effect: "raise",
    id,
    kind: "gatewayOffline",
    priority: alarmPriority.gatewayOffline,
    breakerId: null,
    areaId: gateway.areaId,
    villageId: gateway.villageId,
    atMs: nowMs,
    evidence,
  });
  gateway.alarm = { phase: "standing", id };
  return { change, alarms };
};
