// Rectification notices: the work list with its filters, and a way to make one by hand.
import { Button, Checkbox, Input } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import type { Notice } from "../../domain/http-notices.ts";
import type { NoticeState } from "../../domain/notice.ts";
import { useHouse, useKept, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { FilterSelect, Paging, useFilters, VillageFilter } from "../parts/filters.tsx";
import { NoticeForm } from "../parts/notice-form.tsx";
import { Deadline, NoticeStateTag, subjectName } from "../parts/notice-state.tsx";
import { OfficerFilter } from "../parts/officer-filter.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";

const pageSize = "50";
const states: readonly NoticeState[] = [
  "draft",
  "issued",
  "overdue",
  "refused",
  "rectified",
  "verified",
  "withdrawn",
];

const Row = ({ notice, nowMs }: { notice: Notice; nowMs: number }) => {
  const { format } = useHouse();
  const { words, language } = useLanguage();
  const hazard =
    notice.finding === null
      ? notice.texts[language === "en" ? "en" : "zh"].hazard
      : words.alarmKind[notice.finding];
  return (
    <tr>
      <th scope="row" className="n-number">
        <Link to={`/notices/${notice.id}`}>{notice.number}</Link>
        <small>{format.date(notice.createdAt)}</small>
      </th>
      <td className="n-state" data-label={words.notices.stateLabel}>
        <NoticeStateTag notice={notice} />
      </td>
      <td data-label={words.notices.house}>
        {subjectName(notice)} {notice.householder}
        <small>
          {notice.villageName} · {notice.areaName}
        </small>
      </td>
      <td data-label={words.notices.hazard}>{hazard}</td>
      <td data-label={words.notices.deadline}>
        <Deadline notice={notice} nowMs={nowMs} />
      </td>
      <td data-label={words.notices.officer}>{notice.officer?.name ?? "–"}</td>
    </tr>
  );
};

const Filters = () => {
  const { words } = useLanguage();
  const { filters, set } = useFilters();
  return (
    <search className="filters" aria-label={words.breakers.filter}>
      <Input.Search
        className="filter filter-search"
        aria-label={words.notices.search}
        placeholder={words.notices.search}
        allowClear
        defaultValue={filters["q"] ?? ""}
        onSearch={(q) => set({ q })}
      />
      <FilterSelect
        any={words.notices.anyState}
        value={filters["state"]}
        options={[
          { value: "open", label: words.notices.open },
          ...states.map((value) => ({ value, label: words.notices.state[value] })),
        ]}
        onChange={(state) => set({ state })}
      />
      <VillageFilter value={filters["village"]} onChange={(village) => set({ village })} />
      <OfficerFilter value={filters["officer"]} onChange={(officer) => set({ officer })} />
      <Checkbox
        checked={filters["overdue"] === "true"}
        onChange={(event) => set({ overdue: event.target.checked ? "true" : undefined })}
      >
        {words.notices.onlyOverdue}
      </Checkbox>
    </search>
  );
};

export const Notices = () => {
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const navigate = useNavigate();
  const { filters } = useFilters();
  const [making, setMaking] = useState(false);
  const { q, state, village, overdue, officer, cursor } = filters;
  const answer = useResource(
    resources.notices({ q, state, village, overdue, officer, cursor, limit: pageSize }),
  );
  const data = useKept(answer, "notices");
  useTitle(words.notices.title, words.name);
  const filtered = Boolean(q || state || village || overdue || officer);
  return (
    <>
      <div className="page-head">
        <h1>{words.notices.title}</h1>
        <Button type="primary" onClick={() => setMaking(true)}>
          {words.notices.create}
        </Button>
      </div>
      <p className="quiet">{words.notices.explain}</p>
      <Filters />
      <Outcome answer={{ ...answer, data }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{filtered ? words.notices.none : words.notices.noneYet}</Empty>
          ) : (
            <div className={`panel ${answer.data === null ? "waiting" : ""}`}>
              <table className="notice-table">
                <thead>
                  <tr>
                    <th scope="col">{words.notices.number}</th>
                    <th scope="col">{words.notices.stateLabel}</th>
                    <th scope="col">{words.notices.house}</th>
                    <th scope="col">{words.notices.hazard}</th>
                    <th scope="col">{words.notices.deadline}</th>
                    <th scope="col">{words.notices.officer}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((notice) => (
                    <Row key={notice.id} notice={notice} nowMs={nowMs} />
                  ))}
                </tbody>
              </table>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
      {making && (
        <NoticeForm
          draft={null}
          onClose={() => setMaking(false)}
          onDone={(notice) => void navigate(`/notices/${notice.id}`)}
        />
      )}
    </>
  );
};
