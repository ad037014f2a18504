// Whether telemetry confirms that a hazard is gone: operating, heard and below the leakage threshold for 24 h without a break.
import type { OperatingInterval } from "./operating.ts";

/** What is known since the notice was marked rectified; Unix milliseconds. */
export type RectifiedEvidence = {
  rectifiedAtMs: number;
  nowMs: number;
  /** Published history, in order of time. */
  intervals: readonly OperatingInterval[];
  /** Extremes of windows of `everyMs` that hold a reading, in order of time, from windows that begin after `rectifiedAtMs`. */
  windows: readonly { atMs: number; maxMa: number }[];
  everyMs: number;
  /** Alarms of the notice's own kind about its subject; `toMs` null while it stands. */
  alarms: readonly { fromMs: number; toMs: number | null }[];
};

export type CheckRule = {
  confirmMs: number;
  settleMs: number;
  /** Residual current at or above this contradicts, in mA. */
  thresholdMa: number;
  /** How long a reading vouches for its breaker. */
  vouchMs: number;
};

export type Contradiction =
  | { kind: "notOperating"; atMs: number; reason: string }
  | { kind: "leakage"; atMs: number; residualCurrentMa: number; thresholdMa: number }
  | { kind: "findingReturned"; atMs: number };

export type Confirmation = {
  fromMs: number;
  toMs: number;
  maxResidualCurrentMa: number;
  thresholdMa: number;
};

export type CheckOutcome =
  /** Not before `untilMs` can it be confirmed, if nothing more happens. */
  | { kind: "waiting"; untilMs: number }
  | { kind: "confirmed"; confirmation: Confirmation }
  | { kind: "contradicted"; contradiction: Contradiction };

type Span = { fromMs: number; toMs: number };

/**
 * Judges what telemetry says of a rectified notice. The first stretch of `confirmMs` without a break confirms. Silence,
 * excused time and missing readings break a stretch but speak for nothing; a state that is not operating, leakage at the
 * threshold or the finding's return after `settleMs` contradict, once `confirmMs` have passed since it was rectified.
 */
export const checkRectified = (evidence: RectifiedEvidence, rule: CheckRule): CheckOutcome => {
  const { rectifiedAtMs, nowMs } = evidence;
  const against = contradictions(evidence, rule);
  const breaks: Span[] = [
    ...evidence.intervals.filter((i) => i.state !== "operating"),
    ...outside(evidence.intervals, rectifiedAtMs, nowMs),
    ...outside(
      evidence.windows.map(({ atMs }) => ({ fromMs: atMs, toMs: atMs + rule.vouchMs })),
      rectifiedAtMs,
      nowMs,
    ),
    ...evidence.windows
      .filter(({ maxMa }) => maxMa >= rule.thresholdMa)
      .map(({ atMs }) => ({ fromMs: atMs, toMs: atMs + evidence.everyMs })),
    ...evidence.alarms.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs ?? nowMs })),
  ];
  const stretches = outside(
    breaks.toSorted((a, b) => a.fromMs - b.fromMs),
    rectifiedAtMs,
    nowMs,
  );
  const long = stretches.find(({ fromMs, toMs }) => toMs - fromMs >= rule.confirmMs);
  const first = against.toSorted((a, b) => a.atMs - b.atMs)[0];
  if (long !== undefined && (first === undefined || first.atMs >= long.fromMs + rule.confirmMs)) {
    const toMs = long.fromMs + rule.confirmMs;
    const within = evidence.windows.filter(({ atMs }) => atMs >= long.fromMs && atMs < toMs);
    const maxResidualCurrentMa = Math.max(0, ...within.map(({ maxMa }) => maxMa));
    return {
      kind: "confirmed",
      confirmation: { fromMs: long.fromMs, toMs, maxResidualCurrentMa, thresholdMa: rule.thresholdMa },
    };
  }
  if (first !== undefined && nowMs >= rectifiedAtMs + rule.confirmMs)
    return { kind: "contradicted", contradiction: first };
  const last = stretches.at(-1);
  const fromMs = last !== undefined && last.toMs === nowMs ? last.fromMs : nowMs;
  return { kind: "waiting", untilMs: Math.max(fromMs, rectifiedAtMs) + rule.confirmMs };
};

/** What speaks against it after the time to settle, each from its first instant on. */
const contradictions = (evidence: RectifiedEvidence, rule: CheckRule): Contradiction[] => {
  const { nowMs } = evidence;
  const settledMs = evidence.rectifiedAtMs + rule.settleMs;
  const held = ({ fromMs, toMs }: Span) => Math.max(fromMs, settledMs) < Math.min(toMs, nowMs);
  return [
    ...evidence.intervals
      .filter((i) => i.state === "notOperating" && held(i))
      .map((i) => ({
        kind: "notOperating" as const,
        atMs: Math.max(i.fromMs, settledMs),
        reason: i.reason ?? "",
      })),
    ...evidence.windows
      .filter(({ atMs, maxMa }) => atMs >= settledMs && atMs < nowMs && maxMa >= rule.thresholdMa)
      .map(({ atMs, maxMa }) => ({
        kind: "leakage" as const,
        atMs,
        residualCurrentMa: maxMa,
        thresholdMa: rule.thresholdMa,
      })),
    ...evidence.alarms
      .filter(({ fromMs, toMs }) => held({ fromMs, toMs: toMs ?? Number.POSITIVE_INFINITY }))
      .map(({ fromMs }) => ({ kind: "findingReturned" as const, atMs: Math.max(fromMs, settledMs) })),
  ];
};

/** What of `[fromMs, toMs)` lies in none of the spans, which are in order of their beginnings. */
const outside = (spans: readonly Span[], fromMs: number, toMs: number): Span[] => {
  const free: Span[] = [];
  let atMs = fromMs;
  for (const span of spans) {
    const endMs = Math.min(span.fromMs, toMs);
    if (endMs > atMs) free.push({ fromMs: atMs, toMs: endMs });
    atMs = Math.max(atMs, span.toMs);
  }
  if (atMs < toMs) free.push({ fromMs: atMs, toMs });
  return free;
};
