// Panels in the house's manner: every one has a title, a description, a unit and its queries.
import { PanelBuilder as BarChart } from "@grafana/grafana-foundation-sdk/barchart";
import { PanelBuilder as BarGauge } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type DataSourceRef,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as Histogram } from "@grafana/grafana-foundation-sdk/histogram";
import {
  PanelBuilder as PieChart,
  PieChartLegendOptionsBuilder,
  PieChartLegendValues,
} from "@grafana/grafana-foundation-sdk/piechart";
import { PanelBuilder as Stat } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimeline } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TimeSeries } from "@grafana/grafana-foundation-sdk/timeseries";
import { datasource } from "./datasource.ts";
import type { DataLink } from "./links.ts";
import { colours } from "./words.ts";

/** Grafana's names of units. */
export const units = {
  share: "percentunit",
  count: "short",
  milliampere: "mamp",
  ampere: "amp",
  volt: "volt",
  celsius: "celsius",
  decibelMilliwatt: "dBm",
  seconds: "s",
  milliseconds: "ms",
  bytes: "bytes",
  perSecond: "cps",
  time: "dateTimeAsIso",
  text: "string",
  none: "none",
} as const;

export type PanelSpec = {
  title: string;
  description: string;
  unit: string;
  /** Flux, in order: refId A, B, … */
  queries: readonly string[];
  /** Shown where there is no data. */
  noValue?: string;
};

type CommonBuilder = Builder<Panel> & {
  title(title: string): unknown;
  description(description: string): unknown;
  datasource(reference: DataSourceRef): unknown;
  withTarget(target: Builder<Dataquery>): unknown;
  unit(unit: string): unknown;
  noValue(text: string): unknown;
};

/** A Flux query as Grafana's InfluxDB data source keeps it. */
const target = (query: string, index: number): Builder<Dataquery> => ({
  build: () => ({
    refId: String.fromCharCode("A".charCodeAt(0) + index),
    datasource,
    query,
    _implementsDataqueryVariant: () => {},
  }),
});

export const prepared = <B extends CommonBuilder>(builder: B, spec: PanelSpec): B => {
  builder.title(spec.title);
  builder.description(spec.description);
  builder.datasource(datasource);
  builder.unit(spec.unit);
  if (spec.noValue !== undefined) builder.noValue(spec.noValue);
  for (const [index, query] of spec.queries.entries()) builder.withTarget(target(query, index));
  return builder;
};

/** Colours from a value upwards; the first step has no lower bound. */
export const thresholds = (...steps: readonly (readonly [from: number | null, colour: string])[]) =>
  new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]) => ({ value, color })));

/** Red below `target`, amber just below it, green from it on; rates as fractions. */
export const againstTarget = (target: number) =>
  thresholds([null, colours.notOperating], [target - 0.05, colours.warning], [target, colours.operating]);
/** Green at none, `colour` from one on. */
export const noneWanted = (colour: string = colours.notOperating) =>
  thresholds([null, colours.operating], [1, colour]);

/** One number, with a background that says whether it is good. */
export const stat = (spec: PanelSpec, steps = thresholds([null, colours.neutral])): Stat =>
  prepared(new Stat(), { noValue: "–", ...spec })
    .thresholds(steps)
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).fields("/.*/"));

export const byThresholds = () => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);

/** A coloured tile for each row of a table with one text and one number; the colours come from value mappings. */
export const tiles = (spec: PanelSpec, numberColumn: string): Stat =>
  prepared(new Stat(), spec)
    .colorMode(BigValueColorMode.BackgroundSolid)
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.Name)
    .reduceOptions(
      new ReduceDataOptionsBuilder()
        .values(true)
        .limit(1000)
        .calcs(["lastNotNull"])
        .fields(`/^${numberColumn}$/`),
    );

const legend = (calcs: string[]) =>
  new VizLegendOptionsBuilder()
    .displayMode(calcs.length > 0 ? LegendDisplayMode.Table : LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .showLegend(true)
    .calcs(calcs);
const tooltip = () =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);

/** Lines over time; `name` is the legend, made from labels: `${__field.labels.villageName}`. */
export const lines = (
  spec: PanelSpec,
  options: { name?: string; calcs?: string[]; link?: DataLink; interval?: string } = {},
): TimeSeries => {
  const builder = prepared(new TimeSeries(), spec)
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Never)
    .spanNulls(false)
    .legend(legend(options.calcs ?? []))
    .tooltip(tooltip());
  if (options.name !== undefined) builder.displayName(options.name);
  if (options.interval !== undefined) builder.interval(options.interval);
  if (options.link !== undefined) builder.overrideByRegexp("/.*/", [{ id: "links", value: [options.link] }]);
  return builder;
};

/** Stacked areas over time. */
export const areas = (spec: PanelSpec, options: Parameters<typeof lines>[1] = {}): TimeSeries =>
  lines(spec, options)
    .fillOpacity(60)
    .lineInterpolation(LineInterpolation.StepAfter)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));

/** Bars over time. */
export const bars = (spec: PanelSpec, options: Parameters<typeof lines>[1] = {}): TimeSeries =>
  lines(spec, options)
    .drawStyle(GraphDrawStyle.Bars)
    .fillOpacity(80)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group("A"));

/** Draws the thresholds of a time series as dashed lines. */
export const dashedThresholds = () =>
  new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed);

/** A bar for each row of a table with one text and one number. */
export const barsOfRows = (spec: PanelSpec, steps: ThresholdsConfigBuilder, numberColumn: string): BarGauge =>
  prepared(new BarGauge(), spec)
    .thresholds(steps)
    .displayMode(BarGaugeDisplayMode.Basic)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .reduceOptions(
      new ReduceDataOptionsBuilder()
        .values(true)
        .limit(50)
        .calcs(["lastNotNull"])
        .fields(`/^${numberColumn}$/`),
    );

/** Groups of bars, one group for each row; `category` is the text column. */
export const groupedBars = (spec: PanelSpec, category: string): BarChart =>
  prepared(new BarChart(), spec)
    .xField(category)
    .orientation(VizOrientation.Horizontal)
    .showValue(VisibilityMode.Auto)
    .stacking(StackingMode.None)
    .barWidth(0.9)
    .groupWidth(0.7)
    .fillOpacity(80)
    .legend(legend([]))
    .tooltip(tooltip());

/** Shares of a whole; rows of one text and one number. */
export const shares = (spec: PanelSpec, numberColumn: string): PieChart =>
  prepared(new PieChart(), spec)
    .legend(
      new PieChartLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Right)
        .calcs([])
        .values([PieChartLegendValues.Value, PieChartLegendValues.Percent]),
    )
    .reduceOptions(
      new ReduceDataOptionsBuilder()
        .values(true)
        .limit(20)
        .calcs(["lastNotNull"])
        .fields(`/^${numberColumn}$/`),
    );

/** How often values fall into buckets of `bucketSize` (in the panel's unit). */
export const distribution = (spec: PanelSpec, bucketSize: number): Histogram =>
  prepared(new Histogram(), spec)
    .bucketSize(bucketSize)
    .bucketOffset(0)
    .combine(true)
    .fillOpacity(70)
    .lineWidth(1)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(colours.excused))
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(false)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(tooltip());

/** States over time, a row for each series. */
export const timeline = (
  spec: PanelSpec,
  options: { name: string; link?: DataLink; perPage?: number },
): StateTimeline => {
  const builder = prepared(new StateTimeline(), spec)
    .displayName(options.name)
    .mergeValues(true)
    .showValue(VisibilityMode.Never)
    .rowHeight(0.9)
    .fillOpacity(90)
    .lineWidth(0)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(tooltip());
  if (options.perPage !== undefined) builder.perPage(options.perPage);
  if (options.link !== undefined) builder.overrideByRegexp("/.*/", [{ id: "links", value: [options.link] }]);
  return builder;
};
