// The alarm of a whole area that went dark: one, in place of one for every house. Its supply is off (areaOutage), or only
// its communication is (communicationLoss).
import { type AlarmEvidence, alarmPriority } from "../domain/alarm.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { repeatSuppressionMs } from "./alarm-view.ts";
import { type AlarmMemory, alarmId } from "./alarms.ts";
import type { BreakerMemory } from "./breaker-memory.ts";
import { areaOutages, isAreaOutage } from "./judge-area.ts";
import {
  type AreaEffects,
  type AreaMemory,
  type FoldContext,
  heardMs,
  isPlannedOut,
  isRemoved,
  listeningAtMs,
  publishedAt,
  silentSinceMs,
} from "./memory.ts";
import { behindMs } from "./report-clock.ts";

type DarkKind = "areaOutage" | "communicationLoss";
const memoryOf: Record<DarkKind, "outageAlarm" | "linkAlarm"> = {
  areaOutage: "outageAlarm",
  communicationLoss: "linkAlarm",
};

/** A last gasp or a trip of the main belongs to a silence that begins when its report no longer vouches, or so much later. */
const gaspMs = 5 * 60_000;

/** Whether the breaker says that its supply went off around `fromMs` or later; the word may have come an hour late. */
const saysSupplyLost = ({ fold, facts }: BreakerMemory, fromMs: number, rule: JudgingRule): boolean => {
  const { own, findings } = fold;
  if (own.noSupply) return true;
  if (findings.lastTripMs < fromMs - rule.vouchMs - gaspMs) return false;
  if (findings.lastCause === "outage") return true;
  return facts.level === "main" && own.contact !== null && own.contact !== "closed";
};

/**
 * What kind of darkness it is. Somebody says that the supply is gone: an outage. Somebody is still heard with supply, or
 * the area was heard through a gateway and nobody gave a last gasp: the communication. Breakers that each have a link of
 * their own do not all lose it at once: an outage.
 */
const kindOf = (
  breakers: readonly BreakerMemory[],
  fromMs: number,
  nowMs: number,
  rule: JudgingRule,
): DarkKind => {
  let viaGateway = 0;
  let ofTheirOwn = 0;
  let heardWithSupply = false;
  for (const breaker of breakers) {
    if (breaker.fold.own.lastKey === null || isRemoved(breaker, nowMs)) continue;
    if (saysSupplyLost(breaker, fromMs, rule)) return "areaOutage";
    // Whoever spoke just before the area fell silent is not silent yet, but has not been heard since either.
    if (heardMs(breaker) > nowMs - 2 * rule.heartbeatIntervalMs) heardWithSupply = true;
    else if (breaker.fold.viaGateway) viaGateway += 1;
    else ofTheirOwn += 1;
  }
  return heardWithSupply || viaGateway > ofTheirOwn ? "communicationLoss" : "areaOutage";
};

const clear = (area: AreaMemory, kind: DarkKind, nowMs: number, effects: AreaEffects): void => {
  const memory = area[memoryOf[kind]];
  if (memory?.phase !== "standing") return;
  effects.alarms.push({ effect: "clear", id: memory.id, atMs: nowMs });
  area[memoryOf[kind]] = { phase: "cleared", id: memory.id, clearedAtMs: nowMs };
  area.darkUntilMs = nowMs;
};

const raise = (
  area: AreaMemory,
  kind: DarkKind,
  sinceMs: number,
  nowMs: number,
  evidence: AlarmEvidence,
  effects: AreaEffects,
): AlarmMemory => {
  const memory = area[memoryOf[kind]];
  if (memory?.phase === "cleared" && nowMs - memory.clearedAtMs < repeatSuppressionMs) {
    effects.alarms.push({ effect: "reopen", id: memory.id, atMs: nowMs, evidence });
    return { phase: "standing", id: memory.id };
  }
  const id = alarmId(area.areaId, kind, sinceMs);
  effects.alarms.push({
    effect: "raise",
    id,
    kind,
    priority: alarmPriority[kind],
    breakerId: null,
    areaId: area.areaId,
    villageId: area.villageId,
    atMs: nowMs,
    evidence,
  });
  return { phase: "standing", id };
};

/** Whether the area is dark only by clocks that are behind: it is heard. */
const isBehind = (breakers: readonly BreakerMemory[], nowMs: number, rule: JudgingRule): boolean => {
  if (!breakers.some(({ fold }) => behindMs(fold.findings) > 0)) return false;
  const reporting = breakers.filter((b) => b.fold.own.lastKey !== null && !isRemoved(b, nowMs));
  const dark = reporting.filter((b) => silentSinceMs(b, nowMs, rule) !== null || b.fold.own.noSupply);
  return !isAreaOutage(dark.length, reporting.length, rule);
};

const settleDark = (area: AreaMemory, nowMs: number, context: FoldContext, effects: AreaEffects): void => {
  const breakers = [...area.breakers.values()];
  const outage = areaOutages(breakers, Math.min(context.horizonMs, nowMs), nowMs, context.rule).at(-1);
  // What the calendar announced needs no alarm.
  const isDark =
    outage !== undefined &&
    outage.toMs === null &&
    !isPlannedOut(area, nowMs) &&
    !isBehind(breakers, nowMs, context.rule);
  if (!isDark) {
    clear(area, "areaOutage", nowMs, effects);
    clear(area, "communicationLoss", nowMs, effects);
    return;
  }
  // Once it is known that the supply is off, it is off until somebody is heard again.
  if (area.outageAlarm?.phase === "standing") return;
  const kind = kindOf(breakers, outage.fromMs, nowMs, context.rule);
  if (area.linkAlarm?.phase === "standing" && kind === "communicationLoss") return;
  if (nowMs < listeningAtMs(context)) return;
  clear(area, "communicationLoss", nowMs, effects);
  const evidence = {
    since: new Date(outage.fromMs).toISOString(),
    darkBreakers: breakers.filter((b) => b.changes.findLast((c) => c.fromMs <= nowMs)?.dark).length,
    reportingBreakers: breakers.filter((b) => b.fold.own.lastKey !== null).length,
  };
  area[memoryOf[kind]] = raise(area, kind, outage.fromMs, nowMs, evidence, effects);
};

/**
 * Raises, clears or reopens the alarm of the dark area as of `nowMs`, where one of the breakers that were looked at may
 * have a bearing on it; adds to `effects.alarms`. Mutates the memory.
 */
export const alarmDarkArea = (
  area: AreaMemory,
  looked: readonly BreakerMemory[],
  nowMs: number,
  context: FoldContext,
  effects: AreaEffects,
): void => {
  const outage = area.outageAlarm?.phase === "standing";
  const link = area.linkAlarm?.phase === "standing";
  // Whoever is looked at and not in an outage speaks against one, even if nobody has changed: the others may have moved away.
  const isDark = looked.some((b) => publishedAt(b, nowMs).reason === "areaOutage");
  const concerns = outage
    ? effects.changed.length > 0 || isPlannedOut(area, nowMs) || !isDark
    : link || isDark;
  if (concerns) settleDark(area, nowMs, context, effects);
};
