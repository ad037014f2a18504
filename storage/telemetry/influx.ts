// The telemetry store in InfluxDB 2: points that a redelivery overwrites with themselves.
import { InfluxDB } from "@influxdata/influxdb-client";
import { compareReports, type Report } from "../../domain/report.ts";
import { openLineAppender } from "./influx-lines.ts";
import { askNothing, type Range, readReports, readWindows, storedReading } from "./influx-read.ts";
import { explain, openLineWriter } from "./influx-write.ts";
import { type LineBuffer, openLineBuffer } from "./line-buffer.ts";
import { cutBetweenMilliseconds, inOrder, oldestKeptMs, refusal } from "./order.ts";
import type { TelemetryStore, WriteOutcome } from "./port.ts";

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

/**
 * Opens the store in the bucket; nothing is sent yet. The bucket's own retention drops old points, and lines it will
 * not take are `rejected` one by one. Reads throw when the server cannot answer.
 */
export const openInfluxTelemetry = (options: InfluxOptions): TelemetryStore => {
  const { url, token, org, bucket, retentionDays, log } = options;
  const client = new InfluxDB({ url, token, timeout: queryTimeoutMs });
  const api = client.getQueryApi(org);
  const target = { url, org, bucket };
  const writeLines = openLineWriter(client.transport, target);
  const appendLine = openLineAppender();
  /** Buffers of writes that are over: as many as were ever under way at once. */
  const idle: LineBuffer[] = [];

  const between = async (range: Range, limit: number): Promise<Report[]> => {
    const kinds = ["reading", ...eventKinds] as const;
    const found = await Promise.all(kinds.map((kind) => readReports(api, bucket, kind, range, limit)));
    return inOrder(found.flat());
  };

  return {
    async write(records, nowMs): Promise<WriteOutcome> {
      const oldestMs = oldestKeptMs(nowMs, retentionDays);
      const rejected: { index: number; reason: string }[] = [];
      const lines = idle.pop() ?? openLineBuffer();
      lines.clear();
      /** Where in the batch each line comes from. */
      const indexes: number[] = [];
      records.forEach((record, index) => {
        const reason = refusal(record, oldestMs);
        if (reason === null) {
          appendLine(lines, record);
          indexes.push(index);
        } else rejected.push({ index, reason });
      });
      const outcome = await writeLines(lines);
      idle.push(lines);
      if (outcome.kind === "unavailable") return outcome;
      for (const { index, reason } of outcome.rejected)
        rejected.push({ index: indexes[index] ?? index, reason });
      if (outcome.rejected.length > 0)
        log.warn(
          `InfluxDB refused ${outcome.rejected.length} of ${records.length} reports: ${outcome.rejected.at(-1)?.reason}`,
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
