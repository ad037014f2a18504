// All breakers by operating state: one bar, and the counts as links to the breakers they count.
import { Link } from "react-router";
import { useHouse } from "../data/house.tsx";
import { type Query, queryString } from "../data/resources.ts";
import { breakerLevels, operatingStates } from "../data/vocabulary.ts";
import { useLanguage } from "../i18n/language.tsx";
import type { Summary } from "./measures.ts";
import { StateSign } from "./state-tag.tsx";

export const StateBar = ({ summary, query }: { summary: Summary; query: Query }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const counts = operatingStates.map((state) => ({
    state,
    count: breakerLevels.reduce((sum, level) => sum + summary.levels[level][state], 0),
  }));
  return (
    <section className="panel" aria-label={words.overview.states}>
      <h2>{words.overview.states}</h2>
      <div className="state-bar" aria-hidden="true">
        {counts.map(({ state, count }) => (
          <span key={state} className={`state-${state}`} style={{ flexGrow: count }} />
        ))}
      </div>
      <ul className="state-counts">
        {counts.map(({ state, count }) => (
          <li key={state}>
            <Link to={`/breakers${queryString({ ...query, state })}`}>
              <StateSign state={state} /> {words.state[state]} <b>{format.integer(count)}</b>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
};
