// The telemetry store in InfluxDB 2: points that a redelivery overwrites with themselves.
import { InfluxDB } from "@influxdata/influxdb-client";
import { compareReports, type Report } from "../../domain/report.ts";
import { lineOf } from "./influx-lines.ts";
import { askNothing, type Range, readReports, readWindows, storedReading } from "./influx-read.ts";
import { explain, sendLines } from "./influx-write.ts";
import { cutBetweenMilliseconds, inOrder, oldestKeptMs, refusal } from "./order.ts";
import type { TelemetryStore, WriteOutcome } from "./port.ts";

/** Lines of one request: about 1.5 MB before compression, far below InfluxDB's own limit of 50 MB. */
const maxLinesPerRequest = 5_000;
/** Requests that a batch with bad lines may take to find them; what is left then is rejected as it stands. */
const maxRequestsForBadLines = 2_000;
const queryTimeoutMs = 60_000;
const maxReportsOfMillisecond = 100_000;
const eventKinds = ["trip", "test", "status"] as const;

export type InfluxOptions = {
  url: string;
  token: string;
  org: string;
  bucket: string;
  retentionDays: number;
  log: { warn(message: string): void };
};

type Line = { index: number; line: string };
type Rejected = { index: number; reason: string };

/**
 * Opens the store in the bucket; nothing is sent yet. The bucket's own retention drops old points, and lines it will
 * not take are `rejected` one by one. Reads throw when the server cannot answer.
 */
export const openInfluxTelemetry = (options: InfluxOptions): TelemetryStore => {
  const { url, token, org, bucket, retentionDays, log } = options;
  const client = new InfluxDB({ url, token, timeout: queryTimeoutMs });
  const api = client.getQueryApi(org);
  const target = { url, org, bucket };
  /** The server asked for silence until then (Retry-After). */
  let quietUntilMs = 0;

  /** Stores the lines or says which are bad; answers why when the server is unavailable, and null when done. */
  const store = async (
    lines: readonly Line[],
    rejected: Rejected[],
    budget: { requests: number },
  ): Promise<string | null> => {
    const answer = await sendLines(
      client.transport,
      target,
      lines.map(({ line }) => line),
    );
    budget.requests += 1;
    if (answer.kind === "stored") return null;
    if (answer.kind === "unavailable") {
      quietUntilMs = Date.now() + answer.retryAfterMs;
      return answer.reason;
    }
    const reason = answer.kind === "tooLarge" ? "larger than InfluxDB takes" : answer.reason;
    const whole = answer.kind === "bad" && answer.dropped === lines.length;
    if (lines.length === 1 || whole || budget.requests > maxRequestsForBadLines) {
      rejected.push(...lines.map(({ index }) => ({ index, reason })));
      return null;
    }
    // The good half is written again and overwrites itself; the bad one is halved until its bad lines are alone.
    const middle = Math.ceil(lines.length / 2);
    return (
      (await store(lines.slice(0, middle), rejected, budget)) ??
      (await store(lines.slice(middle), rejected, budget))
    );
  };

  const between = async (range: Range, limit: number): Promise<Report[]> => {
    const kinds = ["reading", ...eventKinds] as const;
    const found = await Promise.all(kinds.map((kind) => readReports(api, bucket, kind, range, limit)));
    return inOrder(found.flat());
  };

  return {
    async write(records, nowMs): Promise<WriteOutcome> {
      const oldestMs = oldestKeptMs(nowMs, retentionDays);
      const rejected: Rejected[] = [];
      const lines: Line[] = [];
      for (const [index, record] of records.entries()) {
        const reason = refusal(record, oldestMs);
        if (reason === null) lines.push({ index, line: lineOf(record) });
        else rejected.push({ index, reason });
      }
      const waitMs = quietUntilMs - Date.now();
      if (lines.length > 0 && waitMs > 0)
        return {
          kind: "unavailable",
          reason: `InfluxDB asked for a pause of ${Math.ceil(waitMs / 1_000)} s more`,
        };
      const refusedHere = rejected.length;
      const budget = { requests: 0 };
      for (let start = 0; start < lines.length; start += maxLinesPerRequest) {
        const reason = await store(lines.slice(start, start + maxLinesPerRequest), rejected, budget);
        if (reason !== null) return { kind: "unavailable", reason };
      }
      if (rejected.length > refusedHere)
        log.warn(
          `InfluxDB refused ${rejected.length - refusedHere} of ${records.length} reports: ${rejected.at(-1)?.reason}`,
        );
      return { kind: "stored", rejected: rejected.sort((a, b) => a.index - b.index) };
    },

    async readings({ everyMs, limit, ...range }) {
      if (everyMs !== null) return readWindows(api, bucket, range, everyMs, limit);
      const reports = inOrder(await readReports(api, bucket, "reading", range, limit));
      return reports.map(storedReading).filter((point) => point !== null);
    },

    async events({ limit, ...range }) {
      const found = await Promise.all(
        eventKinds.map((kind) => readReports(api, bucket, kind, range, limit, true)),
      );
      return inOrder(found.flat())
        .sort((a, b) => compareReports(b, a))
        .slice(0, limit);
    },

    async reports({ limit, ...range }) {
      const found = await between(range, limit + 1);
      const kept = cutBetweenMilliseconds(found, limit);
      const first = found[0];
      if (kept !== null || first === undefined) return kept ?? [];
      return between({ ...range, fromMs: first.tsMs, toMs: first.tsMs + 1 }, maxReportsOfMillisecond);
    },

    // The bucket's retention does it.
    prune: () => Promise.resolve(),

    problem: () =>
      askNothing(api, bucket).then(
        () => null,
        (error: unknown) => explain(error, target),
      ),

    stop: () => Promise.resolve(),
  };
};
