// Alarms, for the dispatcher and whoever tunes the rules: what stands, and how the load compares with ISA-18.2.
import { alarmFields, reportMeasurements } from "../storage/telemetry/names.ts";
import { inLanguages } from "./board.ts";
import {
  byTime,
  endOfRange,
  flux,
  inPlace,
  inVillage,
  joined,
  namesOf,
  select,
  wholeRange,
  windowSums,
} from "./flux.ts";
import { toBreaker } from "./links.ts";
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
} from "./panels.ts";
import { type Column, table } from "./table.ts";
import { placeVariables } from "./variables.ts";
import { colours, eventWords, kindWords, mapping, priorityWords, word } from "./words.ts";

/** ISA-18.2 and EEMUA 191: alarms of one operator in ten minutes. */
const good = 1;
const most = 2;
const flood = 10;
const window = "10m";
/** More transitions of one alarm in a minute than this is chattering. */
const chatteringFrom = 3;
const staleAfter = "24h";
/** How far back a standing alarm is looked for. */
const longAgo = "30d";

const { alarm, standingAlarms } = reportMeasurements;
const raised = select({
  measurement: alarm,
  fields: [alarmFields.open],
  range: wholeRange,
  where: [inPlace, "r._value > 0.5"],
});

/** `counts`: alarms raised in each ten minutes of the range, windows without one included. */
const counts = `counts =
${raised}
  |> group()
  |> aggregateWindow(every: ${window}, fn: count, createEmpty: true)`;

const raisedOverTime = flux(`${raised}
  |> group(columns: ["priority"])
  |> aggregateWindow(every: ${window}, fn: count, createEmpty: true)
  |> keep(columns: ["_time", "_value", "priority"])`);

const standing = (range: string): string =>
  select({ measurement: standingAlarms, fields: ["count"], range, where: [inVillage] });
const standingOverTime = flux(`${standing(wholeRange)}
  ${windowSums("last", ["priority"])}`);

/** `events`: alarm events with their breaker, event and id as columns. */
const events = (range: string): string => `${select({ measurement: alarm, range, where: [inPlace] })}
  ${byTime}`;

const latestEvents = flux(
  namesOf("area"),
  `events =
${events(wholeRange)}
  |> sort(columns: ["_time"], desc: true)
  |> limit(n: 200)
  |> rename(columns: {_time: "at"})
  |> keep(columns: ["at", "area", "kind", "priority", "breaker", "event"])`,
  `${joined("events", "areaNames", "area")}
  |> sort(columns: ["at"], desc: true)`,
);

const badActors = flux(`${events(wholeRange)}
  |> filter(fn: (r) => r.event == "raised")
  |> map(fn: (r) => ({breaker: if r.breaker == "" then r.area else r.breaker, kind: r.kind, alarms: 1}))
  |> group(columns: ["breaker", "kind"])
  |> sum(column: "alarms")
  |> group()
  |> sort(columns: ["alarms"], desc: true)
  |> limit(n: 20)`);

const chattering = flux(`${events(wholeRange)}
  |> filter(fn: (r) => r.event == "raised" or r.event == "cleared")
  |> map(fn: (r) => ({minute: date.truncate(t: r._time, unit: 1m), breaker: if r.breaker == "" then r.area else r.breaker, kind: r.kind, transitions: 1}))
  |> group(columns: ["breaker", "kind", "minute"])
  |> sum(column: "transitions")
  |> group()
  |> filter(fn: (r) => r.transitions > ${chatteringFrom})
  |> sort(columns: ["transitions"], desc: true)
  |> limit(n: 20)`);

/** Alarms raised long ago that nothing has cleared since. */
const stale = flux(
  namesOf("area"),
  `events =
${events(endOfRange(longAgo))}
  |> filter(fn: (r) => r.event == "raised" or r.event == "cleared")
  |> group(columns: ["id"])
  |> sort(columns: ["_time"])
  |> last(column: "event")
  |> group()
  |> filter(fn: (r) => r.event == "raised" and r._time < date.sub(d: ${staleAfter}, from: v.timeRangeStop))
  |> rename(columns: {_time: "raisedAt"})
  |> keep(columns: ["raisedAt", "area", "kind", "priority", "breaker"])
  |> sort(columns: ["raisedAt"])
  |> limit(n: 100)`,
  joined("events", "areaNames", "area"),
);

const byColumn = (column: "kind" | "priority"): string =>
  flux(`${raised}
  |> group(columns: ["${column}"])
  |> count()
  |> group()
  |> keep(columns: ["${column}", "_value"])
  |> rename(columns: {_value: "alarms"})
  |> sort(columns: ["alarms"], desc: true)`);

const standingNow = flux(`${standing(endOfRange("5m"))}
  |> last()
  |> group()
  |> sum()`);
const meanRate = flux(
  counts,
  `counts
  |> mean()
  |> keep(columns: ["_value"])`,
);
const peakRate = flux(
  counts,
  `counts
  |> max()
  |> keep(columns: ["_value"])`,
);
const floodShare = flux(
  counts,
  `counts
  |> map(fn: (r) => ({r with flood: if r._value > ${flood} then 1.0 else 0.0}))
  |> mean(column: "flood")`,
);

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
