// Villages or transformer areas, one a row (on a phone one a card): rates against target, coverage, mains, open alarms.
import { Link } from "react-router";
import type { RateRow } from "../../domain/http.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";
import { inhabitedCoverage, installationRate, operationalRate, type Summary } from "./measures.ts";
import { RateCell } from "./rate.tsx";

type Props = {
  /** What a row is, as the head of the first column. */
  of: string;
  rows: readonly Summary[];
  rates: readonly RateRow[] | null;
  /** Where a row leads. */
  to(row: Summary): string;
  alarmsTo(row: Summary): string;
};

const Mains = ({ row }: { row: Summary }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const { installed, operating, notOperating, shouldInstall, requiredInstalled } = row.levels.main;
  const missing = shouldInstall - requiredInstalled;
  return (
    <div className="mains">
      <span className="rate-number">
        {words.overview.count(format.integer(operating), format.integer(installed))}
      </span>
      {notOperating > 0 && (
        <small className="bad">{words.overview.notOperating(format.integer(notOperating))}</small>
      )}
      {missing > 0 && <small className="bad">{words.overview.missing(format.integer(missing))}</small>}
    </div>
  );
};

export const SummaryTable = ({ of, rows, rates, to, alarmsTo }: Props) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const heads = {
    operational: `${words.level.household} · ${words.overview.operationalRate}`,
    installation: `${words.level.household} · ${words.overview.installationRate}`,
    coverage: words.overview.inhabitedCoverage,
    mains: words.overview.mains,
    alarms: words.overview.openAlarms,
  };
  return (
    <table className="summary">
      <thead>
        <tr>
          <th scope="col">{of}</th>
          {Object.values(heads).map((head) => (
            <th scope="col" key={head}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row">
              <Link to={to(row)}>{row.name}</Link>
              <small>{words.overview.households(format.integer(row.inhabitedHouseholds))}</small>
            </th>
            <td data-label={heads.operational}>
              <RateCell rate={operationalRate("household", row, rates)} label={heads.operational} bounded />
            </td>
            <td data-label={heads.installation}>
              <RateCell rate={installationRate("household", row)} label={heads.installation} />
            </td>
            <td data-label={heads.coverage}>
              <RateCell rate={inhabitedCoverage(row)} label={heads.coverage} />
            </td>
            <td data-label={heads.mains}>
              <Mains row={row} />
            </td>
            <td data-label={heads.alarms}>
              <Link className={row.openAlarms > 0 ? "alarm-count some" : "alarm-count"} to={alarmsTo(row)}>
                {format.integer(row.openAlarms)}
              </Link>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
