// The small chart on a notice: the largest residual current of each window of the day before, against IΔn.
import { html, type Markup, type Value } from "./html.ts";

export type ChartPoint = { atMs: number; valueMa: number };
export type ChartWords = { residualCurrent: string; time(atMs: number): string };

const size = { width: 640, height: 170, left: 46, right: 12, top: 12, bottom: 26 };

const niceTop = (max: number): number => {
  const step = 10 ** Math.floor(Math.log10(max));
  return [1, 1.5, 2, 3, 4, 5, 7.5, 10].map((n) => n * step).find((top) => top >= max) ?? max;
};

/** An SVG of the points between `fromMs` and `toMs`; windows without a reading leave a gap. Null without points. */
export const leakageChart = (
  points: readonly ChartPoint[],
  of: { fromMs: number; toMs: number; everyMs: number; ratedMa: number | null },
  words: ChartWords,
): Markup | null => {
  if (points.length === 0) return null;
  const topMa = niceTop(Math.max(1, (of.ratedMa ?? 0) * 1.1, ...points.map((p) => p.valueMa)));
  const x = (atMs: number) =>
    size.left + ((atMs - of.fromMs) / (of.toMs - of.fromMs)) * (size.width - size.left - size.right);
  const y = (ma: number) => size.height - size.bottom - (ma / topMa) * (size.height - size.top - size.bottom);
  const line = (ma: number, dash: string, label: string): Markup =>
    html`<line x1="${size.left}" x2="${size.width - size.right}" y1="${round(y(ma))}" y2="${round(y(ma))}" stroke="#000" stroke-width="0.7" stroke-dasharray="${dash}"/><text x="${size.left - 4}" y="${round(y(ma) + 3.5)}" text-anchor="end">${label}</text>`;
  const ticks: Value[] = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const atMs = of.fromMs + share * (of.toMs - of.fromMs);
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    return html`<text x="${round(x(atMs))}" y="${size.height - 8}" text-anchor="${anchor}">${words.time(atMs)}</text>`;
  });
  return html`<svg class="chart" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${words.residualCurrent}" font-size="10" font-family="sans-serif" xmlns="http://www.w3.org/2000/svg">
${line(0, "none", "0")}${of.ratedMa === null ? line(topMa, "1 3", `${topMa} mA`) : line(of.ratedMa, "5 3", `IΔn ${of.ratedMa}`)}
<path d="${path(points, of.everyMs, x, y)}" fill="none" stroke="#000" stroke-width="1.4" stroke-linejoin="round"/>${ticks}</svg>`;
};

const round = (n: number): number => Math.round(n * 10) / 10;

const path = (
  points: readonly ChartPoint[],
  everyMs: number,
  x: (atMs: number) => number,
  y: (ma: number) => number,
): string =>
  points
    .map(({ atMs, valueMa }, i) => {
      const before = points[i - 1];
      const gap = before === undefined || atMs - before.atMs > 2 * everyMs;
      // A window alone still shows: the line goes on to its end.
      const step = `${gap ? "M" : "L"}${round(x(atMs))} ${round(y(valueMa))}`;
      return `${step}L${round(x(atMs + everyMs / 2))} ${round(y(valueMa))}`;
    })
    .join("");
