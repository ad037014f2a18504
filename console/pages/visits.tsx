// The visit list, made for a phone in one hand: whom to visit, why, what to do, and one touch to say what came of it.
import { Input, Progress } from "antd";
import { Link } from "react-router";
import type { VisitArea, VisitList } from "../../domain/http-visits.ts";
import { useHouse, useKept, useNow, useResource, useTitle } from "../data/house.tsx";
import { queryString, resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { useFilters, VillageFilter } from "../parts/filters.tsx";
import { localDay } from "../parts/notice-state.tsx";
import { OfficerFilter } from "../parts/officer-filter.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { SaveFile } from "../parts/save-file.tsx";
import { Reason, VisitRow } from "../parts/visit-row.tsx";

const Area = ({ area, date, nowMs }: { area: VisitArea; date: string; nowMs: number }) => {
  const { words } = useLanguage();
  return (
    <section className="visit-area">
      <h2>
        <Link to={`/breakers?village=${area.villageId}&area=${area.areaId}`}>
          {area.villageName} · {area.areaName}
        </Link>
      </h2>
      {area.reasons.length > 0 && (
        <div className="visit">
          <b>{words.visits.wholeArea}</b>
          {area.reasons.map((reason) => (
            <Reason key={reason.alarmId ?? reason.since} reason={reason} nowMs={nowMs} />
          ))}
        </div>
      )}
      <ol>
        {area.visits.map((visit) => (
          <VisitRow key={visit.householdId ?? visit.breakerId} visit={visit} date={date} nowMs={nowMs} />
        ))}
      </ol>
    </section>
  );
};

const List = ({ list, nowMs }: { list: VisitList; nowMs: number }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  if (list.areas.length === 0) return <Empty>{words.visits.none}</Empty>;
  const share = list.visitCount === 0 ? 0 : (list.doneCount / list.visitCount) * 100;
  return (
    <>
      {list.truncated && <p role="status">{words.visits.truncated}</p>}
      {list.visitCount > 0 && (
        <div className="visit-progress">
          <b>{words.visits.progress(format.integer(list.doneCount), format.integer(list.visitCount))}</b>
          <Progress percent={share} showInfo={false} aria-label={words.visits.title} />
        </div>
      )}
      {list.areas.map((area) => (
        <Area key={area.areaId} area={area} date={list.date} nowMs={nowMs} />
      ))}
    </>
  );
};

export const Visits = () => {
  const { timeZone } = useHouse();
  const { words, language } = useLanguage();
  const nowMs = useNow(60_000);
  const { filters, set } = useFilters();
  const { village, officer } = filters;
  const today = localDay(nowMs, timeZone);
  const date = filters["date"] ?? today;
  const query = officer === undefined ? { village, date } : { officer, date };
  const chosen = Boolean(village || officer);
  const answer = useResource(chosen ? resources.visits(query) : null);
  const data = useKept(answer, `${village ?? ""} ${officer ?? ""} ${date}`);
  useTitle(words.visits.title, words.name);
  return (
    <>
      <div className="page-head">
        <h1>
          {words.visits.title} {data?.officer && <small>{data.officer.name}</small>}
        </h1>
        {chosen && (
          <SaveFile
            path={`visits/print${queryString({ ...query, lang: language === "en" ? "en" : "zh" })}`}
            open
          >
            {words.visits.print}
          </SaveFile>
        )}
      </div>
      <p className="quiet">{words.visits.explain}</p>
      <search className="filters" aria-label={words.breakers.filter}>
        <OfficerFilter value={officer} onChange={(next) => set({ officer: next, village: undefined })} />
        <VillageFilter value={village} onChange={(next) => set({ village: next, officer: undefined })} />
        <Input
          className="filter"
          type="date"
          aria-label={words.visits.date}
          value={date}
          onChange={(event) => set({ date: event.target.value === today ? undefined : event.target.value })}
        />
      </search>
      {chosen ? (
        <Outcome answer={{ ...answer, data }}>{(list) => <List list={list} nowMs={nowMs} />}</Outcome>
      ) : (
        <Empty>{words.visits.choose}</Empty>
      )}
    </>
  );
};
