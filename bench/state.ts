// What detection remembers of very many breakers: bytes as stored, heap in memory, and how long reading it back takes.
import { receive, settle } from "../detection/area-fold.ts";
import { BreakerMemory } from "../detection/breaker-memory.ts";
import { newBaseline } from "../detection/leakage/baseline.ts";
import { type AreaMemory, defaultHorizonMs } from "../detection/memory.ts";
import { packedMemory } from "../detection/stored.ts";
import { packedBaseline } from "../detection/stored-baseline.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import { defaultJudgingRule } from "../domain/limits.ts";

export type StateOptions = { breakers: number };

export type StateResult = {
  breakers: number;
  /** As stored, per breaker: everything but what it usually leaks, and that. */
  foldBytes: number;
  baselineBytes: number;
  /** In memory, per breaker: packed, as nearly all are, and unpacked, as they are judged. */
  packedBytes: number;
  unpackedBytes: number;
  /** All of them read from their stored texts, in s of CPU. */
  restoreS: number;
  /** One unpacked, and packed again, in µs of CPU. */
  unpackUs: number;
  packUs: number;
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
  const breaker = new BreakerMemory(facts);
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

/** What is stored of a breaker's memory, in base64. */
export const storedTexts = (breaker: BreakerMemory): { memory: string; baseline: string } => ({
  memory: packedMemory(breaker).toString("base64"),
  baseline: packedBaseline(breaker.baseline ?? newBaseline()).toString("base64"),
});

/** Heap, and what is kept outside of it. */
export const memoryBytes = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

const cpuS = (work: () => void): number => {
  const cpu = process.cpuUsage();
  work();
  const spent = process.cpuUsage(cpu);
  return (spent.user + spent.system) / 1e6;
};

/**
 * Memories that are each their own, found by id and by area as detection finds them; the registry's facts are not counted.
 * Run with --expose-gc for a true heap.
 */
export const measureState = ({ breakers }: StateOptions): StateResult => {
  const breaker = lived();
  const { memory, baseline } = storedTexts(breaker);
  const oneByteText = (base64: string) => Buffer.from(base64, "base64").toString("latin1");
  const bytesOf = (base64: string) => Buffer.from(base64, "base64").length;
  const { fold, changes, published, keptFromMs, aheadMs } = breaker;
  const beyondBaseline = { fold: { ...fold, leakage: null }, changes, published, keptFromMs, aheadMs };
  const foldBytes = packedMemory(beyondBaseline).length;
  const facts = Array.from({ length: breakers }, (_, i) => factsOf(i));
  const empty = memoryBytes();
  const byId = new Map<string, BreakerMemory>();
  const areas = new Map<string, Map<string, BreakerMemory>>();
  const restoreS = cpuS(() => {
    for (const one of facts) {
      const packed = new BreakerMemory(one, null, null, {
        memory: oneByteText(memory),
        baseline: oneByteText(baseline),
      });
      byId.set(one.breakerId, packed);
      const area = areas.get(one.areaId) ?? new Map<string, BreakerMemory>();
      areas.set(one.areaId, area.set(one.breakerId, packed));
    }
  });
  const packed = memoryBytes();
  const some = [...byId.values()].slice(0, breakers / 10);
  const unpackS = cpuS(() => {
    for (const one of some) if (one.baseline === null) throw new Error("no baseline");
  });
  const unpacked = memoryBytes();
  // As after a report: what was packed before is of no more use.
  for (const one of some) {
    one.touched = true;
    one.touched = false;
  }
  const packS = cpuS(() => {
    for (const one of some) if (!one.pack()) throw new Error("not packed");
  });
  return {
    breakers,
    foldBytes,
    baselineBytes: bytesOf(baseline) + bytesOf(memory) - foldBytes,
    packedBytes: (packed - empty) / breakers,
    unpackedBytes: (packed - empty) / breakers + (unpacked - packed) / some.length,
    restoreS,
    unpackUs: (unpackS * 1e6) / some.length,
    packUs: (packS * 1e6) / some.length,
  };
};
