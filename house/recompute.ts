// The job that has histories judged anew from the stored reports, area by area, through the fold that runs live.
import { setTimeout as sleep } from "node:timers/promises";
import {
  type MovedTime,
  maxChangedNamed,
  type RecomputeResult,
  recomputeRequestSchema,
} from "../domain/http-recompute.ts";
import { toIso } from "../domain/time.ts";
import type { Db } from "../storage/db.ts";
import {
  areasToRecompute,
  type HistorySummary,
  requestRevisions,
  type StateTime,
  summariseHistories,
  waitingRevisions,
} from "../storage/recompute.ts";
import { type JobHandler, jobProblem } from "./jobs.ts";

const dayMs = 86_400_000;
/** What is newer is still being judged and may change by itself. */
const unsettledMs = 30 * 60_000;
const askEveryMs = 250;
/** Detection works an area off in seconds; if nothing moves for so long, it is not running. */
const patienceMs = 10 * 60_000;

const keyOf = ({ state, reason }: Pick<StateTime, "state" | "reason">) => `${state}/${reason ?? ""}`;

/** What two summaries of one history differ by. */
export const movedTimes = (before: readonly StateTime[], after: readonly StateTime[]): MovedTime[] => {
  const moved = new Map<string, MovedTime>();
  const add = (times: readonly StateTime[], sign: 1 | -1) => {
    for (const time of times) {
      const known = moved.get(keyOf(time));
      moved.set(keyOf(time), { ...time, ms: (known?.ms ?? 0) + sign * time.ms });
    }
  };
  add(after, 1);
  add(before, -1);
  return [...moved.values()].filter((time) => time.ms !== 0);
};

type Needs = { db: Db; retentionDays: number; clock(): number };

/** Handler of jobs of kind `recompute`; params are those of POST /api/v1/recompute. */
export const recomputeJob =
  ({ db, retentionDays, clock }: Needs): JobHandler =>
  async (job, { progress, signal }): Promise<RecomputeResult> => {
    const asked = recomputeRequestSchema.parse(job.params);
    // The first day whose reports are all still there.
    const earliestMs = clock() - (retentionDays - 1) * dayMs;
    const fromMs = Math.max(asked.from === undefined ? 0 : Date.parse(asked.from), earliestMs);
    const toMs = clock() - unsettledMs;
    const areas = await areasToRecompute(
      db.query,
      { townshipId: asked.township, villageId: asked.village, areaId: asked.area, breakerId: asked.breaker },
      earliestMs,
    );
    const total = areas.reduce((sum, area) => sum + area.breakerIds.length, 0);
    const result: RecomputeResult = {
      areas: areas.length,
      breakers: total,
      changedBreakers: 0,
      moved: [],
      changed: [],
      from: toIso(fromMs),
      to: toIso(Math.max(fromMs, toMs)),
    };
    let done = 0;
    progress(done, total);
    for (const { areaId, breakerIds } of areas) {
      const before = await summariseHistories(db.query, breakerIds, fromMs, toMs);
      await requestRevisions(db.query, breakerIds, fromMs);
      await revised(db, breakerIds, signal);
      compare(before, await summariseHistories(db.query, breakerIds, fromMs, toMs), result);
      done += breakerIds.length;
      progress(done, total, areaId);
    }
    return result;
  };

/** Resolves when detection has worked off what was asked of the breakers. */
const revised = async (db: Db, breakerIds: readonly string[], signal: AbortSignal): Promise<void> => {
  let waiting = Number.POSITIVE_INFINITY;
  let movedAtMs = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const now = await waitingRevisions(db.query, breakerIds);
    if (now === 0) return;
    if (now < waiting) movedAtMs = performance.now();
    waiting = now;
    if (performance.now() - movedAtMs > patienceMs)
      throw jobProblem("detection does not work the requests off: is the ingest role running?");
    await sleep(askEveryMs, undefined, { signal });
  }
};

/** Adds to `result` what has changed between two summaries of the same breakers. */
const compare = (
  before: readonly HistorySummary[],
  after: readonly HistorySummary[],
  result: RecomputeResult,
): void => {
  const was = new Map(before.map((one) => [one.breakerId, one]));
  const is = new Map(after.map((one) => [one.breakerId, one]));
  for (const breakerId of new Set([...was.keys(), ...is.keys()])) {
    const [a, b] = [was.get(breakerId), is.get(breakerId)];
    if (a?.digest === b?.digest) continue;
    const moved = movedTimes(a?.times ?? [], b?.times ?? []);
    result.changedBreakers += 1;
    if (result.changed.length < maxChangedNamed) result.changed.push({ breakerId, moved });
    result.moved = movedTimes(
      moved.map((time) => ({ ...time, ms: -time.ms })),
      result.moved,
    );
  }
};
