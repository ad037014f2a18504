// An operating state with its reason: colour, sign and word say the same.
import type { OperatingReason, OperatingState } from "../../domain/operating.ts";
import { useLanguage } from "../i18n/language.tsx";

const signs: Record<OperatingState, string> = {
  operating: "M5 12.500l4.500 4.500L19 7.500",
  notOperating: "M6.500 6.500l11 11M17.500 6.500l-11 11",
  unknown: "M8.500 9a3.500 3.500 0 1 1 5 3.200c-1 .5-1.500 1.100-1.500 2.300M12 18.200v.1",
  excused: "M6 12h12",
};

/** The sign of a state, drawn in its colour. Decorative: a word always stands beside it. */
export const StateSign = ({ state }: { state: OperatingState }) => (
  <svg className={`state-sign state-${state}`} viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="12" />
    <path d={signs[state]} />
  </svg>
);

type Props = { state: OperatingState; reason: OperatingReason | null };

export const StateTag = ({ state, reason }: Props) => {
  const { words } = useLanguage();
  return (
    <span className={`state-tag state-${state}`}>
      <StateSign state={state} />
      <span>
        <b>{words.state[state]}</b>
        {reason !== null && <small>{words.reason[reason]}</small>}
      </span>
    </span>
  );
};
