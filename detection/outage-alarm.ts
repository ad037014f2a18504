// The alarm of a whole area that went dark: one, in place of one for every house.
import { alarmPriority } from "../domain/alarm.ts";
import { repeatSuppressionMs } from "./alarm-rules.ts";
import { alarmId } from "./alarms.ts";
import { areaOutages } from "./judge-area.ts";
import {
  type AreaEffects,
  type AreaMemory,
  type FoldContext,
  isPlannedOut,
  listeningAtMs,
} from "./memory.ts";

/** Raises, clears or reopens the outage alarm as of `nowMs`; adds to `effects.alarms`. Mutates the memory. */
export const alarmOutage = (
  area: AreaMemory,
  nowMs: number,
  context: FoldContext,
  effects: AreaEffects,
): void => {
  const memory = area.outageAlarm;
  const breakers = [...area.breakers.values()];
  const outage = areaOutages(breakers, Math.min(context.horizonMs, nowMs), nowMs, context.rule).at(-1);
  // What the calendar announced needs no alarm.
  const isOut = outage !== undefined && outage.toMs === null && !isPlannedOut(area, nowMs);
  if (memory?.phase === "standing") {
    if (isOut) return;
    effects.alarms.push({ effect: "clear", id: memory.id, atMs: nowMs });
    area.outageAlarm = { phase: "cleared", id: memory.id, clearedAtMs: nowMs };
    return;
  }
  if (!isOut || nowMs < listeningAtMs(context)) return;
  const evidence = {
    since: new Date(outage.fromMs).toISOString(),
    darkBreakers: breakers.filter((b) => b.changes.findLast((c) => c.fromMs <= nowMs)?.dark).length,
    reportingBreakers: breakers.filter((b) => b.fold.own.lastKey !== null).length,
  };
  if (memory?.phase === "cleared" && nowMs - memory.clearedAtMs < repeatSuppressionMs) {
    effects.alarms.push({ effect: "reopen", id: memory.id, atMs: nowMs, evidence });
    area.outageAlarm = { phase: "standing", id: memory.id };
    return;
  }
  const id = alarmId(area.areaId, "areaOutage", outage.fromMs);
  effects.alarms.push({
    effect: "raise",
    id,
    kind: "areaOutage",
    priority: alarmPriority.areaOutage,
    breakerId: null,
    areaId: area.areaId,
    villageId: area.villageId,
    atMs: nowMs,
    evidence,
  });
  area.outageAlarm = { phase: "standing", id };
};
