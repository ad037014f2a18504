// The house's own fold over one transformer area, faster than real time: reports in order of arrival and the clock's ticks
// in, findings out. Areas do not bear on each other, so each runs on its own clock.
import type { AlarmEffect } from "../detection/alarms.ts";
import { receive, settle } from "../detection/area-fold.ts";
import { BreakerMemory } from "../detection/breaker-memory.ts";
import {
  type GatewayMemory,
  hearGateway,
  newGateway,
  offlineHoldMs,
  settleGateway,
} from "../detection/gateway.ts";
import { type AreaMemory, defaultHorizonMs, type FoldContext, listeningAtMs } from "../detection/memory.ts";
import type { AlarmEvidence, AlarmKind } from "../domain/alarm.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import type { JudgingRule } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import type { GatewayWord } from "../ingest/decode.ts";
import type { Label } from "./labels.ts";
import { newLateBook } from "./late.ts";
import type { Finding, ObservedLabel } from "./score.ts";

/** The house looks every second; between two reports of an area nothing that matters here needs a closer look than this. */
const tickMs = 5_000;

/** The clock goes on for so long after the last message, so that what it proved is raised: holds, and waiting for houses to speak. */
export const afterLastMs = 90_000;

/** How often one breaker, or an area, was heard, and which of its labels wait for their first report. */
type Heard = { reports: number; newestMs: number; waiting: ObservedLabel[] };

export type AreaJudge = {
  /** Takes the reports of one message as it arrived, and what it says of the gateway that sent it. */
  take(arrivalMs: number, reports: readonly Report[], gateway?: GatewayWord | null): void;
  /** Lets time pass. */
  advance(toMs: number): void;
  findings(): Finding[];
};

export type JudgedArea = {
  areaId: string;
  breakers: readonly BreakerFacts[];
  /** Labels of the area and its breakers; their `reportsBefore` is filled in on the way. */
  labels: readonly ObservedLabel[];
  rule: JudgingRule;
  /** When listening began, Unix ms. */
  startMs: number;
};

/** A label that nothing has been heard of yet. */
export const unobserved = (label: Label): ObservedLabel => ({ ...label, reportsBefore: null });

const newArea = (areaId: string, breakers: readonly BreakerFacts[]): AreaMemory => ({
  areaId,
  villageId: breakers[0]?.villageId ?? "",
  breakers: new Map(breakers.map((facts) => [facts.breakerId, new BreakerMemory(facts)])),
  outageAlarm: undefined,
});

/** Counts reports by subject; an area is heard through its main breaker, or the first breaker it has. */
const newEars = (judged: JudgedArea) => {
  const heard = new Map<string, Heard>();
  const subjects = [...judged.breakers.map((b) => b.breakerId), judged.areaId];
  for (const id of subjects) heard.set(id, { reports: 0, newestMs: Number.NEGATIVE_INFINITY, waiting: [] });
  for (const label of judged.labels.toSorted((a, b) => a.startMs - b.startMs))
    heard.get(label.subjectId)?.waiting.push(label);
  const mouth = judged.breakers.find((b) => b.level === "main") ?? judged.breakers[0];
  const count = (subject: Heard | undefined, tsMs: number) => {
    if (subject === undefined) return;
    while (subject.waiting[0] !== undefined && subject.waiting[0].startMs <= tsMs) {
      subject.waiting[0].reportsBefore = subject.reports;
      subject.waiting.shift();
    }
    subject.reports += 1;
    subject.newestMs = Math.max(subject.newestMs, tsMs);
  };
  return {
    hear({ breakerId, tsMs }: Report) {
      count(heard.get(breakerId), tsMs);
      if (breakerId === mouth?.breakerId) count(heard.get(judged.areaId), tsMs);
    },
    of: (subjectId: string): Heard | undefined => heard.get(subjectId),
  };
};

/** The links of an area's gateways, as the house follows them (ingest/gateway-book.ts). */
const newGateways = (area: AreaMemory, rule: JudgingRule) => {
  const { areaId, villageId } = area;
  const known = new Map<string, GatewayMemory>();
  return {
    hear({ gatewayId, online }: GatewayWord, arrivalMs: number) {
      const gateway = known.get(gatewayId);
      if (gateway) hearGateway(gateway, online, arrivalMs);
      else known.set(gatewayId, newGateway({ gatewayId, areaId, villageId }, online ?? true, arrivalMs));
    },
    settle: (nowMs: number, listening: boolean): AlarmEffect[] =>
      [...known.values()].flatMap((gateway) => settleGateway(gateway, nowMs, rule, listening).alarms),
    /** When one of them changes by the clock alone. */
    dueMs(): number {
      let dueMs = Number.POSITIVE_INFINITY;
      for (const { online, alarm, sinceMs, lastHeardMs } of known.values()) {
        if (online) dueMs = Math.min(dueMs, (lastHeardMs ?? sinceMs) + rule.vouchMs);
        else if (alarm?.phase !== "standing") dueMs = Math.min(dueMs, sinceMs + offlineHoldMs);
      }
      return dueMs;
    },
  };
};

/** The ranked households of a main breaker's trip (docs/findings.md, `mainTrip`). */
const suspectsIn = (evidence: AlarmEvidence): string[] => {
  const suspects: string[] = [];
  for (let rank = 1; ; rank += 1) {
    const breakerId = evidence[`suspect${rank}BreakerId`];
    if (typeof breakerId !== "string") return suspects;
    suspects.push(breakerId);
  }
};

/** Starts judging an area that nothing is known of but the registry. */
export const judgeAreaLive = (judged: JudgedArea): AreaJudge => {
  const { rule, startMs } = judged;
  const area = newArea(judged.areaId, judged.breakers);
  const ears = newEars(judged);
  const late = newLateBook();
  const gateways = newGateways(area, rule);
  const findings = new Map<string, Finding>();
  const context: FoldContext = { rule, listeningSinceMs: startMs, horizonMs: startMs - defaultHorizonMs };
  let nowMs = startMs;
  let dueMs = startMs;

  const note = (effect: AlarmEffect) => {
    if (effect.effect !== "raise") {
      const known = findings.get(effect.id);
      if (known) known.clearedMs = effect.effect === "clear" ? effect.atMs : null;
      return;
    }
    const subjectId = effect.breakerId ?? effect.areaId;
    const heard = ears.of(subjectId);
    findings.set(effect.id, {
      kind: effect.kind satisfies AlarmKind,
      subjectId,
      areaId: effect.areaId,
      sinceMs: Math.min(
        effect.atMs,
        heard === undefined || heard.reports === 0 ? effect.atMs : heard.newestMs,
      ),
      raisedMs: effect.atMs,
      clearedMs: null,
      subjectReports: heard?.reports ?? 0,
      suspects: suspectsIn(effect.evidence),
    });
  };
  const settleAt = (atMs: number) => {
    nowMs = Math.max(nowMs, atMs);
    context.horizonMs = nowMs - defaultHorizonMs;
    for (const effect of settle(area, nowMs, context).alarms) note(effect);
    dueMs = Number.POSITIVE_INFINITY;
    for (const breaker of area.breakers.values()) dueMs = Math.min(dueMs, breaker.dueMs);
    for (const effect of gateways.settle(nowMs, nowMs >= listeningAtMs(context))) note(effect);
    dueMs = Math.min(dueMs, gateways.dueMs());
  };
  const advance = (toMs: number) => {
    while (Math.max(dueMs, nowMs + tickMs) <= toMs) settleAt(Math.max(dueMs, nowMs + tickMs));
  };

  /** Whoever speaks is installed, whatever the registry says. */
  const installed = (report: Report): BreakerMemory | undefined => {
    const known = area.breakers.get(report.breakerId);
    if (known === undefined || known.facts.installedAtMs <= report.tsMs || known.fold.own.lastKey !== null)
      return known;
    const before = new BreakerMemory({ ...known.facts, installedAtMs: Math.min(startMs, report.tsMs) });
    area.breakers.set(report.breakerId, before);
    return before;
  };

  return {
    advance,
    take(arrivalMs, reports, gateway = null) {
      advance(arrivalMs);
      if (gateway !== null) gateways.hear(gateway, arrivalMs);
      let touched = gateway !== null && gateway.online !== null;
      for (const report of reports) {
        const breaker = installed(report);
        if (breaker === undefined) continue;
        // A second report of one breaker: what the first one meant must be judged before it.
        if (breaker.reported) settleAt(arrivalMs);
        ears.hear(report);
        const before = breaker.fold.own;
        const receipt = receive(breaker, report, context);
        if (receipt.kind === "accepted") late.remember(report, before);
        else if (receipt.kind === "late") late.workIn(breaker, report, nowMs, rule);
        // What says nothing new may still tell something of the device, and then the breaker is due.
        if (receipt.kind === "accepted" || breaker.dueMs <= arrivalMs) touched = true;
      }
      if (touched) settleAt(arrivalMs);
    },
    findings: () => [...findings.values()],
  };
};
