// Grafana's alert rules over the same data: leakage spikes, operational rate below target, and the service's own health.
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import {
  ingestFields,
  measurements,
  rateFields,
  readingFields,
  reportMeasurements,
} from "../storage/telemetry/names.ts";
import { datasource } from "./datasource.ts";
import { endOfRange, flux, freshFor, joined, ofLevel, ofScope, ratings, select } from "./flux.ts";
import { uidOf } from "./links.ts";

/** Share of IΔn from which firmware commonly warns. */
const warnShare = 0.6;

/** One folder for both languages: every rule is titled in both. */
const alertFolder = "Hubao 报警规则";

type Rule = {
  uid: string;
  title: string;
  /** Answers one number for each set of labels. */
  query: string;
  /** How far back the query looks, in seconds. */
  lookBackS: number;
  condition: { type: "gt" | "lt"; value: number };
  /** How long it must hold, as Grafana writes it. */
  lasts: string;
  noData: "OK" | "Alerting" | "NoData";
  severity: "warning" | "critical";
  /** The dashboard and panel, by its Chinese title, that show what the rule is about. */
  shownBy: { dashboard: "overview" | "leakage" | "ingest"; panel: string };
  summary: string;
  description: string;
};

const ingestNow = (field: string): string =>
  flux(`${select({ measurement: reportMeasurements.ingest, fields: [field], range: endOfRange("2m") })}
  |> last()
  |> keep(columns: ["_time", "_value"])`);

const leakageRules: Rule[] = [
  {
    uid: "hubao-leakage-spike",
    title: "漏电突增 / Leakage spike",
    query: flux(
      ratings(ofLevel("household")),
      `high =
${select({
  measurement: measurements.reading,
  fields: [readingFields.residualCurrentMa],
  range: endOfRange("10m"),
  where: [ofLevel("household")],
})}
  |> last()
  |> group()
  |> keep(columns: ["_time", "_value", "breaker", "area", "village"])`,
      `${joined("high", "ratings", "breaker")}
  |> map(fn: (r) => ({_time: r._time, _value: r._value / r.ratedMa, breaker: r.breaker, area: r.area, village: r.village}))
  |> filter(fn: (r) => r._value >= ${warnShare})
  |> sort(columns: ["_value"], desc: true)
  |> limit(n: 200)
  |> group(columns: ["breaker", "area", "village"])`,
    ),
    lookBackS: 600,
    condition: { type: "gt", value: warnShare },
    lasts: "2m",
    noData: "OK",
    severity: "warning",
    shownBy: { dashboard: "leakage", panel: "漏电最大的保护器" },
    summary: "{{ .Labels.breaker }}: 漏电超过 60 % IΔn / leakage above 60 % of IΔn",
    description:
      "{{ .Labels.village }} / {{ .Labels.area }}。先查该户线路和电器 / Look at the wiring and appliances of this household first.",
  },
];

const rateRules: Rule[] = [
  {
    uid: "hubao-rate-below-target",
    title: "投运率低于目标 / Operational rate below target",
    query: flux(`${select({
      measurement: reportMeasurements.rate,
      fields: [rateFields.operationalRate, rateFields.target],
      range: endOfRange(freshFor),
      where: [ofScope("village")],
    })}
  |> last()
  |> group()
  |> pivot(rowKey: ["_time", "township", "village", "level"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => exists r.operationalRate and exists r.target)
  |> map(fn: (r) => ({_time: r._time, _value: r.operationalRate - r.target, township: r.township, village: r.village, level: r.level}))
  |> group(columns: ["township", "village", "level"])`),
    lookBackS: 900,
    condition: { type: "lt", value: 0 },
    lasts: "15m",
    noData: "NoData",
    severity: "warning",
    shownBy: { dashboard: "overview", panel: "各村与目标对比" },
    summary: "{{ .Labels.village }} {{ .Labels.level }}: 投运率低于目标 / operational rate below target",
    description:
      "看实时状态页的名单，先处理退运的 / See the lists of the live dashboard; deal with protection off first.",
  },
];

const healthRules: Rule[] = [
  {
    uid: "hubao-health-silent",
    title: "服务没有数据 / The service is silent",
    query: ingestNow(ingestFields.connections),
    lookBackS: 120,
    // Never true by itself: it is the missing data that alerts.
    condition: { type: "lt", value: 0 },
    lasts: "2m",
    noData: "Alerting",
    severity: "critical",
    shownBy: { dashboard: "ingest", panel: "在线连接" },
    summary: "两分钟没有收到服务自身的数据 / nothing from the service itself for two minutes",
    description:
      "查 hubao 的 /health 与 InfluxDB 是否可达 / Check hubao's health and whether it reaches InfluxDB.",
  },
  {
    uid: "hubao-health-store",
    title: "遥测存储不可用 / Telemetry store unavailable",
    query: ingestNow(ingestFields.telemetryProblem),
    lookBackS: 120,
    condition: { type: "gt", value: 0.5 },
    lasts: "2m",
    noData: "OK",
    severity: "critical",
    shownBy: { dashboard: "ingest", panel: "遥测存储" },
    summary: "InfluxDB 不接收写入 / InfluxDB takes no writes",
    description:
      "读数留在日志里，不会丢；原因见 /health / Readings wait in the journal; the health page says why.",
  },
  {
    uid: "hubao-health-lag",
    title: "处理滞后 / Processing lags behind",
    query: ingestNow(ingestFields.journalOldestAgeS),
    lookBackS: 120,
    condition: { type: "gt", value: 60 },
    lasts: "5m",
    noData: "OK",
    severity: "warning",
    shownBy: { dashboard: "ingest", panel: "最早未处理" },
    summary: "最早的消息已等待超过一分钟 / the oldest message has waited for over a minute",
    description: "看哪个消费者滞后 / See which consumer lags.",
  },
  {
    uid: "hubao-health-journal",
    title: "日志将满 / Journal filling up",
    query: flux(`${select({
      measurement: reportMeasurements.ingest,
      fields: [ingestFields.journalBytes, ingestFields.journalMaxBytes],
      range: endOfRange("2m"),
    })}
  |> last()
  |> group()
  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
  |> filter(fn: (r) => exists r.journalBytes and exists r.journalMaxBytes and r.journalMaxBytes > 0.0)
  |> map(fn: (r) => ({_time: r._time, _value: r.journalBytes / r.journalMaxBytes}))`),
    lookBackS: 120,
    condition: { type: "gt", value: 0.8 },
    lasts: "5m",
    noData: "OK",
    severity: "critical",
    shownBy: { dashboard: "ingest", panel: "日志占用" },
    summary: "日志已用超过 80 % / the journal is over 80 % full",
    description: "满时停止应答，设备会重发 / When full the broker stops acknowledging, and devices retry.",
  },
  {
    uid: "hubao-health-quarantine",
    title: "隔离的消息增多 / Messages are being quarantined",
    query: flux(`${select({
      measurement: reportMeasurements.ingest,
      fields: [ingestFields.quarantinedTotal],
      range: endOfRange("15m"),
    })}
  |> increase()
  |> last()
  |> keep(columns: ["_time", "_value"])`),
    lookBackS: 900,
    condition: { type: "gt", value: 10 },
    lasts: "1m",
    noData: "OK",
    severity: "warning",
    shownBy: { dashboard: "ingest", panel: "隔离的消息" },
    summary: "一刻钟内隔离超过十条消息 / over ten messages set aside in a quarter of an hour",
    description: "在页面的隔离区看原因并重放 / The page's quarantine shows why, and replays them.",
  },
];

/** Query, its last value, and the comparison, as Grafana evaluates them. */
const dataOf = ({ query, lookBackS, condition }: Rule) => {
  const expression = { type: "__expr__", uid: "__expr__" };
  const back = { from: lookBackS, to: 0 };
  return [
    {
      refId: "A",
      datasourceUid: datasource.uid,
      relativeTimeRange: back,
      model: { refId: "A", datasource, query },
    },
    {
      refId: "B",
      datasourceUid: expression.uid,
      relativeTimeRange: back,
      model: { refId: "B", datasource: expression, type: "reduce", expression: "A", reducer: "last" },
    },
    {
      refId: "C",
      datasourceUid: expression.uid,
      relativeTimeRange: back,
      model: {
        refId: "C",
        datasource: expression,
        type: "threshold",
        expression: "B",
        conditions: [{ evaluator: { type: condition.type, params: [condition.value] } }],
      },
    },
  ];
};

const panelId = (dashboard: Dashboard | undefined, title: string): number => {
  const panel = dashboard?.panels?.find((candidate) => candidate.type !== "row" && candidate.title === title);
  if (panel?.id === undefined || panel.id === null)
    throw new Error(`no panel "${title}" in ${dashboard?.uid ?? "a missing dashboard"}`);
  return panel.id;
};

/** The file of alert rules in Grafana's provisioning format. Throws when a rule names a panel that is not there. */
export const alertRules = (dashboards: readonly Dashboard[]) => ({
  apiVersion: 1,
  groups: [
    { name: "hubao-leakage", interval: "1m", rules: leakageRules },
    { name: "hubao-rates", interval: "1m", rules: rateRules },
    { name: "hubao-health", interval: "30s", rules: healthRules },
  ].map(({ name, interval, rules }) => ({
    orgId: 1,
    name,
    folder: alertFolder,
    interval,
    rules: rules.map((rule) => {
      const dashboardUid = uidOf(rule.shownBy.dashboard, "zh");
      const shown = dashboards.find(({ uid }) => uid === dashboardUid);
      return {
        uid: rule.uid,
        title: rule.title,
        condition: "C",
        data: dataOf(rule),
        dashboardUid,
        panelId: panelId(shown, rule.shownBy.panel),
        noDataState: rule.noData,
        execErrState: "Error",
        for: rule.lasts,
        annotations: { summary: rule.summary, description: rule.description },
        labels: { service: "hubao", severity: rule.severity },
        isPaused: false,
      };
    }),
  })),
});
