// The visit list on paper: area by area in walking order, with boxes to tick.

import { adviceOf } from "../domain/advice.ts";
import type { NoticeLanguage } from "../domain/http-notices.ts";
import type { Visit, VisitArea, VisitList, VisitReason } from "../domain/http-visits.ts";
import { html, type Markup, printPage, type Value } from "./html.ts";
import { evidenceWords, type PrintWords, printTime, printWords } from "./words.ts";

type Time = ReturnType<typeof printTime>;
type Say = { words: PrintWords; time: Time; language: NoticeLanguage };

/** The whole page in the asked-for language. */
export const printVisits = (list: VisitList, language: NoticeLanguage, timeZone: string): string => {
  const words: PrintWords = printWords[language];
  const say: Say = { words, time: printTime(words, timeZone), language };
  const title = `${words.visits.title} ${say.time.day(list.date)}`;
  const of = [
    list.officer === null ? null : words.visits.of(`${list.officer.name} ${list.officer.phone}`.trim()),
    list.villages.map((v) => v.name).join(language === "zh" ? "、" : ", "),
    words.visits.count(list.visitCount),
  ].filter((part) => part !== null && part !== "");
  const areas: Value[] = list.areas.map((area) => areaOf(area, say));
  return printPage(words.lang, title, [
    html`<h1>${title}</h1><p class="head"><span>${of.join(words.separator)}</span></p>`,
    list.areas.length === 0 ? html`<p>${words.visits.none}</p>` : areas,
    list.truncated ? html`<p>${words.visits.truncated}</p>` : null,
  ]);
};

const areaOf = (area: VisitArea, say: Say): Markup => {
  const { visits } = say.words;
  const whole: Value =
    area.reasons.length === 0
      ? null
      : html`<p><b>${visits.wholeArea}</b>${say.words.colon}${area.reasons.map((r) => `${reasonWords(r, say)}${say.words.separator}${r.advice[say.language]}`).join(" / ")}</p>`;
  const rows: Value[] = area.visits.map((visit, i) => rowOf(visit, i + 1, say));
  return html`<h2>${area.villageName} · ${area.areaName}</h2>${whole}
<table><thead><tr><th>${visits.order}</th><th>${visits.house}</th><th>${visits.why}</th><th>${visits.todo}</th><th>${visits.result}</th></tr></thead>
<tbody>${rows}</tbody></table>`;
};

const rowOf = (visit: Visit, order: number, say: Say): Markup => {
  const { visits } = say.words;
  const name =
    visit.householdId === null
      ? `${visit.level === "main" ? visits.main : ""} ${visit.breakerId ?? ""}`.trim()
      : [visit.address ?? visit.householdId, visit.householder].filter((part) => part !== null).join(" ");
  const advice = [...new Set(visit.reasons.map((reason) => reason.advice[say.language]))];
  const why: Value[] = visit.reasons.map(
    (reason) => html`<p class="${reason.priority}">${reasonWords(reason, say)}</p>`,
  );
  const result: Value =
    visit.mark === null
      ? html`<p><span class="box"></span>${visits.done}</p><p><span class="box"></span>${visits.notAtHome}</p>`
      : html`<p>${visits[visit.mark.mark]} ${visit.mark.note}</p>`;
  return html`<tr><td>${order}</td><td>${name}</td><td>${why}</td><td>${advice.map((text): Value => html`<p>${text}</p>`)}</td><td class="mark">${result}</td></tr>`;
};

const reasonWords = (reason: VisitReason, { words, time, language }: Say): string => {
  const { visits } = words;
  if (reason.notice !== null) {
    const { number, state, deadline, hazard } = reason.notice;
    return `${visits.notice(number, words.noticeStates[state], time.day(deadline))}${words.colon}${hazard[language]}`;
  }
  const evidence = Object.entries(reason.evidence).flatMap(([key, value]) => {
    const said = evidenceWords(words, time, key, value);
    return said === null ? [] : [said];
  });
  const own = reason.evidence[language === "zh" ? "textZh" : "textEn"];
  const standard = reason.finding === null ? "" : adviceOf(reason.finding)[language].hazard;
  const hazard = reason.finding === "customRule" && typeof own === "string" ? own : standard;
  return [hazard, ...evidence, visits.since(time.minute(reason.since))].join(words.separator);
};
