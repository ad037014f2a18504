// A breaker's readings over time: leakage against IΔn and its warning lines, and below it load and voltage.
import { useMemo } from "react";
import type { ReadingPoint } from "../../domain/http.ts";
import { useHouse } from "../data/house.tsx";
import type { Format } from "../format/format.ts";
import { timeTicks } from "../format/ticks.ts";
import { useLanguage } from "../i18n/language.tsx";
import { colours, fontFamily, priorityColours } from "../theme.ts";
import { Chart } from "./chart.tsx";

type Props = {
  points: readonly ReadingPoint[];
  ratedResidualCurrentMa: number;
  fromMs: number;
  toMs: number;
  /** Width of a window; a longer pause between two points is a gap in the line. */
  everyMs: number;
};
type Pair = [number, number | null];

/** `[time, value]` with a null where readings are missing, so that no line is drawn over silence. */
export const withGaps = (
  points: readonly ReadingPoint[],
  everyMs: number,
  value: (point: ReadingPoint) => number | null,
): Pair[] => {
  const pairs: Pair[] = [];
  let lastMs: number | null = null;
  for (const point of points) {
    const atMs = Date.parse(point.at);
    if (lastMs !== null && atMs - lastMs > 2.5 * everyMs) pairs.push([lastMs + everyMs, null]);
    pairs.push([atMs, value(point)]);
    lastMs = atMs;
  }
  return pairs;
};

const line = (name: string, data: Pair[], color: string, more: object = {}) => ({
  type: "line",
  name,
  data,
  showSymbol: data.length < 3,
  symbolSize: 5,
  connectNulls: false,
  animation: false,
  itemStyle: { color },
  lineStyle: { width: 2, color },
  ...more,
});

const axes = ({ fromMs, toMs }: Props, format: Format, timeZone: string) => {
  const customValues = timeTicks(fromMs, toMs, timeZone);
  const days = toMs - fromMs > 48 * 3_600_000;
  return {
    textStyle: { fontFamily, color: colours.quietInk },
    aria: { enabled: true },
    grid: { left: 46, right: 46, top: 24, bottom: 26 },
    tooltip: {
      trigger: "axis",
      confine: true,
      axisPointer: { label: { show: false } },
      valueFormatter: (value: unknown) => (typeof value === "number" ? value.toFixed(1) : "–"),
    },
    xAxis: {
      type: "value",
      min: fromMs,
      max: toMs,
      splitLine: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: true, customValues },
      axisLabel: {
        customValues,
        hideOverlap: true,
        color: colours.quietInk,
        formatter: (value: number) => (days ? format.dayMonth(value) : format.clock(value)),
      },
      axisPointer: { label: { formatter: ({ value }: { value: number }) => format.fullTime(value) } },
    },
  };
};

/** Puts the time in the township's zone above the values of a tooltip. */
const withTime = (option: ReturnType<typeof axes>, format: Format, units: string[]) => ({
  ...option,
  tooltip: {
    ...option.tooltip,
    formatter: (items: { seriesName: string; seriesIndex: number; marker: string; value: Pair }[]) => {
      const time = items[0] === undefined ? "" : format.fullTime(items[0].value[0]);
      const rows = items
        .filter((item) => item.value[1] !== null)
        .map(
          (i) => `${i.marker}${i.seriesName} <b>${i.value[1]?.toFixed(1)} ${units[i.seriesIndex] ?? ""}</b>`,
        );
      return [time, ...rows].join("<br/>");
    },
  },
});

const valueAxis = (name: string, more: object = {}) => ({
  type: "value",
  name,
  nameTextStyle: { align: "center", color: colours.quietInk },
  splitLine: { lineStyle: { color: "#edf0ee" } },
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: { color: colours.quietInk },
  ...more,
});

/** The end of an axis: the next multiple of a fifth of the decade, so that 34.5 becomes 36 and 345 becomes 360. */
const niceCeiling = (value: number): number => {
  const step = 10 ** Math.floor(Math.log10(Math.max(value, 1))) / 5;
  return Math.ceil(value / step) * step;
};

const LeakageChart = (props: Props) => {
  const { points, ratedResidualCurrentMa: rated, everyMs } = props;
  const { format, timeZone } = useHouse();
  const { words } = useLanguage();
  const option = useMemo(() => {
    const highest = points.reduce((max, p) => Math.max(max, p.residualCurrentMaMax ?? 0), 0);
    const mark = (value: number, name: string, color: string, type: string, position = "insideStartTop") => ({
      yAxis: value,
      name,
      lineStyle: { color, type, width: 1.5 },
      label: { formatter: `${name} ${format.quantity(value, "mA", 0)}`, position, color },
    });
    return {
      ...withTime(axes(props, format, timeZone), format, ["mA", "mA"]),
      yAxis: valueAxis("", {
        min: 0,
        max: niceCeiling(Math.max(rated * 1.15, highest * 1.05)),
        axisLabel: { color: colours.quietInk, showMaxLabel: false },
      }),
      series: [
        line(
          words.breaker.mean,
          withGaps(points, everyMs, (p) => p.residualCurrentMa),
          colours.brand,
          {
            markLine: {
              silent: true,
              symbol: "none",
              animation: false,
              data: [
                mark(rated, words.breaker.ratedLine, priorityColours.high, "solid"),
                mark(rated * 0.6, words.breaker.warningLine, priorityColours.medium, "dashed"),
                mark(rated * 0.5, words.breaker.halfLine, colours.quietInk, "dotted", "insideStartBottom"),
              ],
            },
          },
        ),
        line(
          words.breaker.maximum,
          withGaps(points, everyMs, (p) => p.residualCurrentMaMax),
          "#7fb59d",
          {
            lineStyle: { width: 1, color: "#7fb59d" },
          },
        ),
      ],
    };
  }, [props, points, rated, everyMs, format, timeZone, words]);
  return <Chart option={option} heightPx={260} label={words.breaker.leakage} />;
};

const LoadChart = (props: Props) => {
  const { points, everyMs } = props;
  const { format, timeZone } = useHouse();
  const { words } = useLanguage();
  const option = useMemo(
    () => ({
      ...withTime(axes(props, format, timeZone), format, ["A", "V"]),
      yAxis: [
        valueAxis("A", { min: 0 }),
        valueAxis("V", { scale: true, splitLine: { show: false }, minInterval: 5 }),
      ],
      series: [
        line(
          words.breaker.loadCurrent,
          withGaps(points, everyMs, (p) => p.loadCurrentA),
          "#3b6ea5",
        ),
        line(
          words.breaker.voltage,
          withGaps(points, everyMs, (p) => p.voltageV),
          "#9a7bb0",
          {
            yAxisIndex: 1,
            lineStyle: { width: 1.5, color: "#9a7bb0", type: "dashed" },
          },
        ),
      ],
    }),
    [props, points, everyMs, format, timeZone, words],
  );
  return <Chart option={option} heightPx={200} label={words.breaker.loadAndVoltage} />;
};

export const ReadingCharts = (props: Props) => {
  const { words } = useLanguage();
  return (
    <>
      <h3>
        {words.breaker.leakage}
        <small className="chart-legend">
          <span>
            <i style={{ background: colours.brand }} /> {words.breaker.mean}
          </span>
          <span>
            <i style={{ background: "#7fb59d" }} /> {words.breaker.maximum}
          </span>
        </small>
      </h3>
      <LeakageChart {...props} />
      <h3>
        {words.breaker.loadAndVoltage}
        <small className="chart-legend">
          <span>
            <i style={{ background: "#3b6ea5" }} /> {words.breaker.loadCurrent} (A)
          </span>
          <span>
            <i style={{ background: "#9a7bb0" }} /> {words.breaker.voltage} (V)
          </span>
        </small>
      </h3>
      <LoadChart {...props} />
    </>
  );
};
