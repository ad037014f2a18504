// All breakers, filtered and page by page: how each stands, since when, and its newest reading.
import { Button, Input } from "antd";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import type { Breaker } from "../../domain/http.ts";
import { useHouse, useKept, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { breakerLevels, operatingReasons, operatingStates } from "../data/vocabulary.ts";
import { useLanguage } from "../i18n/language.tsx";
import { FilterSelect, Paging, useFilters, VillageFilter } from "../parts/filters.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { StateTag } from "../parts/state-tag.tsx";

const pageSize = "50";
/** The text filter follows the typing after this pause. */
const typingPauseMs = 300;

const Search = ({ value, onChange }: { value: string; onChange(text: string): void }) => {
  const { words } = useLanguage();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), typingPauseMs);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <Input
      className="filter filter-search"
      type="search"
      allowClear
      aria-label={words.breakers.search}
      placeholder={words.breakers.search}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
};

const Filters = () => {
  const { words } = useLanguage();
  const { filters, set, clear } = useFilters();
  const areas = useResource(resources.areas(filters["village"]));
  const search = (q: string) => set({ q });
  const used = ["village", "area", "level", "state", "reason", "q"].some((key) => filters[key]);
  return (
    <search className="filters" aria-label={words.breakers.filter}>
      <Search value={filters["q"] ?? ""} onChange={search} />
      <VillageFilter value={filters["village"]} onChange={(village) => set({ village, area: undefined })} />
      <FilterSelect
        any={words.breakers.anyArea}
        value={filters["area"]}
        options={areas.data?.items.map((a) => ({ value: a.id, label: a.name })) ?? []}
        onChange={(area) => set({ area })}
        searchable
      />
      <FilterSelect
        any={words.breakers.anyLevel}
        value={filters["level"]}
        options={breakerLevels.map((value) => ({ value, label: words.level[value] }))}
        onChange={(level) => set({ level })}
      />
      <FilterSelect
        any={words.breakers.anyState}
        value={filters["state"]}
        options={operatingStates.map((value) => ({ value, label: words.state[value] }))}
        onChange={(state) => set({ state })}
      />
      <FilterSelect
        any={words.breakers.anyReason}
        value={filters["reason"]}
        options={operatingReasons.map((value) => ({ value, label: words.reason[value] }))}
        onChange={(reason) => set({ reason })}
      />
      {used && (
        <Button type="text" onClick={clear}>
          {words.breakers.clear}
        </Button>
      )}
    </search>
  );
};

const Row = ({ breaker, nowMs }: { breaker: Breaker; nowMs: number }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const { last, operating } = breaker;
  const share = last === null ? 0 : last.residualCurrentMa / breaker.ratedResidualCurrentMa;
  return (
    <tr>
      <th scope="row">
        <Link to={`/breakers/${encodeURIComponent(breaker.id)}`}>{breaker.address ?? breaker.id}</Link>
        <small>
          {words.level[breaker.level]}
          {breaker.address !== null && ` · ${breaker.id}`}
        </small>
      </th>
      <td className="b-place" data-label={words.breakers.place}>
        {breaker.villageName}
        <small>{breaker.areaName}</small>
      </td>
      <td className="b-state" data-label={words.breakers.state}>
        <StateTag state={operating.state} reason={operating.reason} />
      </td>
      <td className="b-since" data-label={words.breakers.since} title={format.fullTime(operating.since)}>
        {format.duration(nowMs - Date.parse(operating.since))}
      </td>
      <td data-label={words.breakers.reading} className={share >= 0.6 ? "b-reading bad" : "b-reading"}>
        {format.quantity(last?.residualCurrentMa ?? null, "mA")}
        <small>{words.evidence.rated(format.quantity(breaker.ratedResidualCurrentMa, "mA", 0))}</small>
      </td>
      <td className="b-heard" data-label={words.breakers.heard}>
        {last === null
          ? words.breakers.never
          : words.alarms.ago(format.duration(nowMs - Date.parse(last.at)))}
      </td>
      <td
        className={breaker.openAlarmCount > 0 ? "b-alarms" : "b-alarms none"}
        data-label={words.breakers.alarms}
      >
        <span className={breaker.openAlarmCount > 0 ? "alarm-count some" : "alarm-count"}>
          {format.integer(breaker.openAlarmCount)}
        </span>
      </td>
    </tr>
  );
};

export const Breakers = () => {
  const { words } = useLanguage();
  const { filters } = useFilters();
  const nowMs = useNow(1_000);
  useTitle(words.breakers.title, words.name);
  const { village, area, level, state, reason, q, cursor } = filters;
  const answer = useResource(
    resources.breakers({ village, area, level, state, reason, q, cursor, limit: pageSize }),
  );
  const data = useKept(answer, "breakers");
  const heads = [
    words.breakers.breaker,
    words.breakers.place,
    words.breakers.state,
    words.breakers.since,
    words.breakers.reading,
    words.breakers.heard,
    words.breakers.alarms,
  ];
  return (
    <>
      <div className="page-head">
        <h1>{words.breakers.title}</h1>
      </div>
      <Filters />
      <Outcome answer={{ data, failure: answer.failure }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{words.breakers.none}</Empty>
          ) : (
            <div className={answer.data === null ? "panel waiting" : "panel"}>
              <table className="breakers">
                <thead>
                  <tr>
                    {heads.map((head) => (
                      <th scope="col" key={head}>
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {items.map((breaker) => (
                    <Row key={breaker.id} breaker={breaker} nowMs={nowMs} />
                  ))}
                </tbody>
              </table>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
    </>
  );
};
