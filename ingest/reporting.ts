// Reports states, rates, alarms and the pipeline's own numbers as points, so that Grafana needs InfluxDB only. It reads
// what others have committed, at its own pace: nothing waits for it, and what it missed it makes up for.
import { setTimeout as sleep } from "node:timers/promises";
import type { Journal } from "../journal/port.ts";
import type { Query } from "../storage/db.ts";
import {
  alarmTransitions,
  beginReporting,
  changedHistories,
  intervalsFrom,
  nextSpan,
  type StoredInterval,
  spanReported,
  statesAt,
} from "../storage/reporting.ts";
import { alarmLines, operatingLines } from "../storage/telemetry/influx-points.ts";
import type { LinesOutcome } from "../storage/telemetry/influx-write.ts";
import { oldestKeptMs } from "../storage/telemetry/order.ts";
import { type GaugeNeeds, openGauges } from "./gauges.ts";
import type { Registry } from "./registry.ts";
import { repeatBefore, statePoints } from "./state-points.ts";

export type ReportingNeeds = GaugeNeeds & {
  journal: Pick<Journal, "stats">;
  query: Query;
  registry: () => Registry;
  clock: () => number;
  retentionDays: number;
  write(lines: readonly string[]): Promise<LinesOutcome>;
  /** So many points were stored. */
  onReported(points: number): void;
  onProblem(problem: string | null): void;
  warn(message: string): void;
};

export type Reporting = { stop(): Promise<void> };

const limits = {
  roundEveryMs: 1_000,
  firstRetryMs: 1_000,
  longestRetryMs: 15_000,
  breakersAtOnce: 500,
  repeatsAtOnce: 5_000,
  linesAtOnce: 20_000,
  stopDeadlineMs: 2_000,
} as const;

/** InfluxDB cannot take the points now; the round ends and is tried again. */
class Unavailable extends Error {}

/** Starts to report until stopped. Failures are told by `onProblem`, and tried again. */
export const startReporting = (needs: ReportingNeeds): Reporting => {
  const { query, clock } = needs;
  const stopping = new AbortController();
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});

  const write = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    const outcome = await needs.write(lines);
    if (outcome.kind === "unavailable") throw new Unavailable(outcome.reason);
    const [first] = outcome.rejected;
    if (first !== undefined)
      needs.warn(`InfluxDB refused ${outcome.rejected.length} reported points: ${first.reason}`);
    needs.onReported(lines.length - outcome.rejected.length);
  };
  const gauges = openGauges(needs, write);

  /** States and alarms that were committed since the last time, whenever that was. */
  const reportChanges = async (): Promise<void> => {
    const span = await nextSpan(query);
    if (span === null || span.fromXid === span.toXid) return;
    // A day inside the retention, so that a bucket that keeps exactly that takes every point.
    const oldestMs = oldestKeptMs(clock(), needs.retentionDays - 1);
    const changed = await changedHistories(query, span);
    let lines: string[] = [];
    for (let at = 0; at < changed.length; at += limits.breakersAtOnce) {
      const part = changed.slice(at, at + limits.breakersAtOnce);
      const intervals = Map.groupBy(
        await intervalsFrom(
          query,
          part.map(({ breakerId, atMs }) => ({ breakerId, fromMs: Math.min(...atMs) })),
        ),
        (interval: StoredInterval) => interval.breakerId,
      );
      const nowMs = clock();
      for (const { breakerId, atMs, known } of part) {
        const facts = needs.registry().breakers.get(breakerId);
        if (facts === undefined) continue;
        const points = statePoints(intervals.get(breakerId) ?? [], {
          changedMs: atMs,
          repeatsFromMs: known ? span.sinceMs : null,
          oldestMs,
          nowMs,
        });
        for (const point of points) lines.push(...operatingLines(facts, point, point.atMs));
        if (lines.length < limits.linesAtOnce) continue;
        await write(lines);
        lines = [];
      }
    }
    const transitions = await alarmTransitions(query, span, oldestMs);
    await write([...lines, ...transitions.flatMap(alarmLines)]);
    await spanReported(query, span);
  };

  let repeatedMs = 0;
  const repeatStates = async (): Promise<void> => {
    const atMs = repeatBefore(clock());
    if (atMs === repeatedMs) return;
    for (let afterId = ""; ; ) {
      const page = await statesAt(query, atMs, { afterId, limit: limits.repeatsAtOnce });
      const { breakers } = needs.registry();
      await write(
        page.flatMap((state) => {
          const facts = breakers.get(state.breakerId);
          return facts === undefined ? [] : operatingLines(facts, state, atMs);
        }),
      );
      const last = page.at(-1);
      if (last === undefined || page.length < limits.repeatsAtOnce) break;
      afterId = last.breakerId;
    }
    repeatedMs = atMs;
  };

  let begun = false;
  const collect = async (): Promise<void> => {
    if (!begun) await beginReporting(query, repeatBefore(clock()));
    begun = true;
    await gauges.collect();
  };
  const round = async (): Promise<void> => {
    gauges.collectOwn();
    // Each store may be away while the other is not: numbers are taken, and those that were taken are written.
    const failure = await collect().then(
      () => null,
      (error: Error) => error,
    );
    await gauges.flush();
    if (failure !== null) throw failure;
    await reportChanges();
    await repeatStates();
  };

  const run = async () => {
    let retryMs: number = limits.firstRetryMs;
    let told: string | null = null;
    while (!stopping.signal.aborted) {
      const problem = await round().then(
        () => null,
        (error: Error) => error.message,
      );
      if (problem !== told) needs.onProblem(problem);
      told = problem;
      if (problem === null) {
        retryMs = limits.firstRetryMs;
        await pause(limits.roundEveryMs);
      } else {
        await pause(retryMs * (0.75 + Math.random() / 2));
        retryMs = Math.min(retryMs * 2, limits.longestRetryMs);
      }
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      // What is on its way then is reported by the next start.
      await Promise.race([running, sleep(limits.stopDeadlineMs, undefined, { ref: false })]);
    },
  };
};
