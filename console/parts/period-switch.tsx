// Chooses the period that operational rates are shown for, kept in the address, and reads its rates.
import { Segmented } from "antd";
import { useSearchParams } from "react-router";
import type { RateRow } from "../../domain/http.ts";
import { useHouse, useKept, useNow, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { type Period, periodBeginMs, periods } from "../format/period.ts";
import { useLanguage } from "../i18n/language.tsx";

/** The period in the address; `now` where there is none. `fromMs` is when it began, null for `now`. */
export const usePeriod = (): { period: Period; fromMs: number | null } => {
  const { timeZone } = useHouse();
  const [query] = useSearchParams();
  const nowMs = useNow(60_000);
  const period = periods.find((p) => p === query.get("period")) ?? "now";
  return { period, fromMs: periodBeginMs(period, nowMs, timeZone) };
};

/** The rates of the chosen period: `rows` null for `now`; `waiting` while they are not there yet. */
export const usePeriodRates = (
  by: "village" | "area" | "township",
  of: { township?: string; village?: string },
): { rows: RateRow[] | null; waiting: boolean } => {
  const { fromMs } = usePeriod();
  const resource = fromMs === null ? null : resources.rates(by, new Date(fromMs).toISOString(), of);
  const answer = useResource(resource);
  const rows = useKept(answer, resource?.path ?? "")?.items ?? null;
  if (fromMs === null) return { rows: null, waiting: false };
  return { rows: rows ?? [], waiting: rows === null };
};

export const PeriodSwitch = () => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const [, setQuery] = useSearchParams();
  const { period, fromMs } = usePeriod();
  return (
    <div className="period">
      <span className="quiet">
        {fromMs === null ? words.overview.periodNow : words.overview.periodFrom(format.fullTime(fromMs))}
      </span>
      <Segmented
        aria-label={words.overview.period}
        value={period}
        options={periods.map((value) => ({ value, label: words.period[value] }))}
        onChange={(next) =>
          setQuery(
            (query) => {
              if (next === "now") query.delete("period");
              else query.set("period", next);
              return query;
            },
            { replace: true },
          )
        }
      />
    </div>
  );
};
