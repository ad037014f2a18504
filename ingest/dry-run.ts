// What other thresholds, or another rule, would have raised: the house's own fold over the stored reports, once with the
// settings as they are and once as proposed, one transformer area after another. Nothing is written.
import { setImmediate as turn } from "node:timers/promises";
import { receive, settle } from "../detection/area-fold.ts";
import { BreakerMemory, type BreakerSettings } from "../detection/breaker-memory.ts";
import type { AreaMemory } from "../detection/memory.ts";
import { type FindingSettings, settingsBook } from "../detection/settings.ts";
import type { AlarmKind } from "../domain/alarm.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import type { DryRunInput, DryRunResult, LimitChangeInput, LimitOverride } from "../domain/http-findings.ts";
import type { JudgingRule } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import { toIso } from "../domain/time.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";

const dayMs = 86_400_000;
const reportsPerPage = 5_000;
const reportsAtOnce = 250;
const horizonMs = 2 * 3_600_000;

export type DryRunNeeds = {
  telemetry: Pick<TelemetryStore, "reports">;
  facts: readonly BreakerFacts[];
  settings: FindingSettings;
  rule: JudgingRule;
  nowMs: number;
  progress(done: number, total: number): void;
  signal: AbortSignal;
};

/** The overrides as they would be. */
const changed = (
  overrides: readonly LimitOverride[],
  changes: readonly LimitChangeInput[],
): LimitOverride[] => {
  const keyOf = (one: Pick<LimitOverride, "scope" | "scopeId" | "level" | "name">) =>
    `${one.scope}/${one.scopeId}/${one.level}/${one.name}`;
  const set = new Map(overrides.map((one) => [keyOf(one), one]));
  for (const { value, ...change } of changes) {
    if (value === null) set.delete(keyOf(change));
    else set.set(keyOf(change), { ...change, value });
  }
  return [...set.values()];
};

const concerns = (asked: DryRunInput, facts: BreakerFacts): boolean =>
  (asked.township === null || facts.townshipId === asked.township) &&
  (asked.village === null || facts.villageId === asked.village) &&
  (asked.area === null || facts.areaId === asked.area);

/** One area under one set of settings. */
const newRun = (
  facts: readonly BreakerFacts[],
  settingsOf: (facts: BreakerFacts) => BreakerSettings,
  rule: JudgingRule,
  startMs: number,
  raised: Map<AlarmKind, number>,
) => {
  const area: AreaMemory = {
    areaId: facts[0]?.areaId ?? "",
    villageId: facts[0]?.villageId ?? "",
    breakers: new Map(facts.map((one) => [one.breakerId, new BreakerMemory(one, settingsOf(one))])),
    outageAlarm: undefined,
  };
  const context = { rule, listeningSinceMs: startMs, horizonMs: startMs - horizonMs };
  let nowMs = startMs;
  const settleAt = (atMs: number) => {
    nowMs = Math.max(nowMs, atMs);
    context.horizonMs = nowMs - horizonMs;
    for (const { effect, ...alarm } of settle(area, nowMs, context).alarms)
      if (effect === "raise" && "kind" in alarm) raised.set(alarm.kind, (raised.get(alarm.kind) ?? 0) + 1);
  };
  const advance = (toMs: number) => {
    for (;;) {
      let dueMs = Number.POSITIVE_INFINITY;
      for (const breaker of area.breakers.values()) dueMs = Math.min(dueMs, breaker.dueMs);
      const atMs = Math.max(dueMs, nowMs + 1_000);
      if (atMs > toMs) return;
      settleAt(atMs);
    }
  };
  return {
    advance,
    take(report: Report) {
      const breaker = area.breakers.get(report.breakerId);
      if (breaker === undefined) return;
      advance(report.arrivalMs);
      if (receive(breaker, report, context).kind !== "ignored") settleAt(report.arrivalMs);
    },
  };
};

/** All of the area's reports of one day of device time, in order of arrival. */
const reportsOfDay = async (
  needs: DryRunNeeds,
  facts: readonly BreakerFacts[],
  fromMs: number,
  toMs: number,
): Promise<Report[]> => {
  const reports: Report[] = [];
  for (const { breakerId } of facts) {
    for (let nextMs = fromMs; nextMs < toMs; ) {
      const page = await needs.telemetry.reports({ breakerId, fromMs: nextMs, toMs, limit: reportsPerPage });
      reports.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      nextMs = last.tsMs + 1;
    }
  }
  return reports.sort((a, b) => a.arrivalMs - b.arrivalMs || a.tsMs - b.tsMs);
};

/** Runs the proposal; throws when it is called off. */
export const dryRun = async (asked: DryRunInput, needs: DryRunNeeds): Promise<DryRunResult> => {
  const { settings, rule, nowMs } = needs;
  const asSet = settingsBook(settings);
  const proposed = settingsBook({
    overrides: changed(settings.overrides, asked.changes),
    rules: asked.rule === null ? settings.rules : [...settings.rules, { id: "proposed", ...asked.rule }],
  });
  const fromMs = nowMs - asked.days * dayMs;
  const facts = needs.facts.filter((one) => concerns(asked, one));
  const areas = [...Map.groupBy(facts, (one) => one.areaId).values()];
  const raised = { asSet: new Map<AlarmKind, number>(), asProposed: new Map<AlarmKind, number>() };
  let reports = 0;
  let done = 0;
  for (const area of areas) {
    const runs = [
      newRun(area, asSet, rule, fromMs, raised.asSet),
      newRun(area, proposed, rule, fromMs, raised.asProposed),
    ];
    for (let day = fromMs; day < nowMs; day += dayMs) {
      needs.signal.throwIfAborted();
      const ofDay = await reportsOfDay(needs, area, day, Math.min(day + dayMs, nowMs));
      reports += ofDay.length;
      for (const [i, report] of ofDay.entries()) {
        for (const run of runs) run.take(report);
        // Others work on this loop, too: a broker may be among them.
        if (i % reportsAtOnce === 0) await turn();
      }
      done += 1;
      needs.progress(done, areas.length * asked.days);
    }
    for (const run of runs) run.advance(nowMs);
  }
  const kinds = [...new Set([...raised.asSet.keys(), ...raised.asProposed.keys()])].sort((a, b) =>
    a < b ? -1 : 1,
  );
  return {
    from: toIso(fromMs),
    to: toIso(nowMs),
    breakers: facts.length,
    reports,
    kinds: kinds.map((kind) => ({
      kind,
      asSet: raised.asSet.get(kind) ?? 0,
      asProposed: raised.asProposed.get(kind) ?? 0,
    })),
  };
};
