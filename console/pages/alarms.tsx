// Alarms: the open ones or all, filtered, newest first.
import { Segmented } from "antd";
import { useHouse, useKept, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { alarmKinds, alarmStates } from "../data/vocabulary.ts";
import { useLanguage } from "../i18n/language.tsx";
import { AlarmList } from "../parts/alarm-list.tsx";
import { FilterSelect, Paging, useFilters, VillageFilter } from "../parts/filters.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";

const pageSize = "50";

export const Alarms = () => {
  const { words } = useLanguage();
  const { live } = useHouse();
  const { filters, set } = useFilters();
  const { village, kind, cursor } = filters;
  const all = filters["show"] === "all";
  const state = all ? filters["state"] : "open";
  const answer = useResource(resources.alarms({ village, kind, state, cursor, limit: pageSize }));
  const data = useKept(answer, "alarms");
  useTitle(words.alarms.title, words.name);
  const filtered = Boolean(village || kind || all);
  return (
    <>
      <div className="page-head">
        <h1>{words.alarms.title}</h1>
        <Segmented
          aria-label={words.alarms.state}
          value={all ? "all" : "open"}
          options={[
            { value: "open", label: words.alarms.open },
            { value: "all", label: words.alarms.all },
          ]}
          onChange={(show) => set({ show: show === "all" ? "all" : undefined, state: undefined })}
        />
      </div>
      <search className="filters" aria-label={words.breakers.filter}>
        <FilterSelect
          any={words.alarms.anyKind}
          value={kind}
          options={alarmKinds.map((value) => ({ value, label: words.alarmKind[value] }))}
          onChange={(next) => set({ kind: next })}
        />
        <VillageFilter value={village} onChange={(next) => set({ village: next })} />
        {all && (
          <FilterSelect
            any={words.alarms.anyState}
            value={filters["state"]}
            options={alarmStates.map((value) => ({ value, label: words.alarmState[value] }))}
            onChange={(next) => set({ state: next })}
          />
        )}
      </search>
      <Outcome answer={{ data, failure: answer.failure }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{filtered || live.kind !== "live" ? words.alarms.none : words.alarms.noneOpen}</Empty>
          ) : (
            <div className={answer.data === null ? "panel waiting" : "panel"}>
              <AlarmList alarms={items} />
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
    </>
  );
};
