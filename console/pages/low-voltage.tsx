// Low-voltage areas: their trend, how long and how low each was, which houses, and what the currents hint of line loss.
import { Button, Checkbox, Segmented } from "antd";
import { lazy, Suspense, useState } from "react";
import { Link } from "react-router";
import type { AreaSupplyRow, LineLoss } from "../../domain/http-supply.ts";
import { useHouse, useKept, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { wallOf } from "../format/wall.ts";
import { useLanguage } from "../i18n/language.tsx";
import { Paging, useFilters, VillageFilter } from "../parts/filters.tsx";
import { Empty, Loading, Outcome } from "../parts/outcome.tsx";

const LowVoltageChart = lazy(() =>
  import("../parts/low-voltage-chart.tsx").then((m) => ({ default: m.LowVoltageChart })),
);

const pageSize = "50";
const weekChoices = ["4", "12"];
const dayMs = 86_400_000;

const Loss = ({ loss }: { loss: LineLoss }) => {
  const { format } = useHouse();
  if (loss.share === null) return <>–</>;
  return (
    <>
      {format.percent(loss.share)}
      <small>{format.duration(loss.comparedMs)}</small>
    </>
  );
};

const Days = ({ areaId, from }: { areaId: string; from: string }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const answer = useResource(resources.lowVoltageDays(areaId, { from }));
  return (
    <Outcome answer={answer}>
      {({ items }) => (
        <table className="ledger inner">
          <thead>
            <tr>
              {[
                words.supply.day,
                words.supply.share,
                words.supply.duration,
                words.supply.lowest,
                words.supply.worst,
                words.supply.loss,
              ].map((head) => (
                <th scope="col" key={head}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {items
              .filter(({ measured }) => measured > 0)
              .toReversed()
              .map((day) => (
                <tr key={day.day}>
                  <th scope="row">{day.day}</th>
                  <td data-label={words.supply.share}>
                    {words.supply.ofHouses(format.integer(day.low), format.integer(day.measured))}
                  </td>
                  <td data-label={words.supply.duration}>
                    {day.lowMs > 0 ? format.duration(day.lowMs) : "–"}
                  </td>
                  <td data-label={words.supply.lowest}>{format.quantity(day.minV, "V", 1)}</td>
                  <td data-label={words.supply.worst}>
                    {day.worst.slice(0, 3).map((one) => (
                      <div key={one.breakerId}>
                        <Link to={`/breakers/${encodeURIComponent(one.breakerId)}`}>
                          {one.address ?? one.breakerId}
                        </Link>{" "}
                        {format.quantity(one.minV, "V", 1)} · {format.duration(one.lowMs)}
                      </div>
                    ))}
                  </td>
                  <td data-label={words.supply.loss}>
                    <Loss loss={day.lineLoss} />
                  </td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
    </Outcome>
  );
};

const Row = ({ row, from }: { row: AreaSupplyRow; from: string }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <tr>
        <th scope="row">
          {row.areaName}
          <small>{row.villageName}</small>
        </th>
        <td data-label={words.supply.lowDays} className={row.lowDays > 0 ? "bad" : ""}>
          {words.supply.ofDays(format.integer(row.lowDays), format.integer(row.days))}
          <small>{row.lastLowDay}</small>
        </td>
        <td data-label={words.supply.duration}>{row.lowMs > 0 ? format.duration(row.lowMs) : "–"}</td>
        <td data-label={words.supply.lowest} title={row.minAt === null ? "" : format.fullTime(row.minAt)}>
          {format.quantity(row.minV, "V", 1)}
        </td>
        <td data-label={words.supply.share}>
          {row.lowShare === null ? "–" : format.percent(row.lowShare)}
          <small>{words.supply.ofHouses(format.integer(row.low), format.integer(row.measured))}</small>
        </td>
        <td data-label={words.supply.now} className={row.lowNow > 0 ? "bad" : ""}>
          {row.lowNow > 0 ? words.supply.lowNow(format.integer(row.lowNow)) : words.supply.fine}
        </td>
        <td data-label={words.supply.loss}>
          <Loss loss={row.lineLoss} />
        </td>
        <td className="test-acts">
          <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {words.supply.details}
          </Button>
        </td>
      </tr>
      {isOpen && (
        <tr className="opened">
          <td colSpan={8}>
            <Days areaId={row.areaId} from={from} />
          </td>
        </tr>
      )}
    </>
  );
};

export const LowVoltage = () => {
  const { timeZone, format } = useHouse();
  const { words } = useLanguage();
  const { filters, set } = useFilters();
  useTitle(words.supply.title, words.name);
  const weeks = filters["weeks"] ?? "4";
  const from = wallOf(Date.now() - Number(weeks) * 7 * dayMs, timeZone).slice(0, 10);
  const { village, all, cursor } = filters;
  const answer = useResource(resources.lowVoltage({ village, all, from, cursor, limit: pageSize }));
  const trend = useResource(resources.lowVoltageTrend({ village, from }));
  const data = useKept(answer, "lowVoltage");
  const heads = ["area", "lowDays", "duration", "lowest", "share", "now", "loss"] as const;
  return (
    <>
      <div className="page-head">
        <h1>{words.supply.title}</h1>
        <Segmented
          value={weeks}
          options={weekChoices.map((value) => ({ value, label: words.supply.weeks(value) }))}
          onChange={(next) => set({ weeks: next })}
        />
      </div>
      <p className="quiet">{words.supply.explain(format.quantity(trend.data?.lowVoltageV ?? null, "V"))}</p>
      <search className="filters" aria-label={words.breakers.filter}>
        <VillageFilter value={village} onChange={(next) => set({ village: next })} />
        <Checkbox
          checked={all === "true"}
          onChange={(event) => set({ all: event.target.checked ? "true" : undefined })}
        >
          {words.supply.all}
        </Checkbox>
      </search>
      <Outcome answer={trend}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="quiet">{words.supply.noData}</p>
          ) : (
            <section className="panel">
              <h2>{words.supply.trend}</h2>
              <Suspense fallback={<Loading />}>
                <LowVoltageChart days={items} />
              </Suspense>
            </section>
          )
        }
      </Outcome>
      <Outcome answer={{ data, failure: answer.failure }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{words.supply.none}</Empty>
          ) : (
            <div className={answer.data === null ? "panel waiting" : "panel"}>
              <table className="ledger">
                <thead>
                  <tr>
                    {heads.map((head) => (
                      <th scope="col" key={head}>
                        {words.supply[head]}
                      </th>
                    ))}
                    <th scope="col" aria-label={words.supply.details} />
                  </tr>
                </thead>
                <tbody>
                  {items.map((row) => (
                    <Row key={row.areaId} row={row} from={from} />
                  ))}
                </tbody>
              </table>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
      <p className="quiet">{words.supply.lossExplain}</p>
    </>
  );
};
