// What detection remembers of very many breakers: bytes as stored, heap in memory, and how long reading it back takes.
import { receive, settle } from "../detection/area-fold.ts";
import { newBaseline } from "../detection/leakage/baseline.ts";
import {
  type AreaMemory,
  type BreakerMemory,
  defaultHorizonMs,
  newBreakerMemory,
} from "../detection/memory.ts";
import { foldOf, type StoredBreakerFold, storedFold } from "../detection/stored.ts";
import { storedBaseline } from "../detection/stored-baseline.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import { defaultJudgingRule } from "../domain/limits.ts";

export type StateOptions = { breakers: number };

export type StateResult = {
  breakers: number;
  /** As stored, per breaker: everything but what it usually leaks, and that. */
  foldBytes: number;
  baselineBytes: number;
  /** In memory, per breaker: facts, fold, baseline and recent history. */
  heapBytes: number;
  restoreS: number;
};

export const defaultState: StateOptions = { breakers: 200_000 };

const t0Ms = Date.UTC(2026, 2, 1);
const minuteMs = 60_000;
const breakersPerArea = 50;
/** Days that the breaker whose state stands for all has lived. */
const livedDays = 35;

const factsOf = (index: number): BreakerFacts => ({
  breakerId: `b-${index}`,
  townshipId: "T",
  villageId: "V",
  areaId: `A${Math.floor(index / breakersPerArea)}`,
  householdId: `h-${index}`,
  level: "household",
  ratedResidualCurrentMa: 30,
  installedAtMs: t0Ms,
  removedAtMs: null,
  occupancy: [{ fromMs: 0, inhabited: true }],
});

/** One breaker after weeks of readings every ten minutes, with every field that a reading usually has. */
export const lived = (): BreakerMemory => {
  const facts = factsOf(0);
  const breaker = newBreakerMemory(facts);
  const area: AreaMemory = {
    areaId: facts.areaId,
    villageId: facts.villageId,
    breakers: new Map([[facts.breakerId, breaker]]),
    outageAlarm: undefined,
  };
  for (let m = 10; m < livedDays * 24 * 60; m += 10) {
    const tsMs = t0Ms + m * minuteMs + 123;
    const context = { rule: defaultJudgingRule, listeningSinceMs: t0Ms, horizonMs: tsMs - defaultHorizonMs };
    const body = {
      residualCurrentMa: 5 + Math.sin(m / 230) * 2 + (m % 70) / 100,
      contact: "closed",
      protection: "enabled",
      loadCurrentA: 3.1 + (m % 50) / 10,
      voltageV: 229.8,
      temperatureC: 31.5,
      signalDbm: -71,
    } as const;
    receive(
      breaker,
      {
        kind: "reading",
        breakerId: facts.breakerId,
        tsMs,
        seq: m / 10,
        arrivalMs: tsMs + 800,
        clockReplaced: false,
        body: { ...body, residualCurrentMa: Math.round(body.residualCurrentMa * 10) / 10 },
      },
      context,
    );
    settle(area, tsMs + 800, context);
  }
  return breaker;
};

type Row = { fold: string; baseline: string };

const restore = (rows: readonly Row[]): BreakerMemory[] =>
  rows.map(({ fold, baseline }, i) => ({
    ...newBreakerMemory(factsOf(i)),
    fold: foldOf(JSON.parse(fold) as StoredBreakerFold),
    baselineText: baseline,
  }));

/** Restores `breakers` states that are each their own. Run with --expose-gc for a true heap. */
export const measureState = ({ breakers }: StateOptions): StateResult => {
  const breaker = lived();
  const { l, ...rest } = storedFold(breaker.fold);
  const text = storedBaseline(breaker.baseline ?? newBaseline());
  const foldBytes = Buffer.byteLength(JSON.stringify(rest));
  const baselineBytes = Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(l));
  const row: Row = {
    fold: JSON.stringify(storedFold(breaker.fold)),
    baseline: text,
  };
  const rows = new Array<Row>(breakers).fill(row);
  restore(rows.slice(0, 2_000));
  globalThis.gc?.();
  const heapBefore = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  const memories = restore(rows);
  const spent = process.cpuUsage(cpu);
  globalThis.gc?.();
  const heapBytes = (process.memoryUsage().heapUsed - heapBefore) / memories.length;
  return { breakers, foldBytes, baselineBytes, heapBytes, restoreS: (spent.user + spent.system) / 1e6 };
};
