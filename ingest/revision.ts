// Late data: folds a breaker's past anew from the stored reports, and judges its area again from where that made a difference.

import type { BreakerMemory, Remembered } from "../detection/breaker-memory.ts";
import { defaultHorizonMs, forget, publishedAt } from "../detection/memory.ts";
import {
  foldOwn,
  initialChange,
  initialOwn,
  type OwnChange,
  type OwnState,
  sameOwn,
} from "../detection/own.ts";
import { splice } from "../detection/rewrite.ts";
import type { JudgingRule } from "../domain/limits.ts";
import type { StateChange } from "../domain/operating.ts";
import { compareReports, type Report } from "../domain/report.ts";
import type { Query } from "../storage/db.ts";
import type { BreakerStateRow, CheckpointRow, HistoryRewrite } from "../storage/detection.ts";
import { loadCheckpoint, loadOwnChanges } from "../storage/detection-read.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import { stateRow } from "./commit-builder.ts";
import { type JudgedBook, judgeAgain } from "./judge-again.ts";

/** Reports read at once: the memory that one revision may take. */
const reportsPerPage = 5_000;
const dayMs = 86_400_000;

type Refolded = {
  breaker: BreakerMemory;
  own: OwnState;
  rewrite: HistoryRewrite<OwnChange>;
  /** From here on the own history differs from what was stored; Infinity where it does not. */
  differsFromMs: number;
  checkpoints: { fromDayMs: number; rows: CheckpointRow[] };
};

export type Revision = {
  own: HistoryRewrite<OwnChange>[];
  published: HistoryRewrite<StateChange>[];
  states: BreakerStateRow[];
  checkpoints: { breakerId: string; fromDayMs: number; rows: CheckpointRow[] }[];
  /** Puts the outcome into the live memory; call when it is committed. */
  apply(): void;
};

type Needs = { query: Query; telemetry: Pick<TelemetryStore, "reports">; rule: JudgingRule };

const firstDifferenceMs = (a: readonly OwnChange[], b: readonly OwnChange[]): number => {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const [x, y] = [a[i], b[i]];
    if (x && y && x.fromMs === y.fromMs && sameOwn(x, y)) continue;
    return Math.min(x?.fromMs ?? Number.POSITIVE_INFINITY, y?.fromMs ?? Number.POSITIVE_INFINITY);
  }
  return Number.POSITIVE_INFINITY;
};

/** Reports of the breaker after `fromMs` and up to the newest that the live fold has seen, page by page. */
const reportsOf = async function* (
  needs: Needs,
  breaker: BreakerMemory,
  fromMs: number,
): AsyncGenerator<Report[]> {
  const newest = breaker.fold.own.lastKey;
  if (newest === null) return;
  const toMs = newest.tsMs + 1;
  let nextMs = fromMs;
  while (nextMs < toMs) {
    const page = await needs.telemetry.reports({
      breakerId: breaker.facts.breakerId,
      fromMs: nextMs,
      toMs,
      limit: reportsPerPage,
    });
    // What lies beyond is for the live fold to take, when it comes to it.
    yield page.filter((report) => compareReports(report, newest) <= 0);
    const last = page.at(-1);
    if (last === undefined) return;
    nextMs = last.tsMs + 1;
  }
};

const refold = async (
  needs: Needs,
  breaker: BreakerMemory,
  fromMs: number,
  nowMs: number,
): Promise<Refolded> => {
  const { facts } = breaker;
  const checkpoint = await loadCheckpoint(needs.query, facts.breakerId, fromMs);
  let own = (checkpoint?.fold as OwnState | undefined) ?? initialOwn;
  const startMs = own.lastKey?.tsMs ?? Number.NEGATIVE_INFINITY;
  const storedFromMs = Math.max(Math.min(startMs, fromMs), 0);
  const stored = (
    await loadOwnChanges(needs.query, [{ breakerId: facts.breakerId, fromMs: storedFromMs }])
  ).map(({ breakerId: _, ...change }): OwnChange => change);
  const changes = own.lastKey === null ? [] : stored.filter((c) => c.fromMs <= startMs);
  // The installation may have been moved to an earlier day since.
  if (
    (changes[0]?.fromMs ?? Number.POSITIVE_INFINITY) > facts.installedAtMs &&
    facts.installedAtMs >= storedFromMs
  )
    changes.unshift(initialChange(facts.installedAtMs));
  if (changes.length === 0) changes.push(initialChange(facts.installedAtMs));
  const rows: CheckpointRow[] = [];
  const onReport = (before: OwnState, report: Report) => {
    const day = Math.floor(report.tsMs / dayMs) * dayMs;
    if (before.lastKey === null || day > Math.floor(before.lastKey.tsMs / dayMs) * dayMs)
      rows.push({ breakerId: facts.breakerId, dayMs: day, fold: before });
  };
  for await (const page of reportsOf(needs, breaker, Math.max(startMs, 0)))
    own = foldOwn(
      own,
      changes,
      page,
      facts.installedAtMs,
      Number.NEGATIVE_INFINITY,
      needs.rule,
      onReport,
    ).own;
  foldOwn(
    own,
    changes,
    [],
    facts.installedAtMs,
    Math.max(nowMs, changes.at(-1)?.fromMs ?? nowMs),
    needs.rule,
  );

  const begin = changes[0]?.fromMs ?? facts.installedAtMs;
  const rewriteFromMs = Math.min(begin, stored[0]?.fromMs ?? begin);
  return {
    breaker,
    own,
    rewrite: { breakerId: facts.breakerId, fromMs: rewriteFromMs, changes, endMs: null },
    differsFromMs: firstDifferenceMs(stored, changes),
    checkpoints: { fromDayMs: checkpoint === null || checkpoint.dayMs > fromMs ? 0 : checkpoint.dayMs, rows },
  };
};

/**
 * Revises breakers of one area: `fromMs` of each is the earliest late report, or the instant from which on other facts
 * hold; only with `ownToo` its reports are folded anew. All reports that the live fold has seen must be in the telemetry
 * store. Reads only; the caller commits.
 */
export const reviseArea = async (
  needs: Needs,
  book: JudgedBook,
  requests: ReadonlyMap<string, { fromMs: number; ownToo: boolean }>,
  nowMs: number,
): Promise<Revision> => {
  const refolded: Refolded[] = [];
  const requested: BreakerMemory[] = [];
  let fromMs = Number.POSITIVE_INFINITY;
  for (const [breakerId, request] of requests) {
    const breaker = book.breakers.get(breakerId);
    if (breaker === undefined) continue;
    requested.push(breaker);
    // The area is judged at least from the request on: its facts may have changed where its own history has not.
    fromMs = Math.min(fromMs, request.fromMs);
    if (!request.ownToo) continue;
    const one = await refold(needs, breaker, request.fromMs, nowMs);
    refolded.push(one);
    fromMs = Math.min(fromMs, one.differsFromMs);
  }
  const own = new Map(refolded.map(({ rewrite }) => [rewrite.breakerId, rewrite.changes]));
  const { everyone, published, next } = await judgeAgain(needs, book, requested, own, fromMs, nowMs);
  const refoldedOf = new Map(refolded.map((one) => [one.breaker, one]));
  /** What is remembered of the breaker once the revision holds. */
  const revised = (breaker: BreakerMemory): Remembered => {
    const { fold, keptFromMs, aheadMs } = breaker;
    const one = refoldedOf.get(breaker);
    const joined = next.get(breaker.facts.breakerId);
    const remembered = {
      fold: one === undefined ? fold : { ...fold, own: one.own },
      changes: [...(one?.rewrite.changes ?? breaker.changes)],
      published:
        joined === undefined
          ? [...breaker.published]
          : splice(breaker.published, joined, joined[0]?.fromMs ?? 0),
      // What was folded anew reaches no further back than it was read.
      keptFromMs: Math.max(keptFromMs, one?.rewrite.changes[0]?.fromMs ?? Number.NEGATIVE_INFINITY),
      aheadMs,
    };
    forget(remembered, nowMs - defaultHorizonMs);
    return remembered;
  };
  const others = everyone.filter((one) => next.has(one.facts.breakerId) && !requested.includes(one));
  const concerned = [...requested, ...others];
  return {
    own: refolded.map((one) => one.rewrite),
    published,
    // The histories are part of what is stored of a breaker: of everyone whose history is another.
    states: concerned.map((breaker) => {
      const remembered = revised(breaker);
      const now = remembered.published.findLast((c) => c.fromMs <= nowMs) ?? publishedAt(breaker, nowMs);
      return stateRow(breaker.facts, remembered, now);
    }),
    checkpoints: refolded.map((one) => ({ breakerId: one.breaker.facts.breakerId, ...one.checkpoints })),
    apply() {
      for (const breaker of concerned) {
        const { fold, changes, published: spliced, keptFromMs } = revised(breaker);
        breaker.fold.own = fold.own;
        breaker.changes = changes;
        breaker.published = spliced;
        breaker.keptFromMs = keptFromMs;
        breaker.touched = true;
        breaker.dueMs = Number.NEGATIVE_INFINITY;
      }
    },
  };
};
