// Points of the states: the last one before any instant tells what the history says there, whatever was reported before.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  excused,
  intervalsOf,
  notOperating,
  operating,
  type StateChange,
  sameJudgement,
  silent,
} from "../../domain/operating.ts";
import { repeatEveryMs, type StatePoint, statePoints } from "../../ingest/state-points.ts";

const seed = 20_260_521;
const judgements = [operating, silent, notOperating("open"), excused("areaOutage")] as const;
const endMs = 12 * repeatEveryMs;

/** A history from instant 0 on. */
const history: fc.Arbitrary<StateChange[]> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: endMs }), fc.constantFrom(...judgements)), { maxLength: 8 })
  .map((changes) => {
    const ordered: StateChange[] = [{ fromMs: 0, ...operating }];
    for (const [fromMs, judgement] of changes.sort(([a], [b]) => a - b)) {
      const last = ordered.at(-1);
      if (last && last.fromMs < fromMs && !sameJudgement(last, judgement))
        ordered.push({ fromMs, ...judgement });
    }
    return ordered;
  });

const intervalsAfter = (changes: readonly StateChange[], fromMs: number) =>
  intervalsOf(changes, Number.POSITIVE_INFINITY)
    .filter((interval) => interval.toMs > fromMs)
    .map((interval) => ({
      ...interval,
      toMs: interval.toMs === Number.POSITIVE_INFINITY ? null : interval.toMs,
    }));

const key = ({ fromMs, state, reason }: StateChange) => `${fromMs}/${state}/${reason}`;
/** Instants at which one of two histories begins something that the other does not. */
const differences = (a: readonly StateChange[], b: readonly StateChange[]): number[] => {
  const [inA, inB] = [new Set(a.map(key)), new Set(b.map(key))];
  return [...a.filter((c) => !inB.has(key(c))), ...b.filter((c) => !inA.has(key(c)))].map((c) => c.fromMs);
};

const lastBefore = (points: ReadonlyMap<number, StatePoint>, atMs: number): StatePoint | undefined =>
  [...points.values()].filter((point) => point.atMs <= atMs).sort((a, b) => b.atMs - a.atMs)[0];

describe("points of the states", () => {
  it("tell any revised history exactly, over whatever was reported before it", () => {
    fc.assert(
      fc.property(history, history, fc.integer({ min: 0, max: endMs }), (before, after, nowMs) => {
        const points = new Map<number, StatePoint>();
        const report = (changes: readonly StateChange[], changedMs: number[]) => {
          if (changedMs.length === 0) return;
          for (const point of statePoints(intervalsAfter(changes, Math.min(...changedMs)), {
            changedMs,
            repeatsFromMs: 0,
            oldestMs: 0,
            nowMs,
          }))
            points.set(point.atMs, point);
        };
        report(before, differences([], before));
        report(after, differences(before, after));
        for (const probeMs of [...before, ...after].flatMap(({ fromMs }) => [
          fromMs,
          fromMs + 1,
          fromMs + repeatEveryMs,
        ])) {
          const told = lastBefore(points, probeMs);
          const holds = after.findLast((change) => change.fromMs <= probeMs);
          expect(told && { state: told.state, reason: told.reason }).toEqual(
            holds && { state: holds.state, reason: holds.reason },
          );
        }
      }),
      { seed, numRuns: 500 },
    );
  });

  it("stand at the retention's beginning for what changed before it, and are never older", () => {
    const changes: StateChange[] = [
      { fromMs: 0, ...operating },
      { fromMs: 1_000, ...silent },
      { fromMs: 9_000, ...operating },
    ];
    const points = statePoints(intervalsAfter(changes, 0), {
      changedMs: [0, 1_000, 9_000],
      repeatsFromMs: null,
      oldestMs: 5_000,
      nowMs: 10_000,
    });
    expect(points).toEqual([
      { atMs: 5_000, ...silent },
      { atMs: 9_000, ...operating },
    ]);
  });

  it("are none where the breaker has no state: before its installation and after its removal", () => {
    const points = statePoints([{ fromMs: repeatEveryMs, toMs: 2 * repeatEveryMs, ...operating }], {
      changedMs: [0],
      repeatsFromMs: 0,
      oldestMs: 0,
      nowMs: endMs,
    });
    expect(points).toEqual([{ atMs: repeatEveryMs, ...operating }]);
  });
});
