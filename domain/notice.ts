// Rectification notices (安全隐患整改通知书): their states, what may follow what, and their deadlines. Pure.
import { z } from "zod";
import type { AlarmPriority } from "./alarm.ts";
import { midnightMs } from "./time.ts";

/** States as they are stored. Being overdue is not among them: it follows from the deadline and the present. */
export const storedNoticeStates = [
  "draft",
  "issued",
  "rectified",
  "verified",
  "refused",
  "withdrawn",
] as const;
export type StoredNoticeState = (typeof storedNoticeStates)[number];

/** States as they are shown (DOMAIN.md, "A rectification notice holds"), and `withdrawn` for a draft that was given up. */
export const noticeStates = [
  "draft",
  "issued",
  "overdue",
  "refused",
  "rectified",
  "verified",
  "withdrawn",
] as const;
export const noticeStateSchema = z.enum(noticeStates);
export type NoticeState = z.infer<typeof noticeStateSchema>;

/** What people (the first six) and telemetry (the last two) can do with a notice. */
export const noticeActs = [
  "edit",
  "issue",
  "rectify",
  "refuse",
  "reinspect",
  "withdraw",
  "confirm",
  "contradict",
] as const;
export type NoticeAct = (typeof noticeActs)[number];

const transitions: Record<NoticeAct, Partial<Record<StoredNoticeState, StoredNoticeState>>> = {
  edit: { draft: "draft" },
  issue: { draft: "issued" },
  rectify: { issued: "rectified", refused: "rectified" },
  refuse: { issued: "refused" },
  // What a person found on the spot is kept beside the state and never makes a notice verified.
  reinspect: { issued: "issued", refused: "refused", rectified: "rectified", verified: "verified" },
  withdraw: { draft: "withdrawn" },
  confirm: { rectified: "verified" },
  contradict: { rectified: "issued" },
};

/** The state after an act; null where the act is not allowed in this state. */
export const afterAct = (state: StoredNoticeState, act: NoticeAct): StoredNoticeState | null =>
  transitions[act][state] ?? null;

/** The state as it is shown at `nowMs`: issued and past the end of its deadline's day is overdue. */
export const shownNoticeState = (
  notice: { state: StoredNoticeState; deadlineEndMs: number },
  nowMs: number,
): NoticeState => (notice.state === "issued" && nowMs >= notice.deadlineEndMs ? "overdue" : notice.state);

/** Days by which the keeper reminds and escalates. Trade practice differs: to be confirmed by the operator. */
export type NoticeRule = {
  /** A notice gets this many days unless someone says otherwise: by its alarm's priority, by hand as `low`. */
  deadlineDays: Readonly<Record<AlarmPriority, number>>;
  /** It is reminded of from the midnight that begins this many days before the deadline's day. */
  remindBeforeDays: number;
  /** It is escalated to the village this many days after the deadline's day has ended. */
  escalateAfterDays: number;
  /** Telemetry has to confirm for this long without a break (issue 5). */
  confirmMs: number;
  /** What happens this soon after a notice was marked rectified is not held against it: the supply is being switched on. */
  settleMs: number;
};
export const defaultNoticeRule: NoticeRule = {
  deadlineDays: { high: 3, medium: 7, low: 15 },
  remindBeforeDays: 3,
  escalateAfterDays: 3,
  confirmMs: 24 * 3_600_000,
  settleMs: 3_600_000,
};

/** The date `days` after `date`. Throws RangeError on an impossible date. */
export const addDays = (date: string, days: number): string =>
  Temporal.PlainDate.from(date, { overflow: "reject" }).add({ days }).toString();

/** The midnight that ends the day of `deadline` (`YYYY-MM-DD`) in `timeZone`, as Unix milliseconds. */
export const deadlineEndMs = (deadline: string, timeZone: string): number =>
  midnightMs(addDays(deadline, 1), timeZone);

/** When a notice is reminded of, becomes overdue and is escalated, as Unix milliseconds. */
export const noticeInstants = (deadline: string, timeZone: string, rule: NoticeRule) => ({
  remindMs: midnightMs(addDays(deadline, -rule.remindBeforeDays), timeZone),
  overdueMs: deadlineEndMs(deadline, timeZone),
  escalateMs: midnightMs(addDays(deadline, 1 + rule.escalateAfterDays), timeZone),
});

export type DueStep = "remind" | "overdue" | "escalate";

/** What the calendar asks for at `nowMs` and has not been done. Only an issued notice has a calendar. */
export const dueSteps = (
  notice: {
    state: StoredNoticeState;
    deadline: string;
    remindedAtMs: number | null;
    overdueAtMs: number | null;
    escalatedAtMs: number | null;
  },
  at: { nowMs: number; timeZone: string; rule: NoticeRule },
): DueStep[] => {
  if (notice.state !== "issued") return [];
  const { remindMs, overdueMs, escalateMs } = noticeInstants(notice.deadline, at.timeZone, at.rule);
  const steps: DueStep[] = [];
  // Who is late already is not told that it will be late.
  if (notice.remindedAtMs === null && at.nowMs >= remindMs && at.nowMs < overdueMs) steps.push("remind");
  if (notice.overdueAtMs === null && at.nowMs >= overdueMs) steps.push("overdue");
  if (notice.escalatedAtMs === null && at.nowMs >= escalateMs) steps.push("escalate");
  return steps;
};

/** The number within township and year as it is written: `2026-0001`. */
export const noticeNumber = (year: number, serial: number): string =>
  `${year}-${String(serial).padStart(4, "0")}`;
