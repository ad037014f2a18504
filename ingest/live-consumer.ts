// The consumer that tells the pages of new readings: the newest of each breaker, at most twice a second.
import type { LiveReading } from "../domain/live.ts";
import type { Report } from "../domain/report.ts";
import { toIso } from "../domain/time.ts";
import type { Journal } from "../journal/port.ts";
import { type Consumer, startConsumer } from "./consumer.ts";
import type { DecodedReader } from "./decoded-log.ts";

export type LiveNeeds = {
  journal: Pick<Journal, "offsetOf" | "advance">;
  log: DecodedReader;
  clock: () => number;
  publish(readings: LiveReading[]): void;
  onProblem(problem: string | null): void;
};

const publishEveryMs = 500;
/** Readings in one message of the feed. */
const readingsPerMessage = 1_000;
/** Older news is no news to a page; it reads the store. */
const newsMs = 60_000;

type ReadingReport = Extract<Report, { kind: "reading" }>;

const liveReading = ({ breakerId, tsMs, body }: ReadingReport): LiveReading => ({
  breakerId,
  at: toIso(tsMs),
  residualCurrentMa: body.residualCurrentMa,
  contact: body.contact,
  protection: body.protection,
  loadCurrentA: body.loadCurrentA ?? null,
  voltageV: body.voltageV ?? null,
  temperatureC: body.temperatureC ?? null,
  signalDbm: body.signalDbm ?? null,
});

export const startLiveConsumer = (needs: LiveNeeds): Consumer => {
  const newest = new Map<string, ReadingReport>();
  let publishedAtMs = 0;
  return startConsumer({
    name: "live",
    offset: needs.journal.offsetOf("live"),
    read: needs.log.read,
    onProblem: needs.onProblem,
    async handle(messages, lastOffset) {
      const nowMs = needs.clock();
      for (const { reports } of messages)
        for (const { report } of reports) {
          if (report.kind !== "reading" || nowMs - report.arrivalMs > newsMs) continue;
          const known = newest.get(report.breakerId);
          if (known !== undefined && known.tsMs > report.tsMs) continue;
          newest.set(report.breakerId, report);
        }
      await needs.journal.advance("live", lastOffset);
      return { kind: "done" };
    },
    async between() {
      const nowMs = needs.clock();
      if (newest.size === 0 || (nowMs >= publishedAtMs && nowMs - publishedAtMs < publishEveryMs)) return;
      publishedAtMs = nowMs;
      const readings = [...newest.values()].map(liveReading);
      newest.clear();
      for (let i = 0; i < readings.length; i += readingsPerMessage)
        needs.publish(readings.slice(i, i + readingsPerMessage));
    },
  });
};
