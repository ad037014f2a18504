// One village: its rates, and its transformer areas, each leading to its breakers.
import { Link, useParams } from "react-router";
import { useHouse, useResource, useTitle } from "../data/house.tsx";
import { queryString, resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { KpiLine } from "../parts/kpi-line.tsx";
import { openAlarmsQuery } from "../parts/notices.tsx";
import { Outcome } from "../parts/outcome.tsx";
import { PeriodSwitch, usePeriodRates } from "../parts/period-switch.tsx";
import { StateBar } from "../parts/state-bar.tsx";
import { SummaryTable } from "../parts/summary-table.tsx";

export const Village = () => {
  const { villageId = "" } = useParams();
  const { words } = useLanguage();
  const { format } = useHouse();
  const village = useResource(resources.village(villageId));
  const areas = useResource(resources.areas(villageId));
  const villageRates = usePeriodRates("village", { village: villageId });
  const areaRates = usePeriodRates("area", { village: villageId });
  const alarms = useResource(resources.alarms(openAlarmsQuery));
  const high =
    alarms.data?.items.filter(
      (a) => a.villageId === villageId && a.clearedAt === null && a.priority === "high",
    ).length ?? 0;
  useTitle(village.data?.name ?? null, words.name);
  return (
    <Outcome answer={village}>
      {(data) => (
        <>
          <div className="page-head">
            <h1>
              <Link to="/">{data.townshipName}</Link> / {data.name}
            </h1>
            <PeriodSwitch />
          </div>
          <KpiLine
            summary={data}
            rates={villageRates.rows}
            alarms={{
              to: `/alarms${queryString({ village: data.id })}`,
              note: high > 0 ? words.overview.highAlarms(format.integer(high)) : words.overview.noHighAlarms,
            }}
          />
          <section className="panel">
            <h2>{words.overview.areas}</h2>
            <Outcome answer={areas}>
              {({ items }) => (
                <SummaryTable
                  of={words.overview.area}
                  rows={items}
                  rates={areaRates.rows}
                  to={(row) => `/breakers${queryString({ village: data.id, area: row.id })}`}
                  alarmsTo={() => `/alarms${queryString({ village: data.id })}`}
                />
              )}
            </Outcome>
          </section>
          <StateBar summary={data} query={{ village: data.id }} />
        </>
      )}
    </Outcome>
  );
};
