// Alarms, for the dispatcher and whoever tunes the rules: what stands, and how the load compares with ISA-18.2.
import { inLanguages } from "../board.ts";
import { toBreaker } from "../links.ts";
import {
  areas,
  bars,
  barsOfRows,
  dashedThresholds,
  noneWanted,
  shares,
  stat,
  thresholds,
  units,
} from "../panels.ts";
import {
  badActors,
  byColumn,
  chattering,
  flood,
  floodShare,
  good,
  latestEvents,
  meanRate,
  most,
  peakRate,
  raisedOverTime,
  stale,
  standingNow,
  standingOverTime,
} from "../queries/alarms.ts";
import { type Column, table } from "../table.ts";
import { placeVariables } from "../variables.ts";
import { colours, eventWords, kindWords, mapping, priorityWords, word } from "../words.ts";

export const alarmsBoard = inLanguages((say, language) => {
  const openBreaker = toBreaker(language, say, { column: "breaker" });
  const loadSteps = thresholds(
    [null, colours.operating],
    [good, colours.warning],
    [most, colours.notOperating],
  );
  const kind: Column = { title: say("类型", "Kind"), mapping: mapping(say, kindWords) };
  const priority: Column = {
    title: say("优先级", "Priority"),
    mapping: mapping(say, priorityWords),
    width: 100,
  };
  const breaker: Column = { title: say("保护器或台区", "Breaker or area"), links: [openBreaker] };
  const areaName: Column = { title: say("台区", "Transformer area") };
  const number = (title: string, description: string, query: string, unit: string, steps = loadSteps) =>
    stat({ title, description, unit, queries: [query] }, steps);
  const prioritySeries = (panel: ReturnType<typeof bars>) => {
    for (const level of ["low", "medium", "high"] as const)
      panel.overrideByRegexp(`/^${level}$/`, [
        { id: "displayName", value: word(say, priorityWords, level) },
        { id: "color", value: { mode: "fixed", fixedColor: colours[level] } },
      ]);
    return panel;
  };

  return {
    name: "alarms",
    title: say("报警", "Alarms"),
    description: say(
      "现在未恢复的报警，以及报警负荷与 ISA-18.2 数值的比较。",
      "What stands now, and how the alarm load compares with the numbers of ISA-18.2.",
    ),
    variables: placeVariables(say),
    from: "now-24h",
    sections: [
      {
        title: say("负荷（ISA-18.2）", "Load (ISA-18.2)"),
        bands: [
          {
            height: 4,
            panels: [
              [
                6,
                number(
                  say("现在未恢复", "Standing now"),
                  say("现在未恢复的报警数。", "Alarms that stand open now."),
                  standingNow,
                  units.count,
                  noneWanted(colours.warning),
                ),
              ],
              [
                6,
                number(
                  say("每 10 分钟平均", "Mean in 10 minutes"),
                  say("每位操作员约 1 条为宜，最多 2 条。", "About 1 for each operator is good, 2 the most."),
                  meanRate,
                  units.count,
                ).decimals(2),
              ],
              [
                6,
                number(
                  say("最多的 10 分钟", "Worst 10 minutes"),
                  say("超过 10 条即为报警洪水。", "More than 10 is a flood."),
                  peakRate,
                  units.count,
                  thresholds(
                    [null, colours.operating],
                    [most + 1, colours.warning],
                    [flood + 1, colours.notOperating],
                  ),
                ),
              ],
              [
                6,
                number(
                  say("洪水时间占比", "Share of time in flood"),
                  say("应低于 1 %。", "Should be under 1 %."),
                  floodShare,
                  units.share,
                  thresholds([null, colours.operating], [0.01, colours.notOperating]),
                ).decimals(1),
              ],
            ],
          },
          {
            height: 8,
            panels: [
              [
                12,
                prioritySeries(
                  bars(
                    {
                      title: say("每 10 分钟发生的报警", "Alarms raised in 10 minutes"),
                      description: say(
                        "虚线是 2 条（上限）和 10 条（洪水）。",
                        "The dashed lines are 2 (the most) and 10 (a flood).",
                      ),
                      unit: units.count,
                      queries: [raisedOverTime],
                    },
                    { name: `\${__field.labels.priority}` },
                  ),
                )
                  .min(0)
                  .decimals(0)
                  .thresholds(
                    thresholds(
                      [null, colours.operating],
                      [most, colours.warning],
                      [flood, colours.notOperating],
                    ),
                  )
                  .thresholdsStyle(dashedThresholds()),
              ],
              [
                12,
                prioritySeries(
                  areas(
                    {
                      title: say("未恢复的报警", "Standing alarms"),
                      description: say("按优先级，随时间变化。", "By priority, over time."),
                      unit: units.count,
                      queries: [standingOverTime],
                    },
                    { name: `\${__field.labels.priority}`, interval: "1m" },
                  ),
                )
                  .min(0)
                  .decimals(0),
              ],
            ],
          },
          {
            height: 8,
            panels: [
              [
                8,
                shares(
                  {
                    title: say("按优先级", "By priority"),
                    description: say(
                      "ISA-18.2 建议约为低 80 %、中 15 %、高 5 %。",
                      "ISA-18.2 suggests about 80 % low, 15 % medium, 5 % high.",
                    ),
                    unit: units.count,
                    queries: [byColumn("priority")],
                  },
                  "alarms",
                ).overrideByName("priority", [{ id: "mappings", value: [mapping(say, priorityWords)] }]),
              ],
              [
                16,
                barsOfRows(
                  {
                    title: say("按类型", "By kind"),
                    description: say("所选时段内发生的报警。", "Alarms raised in the range."),
                    unit: units.count,
                    queries: [byColumn("kind")],
                  },
                  thresholds([null, colours.excused]),
                  "alarms",
                )
                  .min(0)
                  .overrideByName("kind", [{ id: "mappings", value: [mapping(say, kindWords)] }]),
              ],
            ],
          },
        ],
      },
      {
        title: say("需要处理", "To deal with"),
        bands: [
          {
            height: 9,
            panels: [
              [
                9,
                table(
                  {
                    title: say("超过 24 小时未恢复", "Standing over 24 hours"),
                    description: say("ISA-18.2 建议少于 5 条。", "ISA-18.2 suggests fewer than five."),
                    queries: [stale],
                    noValue: say("没有", "none"),
                  },
                  {
                    raisedAt: { title: say("发生时间", "Raised"), unit: units.time },
                    kind,
                    priority,
                    areaName,
                    breaker,
                  },
                ),
              ],
              [
                8,
                table(
                  {
                    title: say("报警最多的设备", "Most alarms"),
                    description: say(
                      "所选时段内报警最多的二十个。",
                      "The twenty with the most alarms in the range.",
                    ),
                    queries: [badActors],
                    noValue: say("没有", "none"),
                  },
                  { breaker, kind, alarms: { title: say("次数", "Alarms"), unit: units.count } },
                  { column: "alarms", descending: true },
                ),
              ],
              [
                7,
                table(
                  {
                    title: say("抖动报警", "Chattering"),
                    description: say(
                      "一分钟内状态变化超过 3 次的报警；用回差和延时消除。",
                      "Alarms with more than 3 transitions in a minute; deadband and on-delay cure them.",
                    ),
                    queries: [chattering],
                    noValue: say("没有", "none"),
                  },
                  {
                    breaker,
                    kind,
                    minute: { title: say("时间", "When"), unit: units.time },
                    transitions: { title: say("变化次数", "Transitions"), unit: units.count },
                  },
                  { column: "transitions", descending: true },
                ),
              ],
            ],
          },
          {
            height: 10,
            panels: [
              [
                24,
                table(
                  {
                    title: say("最近的事件", "Latest events"),
                    description: say(
                      "最近二百条发生、恢复和确认。",
                      "The latest two hundred raised, cleared and acknowledged.",
                    ),
                    queries: [latestEvents],
                    noValue: say("没有", "none"),
                  },
                  {
                    at: { title: say("时间", "Time"), unit: units.time },
                    event: { title: say("事件", "Event"), mapping: mapping(say, eventWords) },
                    kind,
                    priority,
                    areaName,
                    breaker,
                  },
                  { column: "at", descending: true },
                ),
              ],
            ],
          },
        ],
      },
    ],
  };
});
