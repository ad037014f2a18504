// Computes each area's supply of a day when the day has ended, and anew when readings of it come late; slowly, an area at
// a time, beside everything else.
import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "../domain/report.ts";
import { areaSupply, type SupplyRule, type SupplySample } from "../domain/supply.ts";
import { midnightMs } from "../domain/time.ts";
import type { Db } from "../storage/db.ts";
import {
  type AreaDay,
  breakersOfDay,
  missingDays,
  nextStaleHours,
  removeStaleHours,
  settledUntilMs,
  writeSupplyDay,
} from "../storage/supply.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import { localDate } from "../storage/views/scope.ts";
import { fillTestTimes } from "./test-times.ts";

/** A day is computed when everything that came within this after its end is stored: `supplySettleMs` of ingest and a margin. */
const settleMs = 11 * 60_000;
/** Days before that are not computed by themselves. */
const daysBack = 35;
const hourMs = 3_600_000;
const reportsPerPage = 5_000;
const areasAtOnce = 100;
const lookEveryMs = 30_000;
/** Between two areas, so that live work goes first. */
const pauseMs = 20;

export type SupplyKeeperNeeds = {
  db: Db;
  telemetry: Pick<TelemetryStore, "reports">;
  rule: SupplyRule;
  timeZone: string;
  /** Readings older than this are gone. */
  retentionDays: number;
  clock(): number;
  warn(message: string, error?: unknown): void;
};

/** All phases together: a main says them one by one, or the mean of its three. */
const loadOf = (report: Report & { kind: "reading" }, isMain: boolean): number | null => {
  const { loadCurrentA, phaseCurrentsA } = report.body;
  if (phaseCurrentsA !== undefined) return phaseCurrentsA.reduce((sum, phase) => sum + phase, 0);
  if (loadCurrentA === undefined) return null;
  return isMain ? 3 * loadCurrentA : loadCurrentA;
};

const samplesOf = async (
  { telemetry }: Pick<SupplyKeeperNeeds, "telemetry">,
  breaker: { breakerId: string; level: string },
  fromMs: number,
  toMs: number,
): Promise<SupplySample[]> => {
  const samples: SupplySample[] = [];
  let nextMs = Math.max(fromMs, 0);
  while (nextMs < toMs) {
    const page = await telemetry.reports({
      breakerId: breaker.breakerId,
      fromMs: nextMs,
      toMs,
      limit: reportsPerPage,
    });
    for (const report of page)
      if (report.kind === "reading")
        samples.push({
          tsMs: report.tsMs,
          seq: report.seq,
          voltageV: report.body.voltageV ?? null,
          loadA: loadOf(report, breaker.level === "main"),
        });
    const last = page.at(-1);
    if (last === undefined) break;
    nextMs = last.tsMs + 1;
  }
  return samples;
};

/** The local days that an hour touches. */
const daysOfHour = (atMs: number, timeZone: string): string[] => [
  ...new Set([localDate(atMs, timeZone), localDate(atMs + hourMs - 1, timeZone)]),
];

const dayAfter = (day: string): string => Temporal.PlainDate.from(day).add({ days: 1 }).toString();

/** Computes one area's day from the stored readings and writes it. */
export const computeSupplyDay = async (needs: SupplyKeeperNeeds, areaDay: AreaDay): Promise<void> => {
  const { db, rule, timeZone } = needs;
  const fromMs = midnightMs(areaDay.day, timeZone);
  const toMs = midnightMs(dayAfter(areaDay.day), timeZone);
  const breakers = await breakersOfDay(db.query, areaDay);
  const read = async (level: string) => {
    const list = [];
    for (const breaker of breakers)
      if (breaker.level === level)
        list.push({
          breakerId: breaker.breakerId,
          samples: await samplesOf(needs, breaker, fromMs - 2 * rule.vouchMs, toMs),
        });
    return list;
  };
  const supply = areaSupply(
    { households: await read("household"), mains: await read("main") },
    { fromMs, toMs },
    rule,
  );
  await writeSupplyDay(db.query, areaDay, rule.lowVoltageV, supply);
};

/** The first day that may be computed, and the first that may not yet; null before anything is settled. */
const openSpan = async (needs: SupplyKeeperNeeds): Promise<{ fromDay: string; beforeDay: string } | null> => {
  const untilMs = await settledUntilMs(needs.db.query);
  if (untilMs === null) return null;
  const beforeDay = localDate(untilMs - settleMs, needs.timeZone);
  const back = Math.min(daysBack, needs.retentionDays - 1);
  return { fromDay: Temporal.PlainDate.from(beforeDay).subtract({ days: back }).toString(), beforeDay };
};

/** Computes what is due: answers how many days of areas it was. Stops early when `isStopped` says so. */
export const computeDueSupply = async (
  needs: SupplyKeeperNeeds,
  isStopped: () => boolean = () => false,
): Promise<number> => {
  const { db, rule, timeZone } = needs;
  const span = await openSpan(needs);
  if (span === null) return 0;
  let computed = 0;
  const oldestKept = localDate(needs.clock() - (needs.retentionDays - 1) * 24 * hourMs, timeZone);
  while (!isStopped()) {
    const stale = await nextStaleHours(db.query);
    if (stale === null) break;
    const days = new Set(stale.hours.flatMap(({ hourMs: atMs }) => daysOfHour(atMs, timeZone)));
    for (const day of days) {
      // A day that has not ended is computed in its turn; one whose readings are gone stays as it was.
      if (day >= span.beforeDay || day < oldestKept) continue;
      await computeSupplyDay(needs, { areaId: stale.areaId, day });
      computed += 1;
      await sleep(pauseMs);
    }
    await removeStaleHours(db.query, stale);
  }
  while (!isStopped()) {
    const missing = await missingDays(
      db.query,
      { ...span, lowVoltageV: rule.lowVoltageV, timeZone: needs.timeZone },
      areasAtOnce,
    );
    if (missing.length === 0) break;
    for (const areaDay of missing) {
      if (isStopped()) break;
      await computeSupplyDay(needs, areaDay);
      computed += 1;
      await sleep(pauseMs);
    }
  }
  return computed;
};

/** Looks for days that are due from time to time. A failure is told, and tried again at the next look. */
export const startSupplyKeeper = (needs: SupplyKeeperNeeds): { stop(): Promise<void> } => {
  const stopping = new AbortController();
  const work = async () => {
    while (!stopping.signal.aborted) {
      await settledUntilMs(needs.db.query)
        .then((untilMs) => (untilMs === null ? undefined : fillTestTimes(needs, untilMs)))
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) needs.warn("the times of tests could not be read yet", error);
        });
      await computeDueSupply(needs, () => stopping.signal.aborted).catch((error: unknown) => {
        if (!stopping.signal.aborted) needs.warn("the supply of the areas could not be computed yet", error);
      });
      await sleep(lookEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = work();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
};
