// An area under test: reports and ticks go through the live fold, and its rewrites are applied to a store as SQL would.

import type { AlarmEffect } from "../../detection/alarms.ts";
import { type Receipt, receive, settle } from "../../detection/area-fold.ts";
import { BreakerMemory } from "../../detection/breaker-memory.ts";
import { type AreaEffects, type AreaMemory, defaultHorizonMs } from "../../detection/memory.ts";
import type { BreakerFacts } from "../../domain/breaker.ts";
import { defaultJudgingRule, type JudgingRule } from "../../domain/limits.ts";
import type { OperatingInterval, StateChange } from "../../domain/operating.ts";
import type { Report } from "../../domain/report.ts";
import type { Reading } from "../../domain/wire.ts";

export const rule = defaultJudgingRule;
export const t0 = Date.UTC(2026, 2, 1);
export const minute = 60_000;
export const second = 1_000;

export const facts = (breakerId: string, more: Partial<BreakerFacts> = {}): BreakerFacts => ({
  breakerId,
  townshipId: "T",
  villageId: "V",
  areaId: "A",
  householdId: `h-${breakerId}`,
  level: "household",
  ratedResidualCurrentMa: 30,
  installedAtMs: t0,
  removedAtMs: null,
  occupancy: [{ fromMs: 0, inhabited: true }],
  ...more,
});

export const reading = (
  breakerId: string,
  tsMs: number,
  body: Partial<Reading> = {},
  arrivalMs = tsMs,
): Report => ({
  kind: "reading",
  breakerId,
  tsMs,
  seq: body.seq ?? Math.floor(tsMs / 1_000),
  arrivalMs,
  clockReplaced: false,
  body: { residualCurrentMa: 5, contact: "closed", protection: "enabled", ...body },
});

type Row = StateChange & { toMs: number | null };

export const area = (members: readonly BreakerFacts[], judgingRule: JudgingRule = rule) => {
  const memory: AreaMemory = {
    areaId: "A",
    villageId: "V",
    breakers: new Map(members.map((f) => [f.breakerId, new BreakerMemory(f)])),
    outageAlarm: undefined,
  };
  const stored = new Map<string, Row[]>();
  const alarms: AlarmEffect[] = [];
  const late: Report[] = [];
  let nowMs = t0;

  const apply = (effects: AreaEffects) => {
    for (const { breakerId, fromMs, changes, endMs } of effects.published) {
      const kept = (stored.get(breakerId) ?? []).filter((row) => row.fromMs < fromMs);
      const beginMs = changes[0]?.fromMs ?? fromMs;
      for (const row of kept) if (row.toMs === null || row.toMs > beginMs) row.toMs = beginMs;
      stored.set(breakerId, [
        ...kept,
        ...changes.map((c, i) => ({ ...c, toMs: changes[i + 1]?.fromMs ?? endMs })),
      ]);
    }
    alarms.push(...effects.alarms);
  };
  const context = () => ({
    rule: judgingRule,
    listeningSinceMs: t0 - 86_400_000,
    horizonMs: nowMs - defaultHorizonMs,
  });

  return {
    memory,
    alarms,
    late,
    /** The clock moves on, and the tick looks. */
    tick(atMs: number) {
      nowMs = Math.max(nowMs, atMs);
      apply(settle(memory, nowMs, context()));
    },
    report(report: Report): Receipt["kind"] {
      const breaker = memory.breakers.get(report.breakerId);
      if (breaker === undefined) throw new Error(`no breaker ${report.breakerId}`);
      nowMs = Math.max(nowMs, report.arrivalMs);
      const receipt = receive(breaker, report, context());
      if (receipt.kind === "late") late.push(report);
      apply(settle(memory, nowMs, context()));
      return receipt.kind;
    },
    /** What is stored of a breaker, up to `toMs`. */
    intervals(breakerId: string, toMs: number): OperatingInterval[] {
      return (stored.get(breakerId) ?? []).flatMap((row) => {
        const end = Math.min(row.toMs ?? toMs, toMs);
        return row.fromMs < end
          ? [{ fromMs: row.fromMs, toMs: end, state: row.state, reason: row.reason }]
          : [];
      });
    },
    states(breakerId: string, toMs: number): string[] {
      return this.intervals(breakerId, toMs).map(
        (i) =>
          `${(i.fromMs - t0) / minute}–${(i.toMs - t0) / minute} ${i.state}${i.reason ? ` (${i.reason})` : ""}`,
      );
    },
    raised: () => alarms.flatMap((a) => (a.effect === "raise" ? [a.kind] : [])),
    standing: () => {
      const open = new Map<string, string>();
      for (const a of alarms) {
        if (a.effect === "raise") open.set(a.id, a.kind);
        if (a.effect === "clear") open.delete(a.id);
        if (a.effect === "reopen") open.set(a.id, "reopened");
      }
      return [...open.values()];
    },
  };
};
