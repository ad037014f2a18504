// Places over a period, one a row: every rate of the plan against its target.
import type { PerformanceRow } from "../../domain/http-rates.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";
import { RateCell } from "./rate.tsx";

const operational = (row: PerformanceRow, level: "household" | "main") => ({
  rate: row.levels[level].operationalRate,
  upperBound: row.levels[level].operationalRateUpperBound,
  target: row.levels[level].operationalTarget,
});
const plain = (rate: number | null, target: number) => ({ rate, upperBound: rate, target });

export const PerformanceTable = ({ of, rows }: { of: string; rows: readonly PerformanceRow[] }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const heads = [
    words.rates.household,
    words.rates.main,
    words.rates.inhabited,
    words.rates.installation,
    words.rates.officers,
    words.rates.tests,
    words.rates.correct,
  ];
  return (
    <section className="panel">
      <table className="summary performance">
        <thead>
          <tr>
            <th scope="col">{of}</th>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const { household, main } = row.levels;
            return (
              <tr key={row.id}>
                <th scope="row">
                  {row.name}
                  <small>{words.overview.households(format.integer(row.inhabitedHouseholds))}</small>
                </th>
                <td data-label={heads[0]}>
                  <RateCell rate={operational(row, "household")} label={words.rates.household} bounded />
                </td>
                <td data-label={heads[1]}>
                  <RateCell rate={operational(row, "main")} label={words.rates.main} bounded />
                </td>
                <td data-label={heads[2]}>
                  <RateCell
                    rate={plain(row.inhabitedOperationalRate, row.inhabitedTarget)}
                    label={words.rates.inhabited}
                  />
                </td>
                <td data-label={heads[3]}>
                  <RateCell
                    rate={plain(household.installationRate, household.installationTarget)}
                    label={words.rates.installation}
                  />
                </td>
                <td data-label={heads[4]}>
                  <RateCell rate={plain(row.officerShare, row.officerTarget)} label={words.rates.officers} />
                </td>
                <td data-label={heads[5]}>
                  {format.percent(household.testPassRate)}
                  <small>{words.rates.testCoverage(format.percent(household.testCoverage))}</small>
                </td>
                <td data-label={heads[6]}>
                  {format.percent(household.correctOperationRate)}
                  <small>{format.percent(main.correctOperationRate)}</small>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
};
