// One validated report of one breaker, as every consumer sees it.
import type { Reading, ReportKind, Status, Test, Trip } from "./wire.ts";

type ReportBody =
  | { kind: "reading"; body: Omit<Reading, "ts" | "seq"> }
  | { kind: "trip"; body: Omit<Trip, "ts" | "seq"> }
  | { kind: "status"; body: Omit<Status, "ts"> }
  | { kind: "test"; body: Omit<Test, "ts" | "seq"> };

export type Report = ReportBody & {
  breakerId: string;
  /** Device time (or arrival time where the device's clock lied), Unix milliseconds. */
  tsMs: number;
  /** Device sequence; 0 for kinds that carry none. */
  seq: number;
  /** When the report reached the journal, Unix milliseconds. */
  arrivalMs: number;
  /** The device's own time was implausible and was replaced by the arrival time. */
  clockReplaced: boolean;
  /** The gateway that brought it in a batch; absent where the breaker spoke for itself. */
  via?: string;
};

/** Where a report stands in its breaker's history. */
export type ReportKey = { tsMs: number; seq: number; kind: ReportKind };

const kindRank: Record<ReportKind, number> = { status: 0, reading: 1, trip: 2, test: 3 };

/** Orders reports of one breaker: device time, then sequence (the higher holds), then kind. 0 means the same report. */
export const compareReports = (a: ReportKey, b: ReportKey): number =>
  a.tsMs - b.tsMs || a.seq - b.seq || kindRank[a.kind] - kindRank[b.kind];
