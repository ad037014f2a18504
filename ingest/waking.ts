// Areas are read back from PostgreSQL when they are first needed: a restart must not wait for a million breakers.
import type { BreakerFold } from "../detection/breaker-fold.ts";
import { BreakerMemory } from "../detection/breaker-memory.ts";
import type { AreaMemory } from "../detection/memory.ts";
import type { OwnChange } from "../detection/own.ts";
import { foldOfJson } from "../detection/stored.ts";
import { baselineOf } from "../detection/stored-baseline.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import type { StateChange } from "../domain/operating.ts";
import type { Query, Reader } from "../storage/db.ts";
import {
  loadAreaFolds,
  loadOwnChanges,
  loadPublishedChanges,
  readMemories,
  type StoredMemory,
} from "../storage/detection-read.ts";
import type { StoredAreaFold } from "./commit-builder.ts";
import {
  applyRegistry,
  areaOf,
  type DetectionBook,
  place,
  placesOf,
  type RegistryEffects,
  rememberMoves,
} from "./detection-book.ts";
import { factsLine, factsOf } from "./facts-line.ts";
import type { Registry } from "./registry.ts";

/** Breakers that one statement asks for: a depot's breakers are everywhere, and everywhere wakes at once then. */
const breakersAtOnce = 2_500;

/** Statements at once: PostgreSQL works on the next while the rows of one are taken. */
const lanes = 2;

/** Rejects with the first failure, and not before everything that was begun has ended. */
const inParts = async <T>(all: readonly T[], read: (part: readonly T[]) => Promise<void>): Promise<void> => {
  let at = 0;
  const run = async () => {
    try {
      while (at < all.length) {
        const from = at;
        at += breakersAtOnce;
        await read(all.slice(from, at));
      }
    } catch (error) {
      at = all.length;
      throw error;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: lanes }, run));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
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

/** Restores the given breakers' histories from what is stored, however long they are. */
const restoreHistories = async (
  query: Query,
  breakers: readonly BreakerMemory[],
  horizonMs: number,
): Promise<void> => {
  const wanted = breakers.map((breaker) => ({
    breakerId: breaker.facts.breakerId,
    fromMs: Math.max(keptFromMs(breaker.fold, horizonMs), 0),
  }));
  const ownRows: (OwnChange & { breakerId: string })[] = [];
  const publishedRows: (StateChange & { breakerId: string })[] = [];
  await inParts(wanted, async (part) => {
    for (const row of await loadOwnChanges(query, part)) ownRows.push(row);
    for (const row of await loadPublishedChanges(query, part)) publishedRows.push(row);
  });
  const own = grouped<OwnChange & { breakerId: string }>(ownRows);
  const published = grouped<StateChange & { breakerId: string }>(publishedRows);
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

/** Older versions wrote JSON, without the histories. */
const isJson = (memory: string): boolean => memory.startsWith("{");

/** A breaker's memory as it was stored; histories of an older version are to be restored besides. */
const restored = (
  book: DetectionBook,
  known: BreakerFacts | undefined,
  { breakerId, memory, facts: line, baseline }: StoredMemory,
): BreakerMemory => {
  // Nearly always it was judged with what the registry says now.
  const isKnown = known !== undefined && factsLine(known) === line;
  const facts = isKnown ? known : factsOf(breakerId, line);
  if (!isJson(memory)) return new BreakerMemory(facts, null, book.unpacked, { memory, baseline });
  const breaker = new BreakerMemory(facts, null, book.unpacked);
  breaker.fold = foldOfJson(Buffer.from(memory, "latin1").toString());
  if (baseline !== null) breaker.baseline = baselineOf(baseline);
  // It stands in PostgreSQL as it is here.
  breaker.touched = false;
  return breaker;
};

const restoreArea = (area: AreaMemory, fold: StoredAreaFold): void => {
  const { outageAlarm, linkAlarm, darkUntilMs, plannedOutages } = fold;
  area.outageAlarm = outageAlarm ?? undefined;
  area.linkAlarm = linkAlarm;
  if (darkUntilMs !== undefined) area.darkUntilMs = darkUntilMs;
  if (plannedOutages) area.plannedOutages = plannedOutages;
};

/** Puts what has been read in its place: the areas are awake. */
const put = (
  book: DetectionBook,
  registry: Registry,
  woken: ReadonlySet<string>,
  memories: readonly BreakerMemory[],
  folds: readonly { areaId: string; fold: unknown }[],
): void => {
  for (const areaId of woken) book.asleep.delete(areaId);
  for (const breaker of memories) {
    // One may have been read with its area and by its id.
    if (book.breakers.has(breaker.facts.breakerId)) {
      book.unpacked.delete(breaker);
      continue;
    }
    place(book, breaker);
    rememberMoves(book, breaker.facts);
  }
  for (const { areaId, fold } of folds) {
    // Those whose memories are there now may all be new to it.
    const [there] = registry.breakersIn(areaId);
    const area = book.areas.get(areaId) ?? (there && areaOf(book, areaId, there.villageId));
    if (area !== undefined) restoreArea(area, fold as StoredAreaFold);
  }
};

type Wanted = { areaIds: Iterable<string>; breakerIds?: readonly string[] };

/**
 * Reads areas back, with the facts that they were judged with; areas that have had the same breakers come with them.
 * `breakerIds` are read besides, wherever they were. Changes nothing when it rejects. Answers the areas.
 */
const readAreas = async (
  db: Reader,
  book: DetectionBook,
  registry: Registry,
  { areaIds, breakerIds = [] }: Wanted,
  horizonMs: number,
): Promise<Set<string>> => {
  const woken = new Set<string>();
  let areas = new Set([...areaIds].filter((id) => book.asleep.has(id)));
  if (areas.size === 0 && breakerIds.length === 0) return woken;
  let others = breakerIds;
  const memories: BreakerMemory[] = [];
  const withoutHistories: BreakerMemory[] = [];
  // One that was not known of may have had breakers before.
  const isNeeded = (id: string) => (book.asleep.has(id) || !book.areas.has(id)) && !woken.has(id);
  try {
    while (areas.size > 0 || others.length > 0) {
      const unread = new Map<string, BreakerFacts | undefined>();
      /** Whoever has, or had, more places than one that wakes: all of them wake. */
      const elsewhere: BreakerFacts[] = [];
      const named = (id: string) => {
        const facts = registry.breakers.get(id);
        if (facts) elsewhere.push(facts);
        return facts;
      };
      for (const id of others) {
        const facts = named(id);
        if (!book.breakers.has(id)) unread.set(id, facts);
      }
      for (const areaId of areas) {
        woken.add(areaId);
        for (const facts of registry.breakersIn(areaId)) {
          unread.set(facts.breakerId, facts);
          if (facts.placements) elsewhere.push(facts);
        }
        // Those who have left it, also since the book was opened.
        for (const id of [...(book.leavers.get(areaId) ?? []), ...registry.leaversOf(areaId)]) named(id);
      }
      await inParts([...unread.keys()], (part) =>
        readMemories(db.copyOut, part, (stored) => {
          const known = unread.get(stored.breakerId);
          const breaker = restored(book, known, stored);
          memories.push(breaker);
          if (breaker.facts !== known) elsewhere.push(breaker.facts);
          if (isJson(stored.memory)) withoutHistories.push(breaker);
        }),
      );
      areas = new Set(elsewhere.flatMap(placesOf).filter(isNeeded));
      others = [];
    }
    const folds = await loadAreaFolds(db.query, [...woken]);
    await restoreHistories(db.query, withoutHistories, horizonMs);
    put(book, registry, woken, memories, folds);
  } catch (error) {
    for (const breaker of memories) book.unpacked.delete(breaker);
    throw error;
  }
  return woken;
};

/**
 * Reads areas back as they are asked for, and brings them in step with the registry. Changes nothing when it rejects.
 * Answers what must be judged anew.
 */
export const wakeAreas = async (
  db: Reader,
  book: DetectionBook,
  registry: Registry,
  areaIds: Iterable<string>,
  horizonMs: number,
  nowMs: number,
): Promise<RegistryEffects> => {
  const woken = await readAreas(db, book, registry, { areaIds }, horizonMs);
  return woken.size === 0 ? { revisions: [], areas: [] } : applyRegistry(book, registry, nowMs, woken);
};

/** What a newer registry needs awake before it is applied: where breakers have moved, and who has come to an area. */
const neededAwake = (
  book: DetectionBook,
  registry: Registry,
): { areaIds: Set<string>; breakerIds: string[] } => {
  const areaIds = new Set<string>();
  const breakerIds: string[] = [];
  for (const facts of registry.breakers.values()) {
    const isKnown = book.breakers.has(facts.breakerId);
    if (isKnown) for (const areaId of placesOf(facts)) if (book.asleep.has(areaId)) areaIds.add(areaId);
    // New, or it comes from an area that is asleep.
    if (!isKnown && !book.asleep.has(facts.areaId)) breakerIds.push(facts.breakerId);
  }
  return { areaIds, breakerIds };
};

/**
 * Brings the areas that are awake in step with a newer registry, and wakes those that it needs for that. All at once: who
 * stands for an area depends on who has left it. Changes nothing when it rejects. Answers what must be judged anew.
 */
export const followRegistry = async (
  db: Reader,
  book: DetectionBook,
  newer: Registry,
  horizonMs: number,
  nowMs: number,
): Promise<RegistryEffects> => {
  await readAreas(db, book, newer, neededAwake(book, newer), horizonMs);
  return applyRegistry(book, newer, nowMs);
};
