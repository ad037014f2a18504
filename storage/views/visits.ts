// The visit list: which houses need someone today, why, in walking order, and what has come of the day's visits.
import { adviceOf } from "../../domain/advice.ts";
import type { AlarmKind } from "../../domain/alarm.ts";
import { alarmPriorities, alarmPriority } from "../../domain/alarm.ts";
import type { NoticeOfficer } from "../../domain/http-notices.ts";
import type { Visit, VisitArea, VisitList, VisitMark, VisitReason } from "../../domain/http-visits.ts";
import { addDays, noticeNumber, shownNoticeState } from "../../domain/notice.ts";
import { midnightMs, toIso } from "../../domain/time.ts";
import type { Query } from "../db.ts";
import {
  readFindings,
  readMarks,
  readNoticesInHand,
  type SubjectPlace,
  type VisitNoticeRow,
} from "./visit-rows.ts";

/** Reasons that one list reads of each sort. */
const maxReasons = 5_000;

const noticeAdvice = {
  issued: { zh: "查看整改情况，提醒整改期限", en: "See how far it is; remind of the deadline" },
  overdue: {
    zh: "已逾期：督促整改；不改的报村（居）委会",
    en: "Overdue: press for it; if refused, tell the village",
  },
  refused: { zh: "已拒收：会同村（居）委会上门", en: "Refused: go there together with the village" },
} as const;

export type VisitQuestion = {
  villages: readonly { id: string; name: string }[];
  officer: NoticeOfficer | null;
  /** The local day. A past one is answered as things stood at its end. */
  date: string;
  nowMs: number;
  timeZone: string;
};

/** The list of a day. Who is excused (vacant, planned or area outage) is left out, unless there is danger. */
export const visitList = async (query: Query, question: VisitQuestion): Promise<VisitList> => {
  const { villages, officer, date, nowMs, timeZone } = question;
  const endMs = midnightMs(addDays(date, 1), timeZone);
  const asked = {
    villageIds: villages.map((v) => v.id),
    atMs: Math.min(endMs - 1, nowMs),
    past: endMs <= nowMs,
    limit: maxReasons,
  };
  const [findings, notices, marks] = await Promise.all([
    readFindings(query, asked),
    readNoticesInHand(query, asked),
    readMarks(query, { villageIds: asked.villageIds, date }),
  ]);
  const areas = new Map<string, VisitArea & { byKey: Map<string, Visit> }>();
  const areaOf = (place: SubjectPlace) => {
    const known = areas.get(place.areaId);
    if (known !== undefined) return known;
    const { areaId, areaName, villageId, villageName } = place;
    const fresh = {
      areaId,
      areaName,
      villageId,
      villageName,
      reasons: [],
      visits: [],
      byKey: new Map<string, Visit>(),
    };
    areas.set(areaId, fresh);
    return fresh;
  };
  const visitOf = (place: SubjectPlace): Visit => {
    const area = areaOf(place);
    const key = keyOf(place);
    const visit = area.byKey.get(key) ?? emptyVisit(place);
    area.byKey.set(key, visit);
    return visit;
  };
  for (const row of findings) {
    const reason = findingReason(row);
    if (row.excused && reason.priority !== "high") continue;
    if (row.breakerId === null && row.householdId === null) areaOf(row).reasons.push(reason);
    else {
      const visit = visitOf(row);
      // The state and its alarm say the same: the alarm, read first, says it with evidence.
      const said = visit.reasons.some((r) => r.finding === row.finding && r.breakerId === row.breakerId);
      if (!said) visit.reasons.push(reason);
    }
  }
  for (const row of notices) {
    if (row.excused) continue;
    // About an area without a main breaker: there is no door to knock at.
    const place = row.breakerId === null && row.householdId === null ? areaOf(row) : visitOf(row);
    place.reasons.push(noticeReason(row, asked.atMs));
  }
  for (const row of marks) {
    const { mark, note, actor, atMs } = row;
    visitOf(row).mark = { mark, note, actor, at: toIso(atMs) } satisfies VisitMark;
  }
  const all = [...areas.values()].map(({ byKey, ...area }) => ({
    ...area,
    reasons: area.reasons.toSorted(byWeight),
    visits: [...byKey.values()].map(weighed).toSorted(inWalkingOrder),
  }));
  const visits = all.flatMap((area) => area.visits);
  return {
    date,
    officer,
    villages: [...villages],
    areas: all.toSorted(
      (a, b) =>
        natural.compare(a.villageName, b.villageName) ||
        natural.compare(a.areaName, b.areaName) ||
        natural.compare(a.areaId, b.areaId),
    ),
    visitCount: visits.length,
    doneCount: visits.filter((v) => v.mark?.mark === "done").length,
    truncated: findings.length >= maxReasons || notices.length >= maxReasons,
  };
};

/** 2 before 10, whatever the script. */
const natural = new Intl.Collator("zh-CN", { numeric: true });

const keyOf = (place: SubjectPlace): string =>
  place.householdId === null ? `breaker ${place.breakerId}` : `household ${place.householdId}`;

const emptyVisit = (place: SubjectPlace): Visit => ({
  householdId: place.householdId,
  breakerId: place.householdId === null ? place.breakerId : null,
  level: place.level,
  householder: place.householder,
  address: place.address,
  walkingOrder: place.walkingOrder,
  priority: "low",
  reasons: [],
  mark: null,
});

const findingReason = (row: {
  finding: AlarmKind;
  priority: VisitReason["priority"] | null;
  sinceMs: number;
  breakerId: string | null;
  alarmId: string | null;
  evidence: VisitReason["evidence"];
}): VisitReason => {
  const advice = adviceOf(row.finding);
  return {
    kind: "finding",
    finding: row.finding,
    priority: row.priority ?? alarmPriority[row.finding],
    since: toIso(row.sinceMs),
    breakerId: row.breakerId,
    alarmId: row.alarmId,
    evidence: row.evidence,
    notice: null,
    advice: { zh: advice.zh.visit, en: advice.en.visit },
  };
};

const noticeReason = (row: VisitNoticeRow, atMs: number): VisitReason => {
  const stored = row.refused ? "refused" : "issued";
  const state = shownNoticeState({ state: stored, deadlineEndMs: row.deadlineEndMs }, atMs);
  const advice = state === "refused" || state === "overdue" ? noticeAdvice[state] : noticeAdvice.issued;
  return {
    kind: "notice",
    finding: null,
    priority: state === "issued" ? "low" : "medium",
    since: toIso(row.issuedAtMs),
    breakerId: row.breakerId,
    alarmId: null,
    evidence: {},
    notice: {
      id: row.noticeId,
      number: noticeNumber(row.year, row.serial),
      state,
      deadline: row.deadline,
      hazard: row.hazard,
    },
    advice,
  };
};

const weight = (priority: VisitReason["priority"]): number => alarmPriorities.indexOf(priority);
const byWeight = (a: VisitReason, b: VisitReason): number =>
  weight(b.priority) - weight(a.priority) || (a.since < b.since ? -1 : a.since > b.since ? 1 : 0);

const weighed = (visit: Visit): Visit => {
  const reasons = visit.reasons.toSorted(byWeight);
  return { ...visit, reasons, priority: reasons[0]?.priority ?? "low" };
};

/** After every place that a house on the way can have. */
const lastOrder = 2 ** 31;

/** Main and intermediate breakers first, then houses by their place on the way, those without one by address. */
const inWalkingOrder = (a: Visit, b: Visit): number =>
  Number(a.householdId !== null) - Number(b.householdId !== null) ||
  (a.walkingOrder ?? lastOrder) - (b.walkingOrder ?? lastOrder) ||
  natural.compare(a.address ?? "", b.address ?? "") ||
  natural.compare(a.householdId ?? a.breakerId ?? "", b.householdId ?? b.breakerId ?? "");
