// What was missed and what was false, as a table to learn from.
import { stringify } from "csv-stringify/sync";
import { toIso } from "../domain/time.ts";
import type { Misjudged } from "./score.ts";

const columns = [
  "seed",
  "judgement",
  "finding",
  "subjectId",
  "from",
  "to",
  "nearestLabel",
  "nearestFrom",
  "nearestTo",
];

const time = (ms: number): string => (Number.isFinite(ms) ? toIso(ms) : "");

const cells = (one: Misjudged): string[] =>
  one.kind === "missed"
    ? [
        "missed",
        one.label.finding,
        one.label.subjectId,
        time(one.label.startMs),
        time(one.label.endMs),
        "",
        "",
        "",
      ]
    : [
        "false",
        one.finding.kind,
        one.finding.subjectId,
        time(one.finding.raisedMs),
        one.finding.clearedMs === null ? "" : time(one.finding.clearedMs),
        one.nearest?.finding ?? "",
        one.nearest === null ? "" : time(one.nearest.startMs),
        one.nearest === null ? "" : time(one.nearest.endMs),
      ];

/** As CSV with a header, in the order given; `seed` is empty for a recorded fleet. */
export const misjudgedCsv = (rows: readonly { seed: number | null; misjudged: Misjudged }[]): string =>
  stringify(
    rows.map(({ seed, misjudged }) => [seed === null ? "" : String(seed), ...cells(misjudged)]),
    { header: true, columns },
  );
