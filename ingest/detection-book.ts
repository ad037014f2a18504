// Detection's memory of all areas: loaded from PostgreSQL at the start, kept in step with the registry.

import type { AlarmMemory } from "../detection/alarms.ts";
import {
  type AreaMemory,
  type BreakerFold,
  type BreakerMemory,
  newBreakerMemory,
} from "../detection/memory.ts";
import type { OwnChange } from "../detection/own.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import type { StateChange } from "../domain/operating.ts";
import type { Query } from "../storage/db.ts";
import { loadAreaFolds, loadFolds, loadOwnChanges, loadPublishedChanges } from "../storage/detection-read.ts";
import type { StoredFold } from "./commit-builder.ts";
import type { Registry } from "./registry.ts";

export type DetectionBook = {
  areas: Map<string, AreaMemory>;
  breakers: Map<string, { area: AreaMemory; breaker: BreakerMemory }>;
};

const areaOf = (book: DetectionBook, facts: BreakerFacts): AreaMemory => {
  const known = book.areas.get(facts.areaId);
  if (known) {
    known.villageId = facts.villageId;
    return known;
  }
  const area: AreaMemory = {
    areaId: facts.areaId,
    villageId: facts.villageId,
    breakers: new Map(),
    outageAlarm: undefined,
  };
  book.areas.set(facts.areaId, area);
  return area;
};

const place = (book: DetectionBook, breaker: BreakerMemory): void => {
  const area = areaOf(book, breaker.facts);
  area.breakers.set(breaker.facts.breakerId, breaker);
  book.breakers.set(breaker.facts.breakerId, { area, breaker });
};

/** From which instant on other facts give another history; Infinity where they do not. */
const factsDifferFromMs = (was: BreakerFacts, is: BreakerFacts, nowMs: number): number => {
  let fromMs = Number.POSITIVE_INFINITY;
  if (was.installedAtMs !== is.installedAtMs) fromMs = Math.min(was.installedAtMs, is.installedAtMs);
  if (was.removedAtMs !== is.removedAtMs)
    fromMs = Math.min(fromMs, was.removedAtMs ?? fromMs, is.removedAtMs ?? fromMs);
  if (was.householdId !== is.householdId) fromMs = Math.min(fromMs, nowMs);
  else if (JSON.stringify(was.occupancy) !== JSON.stringify(is.occupancy)) {
    const first = is.occupancy.findIndex(
      (entry, i) =>
        entry.fromMs !== was.occupancy[i]?.fromMs || entry.inhabited !== was.occupancy[i]?.inhabited,
    );
    fromMs = Math.min(fromMs, is.occupancy[first]?.fromMs ?? nowMs);
  }
  if (was.areaId !== is.areaId) fromMs = Math.min(fromMs, nowMs);
  return fromMs;
};

/** Brings the book in step with the registry. Answers the breakers whose stored history must be judged anew, and from when. */
export const applyRegistry = (
  book: DetectionBook,
  registry: Registry,
  nowMs: number,
): { breakerId: string; fromMs: number }[] => {
  const revisions: { breakerId: string; fromMs: number }[] = [];
  for (const facts of registry.breakers.values()) {
    const known = book.breakers.get(facts.breakerId);
    if (known === undefined) {
      place(book, newBreakerMemory(facts));
      continue;
    }
    const { area, breaker } = known;
    const fromMs = factsDifferFromMs(breaker.facts, facts, nowMs);
    const was = breaker.facts;
    breaker.facts = facts;
    if (was.areaId !== facts.areaId) {
      area.breakers.delete(facts.breakerId);
      place(book, breaker);
    } else area.villageId = facts.villageId;
    if (fromMs === Number.POSITIVE_INFINITY) continue;
    breaker.dueMs = Number.NEGATIVE_INFINITY;
    breaker.touched = true;
    if (breaker.fold.own.lastKey === null) {
      const { published } = breaker;
      Object.assign(breaker, newBreakerMemory(facts), { published, dirtyFromMs: fromMs });
    } else {
      revisions.push({ breakerId: facts.breakerId, fromMs });
    }
  }
  return revisions;
};

const grouped = <T extends { breakerId: string }>(
  rows: readonly T[],
): Map<string, Omit<T, "breakerId">[]> => {
  const groups = new Map<string, Omit<T, "breakerId">[]>();
  for (const { breakerId, ...rest } of rows) {
    const group = groups.get(breakerId);
    if (group) group.push(rest);
    else groups.set(breakerId, [rest]);
  }
  return groups;
};

/** How much of its stored history a breaker's memory must hold: back to the horizon, or to its newest report. */
const keptFromMs = (fold: BreakerFold, horizonMs: number): number =>
  Math.min(horizonMs, fold.own.lastKey?.tsMs ?? Number.NEGATIVE_INFINITY);

/** Restores the given breakers' histories from what is stored. */
export const restoreHistories = async (
  query: Query,
  breakers: readonly BreakerMemory[],
  horizonMs: number,
): Promise<void> => {
  const wanted = breakers.map((breaker) => ({
    breakerId: breaker.facts.breakerId,
    fromMs: Math.max(keptFromMs(breaker.fold, horizonMs), 0),
  }));
  const own = grouped<OwnChange & { breakerId: string }>(await loadOwnChanges(query, wanted));
  const published = grouped<StateChange & { breakerId: string }>(await loadPublishedChanges(query, wanted));
  for (const breaker of breakers) {
    const changes = own.get(breaker.facts.breakerId);
    if (changes === undefined) continue;
    breaker.changes = changes;
    breaker.published = published.get(breaker.facts.breakerId) ?? [];
    breaker.keptFromMs = keptFromMs(breaker.fold, horizonMs);
    breaker.dirtyFromMs = Number.POSITIVE_INFINITY;
    breaker.dueMs = Number.NEGATIVE_INFINITY;
  }
};

/**
 * Loads everything that detection remembers, with the facts that it was judged with, and brings it in step with the
 * registry. Answers the book and the breakers whose stored history must be judged anew.
 */
export const loadDetectionBook = async (
  query: Query,
  registry: Registry,
  horizonMs: number,
  nowMs: number,
): Promise<{ book: DetectionBook; revisions: { breakerId: string; fromMs: number }[] }> => {
  const book: DetectionBook = { areas: new Map(), breakers: new Map() };
  const restored: BreakerMemory[] = [];
  for (const stored of await loadFolds(query)) {
    const { facts, ...fold } = stored.fold as StoredFold;
    const breaker = { ...newBreakerMemory(facts), fold };
    restored.push(breaker);
    place(book, breaker);
  }
  await restoreHistories(query, restored, horizonMs);
  for (const { areaId, fold } of await loadAreaFolds(query)) {
    const area = book.areas.get(areaId);
    if (area) area.outageAlarm = (fold as { outageAlarm: AlarmMemory | null }).outageAlarm ?? undefined;
  }
  return { book, revisions: applyRegistry(book, registry, nowMs) };
};
