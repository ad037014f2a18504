// Detection's memory of all areas: loaded from PostgreSQL at the start, kept in step with the registry.

import {
  type AreaMemory,
  type BreakerFold,
  type BreakerMemory,
  type BreakerSettings,
  newBreakerMemory,
} from "../detection/memory.ts";
import type { OwnChange } from "../detection/own.ts";
import { foldOf } from "../detection/stored.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import type { StateChange } from "../domain/operating.ts";
import type { Query } from "../storage/db.ts";
import {
  loadAreaFolds,
  loadBaselines,
  loadFolds,
  loadOwnChanges,
  loadPublishedChanges,
} from "../storage/detection-read.ts";
import type { StoredAreaFold, StoredFold } from "./commit-builder.ts";
import { factsDiffer, windowsDifferFromMs } from "./fact-changes.ts";
import type { Registry } from "./registry.ts";

export type DetectionBook = {
  areas: Map<string, AreaMemory>;
  breakers: Map<string, { area: AreaMemory; breaker: BreakerMemory }>;
  /** Area id → breakers that are elsewhere now and have once been there (or were thought to have been). */
  leavers: Map<string, Set<string>>;
};

/** A stretch of a breaker's stored history that must be judged anew; `ownToo`: its reports must be folded anew as well. */
export type NeededRevision = { breakerId: string; fromMs: number; ownToo: boolean };

/** What a newer registry asks for: histories to be judged anew, and areas whose memory is another. */
export type RegistryEffects = { revisions: NeededRevision[]; areas: AreaMemory[] };

const emptyBook = (): DetectionBook => ({ areas: new Map(), breakers: new Map(), leavers: new Map() });

const areaOf = (book: DetectionBook, areaId: string, villageId: string): AreaMemory => {
  const known = book.areas.get(areaId);
  if (known) return known;
  const area: AreaMemory = { areaId, villageId, breakers: new Map(), outageAlarm: undefined };
  book.areas.set(areaId, area);
  return area;
};

const place = (book: DetectionBook, breaker: BreakerMemory): void => {
  const { areaId, villageId } = breaker.facts;
  const area = areaOf(book, areaId, villageId);
  area.villageId = villageId;
  area.breakers.set(breaker.facts.breakerId, breaker);
  book.breakers.set(breaker.facts.breakerId, { area, breaker });
};

/** Remembers where a breaker has been, and that before its moves only a revision knows who belonged to an area. */
const rememberMoves = (book: DetectionBook, facts: BreakerFacts): void => {
  const { breakerId, placements = [] } = facts;
  for (const [i, { areaId, fromMs }] of placements.entries()) {
    areaOf(book, areaId, facts.villageId);
    if (areaId !== facts.areaId)
      book.leavers.set(areaId, (book.leavers.get(areaId) ?? new Set()).add(breakerId));
    for (const id of i === 0 ? [] : [areaId, placements[i - 1]?.areaId ?? areaId]) {
      const area = book.areas.get(id);
      if (area) area.soundFromMs = Math.max(area.soundFromMs ?? fromMs, fromMs);
    }
  }
};

const applyFacts = (
  book: DetectionBook,
  facts: BreakerFacts,
  settings: BreakerSettings,
): NeededRevision[] => {
  const known = book.breakers.get(facts.breakerId);
  if (known === undefined) {
    place(book, newBreakerMemory(facts, settings));
    return [];
  }
  const { area, breaker } = known;
  const was = breaker.facts;
  const { fromMs, ownToo } = factsDiffer(was, facts);
  if (windowsDifferFromMs(was.plannedOutages, facts.plannedOutages) < Number.POSITIVE_INFINITY)
    breaker.dueMs = Number.NEGATIVE_INFINITY;
  breaker.facts = facts;
  const { limits, ownRules, testedMs } = settings;
  if (breaker.limits !== limits || breaker.ownRules !== ownRules || breaker.testedMs !== testedMs) {
    Object.assign(breaker, settings);
    breaker.dueMs = Number.NEGATIVE_INFINITY;
  }
  if (was.areaId !== facts.areaId) {
    area.breakers.delete(facts.breakerId);
    // Where it was until now it may have a say in the past, even if the registry no longer says so.
    book.leavers.set(area.areaId, (book.leavers.get(area.areaId) ?? new Set()).add(facts.breakerId));
    place(book, breaker);
  } else area.villageId = facts.villageId;
  if (fromMs === Number.POSITIVE_INFINITY) return [];
  breaker.dueMs = Number.NEGATIVE_INFINITY;
  breaker.touched = true;
  if (breaker.fold.own.lastKey === null) {
    const { published } = breaker;
    Object.assign(breaker, newBreakerMemory(facts, settings), { published, dirtyFromMs: fromMs });
    return [];
  }
  const revision = { breakerId: facts.breakerId, fromMs, ownToo };
  if (was.areaId === facts.areaId) return [revision];
  // One of those whom it left: their area must be judged anew from then on, too.
  const [left] = area.breakers.keys();
  return left === undefined ? [revision] : [revision, { breakerId: left, fromMs, ownToo: false }];
};

/** Brings the book in step with the registry. */
export const applyRegistry = (book: DetectionBook, registry: Registry, nowMs: number): RegistryEffects => {
  const effects: RegistryEffects = { revisions: [], areas: [] };
  for (const facts of registry.breakers.values())
    effects.revisions.push(...applyFacts(book, facts, registry.settingsOf(facts)));
  for (const facts of registry.breakers.values()) if (facts.placements) rememberMoves(book, facts);
  for (const area of book.areas.values()) {
    const planned = registry.plannedOutages.get(area.areaId) ?? [];
    const fromMs = windowsDifferFromMs(area.plannedOutages, planned);
    if (fromMs === Number.POSITIVE_INFINITY) continue;
    area.plannedOutages = planned;
    effects.areas.push(area);
    // Any one of the area's breakers stands for all: an area is judged as a whole.
    const [breakerId = [...(book.leavers.get(area.areaId) ?? [])][0]] = area.breakers.keys();
    if (fromMs <= nowMs && breakerId !== undefined)
      effects.revisions.push({ breakerId, fromMs, ownToo: false });
  }
  return effects;
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
 * registry. Answers the book, and what must be judged anew.
 */
export const loadDetectionBook = async (
  query: Query,
  registry: Registry,
  horizonMs: number,
  nowMs: number,
): Promise<{ book: DetectionBook } & RegistryEffects> => {
  const book = emptyBook();
  const restored: BreakerMemory[] = [];
  for (const stored of await loadFolds(query)) {
    const { facts, ...fold } = stored.fold as StoredFold;
    const breaker = { ...newBreakerMemory(facts), fold: foldOf(fold) };
    restored.push(breaker);
    place(book, breaker);
    rememberMoves(book, facts);
  }
  await restoreHistories(query, restored, horizonMs);
  for (const { breakerId, baseline } of await loadBaselines(query)) {
    const known = book.breakers.get(breakerId);
    if (known && typeof baseline === "string") known.breaker.baselineText = baseline;
  }
  for (const { areaId, fold } of await loadAreaFolds(query)) {
    const area = book.areas.get(areaId);
    const { outageAlarm, linkAlarm, darkUntilMs, plannedOutages } = fold as StoredAreaFold;
    if (area === undefined) continue;
    area.outageAlarm = outageAlarm ?? undefined;
    area.linkAlarm = linkAlarm;
    if (darkUntilMs !== undefined) area.darkUntilMs = darkUntilMs;
    if (plannedOutages) area.plannedOutages = plannedOutages;
  }
  return { book, ...applyRegistry(book, registry, nowMs) };
};
