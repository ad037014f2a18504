// Late reports worked into a breaker's own history, as the house's revision does from its store: here from what came of late.
import type { BreakerMemory } from "../detection/breaker-memory.ts";
import { foldOwn, initialChange, type OwnState } from "../detection/own.ts";
import type { JudgingRule } from "../domain/limits.ts";
import { compareReports, type Report } from "../domain/report.ts";

/** Reports that are remembered of each breaker: two hours of five minutes. What is later than that changes no alarm. */
const rememberedReports = 24;

type Remembered = { report: Report; before: OwnState };

export type LateBook = {
  /** Remembers a report that came in order, and the breaker's state before it. */
  remember(report: Report, before: OwnState): void;
  /** Folds the breaker's history anew with a report that came late; answers whether it was not too late. Mutates the memory. */
  workIn(breaker: BreakerMemory, report: Report, nowMs: number, rule: JudgingRule): boolean;
};

/** Starts with nothing remembered. */
export const newLateBook = (): LateBook => {
  const recent = new Map<string, Remembered[]>();
  return {
    remember(report, before) {
      let own = recent.get(report.breakerId);
      if (own === undefined) {
        own = [];
        recent.set(report.breakerId, own);
      }
      own.push({ report, before });
      if (own.length > rememberedReports) own.shift();
    },
    workIn(breaker, report, nowMs, rule) {
      const own = recent.get(report.breakerId) ?? [];
      const place = own.findIndex((one) => compareReports(one.report, report) > 0);
      const next = own[place];
      // Before the oldest that is remembered nothing is known, unless that one was the breaker's first.
      if (next === undefined || (place === 0 && next.before.lastKey !== null)) return false;
      if (place > 0 && compareReports(own[place - 1]?.report ?? report, report) === 0) return false;
      const start = next.before;
      const { facts } = breaker;
      const fromMs = start.lastKey?.tsMs ?? Number.NEGATIVE_INFINITY;
      const changes = breaker.changes.filter((change) => change.fromMs <= fromMs);
      if (changes.length === 0) changes.push(initialChange(facts.installedAtMs));
      own.splice(place, 0, { report, before: start });
      const refolded = own.slice(place);
      let index = place;
      const folded = foldOwn(
        start,
        changes,
        refolded.map((one) => one.report),
        facts.installedAtMs,
        nowMs,
        rule,
        (before, folding) => {
          while (own[index] !== undefined && own[index]?.report !== folding) index += 1;
          const one = own[index];
          if (one) one.before = before;
        },
      );
      if (own.length > rememberedReports) own.shift();
      breaker.fold.own = folded.own;
      breaker.changes = folded.changes;
      breaker.dirtyFromMs = Math.min(breaker.dirtyFromMs, report.tsMs);
      breaker.dueMs = Number.NEGATIVE_INFINITY;
      return true;
    },
  };
};
