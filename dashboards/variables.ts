// The variables of every dashboard: township, village, transformer area, level; and the breaker of its own dashboard.
import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { breakerLevels } from "../domain/breaker.ts";
import { reportMeasurements } from "../storage/telemetry/names.ts";
import { datasource } from "./datasource.ts";
import { flux, inPlace, inTownship, inVillage, ofScope, select } from "./flux.ts";
import type { Say } from "./language.ts";
import { levelWords, word } from "./words.ts";

/** What a query of a variable answers, `text|value`, taken apart by Grafana. */
const textAndValue = "/^(?<text>.*)\\|(?<value>[^|]+)$/";
/** "All" matches everything, so that it costs the same in a large township. */
const everything = ".*";

const choices = (rows: string, value: string): string =>
  flux(`${rows}
  |> last()
  |> group()
  |> map(fn: (r) => ({_value: ${value}}))
  |> sort(columns: ["_value"])
  |> limit(n: 5000)`);

const placeChoices = (scope: "township" | "village" | "area", ...within: string[]): string =>
  choices(
    select({
      measurement: reportMeasurements.place,
      fields: ["name"],
      range: "start: -30d",
      where: [ofScope(scope), ...within],
    }),
    `r._value + "|" + r.${scope}`,
  );

const queryVariable = (name: string, label: string, query: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: `variable-${name}` })
    .regex(textAndValue)
    .refresh(VariableRefresh.OnDashboardLoad)
    .sort(VariableSort.AlphabeticalAsc);

const placeVariable = (name: string, label: string, query: string): QueryVariableBuilder =>
  queryVariable(name, label, query)
    .multi(true)
    .includeAll(true)
    .allValue(everything)
    .current({ selected: true, text: ["All"], value: ["$__all"] });

/** Township, village and transformer area; each offers what lies within the one before it. */
export const placeVariables = (say: Say): QueryVariableBuilder[] => [
  placeVariable("township", say("镇街", "Township"), placeChoices("township")),
  placeVariable("village", say("村(社区)", "Village"), placeChoices("village", inTownship)),
  placeVariable("area", say("台区", "Transformer area"), placeChoices("area", inVillage)),
];

export const levelVariable = (say: Say): CustomVariableBuilder =>
  new CustomVariableBuilder("level")
    .label(say("保护级别", "Level"))
    .values(breakerLevels.map((level) => `${word(say, levelWords, level)} : ${level}`).join(", "))
    .multi(true)
    .includeAll(true)
    .allValue(everything)
    .current({ selected: true, text: ["All"], value: ["$__all"] });

/** One breaker of the chosen places, by address and id. */
export const breakerVariable = (say: Say): QueryVariableBuilder =>
  queryVariable(
    "breaker",
    say("保护器", "Breaker"),
    choices(
      select({
        measurement: reportMeasurements.breakerInfo,
        fields: ["address"],
        range: "start: -3d",
        where: [inPlace],
      }),
      `r._value + " " + r.breaker + "|" + r.breaker`,
    ),
  ).multi(false);
