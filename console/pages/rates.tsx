// Rates over a period: every place against target, the time lost by reason, the breakers that cost most, what was published.
import { DatePicker, Segmented } from "antd";
import type { ComponentProps } from "react";
import { type PeriodKind, periodKinds } from "../../domain/periods.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { type Query, resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { useFilters, VillageFilter } from "../parts/filters.tsx";
import { LostTime } from "../parts/lost-time.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { PerformanceTable } from "../parts/performance-table.tsx";
import { PublishedRates } from "../parts/published-rates.tsx";
import { Recompute } from "../parts/recompute.tsx";
import { WorstBreakers } from "../parts/worst-breakers.tsx";

const kinds = [...periodKinds, "custom"] as const;
type Kind = (typeof kinds)[number];
const groups = ["township", "village", "area"] as const;

const pickers: Record<PeriodKind, ComponentProps<typeof DatePicker>["picker"]> = {
  day: "date",
  week: "week",
  month: "month",
};

/** The day in the township's time zone, `YYYY-MM-DD`. */
const localDate = (atMs: number, timeZone: string): string =>
  new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    atMs,
  );

/** The first instant of a local day as the API reads it: a one-day period says when it begins. */
const useMidnight = (date: string | undefined): string | undefined => {
  const answer = useResource(
    date === undefined ? null : resources.performance({ by: "township", period: "day", date, limit: "1" }),
  );
  return answer.data?.items[0]?.from;
};

const PeriodPicker = ({ kind, filters, set }: { kind: Kind; filters: Query; set(change: Query): void }) => {
  const { words } = useLanguage();
  return (
    <>
      <Segmented
        aria-label={words.rates.period}
        value={kind}
        options={kinds.map((value) => ({ value, label: words.rates.kinds[value] }))}
        onChange={(next) => set({ kind: next, date: undefined, from: undefined, to: undefined })}
      />
      {kind === "custom" ? (
        <DatePicker.RangePicker
          placeholder={[words.rates.from, words.rates.to]}
          onChange={(range) =>
            set({
              from: range?.[0]?.format("YYYY-MM-DD"),
              to: range?.[1]?.add(1, "day").format("YYYY-MM-DD"),
            })
          }
        />
      ) : (
        <DatePicker
          key={kind}
          aria-label={words.rates.date}
          placeholder={filters["date"] ?? words.rates.date}
          picker={pickers[kind] ?? "date"}
          onChange={(value) => set({ date: value === null ? undefined : value.format("YYYY-MM-DD") })}
        />
      )}
    </>
  );
};

export const Rates = () => {
  const { words } = useLanguage();
  const { timeZone, format } = useHouse();
  const { filters, set } = useFilters();
  const nowMs = useNow(60_000);
  const kind = kinds.find((one) => one === filters["kind"]) ?? "month";
  const by = groups.find((one) => one === filters["by"]) ?? "village";
  const village = filters["village"];
  const from = useMidnight(kind === "custom" ? filters["from"] : undefined);
  const to = useMidnight(kind === "custom" ? filters["to"] : undefined);
  const date = filters["date"] ?? localDate(nowMs, timeZone);
  const period: Query = kind === "custom" ? { from, to } : { period: kind, date };
  const ready = kind !== "custom" || (from !== undefined && to !== undefined);
  const performance = useResource(
    ready ? resources.performance({ ...period, by, village, limit: "1000" }) : null,
  );
  const worst = useResource(ready ? resources.worstBreakers({ ...period, village }) : null);
  useTitle(words.rates.title, words.name);
  return (
    <>
      <div className="page-head">
        <h1>{words.rates.title}</h1>
        <Segmented
          aria-label={words.rates.by}
          value={by}
          options={groups.map((value) => ({ value, label: words.rates.groups[value] }))}
          onChange={(next) => set({ by: next })}
        />
      </div>
      <p className="quiet">{words.rates.explain}</p>
      <div className="filters">
        <PeriodPicker kind={kind} filters={filters} set={set} />
        <VillageFilter value={village} onChange={(id) => set({ village: id })} />
      </div>
      {ready && (
        <Outcome answer={performance}>
          {({ items }) =>
            items[0] === undefined ? (
              <Empty>{words.rates.none}</Empty>
            ) : (
              <>
                <p className="quiet">
                  {words.rates.span(format.fullTime(items[0].from), format.fullTime(items[0].to))}
                </p>
                <PerformanceTable of={words.rates.groups[by]} rows={items} />
                <LostTime rows={items} />
              </>
            )
          }
        </Outcome>
      )}
      {ready && <Outcome answer={worst}>{({ items }) => <WorstBreakers items={items} />}</Outcome>}
      <PublishedRates kind={kind === "custom" ? null : kind} date={filters["date"] ?? null} />
      <Recompute village={village} from={from ?? performance.data?.items[0]?.from} />
    </>
  );
};
