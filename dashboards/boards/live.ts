// Live breakers, for the dispatcher: which breakers do not protect now, why, and since when.
import { notOperatingReasons } from "../../domain/operating.ts";
import { inLanguages } from "../board.ts";
import { linkTo, toBreaker } from "../links.ts";
import { byThresholds, noneWanted, shares, stat, thresholds, tiles, timeline, units } from "../panels.ts";
import {
  areasOverTime,
  breakersWith,
  byReason,
  countNow,
  mosaic,
  troubledOverTime,
} from "../queries/live.ts";
import { table } from "../table.ts";
import { levelVariable, placeVariables } from "../variables.ts";
import { colours, levelWords, mapping, reasonWords, stateCodeMapping, stateWords, word } from "../words.ts";

export const live = inLanguages((say, language) => {
  const openBreaker = toBreaker(language, say, { column: "breaker" });
  const openArea = linkTo("live", language, {
    title: say("只看该台区", "Only this area"),
    set: { area: { label: "area" } },
  });
  const count = (
    title: string,
    description: string,
    field: "state" | "reason",
    value: string,
    colour: string | null,
  ) =>
    stat(
      { title, description, unit: units.count, queries: [countNow(field, value)] },
      colour === null ? thresholds([null, colours.operating]) : noneWanted(colour),
    );
  const list = (title: string, description: string, reasons: readonly string[]) =>
    table(
      { title, description, queries: [breakersWith(reasons)], noValue: say("没有", "none") },
      {
        address: { title: say("地址", "Address"), links: [openBreaker] },
        breaker: { title: say("保护器", "Breaker"), links: [openBreaker] },
        areaName: { title: say("台区", "Transformer area") },
        level: { title: say("级别", "Level"), mapping: mapping(say, levelWords), width: 100 },
        reason: { title: say("原因", "Reason"), mapping: mapping(say, reasonWords) },
        lastOperating: { title: say("上次投运", "Last seen operating"), unit: units.time },
      },
    );

  return {
    name: "live",
    title: say("保护器实时状态", "Live breakers"),
    description: say(
      "供调度员使用：现在哪些保护器没有在保护、为什么、从何时起。",
      "For the dispatcher: which breakers do not protect now, why, and since when.",
    ),
    variables: [...placeVariables(say), levelVariable(say)],
    from: "now-6h",
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
                count(
                  word(say, stateWords, "operating"),
                  say("在线、合闸、保护投入。", "Heard, closed, protecting."),
                  "state",
                  "operating",
                  null,
                ),
              ],
              [
                4,
                count(
                  word(say, stateWords, "notOperating"),
                  say("有确切原因说明没有保护。", "There is a reason to know that it does not protect."),
                  "state",
                  "notOperating",
                  colours.notOperating,
                ),
              ],
              [
                4,
                count(
                  say("失联", "Silent"),
                  say(
                    "三个心跳周期没有消息，无法判断。",
                    "Nothing heard for three heartbeats; it cannot be judged.",
                  ),
                  "reason",
                  "silent",
                  colours.unknown,
                ),
              ],
              [
                4,
                count(
                  say("保护退运", "Protection off"),
                  say("带电但漏电保护退出或仅告警。", "Live, with its leakage protection off or alarm-only."),
                  "reason",
                  "protectionExited",
                  colours.notOperating,
                ),
              ],
              [
                4,
                count(
                  say("分闸未送电", "Left open"),
                  say(
                    "跳闸或人为分闸，超过宽限时间。",
                    "Tripped or opened by hand for longer than the grace time.",
                  ),
                  "reason",
                  "open",
                  colours.warning,
                ),
              ],
              [
                4,
                count(
                  word(say, stateWords, "excused"),
                  say("无人居住、计划停电或台区停电。", "Vacant house, planned outage or area outage."),
                  "state",
                  "excused",
                  null,
                ),
              ],
            ],
          },
          {
            height: 10,
            panels: [
              [
                16,
                tiles(
                  {
                    title: say("状态拼图", "State mosaic"),
                    description: say(
                      "每台保护器一格，颜色是现在的状态；点击打开保护器。最多一千格，请先选村或台区。",
                      "A tile for each breaker in the colour of its state now; a click opens it. At most a thousand, so choose a village or area first.",
                    ),
                    unit: units.none,
                    queries: [mosaic],
                  },
                  "stateCode",
                )
                  .mappings([stateCodeMapping(say)])
                  .overrideByName("stateCode", [
                    { id: "links", value: [toBreaker(language, say, { column: "breaker" })] },
                  ]),
              ],
              [
                8,
                shares(
                  {
                    title: say("未投运、未知与免计的原因", "Reasons, now"),
                    description: say(
                      "所有有原因的保护器，按原因计数。",
                      "All breakers that have a reason, counted by it.",
                    ),
                    unit: units.count,
                    queries: [byReason],
                  },
                  "breakers",
                ).overrideByName("reason", [{ id: "mappings", value: [mapping(say, reasonWords)] }]),
              ],
            ],
          },
        ],
      },
      {
        title: say("名单", "Lists"),
        bands: [
          {
            height: 8,
            panels: [
              [
                12,
                list(
                  say("保护退运与故障", "Protection off or faulty"),
                  say(
                    "退运、脱扣功能故障、被旁路或从未上报的保护器。",
                    "Breakers with protection off, a faulty trip function, a bypass, or never a report.",
                  ),
                  notOperatingReasons.filter((reason) => reason !== "open"),
                ),
              ],
              [
                12,
                list(
                  say("分闸未送电", "Left open"),
                  say("现在分闸的保护器，最久的在前。", "Breakers that are open now, the longest first."),
                  ["open"],
                ),
              ],
            ],
          },
          {
            height: 8,
            panels: [
              [
                24,
                list(
                  say("失联", "Silent"),
                  say(
                    "没有消息、也不属于台区停电的保护器。",
                    "Breakers of which nothing is heard, and whose area is not out.",
                  ),
                  ["silent"],
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
            height: 12,
            panels: [
              [
                12,
                timeline(
                  {
                    title: say("出过问题的保护器", "Breakers that had trouble"),
                    description: say(
                      "所选时段内曾未投运或失联的保护器，最近的在前，最多六十台。",
                      "Breakers that were not operating or silent at some time of the range, the latest first, at most sixty.",
                    ),
                    unit: units.none,
                    queries: [troubledOverTime],
                  },
                  {
                    name: `\${__field.labels.breaker}`,
                    link: toBreaker(language, say, { label: "breaker" }),
                    perPage: 25,
                  },
                )
                  .interval("5m")
                  .mappings([stateCodeMapping(say)]),
              ],
              [
                12,
                timeline(
                  {
                    title: say("各台区户保投运率", "Operational rate by transformer area"),
                    description: say(
                      "每个台区一行，颜色表示投运率；点击只看该台区。",
                      "A row for each area, in the colour of its rate; a click shows only that area.",
                    ),
                    unit: units.share,
                    queries: [areasOverTime],
                  },
                  { name: `\${__field.labels.areaName}`, link: openArea, perPage: 25 },
                )
                  .interval("1m")
                  .decimals(0)
                  .thresholds(
                    thresholds(
                      [null, colours.notOperating],
                      [0.8, colours.unknown],
                      [0.9, colours.warning],
                      [0.95, colours.operating],
                    ),
                  )
                  .colorScheme(byThresholds()),
              ],
            ],
          },
        ],
      },
    ],
  };
});
