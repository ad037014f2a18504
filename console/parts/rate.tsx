// A rate against its target: number, bullet bar with a target mark, and in words what is still unknown.
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";
import type { Dictionary } from "../i18n/zh.ts";

/** Fractions 0–1; `upperBound` counts the unknown as operating and is the rate itself where nothing can be unknown. */
export type Rate = { rate: number | null; upperBound: number | null; target: number };

export type Verdict = "none" | "met" | "open" | "missed";

/** Whether the target is met, missed, or open: what is unknown decides. */
export const verdict = ({ rate, upperBound, target }: Rate): Verdict => {
  if (rate === null) return "none";
  if (rate >= target) return "met";
  return upperBound !== null && upperBound >= target ? "open" : "missed";
};

export const verdictWords = (of: Verdict, words: Dictionary): string =>
  ({
    none: words.overview.nothingInstalled,
    met: words.overview.atTarget,
    open: words.overview.mayReachTarget,
    missed: words.overview.belowTarget,
  })[of];

const share = (fraction: number | null): string => `${(fraction ?? 0) * 100}%`;

export const Bullet = ({ rate, label }: { rate: Rate; label: string }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const text = [
    `${label} ${format.percent(rate.rate)}`,
    words.overview.target(format.wholePercent(rate.target)),
    verdictWords(verdict(rate), words),
  ].join(words.comma);
  return (
    <div className={`bullet verdict-${verdict(rate)}`} role="img" aria-label={text}>
      <span className="bullet-bound" style={{ width: share(rate.upperBound) }} />
      <span className="bullet-rate" style={{ width: share(rate.rate) }} />
      <span className="bullet-target" style={{ left: share(rate.target) }} />
    </div>
  );
};

/** `At most 98.1 %, unknown 0.9 %`, or that nothing is unknown. */
export const useUnknownWords = () => {
  const { format } = useHouse();
  const { words } = useLanguage();
  return ({ rate, upperBound }: Rate): string => {
    if (rate === null || upperBound === null) return "";
    return upperBound - rate < 0.0005
      ? words.overview.allKnown
      : words.overview.upperBound(format.percent(upperBound), format.percent(upperBound - rate));
  };
};

/** A rate in a table: number and bullet, the unknown share below it when there is one. */
export const RateCell = ({ rate, label, bounded }: { rate: Rate; label: string; bounded?: boolean }) => {
  const { format } = useHouse();
  const unknownWords = useUnknownWords();
  const unknown = rate.rate !== null && rate.upperBound !== null && rate.upperBound - rate.rate >= 0.0005;
  return (
    <div className={`rate-cell verdict-${verdict(rate)}`}>
      <span className="rate-number">{format.percent(rate.rate)}</span>
      <Bullet rate={rate} label={label} />
      {bounded && unknown && <small>{unknownWords(rate)}</small>}
    </div>
  );
};
