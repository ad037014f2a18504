// How many areas and houses had low voltage on each day.
import { useMemo } from "react";
import type { SupplyDay } from "../../domain/http-supply.ts";
import { useLanguage } from "../i18n/language.tsx";
import { colours, fontFamily, priorityColours } from "../theme.ts";
import { Chart } from "./chart.tsx";

const line = (name: string, data: number[], color: string, more: object = {}) => ({
  type: "line",
  name,
  data,
  step: "middle",
  showSymbol: data.length < 3,
  symbolSize: 6,
  animation: false,
  itemStyle: { color },
  lineStyle: { width: 2, color },
  ...more,
});

export const LowVoltageChart = ({ days }: { days: readonly SupplyDay[] }) => {
  const { words } = useLanguage();
  const option = useMemo(
    () => ({
      textStyle: { fontFamily, color: colours.quietInk },
      aria: { enabled: true },
      grid: { left: 40, right: 40, top: 28, bottom: 26 },
      tooltip: { trigger: "axis", confine: true },
      xAxis: {
        type: "category",
        data: days.map(({ day }) => day.slice(5)),
        axisLine: { lineStyle: { color: colours.line } },
        axisLabel: { hideOverlap: true, color: colours.quietInk },
      },
      yAxis: [words.supply.trendLow, words.supply.trendHouses].map((name, i) => ({
        type: "value",
        name,
        nameTextStyle: { align: i === 0 ? "left" : "right", color: colours.quietInk },
        min: 0,
        minInterval: 1,
        splitLine: { show: i === 0, lineStyle: { color: colours.line } },
        axisLabel: { color: colours.quietInk },
      })),
      series: [
        line(
          words.supply.trendLow,
          days.map(({ lowAreas }) => lowAreas),
          priorityColours.high,
          { areaStyle: { color: priorityColours.high, opacity: 0.12 } },
        ),
        line(
          words.supply.trendHouses,
          days.map(({ low }) => low),
          colours.brand,
          { yAxisIndex: 1, lineStyle: { width: 1.5, color: colours.brand, type: "dashed" } },
        ),
      ],
    }),
    [days, words],
  );
  return <Chart option={option} heightPx={220} label={words.supply.trend} />;
};
