// The overview: how the township stands, village by village, and what has just happened.
import { Select } from "antd";
import { Link, useSearchParams } from "react-router";
import { useHouse, useResource, useTitle } from "../data/house.tsx";
import { queryString, resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { AlarmList, byUrgency } from "../parts/alarm-list.tsx";
import { KpiLine } from "../parts/kpi-line.tsx";
import type { Summary } from "../parts/measures.ts";
import { openAlarmsQuery } from "../parts/notices.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { PeriodSwitch, usePeriod, usePeriodRates } from "../parts/period-switch.tsx";
import { StateBar } from "../parts/state-bar.tsx";
import { SummaryTable } from "../parts/summary-table.tsx";

const shownAlarms = 6;

export const Overview = () => {
  const { words } = useLanguage();
  const [query, setQuery] = useSearchParams();
  const townships = useResource(resources.townships());
  useTitle(words.overview.title, words.name);
  return (
    <Outcome answer={townships}>
      {({ items }) => {
        const township = items.find((t) => t.id === query.get("township")) ?? items[0];
        if (township === undefined) return <Empty>{words.overview.noVillages}</Empty>;
        return (
          <>
            <div className="page-head">
              <h1>{township.name}</h1>
              {items.length > 1 && (
                <Select
                  aria-label={words.overview.township}
                  value={township.id}
                  options={items.map((t) => ({ value: t.id, label: t.name }))}
                  onChange={(id) =>
                    setQuery((q) => {
                      q.set("township", id);
                      return q;
                    })
                  }
                />
              )}
              <PeriodSwitch />
            </div>
            <TownshipView township={township} />
          </>
        );
      }}
    </Outcome>
  );
};

const TownshipView = ({ township }: { township: Summary }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const { period } = usePeriod();
  const villages = useResource(resources.villages(township.id));
  const villageRates = usePeriodRates("village", { township: township.id });
  const townshipRates = usePeriodRates("township", { township: township.id });
  const alarms = useResource(resources.alarms(openAlarmsQuery));
  const open = alarms.data?.items.filter((a) => a.clearedAt === null) ?? [];
  const high = open.filter((a) => a.priority === "high").length;
  const kept = queryString({ period: period === "now" ? undefined : period });
  return (
    <>
      <KpiLine
        summary={township}
        rates={townshipRates.rows}
        alarms={{
          to: "/alarms",
          note: high > 0 ? words.overview.highAlarms(format.integer(high)) : words.overview.noHighAlarms,
        }}
      />
      <section className="panel">
        <h2>{words.overview.villages}</h2>
        <Outcome answer={villages}>
          {({ items }) => (
            <SummaryTable
              of={words.overview.village}
              rows={items}
              rates={villageRates.rows}
              to={(row) => `/villages/${encodeURIComponent(row.id)}${kept}`}
              alarmsTo={(row) => `/alarms${queryString({ village: row.id })}`}
            />
          )}
        </Outcome>
      </section>
      <StateBar summary={township} query={{}} />
      <section className="panel">
        <h2>
          {words.overview.urgentAlarms}
          <Link to="/alarms">{words.overview.allAlarms}</Link>
        </h2>
        <Outcome answer={alarms}>
          {() =>
            open.length === 0 ? (
              <Empty>{words.overview.noAlarms}</Empty>
            ) : (
              <AlarmList alarms={byUrgency(open).slice(0, shownAlarms)} />
            )
          }
        </Outcome>
      </section>
    </>
  );
};
