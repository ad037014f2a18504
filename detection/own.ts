// What a breaker's own reports say of it, as a fold over its reports in order of device time. Its area and its household
// are considered elsewhere (judge-area.ts).
import type { JudgingRule } from "../domain/limits.ts";
import {
  appendChange,
  type Judgement,
  notOperating,
  operating,
  type StateChange,
  sameJudgement,
  silent,
} from "../domain/operating.ts";
import { compareReports, type Report, type ReportKey } from "../domain/report.ts";
import type { Contact, Protection } from "../domain/wire.ts";

/** A change of the own state. `dark`: nothing heard, or heard without supply; null before the first report. */
export type OwnChange = StateChange & { dark: boolean | null };

/** The fold's memory of one breaker, after its newest report. Times are Unix milliseconds of the device. */
export type OwnState = {
  /** The newest report; null before the first. */
  lastKey: ReportKey | null;
  contact: Contact | null;
  protection: Protection | null;
  /** First report of an open contact since it was last closed. Silence does not end it, only a closed contact does. */
  openSinceMs: number | null;
  /** The last trip test failed. */
  testFailed: boolean;
  /** First report of residual current exactly 0 under load since it last was anything else. */
  zeroSinceMs: number | null;
  loadFlows: boolean;
  noSupply: boolean;
  /** The last self-test failed. It moves no contact: that it passes does not undo a failed trip test. */
  selfTestFailed: boolean;
};

export const initialOwn: OwnState = {
  lastKey: null,
  contact: null,
  protection: null,
  openSinceMs: null,
  testFailed: false,
  zeroSinceMs: null,
  loadFlows: false,
  noSupply: false,
  selfTestFailed: false,
};

/** A breaker begins unknown at the midnight of its installation. */
export const initialChange = (installedAtMs: number): OwnChange => ({
  fromMs: installedAtMs,
  ...silent,
  dark: null,
});

export const sameOwn = (a: OwnChange, b: OwnChange): boolean => sameJudgement(a, b) && a.dark === b.dark;

/** Whether a report says anything of the breaker itself: an `online: false` is said by others, or by a last will long prepared. */
export const vouches = (report: Report): boolean => report.kind !== "status" || report.body.online;

/** No breaker carries more, in A: such a value is no evidence of load (plausible.ts). */
const mostLoadA = 10_000;

const isLoad = (loadCurrentA: number, rule: JudgingRule): boolean =>
  loadCurrentA >= rule.loadPresentA && loadCurrentA <= mostLoadA;

const isOpen = (contact: Contact | null): boolean => contact !== null && contact !== "closed";

const heard = (own: OwnState, report: Report, rule: JudgingRule): OwnState => {
  const next: OwnState = { ...own, lastKey: { tsMs: report.tsMs, seq: report.seq, kind: report.kind } };
  switch (report.kind) {
    case "reading": {
      const { body } = report;
      next.contact = body.contact;
      next.protection = body.protection;
      next.loadFlows = isLoad(body.loadCurrentA ?? 0, rule);
      next.noSupply = body.voltageV !== undefined && body.voltageV < rule.noSupplyV;
      if (body.residualCurrentMa !== 0 || body.contact !== "closed") next.zeroSinceMs = null;
      else if (next.loadFlows) next.zeroSinceMs ??= report.tsMs;
      break;
    }
    case "trip":
      next.contact = report.body.reclosed ? "closed" : "open";
      next.loadFlows = false;
      // The last gasp of a house whose supply went off.
      if (report.body.cause === "outage") next.noSupply = true;
      break;
    case "test":
      // A breaker that trips on its test has tested everything.
      if (report.body.kind === "trip") next.testFailed = !report.body.passed;
      if (report.body.kind === "self" || report.body.passed) next.selfTestFailed = !report.body.passed;
      break;
    case "status":
      break;
  }
  next.openSinceMs = isOpen(next.contact) ? (own.openSinceMs ?? report.tsMs) : null;
  return next;
};

/** What the evidence says at an instant at which it is vouched for; null where it says nothing and the state before goes on. */
const judge = (own: OwnState, atMs: number, rule: JudgingRule): Judgement | null => {
  if (own.protection === "alarmOnly" || own.protection === "disabled")
    return notOperating("protectionExited");
  if (own.protection === "faulty" || own.testFailed || own.selfTestFailed)
    return notOperating("tripFunctionFault");
  if (isOpen(own.contact) && own.loadFlows) return notOperating("bypassed");
  if (own.zeroSinceMs !== null && atMs - own.zeroSinceMs >= rule.stuckZeroMs) return notOperating("bypassed");
  if (own.openSinceMs !== null && !own.noSupply && atMs - own.openSinceMs >= rule.openGraceMs)
    return notOperating("open");
  if (own.contact === "closed" && own.protection === "enabled") return operating;
  return null;
};

/** When the own state will change by itself if no further report comes; Infinity where it will not. */
export const nextOwnChangeMs = (
  own: OwnState,
  installedAtMs: number,
  afterMs: number,
  rule: JudgingRule,
): number => {
  if (own.lastKey === null) {
    const neverReportedAtMs = installedAtMs + rule.neverReportedGraceMs;
    return neverReportedAtMs > afterMs ? neverReportedAtMs : Number.POSITIVE_INFINITY;
  }
  let nextMs = Number.POSITIVE_INFINITY;
  const silentMs = own.lastKey.tsMs + rule.vouchMs;
  if (silentMs > afterMs) nextMs = silentMs;
  if (own.openSinceMs !== null) {
    const openMs = own.openSinceMs + rule.openGraceMs;
    if (openMs > afterMs && openMs < nextMs) nextMs = openMs;
  }
  if (own.zeroSinceMs !== null) {
    const zeroMs = own.zeroSinceMs + rule.stuckZeroMs;
    if (zeroMs > afterMs && zeroMs < nextMs) nextMs = zeroMs;
  }
  return nextMs;
};

/**
 * Appends to `changes` what time alone brings up to and including `untilMs`: the end of the open contact's grace, the end
 * of vouching, the first report overdue. `changes` must end at or before `untilMs`. Mutates and answers `changes`.
 */
export const project = (
  own: OwnState,
  changes: OwnChange[],
  installedAtMs: number,
  untilMs: number,
  rule: JudgingRule,
): OwnChange[] => {
  if (own.lastKey === null) {
    const atMs = installedAtMs + rule.neverReportedGraceMs;
    if (atMs <= untilMs)
      appendChange(changes, { fromMs: atMs, ...notOperating("neverReported"), dark: null }, sameOwn);
    return changes;
  }
  const silentAtMs = own.lastKey.tsMs + rule.vouchMs;
  for (;;) {
    const lastMs = Math.max(changes.at(-1)?.fromMs ?? Number.NEGATIVE_INFINITY, own.lastKey.tsMs);
    const atMs = nextOwnChangeMs(own, installedAtMs, lastMs, rule);
    if (atMs > untilMs || lastMs >= silentAtMs) return changes;
    const count = changes.length;
    if (atMs >= silentAtMs) {
      appendChange(changes, { fromMs: silentAtMs, ...silent, dark: true }, sameOwn);
      return changes;
    }
    const judgement = judge(own, atMs, rule);
    if (judgement) appendChange(changes, { fromMs: atMs, ...judgement, dark: own.noSupply }, sameOwn);
    // Nothing new at that instant (a stronger reason stands): only the silence is left to come.
    if (changes.length === count) {
      if (silentAtMs <= untilMs)
        appendChange(changes, { fromMs: silentAtMs, ...silent, dark: true }, sameOwn);
      return changes;
    }
  }
};

export type OwnStep =
  /** The report came in order; from `dirtyFromMs` on the changes differ from before (Infinity where they do not). */
  | { kind: "accepted"; own: OwnState; dirtyFromMs: number }
  /** It lies before the newest report: the past must be folded anew. */
  | { kind: "late" }
  /** It says nothing new: a repetition, or someone else's word. */
  | { kind: "ignored" };

/**
 * Folds one report into a breaker's own history. `changes` holds that history from some instant before the newest report
 * on and is mutated; entries after the newest report are projections and give way to what the report says.
 */
export const stepOwn = (
  own: OwnState,
  changes: OwnChange[],
  report: Report,
  installedAtMs: number,
  rule: JudgingRule,
): OwnStep => {
  if (!vouches(report)) return { kind: "ignored" };
  if (own.lastKey !== null) {
    const order = compareReports(report, own.lastKey);
    if (order < 0) return { kind: "late" };
    if (order === 0) return { kind: "ignored" };
  }
  const countBefore = changes.length;
  const dropped: OwnChange[] = [];
  while ((changes.at(-1)?.fromMs ?? Number.NEGATIVE_INFINITY) >= report.tsMs) {
    const change = changes.pop();
    if (change) dropped.unshift(change);
  }
  const keptMs = changes.at(-1)?.fromMs;
  project(own, changes, installedAtMs, report.tsMs - 1, rule);
  const projected = changes.length > countBefore - dropped.length;

  const before = changes.at(-1) ?? initialChange(installedAtMs);
  const next = heard(own, report, rule);
  const judgement = judge(next, report.tsMs, rule) ?? before;
  appendChange(
    changes,
    { fromMs: report.tsMs, state: judgement.state, reason: judgement.reason, dark: next.noSupply },
    sameOwn,
  );
  if (projected) {
    const first = changes.find((c) => keptMs === undefined || c.fromMs > keptMs);
    return { kind: "accepted", own: next, dirtyFromMs: first?.fromMs ?? report.tsMs };
  }
  const last = changes.at(-1);
  const added = last !== undefined && last.fromMs === report.tsMs;
  const [was] = dropped;
  const unchanged = added
    ? dropped.length === 1 && was !== undefined && was.fromMs === last.fromMs && sameOwn(was, last)
    : dropped.length === 0;
  return { kind: "accepted", own: next, dirtyFromMs: unchanged ? Number.POSITIVE_INFINITY : report.tsMs };
};

/**
 * Folds a whole history: the same function as the live path, over reports in order of `compareReports`. Answers the state
 * after the last report and all changes up to `untilMs`. `onReport` sees the state before each report (for checkpoints).
 */
export const foldOwn = (
  start: OwnState,
  changes: OwnChange[],
  reports: Iterable<Report>,
  installedAtMs: number,
  untilMs: number,
  rule: JudgingRule,
  onReport: (before: OwnState, report: Report) => void = () => {},
): { own: OwnState; changes: OwnChange[] } => {
  let own = start;
  for (const report of reports) {
    const before = own;
    const step = stepOwn(own, changes, report, installedAtMs, rule);
    if (step.kind === "accepted") {
      onReport(before, report);
      own = step.own;
    }
  }
  project(own, changes, installedAtMs, untilMs, rule);
  return { own, changes };
};
