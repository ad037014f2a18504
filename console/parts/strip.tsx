// The operating state over time as a coloured strip, and in words for who cannot see or tell the colours.
import { Tooltip } from "antd";
import type { TimelineEntry } from "../../domain/http.ts";
import { useHouse } from "../data/house.tsx";
import { operatingStates } from "../data/vocabulary.ts";
import { useLanguage } from "../i18n/language.tsx";
import { StateSign } from "./state-tag.tsx";

type Props = { entries: readonly TimelineEntry[]; fromMs: number; toMs: number };

export const Strip = ({ entries, fromMs, toMs }: Props) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const span = Math.max(1, toMs - fromMs);
  const parts = entries.map((entry) => {
    const begin = Math.max(Date.parse(entry.from), fromMs);
    const end = Math.min(Date.parse(entry.to), toMs);
    const state = words.state[entry.state];
    const what = entry.reason === null ? state : `${state} · ${words.reason[entry.reason]}`;
    const when = `${format.fullTime(entry.from)} – ${format.fullTime(entry.to)}`;
    return { ...entry, begin, end, text: `${what}${words.comma}${when} (${format.duration(end - begin)})` };
  });
  const total = (state: string) =>
    parts.filter((p) => p.state === state).reduce((sum, p) => sum + Math.max(0, p.end - p.begin), 0);
  return (
    <div className="strip-box">
      <ol className="strip" aria-label={words.breaker.timeline}>
        {parts.map((part) => (
          <Tooltip key={part.from} title={part.text} mouseEnterDelay={0}>
            <li
              className={`state-${part.state}`}
              style={{
                left: `${((part.begin - fromMs) / span) * 100}%`,
                width: `${((part.end - part.begin) / span) * 100}%`,
              }}
            >
              <span className="for-readers">{part.text}</span>
            </li>
          </Tooltip>
        ))}
      </ol>
      <ul className="strip-legend">
        {operatingStates
          .filter((state) => total(state) > 0)
          .map((state) => (
            <li key={state}>
              <StateSign state={state} /> {words.state[state]} {format.percent(total(state) / span)}
            </li>
          ))}
      </ul>
    </div>
  );
};
