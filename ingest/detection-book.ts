// Detection's memory of all areas, kept in step with the registry.
import { BreakerMemory, type BreakerSettings } from "../detection/breaker-memory.ts";
import type { AreaMemory } from "../detection/memory.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import { factsDiffer, placesDifferFromMs, windowsDifferFromMs } from "./fact-changes.ts";
import type { Registry } from "./registry.ts";

export type DetectionBook = {
  areas: Map<string, AreaMemory>;
  breakers: Map<string, BreakerMemory>;
  /** Breakers that are not packed, those that have been so for longest first. */
  unpacked: Set<BreakerMemory>;
  /** Area id → breakers that are elsewhere now and have once been there (or were thought to have been). */
  leavers: Map<string, Set<string>>;
  /** Areas whose memory has not been read back yet: nothing of them is in the maps above but who has left them. */
  asleep: Set<string>;
};

/** A stretch of a breaker's stored history that must be judged anew; `ownToo`: its reports must be folded anew as well. */
export type NeededRevision = { breakerId: string; fromMs: number; ownToo: boolean };

/** What a newer registry asks for: histories to be judged anew, and areas whose memory is another. */
export type RegistryEffects = { revisions: NeededRevision[]; areas: AreaMemory[] };

/** All places that a breaker is or has been in. */
export const placesOf = ({ areaId, placements = [] }: BreakerFacts): string[] => [
  areaId,
  ...placements.map((placement) => placement.areaId),
];

/** The area's memory; a new one where there is none. */
export const areaOf = (book: DetectionBook, areaId: string, villageId: string): AreaMemory => {
  const known = book.areas.get(areaId);
  if (known) return known;
  const area: AreaMemory = { areaId, villageId, breakers: new Map(), outageAlarm: undefined };
  book.areas.set(areaId, area);
  return area;
};

/** Puts a breaker into the area of its facts. */
export const place = (book: DetectionBook, breaker: BreakerMemory): void => {
  const { areaId, villageId } = breaker.facts;
  const area = areaOf(book, areaId, villageId);
  area.villageId = villageId;
  area.breakers.set(breaker.facts.breakerId, breaker);
  book.breakers.set(breaker.facts.breakerId, breaker);
};

/** Remembers where a breaker has been, and that before its moves only a revision knows who belonged to an area. */
export const rememberMoves = (book: DetectionBook, facts: BreakerFacts): void => {
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
  const breaker = book.breakers.get(facts.breakerId);
  if (breaker === undefined) {
    place(book, new BreakerMemory(facts, settings, book.unpacked));
    return [];
  }
  const { limits, ownRules, testedMs } = settings;
  if (breaker.limits !== limits || breaker.ownRules !== ownRules || breaker.testedMs !== testedMs) {
    Object.assign(breaker, settings);
    breaker.dueMs = Number.NEGATIVE_INFINITY;
  }
  const was = breaker.facts;
  if (was === facts) return [];
  const { fromMs, ownToo } = factsDiffer(was, facts);
  if (windowsDifferFromMs(was.plannedOutages, facts.plannedOutages) < Number.POSITIVE_INFINITY)
    breaker.dueMs = Number.NEGATIVE_INFINITY;
  breaker.facts = facts;
  if (was.areaId !== facts.areaId) {
    book.areas.get(was.areaId)?.breakers.delete(facts.breakerId);
    // Where it was until now it may have a say in the past, even if the registry no longer says so.
    book.leavers.set(was.areaId, (book.leavers.get(was.areaId) ?? new Set()).add(facts.breakerId));
    place(book, breaker);
  } else areaOf(book, facts.areaId, facts.villageId).villageId = facts.villageId;
  if (fromMs === Number.POSITIVE_INFINITY) return [];
  breaker.dueMs = Number.NEGATIVE_INFINITY;
  breaker.touched = true;
  if (breaker.fold.own.lastKey === null) {
    breaker.startOver(fromMs);
    return [];
  }
  const revisions = [{ breakerId: facts.breakerId, fromMs, ownToo }];
  if (placesDifferFromMs(was, facts) === Number.POSITIVE_INFINITY) return revisions;
  // Where it was, or was thought to have been, those whom it left must be judged anew from then on, too.
  for (const areaId of new Set(placesOf(was)))
    for (const breakerId of standIns(book, areaId, facts.breakerId))
      revisions.push({ breakerId, fromMs, ownToo: false });
  return revisions;
};

/** Breakers that stand for an area as a whole: any one that is there now, else all that have been. */
const standIns = (book: DetectionBook, areaId: string, otherThan: string): string[] => {
  for (const id of book.areas.get(areaId)?.breakers.keys() ?? []) if (id !== otherThan) return [id];
  return [...(book.leavers.get(areaId) ?? [])].filter((id) => id !== otherThan);
};

/**
 * Brings the book in step with the registry: the areas that are awake, or only those of `woken`. Everything that
 * `neededAwake` names must be awake.
 */
export const applyRegistry = (
  book: DetectionBook,
  registry: Registry,
  nowMs: number,
  woken: ReadonlySet<string> | null = null,
): RegistryEffects => {
  const effects: RegistryEffects = { revisions: [], areas: [] };
  const isMeant = (areaId: string) => woken?.has(areaId) ?? !book.asleep.has(areaId);
  const meant = woken
    ? [...woken].flatMap((areaId) => registry.breakersIn(areaId))
    : [...registry.breakers.values()].filter((facts) => isMeant(facts.areaId));
  for (const facts of meant) effects.revisions.push(...applyFacts(book, facts, registry.settingsOf(facts)));
  for (const facts of meant) if (facts.placements) rememberMoves(book, facts);
  for (const area of woken ? [...woken].flatMap((id) => book.areas.get(id) ?? []) : book.areas.values()) {
    if (!isMeant(area.areaId)) continue;
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

/** A book in which every area is asleep. */
export const openDetectionBook = (registry: Registry): DetectionBook => {
  const book: DetectionBook = {
    areas: new Map(),
    breakers: new Map(),
    unpacked: new Set(),
    leavers: new Map(),
    asleep: new Set(registry.areaIds()),
  };
  for (const facts of registry.breakers.values()) {
    if (facts.placements === undefined) continue;
    rememberMoves(book, facts);
    for (const areaId of placesOf(facts)) book.asleep.add(areaId);
  }
  return book;
};

/** Breakers that are kept unpacked: fewer than that never pack or unpack anything. */
const unpackedAtMost = 20_000;

/** Packs those that have been unpacked for longest, where they are very many. Call when what follows from them is committed. */
export const packOldest = ({ unpacked }: DetectionBook, atMost = unpackedAtMost): void => {
  let over = unpacked.size - atMost;
  for (const breaker of unpacked) {
    if (over <= 0) return;
    if (breaker.pack()) over -= 1;
  }
};
