// Keeps the sums of finished days, publishes periods when they have settled, and publishes anew what late data has changed.
import { setTimeout as sleep } from "node:timers/promises";
import { periodAt, periodBefore, periodKinds } from "../domain/periods.ts";
import { startOfDayMs } from "../domain/time.ts";
import type { Db } from "../storage/db.ts";
import { duePeriods, publishedSince, publishPeriod } from "../storage/published-rates.ts";
import {
  areasAtOnce,
  areasWithoutDay,
  type Day,
  daysBefore,
  dropStaleDays,
  moveHorizon,
  sumDay,
} from "../storage/rates/refresh.ts";

/** A day is summed when it has ended so long ago: silence and outages of its last minutes have been judged by then. */
const daySettleMs = 30 * 60_000;
/** A period is published when it has ended so long ago: gateways deliver the last hour late (DOMAIN.md). */
export const publishSettleMs = 2 * 3_600_000;
/** Days before that are answered from the intervals. */
const maxDays = 400;
/** Publications that are compared with what is known now: as long as anything can come late. */
const watchedMs = 62 * 86_400_000;
/** A bulk of late data changes many areas one after the other: its end is awaited, but not for longer than this. */
const changeQuietMs = 60_000;
const changeWaitMs = 15 * 60_000;
const lookEveryMs = 5_000;
const watchEveryMs = 3_600_000;
const longestPauseMs = 2_000;

export type RateKeeperNeeds = {
  db: Db;
  timeZone: string;
  clock(): number;
  warn(message: string, error: unknown): void;
  /** How long changes must have ceased before they are published; a minute unless told otherwise. */
  changeQuietMs?: number;
  /** Between two looks; five seconds unless told otherwise. */
  lookEveryMs?: number;
};

export type RateKeeper = { stop(): Promise<void> };

type Reach = { fromMs: number; toMs: number };

/** Starts to keep the sums; one look after the other, each a small piece of work. */
export const startRateKeeper = (needs: RateKeeperNeeds): RateKeeper => {
  const { db, timeZone, clock, warn } = needs;
  const quietMs = needs.changeQuietMs ?? changeQuietMs;
  const stopping = new AbortController();
  const { signal } = stopping;
  /** What is yet to be summed; everything at the start. */
  let missing: Reach | null = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
  /** Periods that touch it may have been published otherwise. */
  let changed: (Reach & { firstAtMs: number; lastAtMs: number }) | null = null;
  let watchedAtMs = Number.NEGATIVE_INFINITY;

  const widen = (reach: Reach | null, day: Reach): Reach => ({
    fromMs: Math.min(reach?.fromMs ?? day.fromMs, day.fromMs),
    toMs: Math.max(reach?.toMs ?? day.toMs, day.toMs),
  });

  const sumMissing = async (untilMs: number) => {
    if (missing === null) return;
    const reach = missing;
    const inReach = ({ fromMs, toMs }: Day) => toMs > reach.fromMs && fromMs < reach.toMs;
    for (const day of (await daysBefore(db.query, untilMs, timeZone, maxDays)).filter(inReach)) {
      const areas = await areasWithoutDay(db.query, day);
      for (let at = 0; at < areas.length; at += areasAtOnce) {
        if (signal.aborted) return;
        const beganMs = performance.now();
        await sumDay(db, areas.slice(at, at + areasAtOnce), day, timeZone);
        // Half of the time belongs to others: a first start may have a year to sum.
        await sleep(Math.min(performance.now() - beganMs, longestPauseMs));
      }
    }
    missing = null;
  };

  const publishDue = async (nowMs: number) => {
    for (const kind of periodKinds) {
      const period = periodBefore(periodAt(kind, nowMs - publishSettleMs, timeZone), timeZone);
      for (const townshipId of await duePeriods(db.query, period)) {
        if (signal.aborted) return;
        await publishPeriod(db, {
          townshipId,
          period,
          timeZone,
          nowMs,
          cause: "schedule",
          actor: "schedule",
        });
      }
    }
  };

  /** Everything once an hour (tests and notices leave no mark), and at once what lies in a stretch that was rewritten. */
  const publishChanged = async (nowMs: number) => {
    const all = Math.abs(nowMs - watchedAtMs) >= watchEveryMs;
    const ceased =
      changed !== null && (nowMs - changed.lastAtMs >= quietMs || nowMs - changed.firstAtMs >= changeWaitMs);
    if (!ceased && !all) return;
    const watched = { fromMs: nowMs - watchedMs, toMs: nowMs };
    const reach =
      all || changed === null ? watched : { ...changed, fromMs: Math.max(changed.fromMs, watched.fromMs) };
    for (const published of await publishedSince(db.query, reach)) {
      if (signal.aborted) return;
      await publishPeriod(db, { ...published, timeZone, nowMs, cause: "change", actor: "lateData" });
    }
    if (ceased) changed = null;
    if (all) watchedAtMs = nowMs;
  };

  const look = async () => {
    const nowMs = clock();
    const untilMs = startOfDayMs(nowMs - daySettleMs, timeZone);
    if (await moveHorizon(db, untilMs, timeZone))
      missing = widen(missing, { fromMs: Number.NEGATIVE_INFINITY, toMs: untilMs });
    for (const day of await dropStaleDays(db)) {
      missing = widen(missing, day);
      changed = { firstAtMs: changed?.firstAtMs ?? nowMs, lastAtMs: nowMs, ...widen(changed, day) };
    }
    await sumMissing(untilMs);
    await publishDue(nowMs);
    await publishChanged(nowMs);
  };

  const run = async () => {
    while (!signal.aborted) {
      try {
        await look();
      } catch (error) {
        warn("the rates' sums could not be brought up to date, and are tried again", error);
      }
      await sleep(needs.lookEveryMs ?? lookEveryMs, undefined, { signal, ref: false }).catch(() => {});
    }
  };
  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
};
