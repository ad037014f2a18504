// The large numbers on top: operational rate, installation rate, inhabited coverage, main breakers, open alarms.
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { RateRow } from "../../domain/http.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";
import { inhabitedCoverage, installationRate, operationalRate, type Summary } from "./measures.ts";
import { Bullet, type Rate, useUnknownWords, verdict, verdictWords } from "./rate.tsx";

const RateCard = ({ label, rate, notes }: { label: string; rate: Rate; notes: string[] }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  return (
    <section className={`kpi verdict-${verdict(rate)}`}>
      <h2>{label}</h2>
      <p className="kpi-number">{format.percent(rate.rate)}</p>
      <Bullet rate={rate} label={label} />
      <p className="kpi-target">
        {words.overview.target(format.wholePercent(rate.target))}
        <b>{verdictWords(verdict(rate), words)}</b>
      </p>
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </section>
  );
};

type Props = { summary: Summary; rates: readonly RateRow[] | null; alarms: { to: string; note: ReactNode } };

export const KpiLine = ({ summary, rates, alarms }: Props) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const unknownWords = useUnknownWords();
  const { household, main } = summary.levels;
  const operational = operationalRate("household", summary, rates);
  const mains = operationalRate("main", summary, rates);
  const count = (part: number, whole: number) =>
    words.overview.count(format.integer(part), format.integer(whole));
  const missing = household.shouldInstall - household.requiredInstalled;
  return (
    <div className="kpis">
      <RateCard
        label={`${words.level.household} · ${words.overview.operationalRate}`}
        rate={operational}
        notes={[
          unknownWords(operational),
          // Over a period excused time is left out; the snapshot divides by all that are installed.
          ...(rates === null && household.excused > 0
            ? [words.overview.withExcused(format.integer(household.excused))]
            : []),
        ]}
      />
      <RateCard
        label={`${words.level.household} · ${words.overview.installationRate}`}
        rate={installationRate("household", summary)}
        notes={[
          count(household.requiredInstalled, household.shouldInstall) +
            (missing > 0 ? words.comma + words.overview.missing(format.integer(missing)) : ""),
        ]}
      />
      <RateCard
        label={words.overview.inhabitedCoverage}
        rate={inhabitedCoverage(summary)}
        notes={[count(summary.inhabitedOperating, summary.inhabitedHouseholds)]}
      />
      <RateCard
        label={`${words.level.main} · ${words.overview.operationalRate}`}
        rate={mains}
        notes={[rates === null ? count(main.operating, main.installed) : unknownWords(mains)]}
      />
      <section className="kpi kpi-alarms">
        <h2>{words.overview.openAlarms}</h2>
        <p className="kpi-number">
          <Link to={alarms.to}>{format.integer(summary.openAlarms)}</Link>
        </p>
        <p className="quiet">{alarms.note}</p>
      </section>
    </div>
  );
};
