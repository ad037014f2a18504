// What a report says, before it is given a form: one township, one period, and the period before it.
import type { PerformanceRow, WorstBreaker } from "../domain/http-rates.ts";
import { lastDate, type Period, periodBefore } from "../domain/periods.ts";

/** Everything that a report shows. Instants are Unix ms. */
export type Report = {
  township: { id: string; name: string };
  period: Period;
  /** `YYYY-MM-DD`, the last local day that it covers. */
  lastDate: string;
  timeZone: string;
  /** The township as a whole, and its villages in order of their ids. */
  total: PerformanceRow;
  villages: PerformanceRow[];
  /** The same of the period before; villages by id. Null where nothing was installed then. */
  before: { period: Period; total: PerformanceRow; villages: Map<string, PerformanceRow> } | null;
  /** Those that cost most, worst first. */
  worst: WorstBreaker[];
  villagesWithoutOfficer: { id: string; name: string }[];
  /** When it was computed; what had been judged by then is in it. */
  computedAtMs: number;
};

/** What a report is collected with: the same functions that the api answers from. */
export type ReportSources = {
  performance(question: {
    by: "township" | "village";
    townshipId: string;
    fromMs: number;
    toMs: number;
    after: string | undefined;
    limit: number;
  }): Promise<PerformanceRow[]>;
  worstBreakers(question: {
    townshipId: string;
    fromMs: number;
    toMs: number;
    limit: number;
  }): Promise<WorstBreaker[]>;
};

const villagesAtOnce = 200;
const worstShown = 10;

const allVillages = async (
  sources: ReportSources,
  townshipId: string,
  period: Period,
  seen: (count: number) => void,
): Promise<PerformanceRow[]> => {
  const rows: PerformanceRow[] = [];
  for (;;) {
    const page = await sources.performance({
      by: "village",
      townshipId,
      fromMs: period.fromMs,
      toMs: period.toMs,
      after: rows.at(-1)?.id,
      limit: villagesAtOnce,
    });
    rows.push(...page);
    seen(rows.length);
    if (page.length < villagesAtOnce) return rows;
  }
};

const totalOf = async (
  sources: ReportSources,
  townshipId: string,
  period: Period,
): Promise<PerformanceRow | null> => {
  const [row] = await sources.performance({
    by: "township",
    townshipId,
    fromMs: period.fromMs,
    toMs: period.toMs,
    after: undefined,
    limit: 1,
  });
  return row ?? null;
};

const nothingInstalled = (row: PerformanceRow): boolean =>
  Object.values(row.levels).every((level) => level.installedMs === 0);

/** Collects a report; null where there is no such township. `progress` hears of steps done, 0–4. */
export const collectReport = async (
  sources: ReportSources,
  asked: { townshipId: string; period: Period; timeZone: string; nowMs: number },
  progress: (step: number) => void,
): Promise<Report | null> => {
  const { townshipId, period, timeZone } = asked;
  const total = await totalOf(sources, townshipId, period);
  if (total === null) return null;
  progress(1);
  const villages = await allVillages(sources, townshipId, period, () => {});
  progress(2);
  const earlier = periodBefore(period, timeZone);
  const totalBefore = await totalOf(sources, townshipId, earlier);
  const villagesBefore = await allVillages(sources, townshipId, earlier, () => {});
  progress(3);
  const worst = await sources.worstBreakers({
    townshipId,
    fromMs: period.fromMs,
    toMs: period.toMs,
    limit: worstShown,
  });
  progress(4);
  return {
    township: { id: townshipId, name: total.name },
    period,
    lastDate: lastDate(period),
    timeZone,
    total,
    villages,
    before:
      totalBefore === null || nothingInstalled(totalBefore)
        ? null
        : {
            period: earlier,
            total: totalBefore,
            villages: new Map(villagesBefore.map((row) => [row.id, row])),
          },
    worst,
    villagesWithoutOfficer: villages
      .filter((row) => row.villagesWithOfficer === 0)
      .map(({ id, name }) => ({ id, name })),
    computedAtMs: asked.nowMs,
  };
};
