// Ingest health, for whoever runs the service: journal, consumers, quarantine, and whether InfluxDB takes what it is given.
import { ingestFields } from "../../storage/telemetry/names.ts";
import { inLanguages } from "../board.ts";
import { byThresholds, lines, noneWanted, stat, thresholds, timeline, units } from "../panels.ts";
import {
  clockReplaced,
  delay,
  fullness,
  grown,
  now,
  overTime,
  perSecond,
  stored,
} from "../queries/ingest.ts";
import { colours, zeroOne } from "../words.ts";

export const ingestBoard = inLanguages((say) => {
  const named = (field: string, text: string) =>
    [field, [{ id: "displayName", value: text }]] as [string, { id: string; value: string }[]];
  const consumers = [
    [ingestFields.lagTelemetry, say("遥测存储", "telemetry")],
    [ingestFields.lagDetection, say("判定", "detection")],
    [ingestFields.lagLive, say("实时推送", "live")],
  ] as const;
  return {
    name: "ingest",
    title: say("接入健康", "Ingest health"),
    description: say(
      "供运维者使用：日志队列、各消费者的滞后、隔离的消息，以及 InfluxDB 是否在接收。",
      "For whoever runs the service: the journal, how far the consumers lag, what was quarantined, and whether InfluxDB takes what it is given.",
    ),
    variables: [],
    from: "now-3h",
    refresh: "10s",
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
                    title: say("遥测存储", "Telemetry store"),
                    description: say(
                      "InfluxDB 是否在接收写入；不通时读数留在日志里，不会丢。",
                      "Whether InfluxDB takes writes; while it does not, readings wait in the journal and are not lost.",
                    ),
                    unit: units.none,
                    queries: [now(ingestFields.telemetryProblem)],
                  },
                  noneWanted(),
                ).mappings([zeroOne(say("正常", "fine"), say("不可用", "unavailable"))]),
              ],
              [
                4,
                stat(
                  {
                    title: say("最早未处理", "Oldest unprocessed"),
                    description: say(
                      "日志中最早一条未被全部消费者处理的消息有多久。",
                      "Age of the oldest message that not all consumers have passed.",
                    ),
                    unit: units.seconds,
                    queries: [now(ingestFields.journalOldestAgeS)],
                  },
                  thresholds([null, colours.operating], [30, colours.warning], [300, colours.notOperating]),
                ).decimals(0),
              ],
              [
                4,
                stat(
                  {
                    title: say("日志占用", "Journal filled"),
                    description: say(
                      "日志占其上限的比例；满时停止应答，设备会重发。",
                      "Share of the journal's limit; when full the broker stops acknowledging and devices retry.",
                    ),
                    unit: units.share,
                    queries: [fullness],
                  },
                  thresholds([null, colours.operating], [0.5, colours.warning], [0.8, colours.notOperating]),
                ).decimals(0),
              ],
              [
                4,
                stat(
                  {
                    title: say("在线连接", "Connections"),
                    description: say("已认证的 MQTT 连接数。", "Authenticated MQTT connections."),
                    unit: units.count,
                    queries: [now(ingestFields.connections)],
                  },
                  thresholds([null, colours.neutral]),
                ),
              ],
              [
                4,
                stat(
                  {
                    title: say("隔离的消息", "Quarantined"),
                    description: say(
                      "所选时段内因有误而隔离的消息；可在页面查看并重放。",
                      "Messages set aside in the range because something is wrong with them; the page shows and replays them.",
                    ),
                    unit: units.count,
                    queries: [grown(ingestFields.quarantinedTotal)],
                  },
                  noneWanted(colours.warning),
                ).decimals(0),
              ],
              [
                4,
                stat(
                  {
                    title: say("设备到日志的时延", "Device to journal"),
                    description: say(
                      "最近一刻钟读数从设备时间到写入日志的时间，95 % 分位。",
                      "From device time to the journal, 95th percentile of the last quarter of an hour.",
                    ),
                    unit: units.milliseconds,
                    queries: [delay],
                  },
                  thresholds([null, colours.neutral]),
                ).decimals(0),
              ],
            ],
          },
        ],
      },
      {
        title: say("流量", "Flow"),
        bands: [
          {
            height: 8,
            panels: [
              [
                12,
                lines(
                  {
                    title: say("应答与入库", "Acknowledged and stored"),
                    description: say(
                      "每秒应答的消息和写入遥测存储的记录；两线应重合，批量上报时入库更多。",
                      "Messages acknowledged and records stored each second; they run together, and batches store more.",
                    ),
                    unit: units.perSecond,
                    queries: [perSecond(ingestFields.acknowledgedTotal, ingestFields.storedTotal)],
                  },
                  { interval: "30s", calcs: ["mean", "max", "lastNotNull"] },
                )
                  .min(0)
                  .overrideByName(...named(ingestFields.acknowledgedTotal, say("已应答", "acknowledged")))
                  .overrideByName(...named(ingestFields.storedTotal, say("已入库", "stored"))),
              ],
              [
                12,
                lines(
                  {
                    title: say("InfluxDB 中的读数", "Readings in InfluxDB"),
                    description: say(
                      "每分钟的读数，按设备时间；缺口之后补传会把它填上。",
                      "Readings by the minute of their device time; a gap fills when gateways upload what they buffered.",
                    ),
                    unit: units.count,
                    queries: [stored],
                  },
                  { name: say("每分钟读数", "readings a minute"), interval: "1m" },
                ).min(0),
              ],
            ],
          },
        ],
      },
      {
        title: say("日志与消费者", "Journal and consumers"),
        bands: [
          {
            height: 8,
            panels: [
              [
                8,
                consumers.reduce(
                  (panel, [field, text]) => panel.overrideByName(...named(field, text)),
                  lines(
                    {
                      title: say("消费者滞后", "Lag of the consumers"),
                      description: say(
                        "每个消费者尚未处理的记录数；应很快回到 0。",
                        "Records that a consumer has yet to pass; it should soon be 0 again.",
                      ),
                      unit: units.count,
                      queries: [overTime(...consumers.map(([field]) => field))],
                    },
                    { interval: "10s", calcs: ["max", "lastNotNull"] },
                  ).min(0),
                ),
              ],
              [
                8,
                lines(
                  {
                    title: say("日志深度", "Depth of the journal"),
                    description: say("日志中的记录数。", "Records in the journal."),
                    unit: units.count,
                    queries: [overTime(ingestFields.journalRecords)],
                  },
                  { name: say("记录", "records"), interval: "10s" },
                ).min(0),
              ],
              [
                8,
                lines(
                  {
                    title: say("日志大小", "Size of the journal"),
                    description: say("日志文件占用的字节数。", "Bytes that the journal takes on disk."),
                    unit: units.bytes,
                    queries: [overTime(ingestFields.journalBytes)],
                  },
                  { name: say("字节", "bytes"), interval: "10s" },
                ).min(0),
              ],
            ],
          },
          {
            height: 6,
            panels: [
              [
                8,
                timeline(
                  {
                    title: say("遥测存储的可用性", "Availability of the telemetry store"),
                    description: say("红色：写不进去。", "Red: writes were refused or unanswered."),
                    unit: units.none,
                    queries: [overTime(ingestFields.telemetryProblem)],
                  },
                  { name: "InfluxDB" },
                )
                  .interval("10s")
                  .thresholds(noneWanted())
                  .colorScheme(byThresholds())
                  .mappings([zeroOne(say("正常", "fine"), say("不可用", "unavailable"))]),
              ],
              [
                8,
                lines(
                  {
                    title: say("隔离的消息", "Quarantined messages"),
                    description: say("每秒隔离的消息。", "Messages set aside each second."),
                    unit: units.perSecond,
                    queries: [perSecond(ingestFields.quarantinedTotal)],
                  },
                  { name: say("隔离", "quarantined"), interval: "30s" },
                ).min(0),
              ],
              [
                8,
                stat(
                  {
                    title: say("时钟被更正的读数", "Readings with a corrected clock"),
                    description: say(
                      "最近一小时，设备时间不可信而改用到达时间的读数。",
                      "In the last hour: readings whose device time was implausible and was replaced by the time of arrival.",
                    ),
                    unit: units.count,
                    queries: [clockReplaced],
                    noValue: "0",
                  },
                  noneWanted(colours.warning),
                ),
              ],
            ],
          },
        ],
      },
    ],
  };
});
