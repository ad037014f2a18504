// Making a notice: from an alarm, with its evidence copied, or by hand about a breaker or a household.
import { adviceOf } from "../domain/advice.ts";
import type { NoticeEvidence } from "../domain/http-notices.ts";
import { addDays, deadlineEndMs, defaultNoticeRule, type NoticeRule } from "../domain/notice.ts";
import { toIso } from "../domain/time.ts";
import { writeAudit } from "../storage/audit.ts";
import type { Db } from "../storage/db.ts";
import {
  type NoticeSubject,
  readNoticeSubject,
  readSubjectAlarm,
  type SubjectAlarm,
} from "../storage/notice-subject.ts";
import { addNoticeEvent, insertNotice, noticeOfAlarm } from "../storage/notices.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import { findNotice } from "../storage/views/notices.ts";
import { localDate } from "../storage/views/scope.ts";
import {
  emptyTexts,
  invalid,
  type NoticeOutcome,
  saysHazard,
  type TextsInput,
  withTexts,
  wrongDeadline,
} from "./outcome.ts";

/** The evidence's chart: the largest leakage of each window of the day before. */
const chartMs = 24 * 3_600_000;
const chartEveryMs = 15 * 60_000;

export type NoticeNeeds = {
  db: Db;
  telemetry: Pick<TelemetryStore, "readings">;
  timeZone: string;
  rule?: NoticeRule;
};

export type CreateRequest = {
  of: { alarmId: string } | { breakerId: string } | { householdId: string };
  actor: string;
  nowMs: number;
  /** The last day for rectifying; the rule's number of days by priority where it is not given. */
  deadline?: string | undefined;
  inspector?: string | undefined;
  texts?: TextsInput | undefined;
};

export type CreateOutcome =
  | NoticeOutcome
  /** The alarm has a notice already. */
  | { kind: "exists"; noticeId: string };

/**
 * Makes a draft with the township's next number of the year. Evidence is copied, so that the paper stays true whatever
 * becomes of the registry. About an alarm there is one notice; asking again answers `exists`.
 */
export const createNotice = async (needs: NoticeNeeds, request: CreateRequest): Promise<CreateOutcome> => {
  const { of, nowMs } = request;
  const rule = needs.rule ?? defaultNoticeRule;
  const today = localDate(nowMs, needs.timeZone);
  const { query } = needs.db;
  const alarm = "alarmId" in of ? await readSubjectAlarm(query, of.alarmId) : null;
  if ("alarmId" in of && alarm === null) return { kind: "notFound", what: "alarm", id: of.alarmId };
  const deadline = request.deadline ?? addDays(today, rule.deadlineDays[alarm?.priority ?? "low"]);
  const wrong = wrongDeadline(deadline, today);
  if (wrong !== null) return wrong;
  const about = subjectOf(request, alarm);
  const subject = await readNoticeSubject(query, about, today);
  if (subject === null)
    return "householdId" in about
      ? { kind: "notFound", what: "household", id: about.householdId }
      : { kind: "notFound", what: "breaker", id: Object.values(about)[0] ?? "" };
  const texts = withTexts(alarm === null ? emptyTexts : textsOf(alarm), request.texts ?? {});
  if (!saysHazard(texts)) return invalid("texts", "must say what the hazard is, where there is no alarm");
  const evidence = await evidenceOf(needs, subject, alarm, nowMs);

  return needs.db.transaction(async (inside): Promise<CreateOutcome> => {
    const other = alarm === null ? null : await noticeOfAlarm(inside, alarm.id);
    if (other !== null) return { kind: "exists", noticeId: other };
    const noticeId = await insertNotice(inside, {
      townshipId: subject.townshipId,
      villageId: subject.villageId,
      areaId: subject.areaId,
      householdId: subject.householdId,
      breakerId: subject.breakerId,
      copy: subject.copy,
      officer: subject.officer,
      alarmId: alarm?.id ?? null,
      finding: alarm?.kind ?? null,
      texts,
      evidence,
      deadline,
      deadlineEndMs: deadlineEndMs(deadline, needs.timeZone),
      inspector: request.inspector ?? null,
      createdAtMs: nowMs,
      createdBy: request.actor,
      year: Number(today.slice(0, 4)),
    });
    const detail = alarm === null ? {} : { alarmId: alarm.id, finding: alarm.kind };
    await addNoticeEvent(inside, {
      noticeId,
      atMs: nowMs,
      actor: request.actor,
      event: "created",
      detail,
    });
    await writeAudit(inside, { actor: request.actor, act: "notice.create", subject: noticeId, detail });
    const notice = await findNotice(inside, noticeId, nowMs);
    if (notice === null) throw new Error("the new notice is not there");
    return { kind: "done", notice };
  });
};

const subjectOf = (request: CreateRequest, alarm: SubjectAlarm | null) => {
  if (alarm !== null)
    return alarm.breakerId === null ? { areaId: alarm.areaId } : { breakerId: alarm.breakerId };
  return request.of as { breakerId: string } | { householdId: string };
};

/** The finding's standard texts; a rule of one's own brings its own words along as evidence. */
const textsOf = ({ kind, evidence }: SubjectAlarm) => {
  const { zh, en } = adviceOf(kind);
  const own = (key: string, standard: string): string => {
    const said = kind === "customRule" ? evidence[key] : undefined;
    return typeof said === "string" ? said : standard;
  };
  return {
    zh: { hazard: own("textZh", zh.hazard), rule: zh.rule, requirement: zh.requirement },
    en: { hazard: own("textEn", en.hazard), rule: en.rule, requirement: en.requirement },
  };
};

const evidenceOf = async (
  needs: NoticeNeeds,
  subject: NoticeSubject,
  alarm: SubjectAlarm | null,
  nowMs: number,
): Promise<NoticeEvidence> => {
  const windows =
    subject.breakerId === null
      ? []
      : await needs.telemetry.readings({
          breakerId: subject.breakerId,
          fromMs: nowMs - chartMs,
          toMs: nowMs + 1,
          everyMs: chartEveryMs,
          limit: chartMs / chartEveryMs + 1,
        });
  return {
    at: toIso(nowMs),
    ratedResidualCurrentMa: subject.ratedResidualCurrentMa,
    alarm:
      alarm === null
        ? null
        : {
            kind: alarm.kind,
            raisedAt: toIso(alarm.raisedAtMs),
            clearedAt: alarm.clearedAtMs === null ? null : toIso(alarm.clearedAtMs),
            values: alarm.evidence,
          },
    operating: subject.operating,
    lastReading: subject.lastReading,
    chart: {
      everyMs: chartEveryMs,
      points: windows.map((w) => ({ at: toIso(w.atMs), residualCurrentMaMax: w.residualCurrentMaMax })),
    },
  };
};
