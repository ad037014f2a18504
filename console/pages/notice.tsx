// One rectification notice: what it says, on what evidence, what telemetry says since, and everything that happened to it.
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import type { NoticeDetail, NoticeEvent } from "../../domain/http-notices.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { evidenceWords } from "../format/evidence.ts";
import { useLanguage } from "../i18n/language.tsx";
import { NoticeActs } from "../parts/notice-acts.tsx";
import { Deadline, NoticeStateTag, subjectName } from "../parts/notice-state.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { SaveFile } from "../parts/save-file.tsx";
import { Strip24h } from "../parts/strip-24h.tsx";

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);

const Facts = ({ notice, nowMs }: { notice: NoticeDetail; nowMs: number }) => {
  const { format } = useHouse();
  const { words, language } = useLanguage();
  const texts = notice.texts[language === "en" ? "en" : "zh"];
  const { officer } = notice;
  return (
    <section className="panel">
      <h2>{words.notices.facts}</h2>
      <dl className="notice-facts">
        <Fact label={words.notices.hazard}>{texts.hazard}</Fact>
        <Fact label={words.notices.rule}>{texts.rule || "–"}</Fact>
        <Fact label={words.notices.requirement}>{texts.requirement || "–"}</Fact>
        <Fact label={words.notices.deadline}>
          <Deadline notice={notice} nowMs={nowMs} />
        </Fact>
        <Fact label={words.notices.address}>
          {notice.breakerId === null ? (
            subjectName(notice)
          ) : (
            <Link to={`/breakers/${encodeURIComponent(notice.breakerId)}`}>{subjectName(notice)}</Link>
          )}
        </Fact>
        <Fact label={words.notices.householder}>
          {notice.householder ?? "–"}
          {notice.accountNumber !== null && (
            <small>
              {words.notices.account} {notice.accountNumber}
            </small>
          )}
        </Fact>
        <Fact label={words.notices.place}>
          {notice.villageName} · {notice.areaName}
          {notice.supplyStation !== null && <small>{notice.supplyStation}</small>}
        </Fact>
        <Fact label={words.notices.officer}>
          {officer === null ? "–" : `${officer.name} ${officer.phone}`}
        </Fact>
        <Fact label={words.notices.inspector}>
          {notice.inspector ?? "–"}
          <small>{words.notices.createdBy(notice.createdBy, format.fullTime(notice.createdAt))}</small>
        </Fact>
      </dl>
    </section>
  );
};

const Evidence = ({ notice, nowMs }: { notice: NoticeDetail; nowMs: number }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const { alarm, operating, lastReading, chart, ratedResidualCurrentMa, at } = notice.evidence;
  return (
    <section className="panel">
      <h2>{words.notices.evidence}</h2>
      <ul className="notice-evidence">
        {alarm !== null && (
          <li>
            {words.notices.alarmAt(words.alarmKind[alarm.kind], format.fullTime(alarm.raisedAt))}
            <small>{evidenceWords({ kind: alarm.kind, evidence: alarm.values }, words, format, nowMs)}</small>
          </li>
        )}
        {operating !== null && (
          <li>
            {words.notices.stateThen(
              operating.reason === null ? words.state[operating.state] : words.reason[operating.reason],
              format.fullTime(operating.since),
            )}
          </li>
        )}
        {lastReading !== null && (
          <li>
            {words.notices.readingThen(
              format.quantity(lastReading.residualCurrentMa, "mA"),
              format.fullTime(lastReading.at),
            )}
          </li>
        )}
      </ul>
      {chart.points.length === 0 ? (
        notice.breakerId !== null && <p className="quiet">{words.notices.noChart}</p>
      ) : (
        <Strip24h
          label={words.notices.chart}
          points={chart.points.map((p) => ({ atMs: Date.parse(p.at), value: p.residualCurrentMaMax }))}
          toMs={Date.parse(at)}
          rated={ratedResidualCurrentMa}
        />
      )}
    </section>
  );
};

const Telemetry = ({ notice }: { notice: NoticeDetail }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const { verification, contradiction, reinspection, state, breakerId } = notice;
  const silent = verification === null && contradiction === null && reinspection === null;
  if (state === "draft" || state === "withdrawn") return null;
  if (silent && state !== "rectified" && breakerId !== null) return null;
  return (
    <section className="panel">
      <h2>{words.notices.telemetry}</h2>
      {verification !== null && (
        <p>
          {words.notices.verified(
            format.fullTime(verification.from),
            format.fullTime(verification.to),
            format.quantity(verification.maxResidualCurrentMa, "mA"),
            format.quantity(verification.thresholdMa, "mA"),
          )}
        </p>
      )}
      {contradiction !== null && (
        <p className="bad" role="status">
          {words.notices.contradicted[contradiction.kind](format.fullTime(contradiction.at))}
        </p>
      )}
      {breakerId === null ? (
        <p>{words.notices.noBreaker}</p>
      ) : (
        state === "rectified" && <p>{words.notices.waiting}</p>
      )}
      {reinspection !== null && (
        <p>
          {words.notices.reinspection} {reinspection.on}{" "}
          <b>{reinspection.result === "passed" ? words.notices.passed : words.notices.notPassed}</b>{" "}
          {reinspection.by} {reinspection.note}
        </p>
      )}
    </section>
  );
};

const History = ({ events }: { events: readonly NoticeEvent[] }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  return (
    <section className="panel">
      <h2>{words.notices.history}</h2>
      <ol className="notice-history">
        {events.map((event, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a history only grows at its end
          <li key={i}>
            <time dateTime={event.at}>{format.fullTime(event.at)}</time>
            <b>{words.notices.event[event.event]}</b>
            <small>
              {event.actor === "hubao" ? words.notices.system : event.actor}{" "}
              {[event.detail["note"], event.detail["reason"]].filter((t) => typeof t === "string").join(" ")}
            </small>
          </li>
        ))}
      </ol>
    </section>
  );
};

export const NoticePage = () => {
  const { noticeId = "" } = useParams();
  const { words, language } = useLanguage();
  const nowMs = useNow(60_000);
  const answer = useResource(resources.notice(noticeId));
  useTitle(answer.data?.number ?? null, words.notices.title, words.name);
  return (
    <Outcome answer={answer}>
      {(notice) => (
        <>
          <div className="page-head">
            <h1>
              <Link to="/notices">{words.notices.title}</Link> {notice.number}
            </h1>
            <NoticeStateTag notice={notice} />
            <SaveFile path={`notices/${notice.id}/print?lang=${language === "en" ? "en" : "zh"}`} open>
              {words.notices.print}
            </SaveFile>
          </div>
          <NoticeActs notice={notice} />
          <div className="notice-grid">
            <Facts notice={notice} nowMs={nowMs} />
            <Evidence notice={notice} nowMs={nowMs} />
            <Telemetry notice={notice} />
            <History events={notice.events} />
          </div>
        </>
      )}
    </Outcome>
  );
};
