// The order in which detection hears the reports of a batch: breakers take turns, so that an area is judged once for the
// first report of each of its breakers, once for the second, and so on, and not after every report of a burst.
import type { Report } from "../domain/report.ts";
import type { DecodedMessage } from "./decode.ts";

/** Only what arrived within this time of each other changes places: detection looks at the clock as often. */
const stretchMs = 1_000;

/** All reports of the messages; those of one breaker stay in order. */
export const inRounds = (messages: readonly DecodedMessage[]): Report[] => {
  const ordered: Report[] = [];
  const turns = new Map<string, number>();
  const rounds: Report[][] = [];
  let beginMs = Number.NEGATIVE_INFINITY;

  const endStretch = () => {
    for (const round of rounds) {
      for (const report of round) ordered.push(report);
      round.length = 0;
    }
    turns.clear();
  };
  for (const { arrivalMs, reports } of messages) {
    if (arrivalMs - beginMs > stretchMs || arrivalMs < beginMs) {
      endStretch();
      beginMs = arrivalMs;
    }
    for (const { report } of reports) {
      const turn = turns.get(report.breakerId) ?? 0;
      turns.set(report.breakerId, turn + 1);
      const round = rounds[turn];
      if (round === undefined) rounds.push([report]);
      else round.push(report);
    }
  }
  endStretch();
  return ordered;
};
