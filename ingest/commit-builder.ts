// Gathers what detection has to write until it is written: later words on the same stretch of history replace earlier ones.

import type { AlarmEffect, AlarmMemory } from "../detection/alarms.ts";
import type { BreakerFold } from "../detection/breaker-fold.ts";
import type { BreakerMemory, Remembered } from "../detection/breaker-memory.ts";
import type { AreaEffects, AreaMemory } from "../detection/memory.ts";
import { publishedAt } from "../detection/memory.ts";
import type { OwnChange } from "../detection/own.ts";
import { packedMemory } from "../detection/stored.ts";
import { packedBaseline } from "../detection/stored-baseline.ts";
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";
import type { LastReading } from "../domain/http.ts";
import type { StateChange } from "../domain/operating.ts";
import { toIso } from "../domain/time.ts";
import type {
  AlarmWrite,
  BreakerStateRow,
  CheckpointRow,
  DetectionCommit,
  HistoryRewrite,
} from "../storage/detection.ts";
import type { QuarantineRow } from "../storage/quarantine.ts";
import { factsLine } from "./facts-line.ts";

/** What is stored of an area. */
export type StoredAreaFold = {
  outageAlarm: AlarmMemory | null;
  linkAlarm?: AlarmMemory;
  darkUntilMs?: number;
  plannedOutages?: readonly TimeWindow[];
};

const areaFold = ({ outageAlarm, linkAlarm, darkUntilMs, plannedOutages }: AreaMemory): StoredAreaFold => ({
  outageAlarm: outageAlarm ?? null,
  ...(linkAlarm && { linkAlarm }),
  ...(darkUntilMs !== undefined && { darkUntilMs }),
  ...(plannedOutages && { plannedOutages }),
});

/** The reading as the API shows it. */
export const lastReading = (reading: NonNullable<BreakerFold["reading"]>): LastReading => ({
  at: toIso(reading.tsMs),
  residualCurrentMa: reading.residualCurrentMa,
  contact: reading.contact,
  protection: reading.protection,
  loadCurrentA: reading.loadCurrentA ?? null,
  voltageV: reading.voltageV ?? null,
  temperatureC: reading.temperatureC ?? null,
  signalDbm: reading.signalDbm ?? null,
});

/** What is stored of where a breaker stands. */
export const stateRow = (facts: BreakerFacts, remembered: Remembered, now: StateChange): BreakerStateRow => ({
  breakerId: facts.breakerId,
  state: now.state,
  reason: now.reason,
  sinceMs: now.fromMs,
  lastReading: remembered.fold.reading ? lastReading(remembered.fold.reading) : null,
  lastHeardMs: remembered.fold.own.lastKey?.tsMs ?? null,
  memory: packedMemory(remembered).toString("base64"),
  facts: factsLine(facts),
});

const merge = <T extends { fromMs: number }>(
  into: Map<string, HistoryRewrite<T>>,
  rewrite: HistoryRewrite<T>,
): void => {
  const before = into.get(rewrite.breakerId);
  if (before === undefined || before.fromMs >= rewrite.fromMs) {
    into.set(rewrite.breakerId, rewrite);
    return;
  }
  const changes = [...before.changes.filter((change) => change.fromMs < rewrite.fromMs), ...rewrite.changes];
  into.set(rewrite.breakerId, { ...rewrite, fromMs: before.fromMs, changes });
};

export type CommitBuilder = {
  add(area: AreaMemory, effects: AreaEffects, nowMs: number): void;
  checkpoint(row: CheckpointRow): void;
  /** Alarms of none of the areas' breakers. */
  alarms(effects: readonly AlarmEffect[]): void;
  /** The area's memory is another. */
  area(area: AreaMemory): void;
  /** `ownToo`: the breaker's reports must be folded anew, and not only its area be judged. */
  revision(breakerId: string, fromMs: number, ownToo?: boolean): void;
  quarantine(rows: readonly QuarantineRow[]): void;
  reachedOffset(journalId: string, offset: number): void;
  /** Null when there is nothing to write. */
  peek(): DetectionCommit | null;
  /** Breakers whose published state changed, and the ids of alarms that did, since the last `clear`. */
  changed(): { breakers: readonly BreakerMemory[]; alarmIds: readonly string[] };
  clear(): void;
};

export const newCommitBuilder = (): CommitBuilder => {
  const own = new Map<string, HistoryRewrite<OwnChange>>();
  const published = new Map<string, HistoryRewrite<StateChange>>();
  // Rows are made when they are written: a busy breaker is touched many times before.
  const states = new Map<string, { breaker: BreakerMemory; now: StateChange }>();
  const areas = new Map<string, unknown>();
  const alarms: AlarmWrite[] = [];
  const checkpoints = new Map<string, CheckpointRow>();
  const baselines = new Set<BreakerMemory>();
  const revisions = new Map<string, { fromMs: number; ownToo: boolean }>();
  const quarantine: QuarantineRow[] = [];
  const changedBreakers = new Set<BreakerMemory>();
  let offset: DetectionCommit["offset"] = null;
  let empty = true;

  return {
    add(area, effects, nowMs) {
      for (const rewrite of effects.own) merge(own, rewrite);
      for (const rewrite of effects.published) merge(published, rewrite);
      for (const breaker of effects.touched) {
        states.set(breaker.facts.breakerId, { breaker, now: publishedAt(breaker, nowMs) });
      }
      for (const breaker of effects.changed) changedBreakers.add(breaker);
      for (const breaker of effects.baselines) baselines.add(breaker);
      for (const { breakerId, fromMs } of effects.beyondHorizon) this.revision(breakerId, fromMs);
      alarms.push(...effects.alarms);
      if (effects.alarms.some((a) => a.effect !== "raise" || a.breakerId === null))
        areas.set(area.areaId, areaFold(area));
      if (effects.touched.length + effects.own.length + effects.published.length + effects.alarms.length > 0)
        empty = false;
    },
    checkpoint(row) {
      checkpoints.set(`${row.breakerId}/${row.dayMs}`, row);
    },
    alarms(effects) {
      alarms.push(...effects);
      if (effects.length > 0) empty = false;
    },
    area(area) {
      areas.set(area.areaId, areaFold(area));
      empty = false;
    },
    revision(breakerId, fromMs, ownToo = true) {
      const known = revisions.get(breakerId);
      revisions.set(breakerId, {
        fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
        ownToo: ownToo || (known?.ownToo ?? false),
      });
      empty = false;
    },
    quarantine(rows) {
      quarantine.push(...rows);
    },
    reachedOffset(journalId, reached) {
      offset = { journalId, offset: reached };
      empty = false;
    },
    peek: () =>
      empty
        ? null
        : {
            own: [...own.values()],
            published: [...published.values()],
            states: [...states.values()].map(({ breaker, now }) => stateRow(breaker.facts, breaker, now)),
            areas: [...areas].map(([areaId, fold]) => ({ areaId, fold })),
            alarms,
            checkpoints: [...checkpoints.values()],
            baselines: [...baselines].flatMap(({ facts, baseline }) =>
              baseline === null
                ? []
                : [{ breakerId: facts.breakerId, baseline: packedBaseline(baseline).toString("base64") }],
            ),
            revisions: [...revisions].map(([breakerId, needed]) => ({ breakerId, ...needed })),
            quarantine,
            offset,
          },
    changed: () => ({ breakers: [...changedBreakers], alarmIds: [...new Set(alarms.map((a) => a.id))] }),
    clear() {
      for (const map of [own, published, states, areas, checkpoints, revisions]) map.clear();
      alarms.length = 0;
      quarantine.length = 0;
      changedBreakers.clear();
      baselines.clear();
      offset = null;
      empty = true;
    },
  };
};
