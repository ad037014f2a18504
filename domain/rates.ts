// Rate arithmetic: how long a set of breakers was in which state, and the rates that follow (DOMAIN.md, "Rates").
import { type NotOperatingReason, notOperatingReasons, type OperatingInterval } from "./operating.ts";

/** Milliseconds by state over one or many breakers. The parts add up to `installedMs`, exactly. */
export type OperatingTally = {
  installedMs: number;
  operatingMs: number;
  unknownMs: number;
  excusedMs: number;
  notOperatingMsByReason: Record<NotOperatingReason, number>;
};

export const emptyTally = (): OperatingTally => ({
  installedMs: 0,
  operatingMs: 0,
  unknownMs: 0,
  excusedMs: 0,
  notOperatingMsByReason: Object.fromEntries(notOperatingReasons.map((r) => [r, 0])) as Record<
    NotOperatingReason,
    number
  >,
});

/** Adds what each interval has in common with `[fromMs, toMs)`. Intervals of one breaker must not overlap. */
export const tally = (
  intervals: Iterable<OperatingInterval>,
  fromMs: number,
  toMs: number,
): OperatingTally => {
  const sum = emptyTally();
  for (const interval of intervals) {
    const ms = Math.min(interval.toMs, toMs) - Math.max(interval.fromMs, fromMs);
    if (ms > 0) addTime(sum, interval, ms);
  }
  return sum;
};

/** Adds `ms` in one judgement to a tally. Mutates `sum`. */
export const addTime = (
  sum: OperatingTally,
  judgement: Pick<OperatingInterval, "state" | "reason">,
  ms: number,
): void => {
  sum.installedMs += ms;
  switch (judgement.state) {
    case "operating":
      sum.operatingMs += ms;
      break;
    case "unknown":
      sum.unknownMs += ms;
      break;
    case "excused":
      sum.excusedMs += ms;
      break;
    case "notOperating":
      sum.notOperatingMsByReason[judgement.reason as NotOperatingReason] += ms;
      break;
  }
};

/** The sum of two tallies. */
export const addTallies = (a: OperatingTally, b: OperatingTally): OperatingTally => ({
  installedMs: a.installedMs + b.installedMs,
  operatingMs: a.operatingMs + b.operatingMs,
  unknownMs: a.unknownMs + b.unknownMs,
  excusedMs: a.excusedMs + b.excusedMs,
  notOperatingMsByReason: Object.fromEntries(
    notOperatingReasons.map((r) => [r, a.notOperatingMsByReason[r] + b.notOperatingMsByReason[r]]),
  ) as Record<NotOperatingReason, number>,
});

/** Numerator over denominator as a fraction 0–1; null where the denominator is 0. */
export const fraction = (numerator: number, denominator: number): number | null =>
  denominator > 0 ? numerator / denominator : null;

/**
 * Period rates: operating ÷ (installed − excused). `unknown` counts as not operating in the published rate and as
 * operating in its upper bound.
 */
export const periodRates = (
  t: OperatingTally,
): { operationalRate: number | null; operationalRateUpperBound: number | null } => {
  const answerableMs = t.installedMs - t.excusedMs;
  return {
    operationalRate: fraction(t.operatingMs, answerableMs),
    operationalRateUpperBound: fraction(t.operatingMs + t.unknownMs, answerableMs),
  };
};

/** Breakers of one level counted by state, now. `requiredInstalled` ≤ `shouldInstall`: places that must have a breaker and have one. */
export type SnapshotCounts = {
  shouldInstall: number;
  requiredInstalled: number;
  installed: number;
  operating: number;
  notOperating: number;
  unknown: number;
  excused: number;
};

export const emptyCounts = (): SnapshotCounts => ({
  shouldInstall: 0,
  requiredInstalled: 0,
  installed: 0,
  operating: 0,
  notOperating: 0,
  unknown: 0,
  excused: 0,
});

export const addCounts = (a: SnapshotCounts, b: SnapshotCounts): SnapshotCounts => ({
  shouldInstall: a.shouldInstall + b.shouldInstall,
  requiredInstalled: a.requiredInstalled + b.requiredInstalled,
  installed: a.installed + b.installed,
  operating: a.operating + b.operating,
  notOperating: a.notOperating + b.notOperating,
  unknown: a.unknown + b.unknown,
  excused: a.excused + b.excused,
});

/**
 * Snapshot rates: operating ÷ installed, now; the upper bound counts unknown as operating. The installation rate counts
 * places that must have a breaker, so a breaker in a vacant house does not make up for a missing one elsewhere.
 */
export const snapshotRates = (c: SnapshotCounts) => ({
  installationRate: fraction(c.requiredInstalled, c.shouldInstall),
  operationalRate: fraction(c.operating, c.installed),
  operationalRateUpperBound: fraction(c.operating + c.unknown, c.installed),
});
