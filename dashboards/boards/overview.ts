// Township overview, for the manager: rates per village against target, their trend, and where to look first.
import { targetInhabitedCoverage, targetRates } from "../../domain/breaker.ts";
import { inLanguages } from "../board.ts";
import { ofLevel } from "../flux.ts";
import { linkTo } from "../links.ts";
import {
  againstTarget,
  areas,
  barsOfRows,
  groupedBars,
  lines,
  noneWanted,
  stat,
  thresholds,
  units,
} from "../panels.ts";
import {
  areasBelowTarget,
  beforeAndNow,
  countNow,
  ratesByVillage,
  shareNow,
  statesOverTime,
  trend,
  villagesAgainstTarget,
} from "../queries/overview.ts";
import { type Column, table } from "../table.ts";
import { levelVariable, placeVariables } from "../variables.ts";
import { colours, levelWords, mapping, stateWords, word } from "../words.ts";

export const overview = inLanguages((say, language) => {
  const openVillage = linkTo("live", language, {
    title: say("查看该村保护器", "Breakers of the village"),
    set: { village: { column: "village" } },
  });
  const openArea = linkTo("live", language, {
    title: say("查看该台区保护器", "Breakers of the area"),
    set: { area: { column: "area" } },
  });
  const rateColumns: Record<string, Column> = {
    level: { title: say("级别", "Level"), mapping: mapping(say, levelWords), width: 110 },
    shouldInstall: { title: say("应装", "Should install"), unit: units.count },
    installed: { title: say("已装", "Installed"), unit: units.count },
    installationRate: { title: say("安装率", "Installation rate"), unit: units.share, decimals: 1 },
    operating: { title: word(say, stateWords, "operating"), unit: units.count },
    notOperating: {
      title: word(say, stateWords, "notOperating"),
      unit: units.count,
      thresholds: noneWanted(),
    },
    unknown: {
      title: word(say, stateWords, "unknown"),
      unit: units.count,
      thresholds: noneWanted(colours.unknown),
    },
    excused: { title: word(say, stateWords, "excused"), unit: units.count },
    operationalRate: { title: say("投运率", "Operational rate"), unit: units.share, decimals: 1 },
    operationalRateUpperBound: { title: say("投运率上限", "Upper bound"), unit: units.share, decimals: 1 },
    target: { title: say("目标", "Target"), unit: units.share },
    gap: {
      title: say("与目标之差", "Against target"),
      unit: units.share,
      decimals: 1,
      thresholds: thresholds([null, colours.notOperating], [0, colours.operating]),
    },
  };
  const household = ofLevel("household");
  const rateStat = (title: string, description: string, query: string, target: number) =>
    stat({ title, description, unit: units.share, queries: [query] }, againstTarget(target)).decimals(1);
  const countStat = (title: string, description: string, query: string, colour?: string) =>
    stat(
      { title, description, unit: units.count, queries: [query] },
      colour === undefined ? thresholds([null, colours.neutral]) : noneWanted(colour),
    );

  return {
    name: "overview",
    title: say("镇街总览", "Township overview"),
    description: say(
      "供管理者使用：各村投运率和安装率与目标对比、趋势、最需要关注的台区。",
      "For the manager: rates of every village against target, their trend, and the areas to look at first.",
    ),
    variables: [...placeVariables(say), levelVariable(say)],
    from: "now-24h",
    sections: [
      {
        title: say("现在", "Now"),
        bands: [
          {
            height: 4,
            panels: [
              [
                4,
                rateStat(
                  say("户保投运率", "Operational rate, household"),
                  say(
                    "投运 ÷ 已装（户保，现在）。无法判断的按未投运计。",
                    "Operating ÷ installed household breakers, now. What cannot be judged counts as not operating.",
                  ),
                  shareNow(["operating", "installed"], "r.operating", "r.installed", household),
                  targetRates.household,
                ),
              ],
              [
                4,
                rateStat(
                  say("户保投运率上限", "Its upper bound"),
                  say(
                    "若失联的保护器其实都在投运，投运率会是多少。",
                    "What the rate would be if every silent breaker were operating.",
                  ),
                  shareNow(
                    ["operating", "unknown", "installed"],
                    "r.operating + r.unknown",
                    "r.installed",
                    household,
                  ),
                  targetRates.household,
                ),
              ],
              [
                4,
                rateStat(
                  say("总保投运率", "Operational rate, main"),
                  say("投运 ÷ 已装（台区总保，现在）。", "Operating ÷ installed main breakers, now."),
                  shareNow(["operating", "installed"], "r.operating", "r.installed", ofLevel("main")),
                  targetRates.main,
                ),
              ],
              [
                4,
                rateStat(
                  say("户保安装率", "Installation rate, household"),
                  say(
                    "应装的住户中已装户保的比例。",
                    "Inhabited households that have a breaker ÷ those that should have one.",
                  ),
                  shareNow(
                    ["installationRate", "shouldInstall"],
                    "r.installationRate * r.shouldInstall",
                    "r.shouldInstall",
                    household,
                  ),
                  targetRates.household,
                ),
              ],
              [
                4,
                rateStat(
                  say("有人居住户覆盖率", "Inhabited coverage"),
                  say(
                    "有人居住的住户中，户保正在投运的比例。",
                    "Inhabited households whose breaker is operating ÷ inhabited households.",
                  ),
                  shareNow(
                    ["inhabitedCoverage", "shouldInstall"],
                    "r.inhabitedCoverage * r.shouldInstall",
                    "r.shouldInstall",
                    household,
                  ),
                  targetInhabitedCoverage,
                ),
              ],
              [
                4,
                countStat(
                  say("未恢复的报警", "Open alarms"),
                  say("所选各村现在未恢复的报警数。", "Alarms that stand open in the chosen villages."),
                  countNow("openAlarms", household),
                  colours.warning,
                ),
              ],
            ],
          },
          {
            height: 9,
            panels: [
              [
                14,
                table(
                  {
                    title: say("各村与目标对比", "Villages against target"),
                    description: say(
                      "每个村、每个级别一行；点击村名查看其保护器。",
                      "A row for each village and level; a click on a village shows its breakers.",
                    ),
                    queries: [villagesAgainstTarget],
                  },
                  {
                    villageName: { title: say("村(社区)", "Village"), links: [openVillage] },
                    village: { title: "ID", hidden: true },
                    ...rateColumns,
                    inhabitedCoverage: {
                      title: say("居住户覆盖率", "Inhabited coverage"),
                      unit: units.share,
                      decimals: 1,
                    },
                    openAlarms: { title: say("未恢复报警", "Open alarms"), unit: units.count },
                  },
                  { column: "gap", descending: false },
                ),
              ],
              [
                10,
                groupedBars(
                  {
                    title: say("本期与上期", "This period against the one before"),
                    description: say(
                      "户保平均投运率：所选时段与紧邻的等长时段。",
                      "Mean operational rate of household breakers: the chosen range, and the equally long one before it.",
                    ),
                    unit: units.share,
                    queries: [beforeAndNow],
                  },
                  "villageName",
                )
                  .min(0)
                  .max(1)
                  .decimals(1)
                  .overrideByName("now", [{ id: "displayName", value: say("本期", "this period") }])
                  .overrideByName("before", [{ id: "displayName", value: say("上期", "the one before") }]),
              ],
            ],
          },
        ],
      },
      {
        title: say("趋势", "Trend"),
        bands: [
          {
            height: 9,
            panels: [
              [
                12,
                lines(
                  {
                    title: say("各村户保投运率", "Operational rate by village"),
                    description: say(
                      "户保；虚线是目标。",
                      "Household breakers; the dashed line is the target.",
                    ),
                    unit: units.share,
                    queries: [trend("operationalRate"), trend("target")],
                  },
                  {
                    name: `\${__field.labels.villageName}`,
                    calcs: ["min", "mean", "lastNotNull"],
                    interval: "1m",
                  },
                )
                  .max(1)
                  .decimals(1)
                  .overrideByQuery("B", [
                    { id: "displayName", value: say("目标", "Target") },
                    { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
                    { id: "color", value: { mode: "fixed", fixedColor: colours.excused } },
                    { id: "custom.hideFrom", value: { legend: true, tooltip: true, viz: false } },
                  ]),
              ],
              [
                12,
                areas(
                  {
                    title: say("保护器按状态", "Breakers by state"),
                    description: say("所选各村、各级别之和。", "Sum over the chosen villages and levels."),
                    unit: units.count,
                    queries: [statesOverTime],
                  },
                  { interval: "1m" },
                )
                  .min(0)
                  .overrideByName("operating", stateOverride("operating"))
                  .overrideByName("notOperating", stateOverride("notOperating"))
                  .overrideByName("unknown", stateOverride("unknown"))
                  .overrideByName("excused", stateOverride("excused")),
              ],
            ],
          },
        ],
      },
      {
        title: say("先看哪里", "Where to look first"),
        bands: [
          {
            height: 9,
            panels: [
              [
                16,
                table(
                  {
                    title: say("离目标最远的台区", "Areas furthest below target"),
                    description: say(
                      "投运率低于目标的台区，差得最多的在前，最多十个；点击查看其保护器。",
                      "Areas below their target, those with the largest gap first, at most ten; a click shows their breakers.",
                    ),
                    queries: [areasBelowTarget],
                    noValue: say("都达到目标", "all meet their target"),
                  },
                  {
                    areaName: { title: say("台区", "Transformer area"), links: [openArea] },
                    area: { title: "ID", hidden: true },
                    villageName: { title: say("村(社区)", "Village") },
                    ...rateColumns,
                  },
                  { column: "gap", descending: false },
                ),
              ],
              [
                8,
                barsOfRows(
                  {
                    title: say("各村户保投运率", "Operational rate, household, by village"),
                    description: say("现在；绿色表示达到目标。", "Now; green means that the target is met."),
                    unit: units.share,
                    queries: [ratesByVillage],
                  },
                  againstTarget(targetRates.household),
                  "operationalRate",
                )
                  .min(0)
                  .max(1)
                  .decimals(1),
              ],
            ],
          },
        ],
      },
    ],
  };

  function stateOverride(state: keyof typeof stateWords) {
    return [
      { id: "displayName", value: word(say, stateWords, state) },
      { id: "color", value: { mode: "fixed", fixedColor: colours[state] } },
    ];
  }
});
