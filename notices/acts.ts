// What people do with a notice: edit and issue a draft, withdraw it, hear that it is rectified or refused, inspect again.
import type { NoticeEventKind, Reinspection } from "../domain/http-notices.ts";
import { afterAct, deadlineEndMs, type NoticeAct } from "../domain/notice.ts";
import { writeAudit } from "../storage/audit.ts";
import type { Db, Query } from "../storage/db.ts";
import { addNoticeEvent, lockNotice, type NoticeChange, updateNotice } from "../storage/notices.ts";
import { findNotice, type NoticeRow } from "../storage/views/notices.ts";
import { localDate } from "../storage/views/scope.ts";
import {
  invalid,
  type NoticeOutcome,
  saysHazard,
  type TextsInput,
  withTexts,
  wrongDeadline,
} from "./outcome.ts";

export type ActNeeds = { db: Db; timeZone: string };

/** What is asked for; `atMs` is when it happened where that was earlier than now (a paper handed over in the morning). */
export type ActRequest = { noticeId: string; actor: string; nowMs: number } & (
  | {
      act: "edit";
      deadline?: string | undefined;
      inspector?: string | null | undefined;
      texts?: TextsInput | undefined;
    }
  | { act: "issue"; atMs?: number | undefined }
  | { act: "rectify"; atMs?: number | undefined; note?: string | undefined }
  | { act: "refuse"; atMs?: number | undefined; reason: string }
  | { act: "reinspect"; result: Reinspection["result"]; on?: string | undefined; note?: string | undefined }
  | { act: "withdraw"; reason?: string | undefined }
);

/** An act may be entered this long after it happened. */
const maxBackdateMs = 31 * 86_400_000;

const eventOf: Record<ActRequest["act"], NoticeEventKind> = {
  edit: "edited",
  issue: "issued",
  rectify: "rectified",
  refuse: "refused",
  reinspect: "reinspected",
  withdraw: "withdrawn",
};

/** Does one act, if the notice's state allows it; history and audit log are written with it. */
export const actOnNotice = (needs: ActNeeds, request: ActRequest): Promise<NoticeOutcome> =>
  needs.db.transaction(async (query): Promise<NoticeOutcome> => {
    const notice = await lockNotice(query, request.noticeId);
    if (notice === null) return { kind: "notFound", what: "notice", id: request.noticeId };
    const state = afterAct(notice.state, request.act as NoticeAct);
    if (state === null) return { kind: "notAllowed", act: request.act, state: notice.state };
    const planned = plan(notice, request, needs.timeZone);
    if ("kind" in planned) return planned;
    await updateNotice(query, notice.id, { ...planned.change, state });
    await record(query, request, planned);
    const done = await findNotice(query, notice.id, request.nowMs);
    if (done === null) throw new Error("the notice has gone while it was locked");
    return { kind: "done", notice: done };
  });

type Plan = { change: NoticeChange; atMs: number; detail: Record<string, unknown> };

const record = async (query: Query, request: ActRequest, { atMs, detail }: Plan): Promise<void> => {
  const { noticeId, actor } = request;
  await addNoticeEvent(query, { noticeId, atMs, actor, event: eventOf[request.act], detail });
  if (request.act === "refuse")
    await addNoticeEvent(query, { noticeId, atMs, actor, event: "escalated", detail: { to: "village" } });
  await writeAudit(query, { actor, act: `notice.${request.act}`, subject: noticeId, detail });
};

const plan = (notice: NoticeRow, request: ActRequest, timeZone: string): Plan | NoticeOutcome => {
  const atMs = ("atMs" in request ? request.atMs : undefined) ?? request.nowMs;
  const wrong = wrongInstant(notice, request, atMs);
  if (wrong !== null) return invalid("at", wrong);
  switch (request.act) {
    case "edit":
      return planEdit(notice, request, timeZone);
    case "issue":
      // It would be overdue as it is handed over, and be escalated at once.
      if (notice.deadline < localDate(atMs, timeZone))
        return invalid("deadline", `has passed (${notice.deadline}): set another before it is issued`);
      return { change: { issuedAtMs: atMs }, atMs, detail: { deadline: notice.deadline } };
    case "rectify":
      return {
        change: { rectifiedAtMs: atMs, contradiction: null },
        atMs,
        detail: request.note === undefined ? {} : { note: request.note },
      };
    case "refuse":
      return {
        change: { refusedAtMs: atMs, escalatedAtMs: notice.escalatedAtMs ?? atMs },
        atMs,
        detail: { reason: request.reason },
      };
    case "reinspect":
      return planReinspection(notice, request, timeZone);
    case "withdraw":
      return {
        change: { withdrawnAtMs: atMs },
        atMs,
        detail: request.reason === undefined ? {} : { reason: request.reason },
      };
  }
};

/** The beginning of an instant's minute: forms give times in minutes, and in its minute nobody was too early. */
const minuteOf = (ms: number): number => ms - (ms % 60_000);

/** Why something cannot have happened then; null when it can. */
const wrongInstant = (notice: NoticeRow, request: ActRequest, atMs: number): string | null => {
  if (atMs > request.nowMs) return "must not be in the future";
  if (atMs < request.nowMs - maxBackdateMs) return "must not be more than 31 days ago";
  // Telemetry of the time before its alarm says nothing of the hazard, and would verify it.
  const raisedAt = notice.evidence.alarm?.raisedAt;
  if (raisedAt !== undefined && atMs < minuteOf(Date.parse(raisedAt)))
    return "must not be before the alarm was raised";
  const beforeMs =
    request.act === "rectify" || request.act === "refuse"
      ? Math.max(notice.issuedAtMs ?? 0, notice.refusedAtMs ?? 0)
      : 0;
  return atMs < minuteOf(beforeMs) ? "must not be before the notice was issued or refused" : null;
};

const planEdit = (
  notice: NoticeRow,
  request: Extract<ActRequest, { act: "edit" }>,
  timeZone: string,
): Plan | NoticeOutcome => {
  const deadline = request.deadline ?? notice.deadline;
  const wrong =
    request.deadline === undefined ? null : wrongDeadline(deadline, localDate(request.nowMs, timeZone));
  if (wrong !== null) return wrong;
  const texts = withTexts(notice.texts, request.texts ?? {});
  if (!saysHazard(texts)) return invalid("texts", "must say what the hazard is");
  const inspector = request.inspector === undefined ? notice.inspector : request.inspector;
  const changed = [
    deadline !== notice.deadline && "deadline",
    inspector !== notice.inspector && "inspector",
    JSON.stringify(texts) !== JSON.stringify(notice.texts) && "texts",
  ].filter((name) => name !== false);
  return {
    change: { deadline, deadlineEndMs: deadlineEndMs(deadline, timeZone), inspector, texts },
    atMs: request.nowMs,
    detail: { changed },
  };
};

const planReinspection = (
  notice: NoticeRow,
  request: Extract<ActRequest, { act: "reinspect" }>,
  timeZone: string,
): Plan | NoticeOutcome => {
  const today = localDate(request.nowMs, timeZone);
  const on = request.on ?? today;
  if (on > today) return invalid("on", "must not be in the future");
  if (notice.issuedAtMs !== null && on < localDate(notice.issuedAtMs, timeZone))
    return invalid("on", "must not be before the notice was issued");
  const reinspection: Reinspection = {
    result: request.result,
    on,
    by: request.actor,
    note: request.note ?? null,
  };
  return { change: { reinspection }, atMs: request.nowMs, detail: reinspection };
};
