// One breaker, for the safety officer at its door: what it says, what it was judged to be, and what happened to it.
import { measurements, operatingFields, readingFields } from "../../storage/telemetry/names.ts";
import { inLanguages } from "../board.ts";
import { flux, wholeRange, windows } from "../flux.ts";
import { byThresholds, dashedThresholds, lines, stat, thresholds, timeline, units } from "../panels.ts";
import {
  alarmsOfBreaker,
  events,
  lastHeard,
  lastReading,
  lowVoltageV,
  overTime,
  ratedLine,
  ratedMa,
  state,
  stateNow,
} from "../queries/breaker.ts";
import { table } from "../table.ts";
import { breakerVariable, placeVariables } from "../variables.ts";
import {
  colours,
  contactWords,
  emptyText,
  eventWords,
  kindWords,
  mapping,
  priorityWords,
  protectionWords,
  reasonWords,
  stateCodeMapping,
  stateWords,
} from "../words.ts";

export const breakerBoard = inLanguages((say) => {
  const small = (title: string, description: string, unit: string, query: string) =>
    stat({ title, description, unit, queries: [query] });
  const time = { title: say("时间", "Time"), unit: units.time };
  const nothing = say("没有", "none");

  return {
    name: "breaker",
    title: say("单台保护器", "Breaker"),
    description: say(
      "一台保护器：它上报了什么、被判定为什么状态、发生过什么。",
      "One breaker: what it says, what it was judged to be, and what happened to it.",
    ),
    variables: [...placeVariables(say), breakerVariable(say)],
    from: "now-24h",
    refresh: "30s",
    sections: [
      {
        title: say("现在", "Now"),
        bands: [
          {
            height: 4,
            panels: [
              [
                4,
                stat(
                  {
                    title: say("状态", "State"),
                    description: say("系统的判定。", "As the system judges it."),
                    unit: units.none,
                    queries: [stateNow(operatingFields.stateCode)],
                  },
                  thresholds([null, colours.neutral]),
                ).mappings([stateCodeMapping(say)]),
              ],
              [
                4,
                stat({
                  title: say("原因", "Reason"),
                  description: say("不在投运时的唯一原因。", "The one reason where it is not operating."),
                  unit: units.text,
                  queries: [stateNow(operatingFields.reason)],
                }).mappings([mapping(say, reasonWords), emptyText("–")]),
              ],
              [
                4,
                stat(
                  {
                    title: say("剩余电流", "Residual current"),
                    description: say("最后一次读数。", "The newest reading."),
                    unit: units.milliampere,
                    queries: [lastReading(readingFields.residualCurrentMa)],
                  },
                  thresholds([null, colours.neutral]),
                ).decimals(1),
              ],
              [
                3,
                small(
                  "IΔn",
                  say("额定剩余动作电流。", "Rated residual operating current."),
                  units.milliampere,
                  flux(`${ratedMa}
  |> last()
  |> keep(columns: ["_value"])`),
                ),
              ],
              [
                3,
                small(
                  say("电压", "Voltage"),
                  say("最后一次读数。", "The newest reading."),
                  units.volt,
                  lastReading(readingFields.voltageV),
                ).decimals(0),
              ],
              [
                3,
                small(
                  say("信号", "Signal"),
                  say("通信信号强度。", "Strength of the radio signal."),
                  units.decibelMilliwatt,
                  lastReading(readingFields.signalDbm),
                ).decimals(0),
              ],
              [
                3,
                small(
                  say("最后上报", "Last heard"),
                  say("最后一次读数的时间。", "Time of the newest reading."),
                  "dateTimeFromNow",
                  lastHeard,
                ),
              ],
            ],
          },
        ],
      },
      {
        title: say("过程", "Over time"),
        bands: [
          {
            height: 9,
            panels: [
              [
                24,
                lines(
                  {
                    title: say("剩余电流过程", "Residual current over time"),
                    description: say(
                      "每个时间窗内的最高读数；虚线是 IΔn 和一半 IΔn（以上可能跳闸）。",
                      "The highest reading of each window; the dashed lines are IΔn and half of it, above which it may trip.",
                    ),
                    unit: units.milliampere,
                    queries: [overTime(readingFields.residualCurrentMa, "max"), ratedLine(1), ratedLine(0.5)],
                  },
                  { interval: "30s", calcs: ["min", "mean", "max"] },
                )
                  .min(0)
                  .decimals(1)
                  .overrideByName("residualCurrentMa", [
                    { id: "displayName", value: say("剩余电流", "Residual current") },
                  ])
                  .overrideByName("rated", [
                    { id: "displayName", value: "IΔn" },
                    { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
                    { id: "color", value: { mode: "fixed", fixedColor: colours.notOperating } },
                  ])
                  .overrideByName("half", [
                    { id: "displayName", value: "0.5 IΔn" },
                    { id: "custom.lineStyle", value: { fill: "dash", dash: [8, 8] } },
                    { id: "color", value: { mode: "fixed", fixedColor: colours.warning } },
                  ]),
              ],
            ],
          },
          {
            height: 6,
            panels: [
              [
                24,
                timeline(
                  {
                    title: say("判定、触点与保护", "Judgement, contact and protection"),
                    description: say(
                      "系统判定的状态，以及设备上报的触点位置和保护投退。",
                      "The judged state, and the contact and protection that the device reports.",
                    ),
                    unit: units.none,
                    queries: [
                      flux(`${state(operatingFields.state, wholeRange)}
  ${windows("last")}
  |> keep(columns: ["_time", "_value", "_field"])`),
                      overTime(readingFields.contact, "last"),
                      overTime(readingFields.protection, "last"),
                    ],
                  },
                  { name: `\${__field.name}` },
                )
                  .interval("30s")
                  .colorScheme(byThresholds())
                  .overrideByName("state", [
                    { id: "displayName", value: say("判定", "Judged") },
                    { id: "mappings", value: [mapping(say, stateWords)] },
                  ])
                  .overrideByName("contact", [
                    { id: "displayName", value: say("触点", "Contact") },
                    { id: "mappings", value: [mapping(say, contactWords)] },
                  ])
                  .overrideByName("protection", [
                    { id: "displayName", value: say("保护", "Protection") },
                    { id: "mappings", value: [mapping(say, protectionWords)] },
                  ]),
              ],
            ],
          },
          {
            height: 7,
            panels: [
              [
                8,
                lines(
                  {
                    title: say("负荷电流", "Load current"),
                    description: say("每个时间窗的平均值。", "The mean of each window."),
                    unit: units.ampere,
                    queries: [overTime(readingFields.loadCurrentA)],
                  },
                  { name: say("负荷电流", "Load current"), interval: "30s" },
                ).min(0),
              ],
              [
                8,
                lines(
                  {
                    title: say("电压", "Voltage"),
                    description: say(
                      "每个时间窗的平均值；虚线是 198 V（额定 220 V 的 −10 %）。",
                      "The mean of each window; the dashed line is 198 V (220 V less 10 %).",
                    ),
                    unit: units.volt,
                    queries: [overTime(readingFields.voltageV)],
                  },
                  { name: say("电压", "Voltage"), interval: "30s" },
                )
                  .thresholds(thresholds([null, colours.neutral], [lowVoltageV, colours.warning]))
                  .thresholdsStyle(dashedThresholds()),
              ],
              [
                8,
                lines(
                  {
                    title: say("温度", "Temperature"),
                    description: say("每个时间窗的平均值。", "The mean of each window."),
                    unit: units.celsius,
                    queries: [overTime(readingFields.temperatureC)],
                  },
                  { name: say("温度", "Temperature"), interval: "30s" },
                ),
              ],
            ],
          },
        ],
      },
      {
        title: say("事件", "Events"),
        bands: [
          {
            height: 8,
            panels: [
              [
                8,
                table(
                  {
                    title: say("跳闸", "Trips"),
                    description: say("设备上报的跳闸记录。", "Trips as the device reported them."),
                    queries: [
                      flux(events(measurements.trip, ["cause", "residualCurrentMa", "phase", "reclosed"])),
                    ],
                    noValue: nothing,
                  },
                  {
                    at: time,
                    cause: { title: say("原因", "Cause") },
                    residualCurrentMa: {
                      title: say("剩余电流", "Residual current"),
                      unit: units.milliampere,
                    },
                    phase: { title: say("相", "Phase"), width: 70 },
                    reclosed: { title: say("已重合闸", "Reclosed") },
                  },
                  { column: "at", descending: true },
                ),
              ],
              [
                8,
                table(
                  {
                    title: say("试验", "Tests"),
                    description: say("试跳与自检的结果。", "Results of trip tests and self-tests."),
                    queries: [flux(events(measurements.test, ["kind", "passed", "breakTimeMs"]))],
                    noValue: nothing,
                  },
                  {
                    at: time,
                    kind: { title: say("种类", "Kind") },
                    passed: { title: say("通过", "Passed") },
                    breakTimeMs: { title: say("动作时间", "Break time"), unit: units.milliseconds },
                  },
                  { column: "at", descending: true },
                ),
              ],
              [
                8,
                table(
                  {
                    title: say("报警", "Alarms"),
                    description: say("这台保护器的报警事件。", "Alarm events of this breaker."),
                    queries: [alarmsOfBreaker],
                    noValue: nothing,
                  },
                  {
                    at: time,
                    event: { title: say("事件", "Event"), mapping: mapping(say, eventWords) },
                    kind: { title: say("类型", "Kind"), mapping: mapping(say, kindWords) },
                    priority: { title: say("优先级", "Priority"), mapping: mapping(say, priorityWords) },
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
