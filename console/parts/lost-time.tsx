// The time that was not operating or unknown, by reason and level: where a better rate would have to come from.
import { breakerLevels } from "../../domain/breaker.ts";
import type { PerformanceRow } from "../../domain/http-rates.ts";
import { notOperatingReasons } from "../../domain/operating.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

export const LostTime = ({ rows }: { rows: readonly PerformanceRow[] }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const parts = breakerLevels.flatMap((level) =>
    [
      ...notOperatingReasons.map((reason) => ({
        level,
        key: `${level}/${reason}`,
        name: words.reason[reason],
        ms: rows.reduce((sum, row) => sum + row.levels[level].notOperatingMsByReason[reason], 0),
      })),
      {
        level,
        key: `${level}/unknown`,
        name: words.rates.unknown,
        ms: rows.reduce((sum, row) => sum + row.levels[level].unknownMs, 0),
      },
    ].filter((part) => part.ms > 0),
  );
  const most = Math.max(1, ...parts.map((part) => part.ms));
  return (
    <section className="panel lost-time">
      <h2>{words.rates.lost}</h2>
      {parts.length === 0 && <p className="quiet">{words.rates.nothingLost}</p>}
      <ul>
        {parts
          .sort((a, b) => b.ms - a.ms)
          .map((part) => (
            <li key={part.key}>
              <span>
                {part.name} <small>{words.level[part.level]}</small>
              </span>
              <i style={{ width: `${(100 * part.ms) / most}%` }} aria-hidden="true" />
              <b>{format.duration(part.ms)}</b>
            </li>
          ))}
      </ul>
    </section>
  );
};
