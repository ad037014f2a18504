// Findings against labels: what was found, what was missed, what was false, and how long it took. Pure.
import type { Label } from "./labels.ts";

/** A finding as it stood: one alarm from its raise to its last clear. Times in Unix ms. */
export type Finding = {
  kind: string;
  /** The breaker, or the transformer area where the finding names no breaker. */
  subjectId: string;
  areaId: string;
  /** Device time of the newest report it rests on; never after `raisedMs`. */
  sinceMs: number;
  raisedMs: number;
  /** Null while it stands. */
  clearedMs: number | null;
  /** How many reports of its subject had come when it was raised. */
  subjectReports: number;
  /** Whom a main breaker's trip is put down to, the likeliest first; empty for other kinds. */
  suspects: readonly string[];
};

/** A label with how many reports of its subject had come before the first one of its time; null where none came. */
export type ObservedLabel = Label & { reportsBefore: number | null };

/** What the scores are taken over. */
export type Scope = {
  breakers: number;
  /** Time that was listened to, over all runs, in days. */
  days: number;
  /** A label's end is seen by the next report only: a finding may begin this much after it. */
  toleranceMs: number;
  /** A main breaker's transformer area. */
  areaOfMain: ReadonlyMap<string, string>;
};

export type KindTally = {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  delaysReports: number[];
  delaysMs: number[];
};

/** Findings about a whole area, whether they name it or its main breaker. */
const areaKinds: ReadonlySet<string> = new Set([
  "areaOutage",
  "backgroundTooHigh",
  "communicationLoss",
  "gatewayOffline",
  "gradingFailure",
  "lineLeakage",
  "mainTrip",
  "phaseImbalance",
]);

/** Of these a main breaker is the witness: what else is found at it then comes from them. */
const seenAtMain: ReadonlySet<string> = new Set([
  "backgroundTooHigh",
  "gradingFailure",
  "lineLeakage",
  "mainTrip",
  "phaseImbalance",
]);

export const newTally = (): KindTally => ({
  truePositives: 0,
  falsePositives: 0,
  falseNegatives: 0,
  delaysReports: [],
  delaysMs: [],
});

const overlaps = (finding: Finding, label: Label, toleranceMs: number): boolean =>
  finding.sinceMs <= label.endMs + toleranceMs &&
  (finding.clearedMs ?? Number.POSITIVE_INFINITY) >= label.startMs;

const grouped = <T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
};

export type Misjudged =
  | { kind: "missed"; label: ObservedLabel }
  | { kind: "false"; finding: Finding; nearest: Label | null };

/**
 * Scores findings against labels, by finding. A label is found when a finding of its kind at its subject overlaps it.
 * A finding without such a label is false, unless another label of the same subject overlaps it: then it is a
 * consequence of that fault, and neither true nor false. `onMisjudged` is told of everything missed or false.
 */
export const score = (
  findings: readonly Finding[],
  labels: readonly ObservedLabel[],
  scope: Pick<Scope, "toleranceMs" | "areaOfMain">,
  onMisjudged: (misjudged: Misjudged) => void = () => {},
): Map<string, KindTally> => {
  const canonical = (subjectId: string, kind: string): string =>
    areaKinds.has(kind) ? (scope.areaOfMain.get(subjectId) ?? subjectId) : subjectId;
  const tallies = new Map<string, KindTally>();
  const tallyOf = (kind: string): KindTally => {
    const known = tallies.get(kind) ?? newTally();
    tallies.set(kind, known);
    return known;
  };
  const findingsAt = grouped(findings, (f) => `${f.kind}\n${canonical(f.subjectId, f.kind)}`);
  const labelsAt = grouped(labels, (l) => l.subjectId);
  for (const [mainId, areaId] of scope.areaOfMain) {
    const both = [...(labelsAt.get(mainId) ?? []), ...(labelsAt.get(areaId) ?? [])];
    if (both.length > 0) labelsAt.set(`area\n${areaId}`, both);
  }
  const labelsFor = (finding: Finding): readonly ObservedLabel[] => {
    if (!areaKinds.has(finding.kind)) {
      const own = labelsAt.get(finding.subjectId) ?? [];
      const areaId = scope.areaOfMain.get(finding.subjectId);
      const witnessed = (labelsAt.get(areaId ?? "") ?? []).filter((l) => seenAtMain.has(l.finding));
      return witnessed.length > 0 ? [...own, ...witnessed] : own;
    }
    const areaId = canonical(finding.subjectId, finding.kind);
    return labelsAt.get(`area\n${areaId}`) ?? labelsAt.get(areaId) ?? [];
  };

  for (const label of labels) {
    if (label.isConsequence) continue;
    const tally = tallyOf(label.finding);
    const key = `${label.finding}\n${canonical(label.subjectId, label.finding)}`;
    let first: Finding | null = null;
    for (const finding of findingsAt.get(key) ?? [])
      if (
        overlaps(finding, label, scope.toleranceMs) &&
        (first === null || finding.raisedMs < first.raisedMs)
      )
        first = finding;
    if (first === null) {
      tally.falseNegatives += 1;
      onMisjudged({ kind: "missed", label });
      continue;
    }
    tally.truePositives += 1;
    const reportsBefore = label.reportsBefore ?? first.subjectReports;
    tally.delaysReports.push(Math.max(0, first.subjectReports - reportsBefore));
    tally.delaysMs.push(Math.max(0, first.raisedMs - label.startMs));
  }
  for (const finding of findings) {
    const own = labelsFor(finding);
    // A label of its own kind makes it true, one of another kind a consequence.
    if (own.some((label) => overlaps(finding, label, scope.toleranceMs))) continue;
    tallyOf(finding.kind).falsePositives += 1;
    onMisjudged({ kind: "false", finding, nearest: nearestOf(finding, own) });
  }
  return tallies;
};

const nearestOf = (finding: Finding, labels: readonly Label[]): Label | null => {
  let nearest: Label | null = null;
  let leastMs = Number.POSITIVE_INFINITY;
  for (const label of labels) {
    const apartMs = Math.max(label.startMs - finding.raisedMs, finding.sinceMs - label.endMs, 0);
    if (apartMs < leastMs) [nearest, leastMs] = [label, apartMs];
  }
  return nearest;
};

/** Adds the tallies of another run. Mutates `into`. */
export const addTallies = (
  into: Map<string, KindTally>,
  from: ReadonlyMap<string, KindTally>,
): Map<string, KindTally> => {
  for (const [kind, tally] of from) {
    const sum = into.get(kind) ?? newTally();
    sum.truePositives += tally.truePositives;
    sum.falsePositives += tally.falsePositives;
    sum.falseNegatives += tally.falseNegatives;
    sum.delaysReports.push(...tally.delaysReports);
    sum.delaysMs.push(...tally.delaysMs);
    into.set(kind, sum);
  }
  return into;
};
