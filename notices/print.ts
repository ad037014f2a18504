// A notice as it is printed and signed: A4, one copy each for the household, the supply station and the village.
import type { NoticeDetail, NoticeLanguage } from "../domain/http-notices.ts";
import { localDate } from "../storage/views/scope.ts";
import { leakageChart } from "./chart.ts";
import { html, type Markup, printPage, type Value } from "./html.ts";
import { evidenceWords, type PrintWords, printTime, printWords } from "./words.ts";

const dayMs = 24 * 3_600_000;

/** The whole page in the asked-for language; times and dates in `timeZone`. */
export const printNotice = (notice: NoticeDetail, language: NoticeLanguage, timeZone: string): string => {
  const words: PrintWords = printWords[language];
  const time = printTime(words, timeZone);
  const body = bodyOf(notice, language, words, time, timeZone);
  const copies: Value[] = words.copies.map((copy) => html`<section class="copy">${body(copy)}</section>`);
  return printPage(words.lang, `${words.title} ${notice.number}`, copies);
};

type Time = ReturnType<typeof printTime>;

const bodyOf = (
  notice: NoticeDetail,
  language: NoticeLanguage,
  words: PrintWords,
  time: Time,
  timeZone: string,
) => {
  const [year = "", serial = ""] = notice.number.split("-");
  const texts = notice.texts[language];
  const issued =
    notice.state === "withdrawn"
      ? words.withdrawn
      : notice.issuedAt === null
        ? words.notIssued
        : time.day(localDate(Date.parse(notice.issuedAt), timeZone));
  const { reinspection, officer } = notice;
  const row = (label: string, value: Value): Markup => html`<tr><th>${label}</th><td>${value}</td></tr>`;
  return (copy: string): Markup => html`<h1>${words.title}</h1>
<div class="head"><span>${notice.townshipName}　${words.number(year, serial)}</span><span>${copy}</span></div>
<table class="facts">
<tr><th>${words.householder}</th><td>${notice.householder}</td><th>${words.account}</th><td>${notice.accountNumber}</td></tr>
<tr><th>${words.address}</th><td>${notice.address}</td><th>${words.breaker}</th><td>${notice.breakerId}</td></tr>
<tr><th>${words.village}</th><td>${notice.villageName}</td><th>${words.area}</th><td>${notice.areaName}</td></tr>
<tr><th>${words.station}</th><td>${notice.supplyStation}</td><th>${words.date}</th><td>${issued}</td></tr>
</table>
<table class="big">
${row(words.hazard, texts.hazard)}
${row(words.evidence, evidenceOf(notice, words, time))}
${row(words.rule, texts.rule)}
${row(words.requirement, texts.requirement)}
${row(words.deadline, words.by(time.day(notice.deadline)))}
</table>
<table class="facts">
<tr><th>${words.inspector}</th><td>${notice.inspector}</td><th>${words.officer}</th><td>${officer === null ? "" : `${officer.name} ${officer.phone}`}</td></tr>
</table>
<table class="sign keep">
<tr><th>${words.received}</th><th>${words.stationSign}</th><th>${words.refused}</th></tr>
<tr><td></td><td></td><td></td></tr>
</table>
<table class="facts keep">
<tr><th>${words.reinspection}</th><td>${reinspection === null ? "" : reinspectionWords(reinspection, words)}</td><th>${words.reinspectionDate}</th><td>${reinspection === null ? "" : time.day(reinspection.on)}</td></tr>
</table>`;
};

const reinspectionWords = (
  reinspection: NonNullable<NoticeDetail["reinspection"]>,
  words: PrintWords,
): string =>
  [words.reinspected[reinspection.result], reinspection.note].filter((part) => part !== null).join(" ");

/** What telemetry showed, in words and as a chart. */
const evidenceOf = (notice: NoticeDetail, words: PrintWords, time: Time): Value => {
  const { evidence } = notice;
  const rated = evidence.ratedResidualCurrentMa;
  const phrases: (string | null)[] = [];
  if (rated !== null) phrases.push(words.rated(String(rated)));
  if (evidence.alarm !== null) {
    phrases.push(words.alarmAt(time.minute(evidence.alarm.raisedAt)));
    for (const [key, value] of Object.entries(evidence.alarm.values))
      phrases.push(evidenceWords(words, time, key, value));
  }
  if (evidence.operating !== null) {
    const { state, reason, since } = evidence.operating;
    const stood = reason === null ? words.states[state] : words.reasons[reason];
    phrases.push(words.stateSince(stood, time.minute(since)));
  }
  if (evidence.lastReading !== null)
    phrases.push(
      words.lastReading(
        time.minute(evidence.lastReading.at),
        String(Math.round(evidence.lastReading.residualCurrentMa * 10) / 10),
      ),
    );
  const toMs = Date.parse(evidence.at);
  const chart = leakageChart(
    evidence.chart.points.map((p) => ({ atMs: Date.parse(p.at), valueMa: p.residualCurrentMaMax })),
    { fromMs: toMs - dayMs, toMs, everyMs: evidence.chart.everyMs, ratedMa: rated },
    { residualCurrent: words.chart, time: (atMs) => time.minute(atMs).slice(5) },
  );
  const text = phrases.filter((phrase) => phrase !== null).join(words.separator);
  if (notice.breakerId === null) return text;
  return [
    html`<p>${text}</p>`,
    chart === null
      ? html`<p class="small">${words.noChart}</p>`
      : html`<p class="small">${words.chart}</p>${chart}`,
  ];
};
