// The numbers of the rules, each with its source; overridable where a function takes them as an argument.

/** Wire-level limits (DESIGN.md, wire contract version 1). */
export const wireLimits = {
  /** Device time further ahead of arrival than this is replaced by arrival time and flagged. */
  maxClockAheadMs: 10 * 60_000,
  /** Device time before 2015-01-01T00:00Z is replaced by arrival time and flagged. */
  minDeviceTimeMs: Date.UTC(2015, 0, 1),
  /** Entries of one gateway batch. */
  maxBatchEntries: 1_000,
  /** Largest body accepted from an authenticated client, in bytes. */
  maxPayloadBytes: 256 * 1024,
} as const;

/** How the operating state is judged (DOMAIN.md, "How long a report counts"). */
export type JudgingRule = {
  /** A breaker's heartbeat; three missed make it silent. */
  heartbeatIntervalMs: number;
  /** How long a report vouches for its breaker: three heartbeat intervals. */
  vouchMs: number;
  /** An open contact becomes `open` after this long. */
  openGraceMs: number;
  /** No report this long after installation: `neverReported`. */
  neverReportedGraceMs: number;
  /** Residual current exactly 0 under load this long: the sampling path is bypassed. */
  stuckZeroMs: number;
  /** Load current that counts as load, in A. */
  loadPresentA: number;
  /** Supply voltage below this is no supply at all, in V. */
  noSupplyV: number;
  /** An area is out when at least this many of its breakers are dark together… */
  areaOutageMinBreakers: number;
  /** …and at least this share of the area's breakers that have ever reported. */
  areaOutageShare: number;
};

export const defaultJudgingRule: JudgingRule = {
  heartbeatIntervalMs: 300_000,
  vouchMs: 900_000,
  openGraceMs: 600_000,
  neverReportedGraceMs: 24 * 3_600_000,
  stuckZeroMs: 6 * 3_600_000,
  loadPresentA: 0.5,
  noSupplyV: 20,
  areaOutageMinBreakers: 3,
  areaOutageShare: 0.8,
};

/** Heartbeats that must be missed before a breaker is silent (DOMAIN.md). */
const missedHeartbeats = 3;
/** How much later than its heartbeat a report may come. */
export const latenessMs = 60_000;

/** The rule for breakers that report every `heartbeatIntervalMs`. */
export const judgingRuleOf = (heartbeatIntervalMs: number): JudgingRule => ({
  ...defaultJudgingRule,
  heartbeatIntervalMs,
  vouchMs: missedHeartbeats * heartbeatIntervalMs,
  // Whoever reports seldom says only then that it has closed again: an open contact is believed when that was due.
  openGraceMs: Math.max(defaultJudgingRule.openGraceMs, heartbeatIntervalMs + latenessMs),
});
