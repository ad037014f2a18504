// Judges areas anew over a stretch of the past, from the stored histories: every breaker in the area that it was in then.

import type { BreakerMemory } from "../detection/breaker-memory.ts";
import {
  type AreaOutage,
  areaOutages,
  installedWindow,
  type JudgedBreaker,
  publishedChanges,
} from "../detection/judge-area.ts";
import type { OwnChange } from "../detection/own.ts";
import { rewriteOf, splice } from "../detection/rewrite.ts";
import type { BreakerFacts, TimeWindow } from "../domain/breaker.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { appendChange, type StateChange } from "../domain/operating.ts";
import type { Query } from "../storage/db.ts";
import type { HistoryRewrite } from "../storage/detection.ts";
import { loadOwnChanges, loadPublishedChanges } from "../storage/detection-read.ts";
import type { DetectionBook } from "./detection-book.ts";

export type JudgedBook = Pick<DetectionBook, "areas" | "breakers" | "leavers">;

type Stay = TimeWindow & { areaId: string };

/** Where the breaker was within its installed time, in order. */
const staysOf = (facts: BreakerFacts): Stay[] => {
  const installed = installedWindow(facts);
  const placements = facts.placements ?? [{ fromMs: installed.fromMs, areaId: facts.areaId }];
  return placements
    .map(({ areaId, fromMs }, i) => ({
      areaId,
      fromMs: i === 0 ? installed.fromMs : Math.max(installed.fromMs, fromMs),
      toMs: Math.min(installed.toMs, placements[i + 1]?.fromMs ?? Number.POSITIVE_INFINITY),
    }))
    .filter((stay) => stay.fromMs < stay.toMs);
};

const membersOf = (book: JudgedBook, areaId: string): BreakerMemory[] => {
  const left = [...(book.leavers.get(areaId) ?? [])].flatMap((id) => book.breakers.get(id) ?? []);
  return [...new Set([...(book.areas.get(areaId)?.breakers.values() ?? []), ...left])];
};

const byBreaker = <T extends { breakerId: string }>(
  rows: readonly T[],
): Map<string, Omit<T, "breakerId">[]> => {
  const groups = new Map<string, Omit<T, "breakerId">[]>();
  for (const { breakerId, ...row } of rows) {
    const group = groups.get(breakerId);
    if (group) group.push(row);
    else groups.set(breakerId, [row]);
  }
  return groups;
};

/** What is stored of a stay in an area that is not judged anew: it stays as it is. */
const kept = (old: readonly StateChange[], stay: TimeWindow): StateChange[] => {
  const held = old.findLast((c) => c.fromMs <= stay.fromMs);
  return [
    ...(held ? [{ ...held, fromMs: stay.fromMs }] : []),
    ...old.filter((c) => c.fromMs > stay.fromMs && c.fromMs < stay.toMs),
  ];
};

/** The breaker's history from `fromMs` on, stay by stay. */
const judgeStays = (
  judged: JudgedBreaker,
  old: readonly StateChange[],
  outagesIn: ReadonlyMap<string, AreaOutage[]>,
  fromMs: number,
  nowMs: number,
): StateChange[] => {
  const fresh: StateChange[] = [];
  for (const stay of staysOf(judged.facts)) {
    const beginMs = Math.max(fromMs, stay.fromMs);
    if (beginMs >= stay.toMs) continue;
    const outages = outagesIn.get(stay.areaId);
    const changes =
      outages === undefined
        ? kept(old, { fromMs: beginMs, toMs: stay.toMs })
        : publishedChanges(judged, outages, beginMs, Math.min(nowMs, stay.toMs - 1));
    for (const change of changes) appendChange(fresh, change);
  }
  return fresh;
};

/**
 * Judges every area in which one of `requested` has been since `fromMs`, with the histories of `own` (by breaker id) in
 * place of the stored ones. Answers all breakers concerned, what to rewrite, and their histories after it.
 */
export const judgeAgain = async (
  needs: { query: Query; rule: JudgingRule },
  book: JudgedBook,
  requested: readonly BreakerMemory[],
  own: ReadonlyMap<string, readonly OwnChange[]>,
  fromMs: number,
  nowMs: number,
): Promise<{
  everyone: BreakerMemory[];
  published: HistoryRewrite<StateChange>[];
  next: Map<string, StateChange[]>;
}> => {
  const areaIds = new Set(
    requested.flatMap(({ facts }) =>
      staysOf(facts)
        .filter((stay) => stay.toMs > fromMs)
        .map((stay) => stay.areaId),
    ),
  );
  const members = new Map([...areaIds].map((areaId) => [areaId, membersOf(book, areaId)]));
  // One that is not installed in that time at all may still have a history that must go.
  const everyone = [...new Set([...requested, ...[...members.values()].flat()])];
  const wanted = everyone.map(({ facts }) => ({ breakerId: facts.breakerId, fromMs: Math.max(fromMs, 0) }));
  const storedOwn = byBreaker(await loadOwnChanges(needs.query, wanted));
  const stored = byBreaker(await loadPublishedChanges(needs.query, wanted));

  const judgedOf = ({ facts, changes }: BreakerMemory): JudgedBreaker => ({
    facts,
    changes: own.get(facts.breakerId) ?? storedOwn.get(facts.breakerId) ?? changes,
  });
  const outagesIn = new Map(
    [...members].map(([areaId, breakers]) => {
      const judged = breakers.map((breaker) => ({
        ...judgedOf(breaker),
        stays: staysOf(breaker.facts).filter((stay) => stay.areaId === areaId),
      }));
      return [areaId, areaOutages(judged, fromMs, nowMs, needs.rule)];
    }),
  );

  const published: HistoryRewrite<StateChange>[] = [];
  const next = new Map<string, StateChange[]>();
  for (const breaker of everyone) {
    const { facts } = breaker;
    const old = stored.get(facts.breakerId) ?? [];
    const joined = splice(old, judgeStays(judgedOf(breaker), old, outagesIn, fromMs, nowMs), fromMs);
    const rewrite = rewriteOf(facts, old, joined) ?? endRewrite(breaker, joined, requested);
    if (rewrite === null) continue;
    published.push(rewrite);
    next.set(facts.breakerId, joined);
  }
  return { everyone, published, next };
};

/** The changes are the same, but the breaker was removed, or is installed after all: the last one ends elsewhere. */
const endRewrite = (
  breaker: BreakerMemory,
  joined: StateChange[],
  requested: readonly BreakerMemory[],
): HistoryRewrite<StateChange> | null => {
  const last = joined.at(-1);
  if (last === undefined || !requested.includes(breaker)) return null;
  const { breakerId, removedAtMs } = breaker.facts;
  return { breakerId, fromMs: last.fromMs, changes: [last], endMs: removedAtMs };
};
