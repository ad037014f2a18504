// The breakers that cost most time in a period, with the reason that weighs most.
import { Link } from "react-router";
import type { WorstBreaker } from "../../domain/http-rates.ts";
import { notOperatingReasons } from "../../domain/operating.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

export const WorstBreakers = ({ items }: { items: readonly WorstBreaker[] }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const mostly = (item: WorstBreaker): string => {
    const parts = [
      { name: words.rates.unknown, ms: item.unknownMs },
      ...notOperatingReasons.map((r) => ({ name: words.reason[r], ms: item.notOperatingMsByReason[r] })),
    ];
    return parts.reduce((a, b) => (b.ms > a.ms ? b : a)).name;
  };
  return (
    <section className="panel">
      <h2>{words.rates.worst}</h2>
      {items.length === 0 ? (
        <p className="quiet">{words.rates.noWorst}</p>
      ) : (
        <table className="summary worst-breakers">
          <thead>
            <tr>
              <th scope="col">{words.rates.breaker}</th>
              <th scope="col">{words.rates.place}</th>
              <th scope="col">{words.rates.lostTime}</th>
              <th scope="col">{words.rates.why}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.breakerId}>
                <th scope="row">
                  <Link to={`/breakers/${encodeURIComponent(item.breakerId)}`}>{item.breakerId}</Link>
                  <small>{words.level[item.level]}</small>
                </th>
                <td data-label={words.rates.place}>
                  {item.villageName} / {item.areaName} {item.address}
                </td>
                <td data-label={words.rates.lostTime}>{format.duration(item.lostMs)}</td>
                <td data-label={words.rates.why}>{mostly(item)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
};
