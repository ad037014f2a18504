// The telemetry store as the rest of the house sees it: two adapters, influx and postgres, behave alike (one contract suite).
import type { BreakerLevel } from "../../domain/breaker.ts";
import type { Report } from "../../domain/report.ts";
import type { Contact, Protection } from "../../domain/wire.ts";

/** A report with what the registry knows of its breaker; the extra fields become tags where the store has tags. */
export type TelemetryRecord = {
  report: Report;
  townshipId: string;
  villageId: string;
  areaId: string;
  level: BreakerLevel;
};

/** `rejected` lists records that the store will never take, by index into the batch; everything else is stored. */
export type WriteOutcome =
  | { kind: "stored"; rejected: readonly { index: number; reason: string }[] }
  | { kind: "unavailable"; reason: string };

/** A raw reading, or the mean over a window with its extremes. `count` is 1 for raw readings. */
export type StoredReading = {
  atMs: number;
  count: number;
  residualCurrentMa: number;
  residualCurrentMaMin: number;
  residualCurrentMaMax: number;
  loadCurrentA: number | null;
  voltageV: number | null;
  temperatureC: number | null;
  contact: Contact | null;
  protection: Protection | null;
};

export type TelemetryStore = {
  /**
   * Stores a batch; idempotent by breaker, kind, device time and sequence (first or last write may win: redelivery is
   * identical). Never throws for the store's sake: a store that is down, refuses the token or lacks the bucket is
   * `unavailable`, and the caller keeps the batch and tries again. Records older than the retention are `rejected`.
   */
  write(records: readonly TelemetryRecord[], nowMs: number): Promise<WriteOutcome>;
  /** Readings in `[fromMs, toMs)`, oldest first, at most `limit`; with `everyMs`, one per non-empty window aligned to the epoch. */
  readings(query: {
    breakerId: string;
    fromMs: number;
    toMs: number;
    everyMs: number | null;
    limit: number;
  }): Promise<StoredReading[]>;
  /** Trip, test and status reports in `[fromMs, toMs)`, newest first, at most `limit`. */
  events(query: { breakerId: string; fromMs: number; toMs: number; limit: number }): Promise<Report[]>;
  /**
   * All reports with device time in `[fromMs, toMs)`, oldest first by `compareReports`, with full fidelity in what
   * judging needs (kind, time, sequence, residual current, contact, protection, load current, voltage; trip and test
   * bodies): at most `limit`, and when cut, never in the middle of one millisecond (one that holds more than `limit`
   * comes whole). To read all, go on from the last one's time + 1 until the answer is empty.
   */
  reports(query: { breakerId: string; fromMs: number; toMs: number; limit: number }): Promise<Report[]>;
  /** Drops what is older than the retention, where the store does not do so by itself. */
  prune(nowMs: number): Promise<void>;
  /** Null when the store answers, else why not. */
  problem(): Promise<string | null>;
  stop(): Promise<void>;
};
