// Leakage, for the dispatcher and the safety officer: spikes, drift, distribution against IΔn, top households, line leakage.
import { inLanguages } from "../board.ts";
import { linkTo, toBreaker } from "../links.ts";
import {
  bars,
  dashedThresholds,
  distribution,
  lines,
  noneWanted,
  stat,
  thresholds,
  units,
} from "../panels.ts";
import {
  drift,
  householdsOverTime,
  lineLeakage,
  mainsOverTime,
  mayTripShare,
  peakShares,
  shareReached,
  spikesOverTime,
  topBreakers,
  warnShare,
  worstOverTime,
} from "../queries/leakage.ts";
import { type Column, table } from "../table.ts";
import { levelVariable, placeVariables } from "../variables.ts";
import { colours, levelWords, mapping } from "../words.ts";

export const leakageBoard = inLanguages((say, language) => {
  const openBreaker = toBreaker(language, say, { column: "breaker" });
  const openArea = linkTo("leakage", language, {
    title: say("只看该台区", "Only this area"),
    set: { area: { column: "area" } },
  });
  const shareSteps = thresholds(
    [null, colours.operating],
    [mayTripShare, colours.warning],
    [warnShare, colours.notOperating],
  );
  const who: Record<string, Column> = {
    address: { title: say("地址", "Address"), links: [openBreaker] },
    breaker: { title: say("保护器", "Breaker"), links: [openBreaker] },
  };
  const rated: Column = { title: "IΔn", unit: units.milliampere };
  const reached = (share: number, title: string, description: string, colour: string) =>
    stat({ title, description, unit: units.count, queries: [shareReached(share)] }, noneWanted(colour));
  const named = (field: string, text: string, colour: string) =>
    [
      field,
      [
        { id: "displayName", value: text },
        { id: "color", value: { mode: "fixed", fixedColor: colour } },
      ],
    ] as [string, { id: string; value: unknown }[]];

  return {
    name: "leakage",
    title: say("剩余电流", "Leakage"),
    description: say(
      "剩余电流的突增、缓慢上升、与额定值 IΔn 的关系，以及总保与各户之和的比较。",
      "Spikes, drift, how leakage lies against IΔn, and the main breaker against the sum of its households.",
    ),
    variables: [...placeVariables(say), levelVariable(say)],
    from: "now-24h",
    sections: [
      {
        title: say("突增", "Spikes"),
        bands: [
          {
            height: 8,
            panels: [
              [
                4,
                reached(
                  1,
                  say("达到 IΔn", "Reached IΔn"),
                  say(
                    "所选时段内剩余电流达到额定值的保护器：应跳闸而仍有读数的要立即处理。",
                    "Breakers whose leakage reached IΔn in the range: where one did not trip, act at once.",
                  ),
                  colours.notOperating,
                ),
              ],
              [
                4,
                reached(
                  warnShare,
                  say("超过 60 % IΔn", "Above 60 % of IΔn"),
                  say(
                    "所选时段内超过 60 % IΔn 的保护器。",
                    "Breakers above 60 % of IΔn at some time of the range.",
                  ),
                  colours.warning,
                ),
              ],
              [
                16,
                bars(
                  {
                    title: say("漏电偏高的户数", "Households with high leakage"),
                    description: say(
                      "每个时间窗内达到 50 %、60 %、100 % IΔn 的户数。",
                      "Households that reached 50, 60 and 100 % of IΔn in each window.",
                    ),
                    unit: units.count,
                    queries: [spikesOverTime],
                  },
                  { interval: "5m" },
                )
                  .min(0)
                  .decimals(0)
                  .overrideByName(...named("half", "50–60 % IΔn", colours.unknown))
                  .overrideByName(...named("warned", "60–100 % IΔn", colours.warning))
                  .overrideByName(...named("reached", "≥ IΔn", colours.notOperating)),
              ],
            ],
          },
          {
            height: 10,
            panels: [
              [
                14,
                table(
                  {
                    title: say("漏电最大的保护器", "Top breakers by leakage"),
                    description: say(
                      "按最高读数占 IΔn 的比例排列的前二十台；总保跳闸时先查这些户。",
                      "The first twenty by their highest reading as a share of IΔn; when a main breaker trips, look here first.",
                    ),
                    queries: [topBreakers],
                  },
                  {
                    ...who,
                    areaName: { title: say("台区", "Transformer area") },
                    level: { title: say("级别", "Level"), mapping: mapping(say, levelWords), width: 100 },
                    ratedMa: rated,
                    peakMa: { title: say("最高", "Highest"), unit: units.milliampere, decimals: 1 },
                    peakAt: { title: say("时间", "When"), unit: units.time },
                    meanMa: { title: say("平均", "Mean"), unit: units.milliampere, decimals: 1 },
                    share: {
                      title: say("占 IΔn", "Of IΔn"),
                      unit: units.share,
                      decimals: 0,
                      thresholds: shareSteps,
                    },
                  },
                  { column: "share", descending: true },
                ),
              ],
              [
                10,
                lines(
                  {
                    title: say("其中最大的八台", "The eight worst of them"),
                    description: say("每个时间窗内的最高读数。", "The highest reading of each window."),
                    unit: units.milliampere,
                    queries: [worstOverTime],
                  },
                  {
                    name: `\${__field.labels.breaker}`,
                    calcs: ["max", "lastNotNull"],
                    link: toBreaker(language, say, { label: "breaker" }),
                    interval: "1m",
                  },
                ).min(0),
              ],
            ],
          },
        ],
      },
      {
        title: say("趋势与分布", "Drift and distribution"),
        bands: [
          {
            height: 9,
            panels: [
              [
                12,
                table(
                  {
                    title: say("缓慢上升", "Drift"),
                    description: say(
                      "时段末与时段初的平均值之差，占 IΔn 的比例；大于 5 % 的前二十户。",
                      "Mean at the end of the range less the mean at its start, as a share of IΔn; the first twenty above 5 %.",
                    ),
                    queries: [drift],
                    noValue: say("没有", "none"),
                  },
                  {
                    ...who,
                    ratedMa: rated,
                    earlyMa: { title: say("时段初", "At the start"), unit: units.milliampere, decimals: 1 },
                    lateMa: { title: say("时段末", "At the end"), unit: units.milliampere, decimals: 1 },
                    rise: {
                      title: say("上升 ÷ IΔn", "Rise ÷ IΔn"),
                      unit: units.share,
                      decimals: 0,
                      thresholds: thresholds([null, colours.warning], [0.25, colours.notOperating]),
                    },
                  },
                  { column: "rise", descending: true },
                ),
              ],
              [
                12,
                distribution(
                  {
                    title: say("户保最高漏电占 IΔn 的分布", "Households by highest leakage against IΔn"),
                    description: say(
                      "每户在所选时段的最高读数 ÷ IΔn；0.5 以上随时可能跳闸。",
                      "Highest reading of each household ÷ IΔn; from 0.5 on a breaker may trip at any time.",
                    ),
                    unit: units.share,
                    queries: [peakShares],
                  },
                  0.05,
                ),
              ],
            ],
          },
        ],
      },
      {
        title: say("总保与各户之和", "Main breaker against its households"),
        bands: [
          {
            height: 10,
            panels: [
              [
                10,
                table(
                  {
                    title: say("线路漏电", "Leakage on the line itself"),
                    description: say(
                      "总保读数高于各户之和，说明线路本身漏电（树碰线、绝缘破损、无表接线）或有户失联；低于则说明不了什么。",
                      "A main reading above the sum of its households proves leakage on the line itself (a tree, broken insulation, an unmetered tap) or a silent house; one below proves nothing.",
                    ),
                    queries: [lineLeakage],
                  },
                  {
                    areaName: { title: say("台区", "Transformer area"), links: [openArea] },
                    area: { title: "ID", hidden: true },
                    mainMa: { title: say("总保", "Main"), unit: units.milliampere, decimals: 0 },
                    householdsMa: {
                      title: say("各户之和", "Σ households"),
                      unit: units.milliampere,
                      decimals: 0,
                    },
                    excessMa: {
                      title: say("超出", "Excess"),
                      unit: units.milliampere,
                      decimals: 0,
                      thresholds: thresholds([null, colours.operating], [0, colours.notOperating]),
                    },
                  },
                  { column: "excessMa", descending: true },
                ),
              ],
              [
                14,
                lines(
                  {
                    title: say("总保与各户之和", "Main against Σ households"),
                    description: say(
                      "每个台区两条线：实线是总保，虚线是各户之和；请先选台区。",
                      "Two lines for each area: solid the main, dashed the sum of its households; choose an area first.",
                    ),
                    unit: units.milliampere,
                    queries: [mainsOverTime, householdsOverTime],
                  },
                  {},
                )
                  .min(0)
                  .thresholds(thresholds([null, colours.neutral], [500, colours.notOperating]))
                  .thresholdsStyle(dashedThresholds())
                  .overrideByQuery("A", [
                    { id: "displayName", value: `\${__field.labels.area} ${say("总保", "main")}` },
                    { id: "custom.lineWidth", value: 2 },
                  ])
                  .overrideByQuery("B", [
                    {
                      id: "displayName",
                      value: `\${__field.labels.area} ${say("各户之和", "Σ households")}`,
                    },
                    { id: "custom.lineStyle", value: { fill: "dash", dash: [6, 6] } },
                  ]),
              ],
            ],
          },
        ],
      },
    ],
  };
});
