// The report's chart as SVG: the household breakers' operational rate of every village, now and before, against the target.
import { escapeHtml } from "../domain/html.ts";
import type { ReportLanguage } from "../domain/http-reports.ts";
import { cellFormatter } from "./cells.ts";
import type { Report } from "./report.ts";
import { reportWords } from "./texts.ts";

const barHeight = 16;
const gap = 8;
const labelWidth = 170;
const barWidth = 620;
const valueWidth = 110;
/** More bars than these are not read any more; the worst are shown. */
const maxVillages = 40;

/** Bars sorted by rate, worst first; a village without a rate is left out. */
export const rateChart = (report: Report, language: ReportLanguage): string => {
  const words = reportWords[language];
  const show = cellFormatter(language);
  const villages = report.villages
    .flatMap((row) => {
      const rate = row.levels.household.operationalRate;
      const before = report.before?.villages.get(row.id)?.levels.household.operationalRate ?? null;
      return rate === null
        ? []
        : [{ name: row.name, rate, before, target: row.levels.household.operationalTarget }];
    })
    .toSorted((a, b) => a.rate - b.rate)
    .slice(0, maxVillages);
  const height = 46 + villages.length * (barHeight + gap);
  const width = labelWidth + barWidth + valueWidth;
  const bars = villages.map(({ name, rate, before, target }, i) => {
    const y = 40 + i * (barHeight + gap);
    const x = (value: number) => labelWidth + Math.min(Math.max(value, 0), 1) * barWidth;
    const color = rate >= target ? "#2e7d4f" : "#c2571a";
    const mark =
      before === null
        ? ""
        : `<line x1="${x(before).toFixed(1)}" x2="${x(before).toFixed(1)}" y1="${y - 2}" y2="${y + barHeight + 2}" stroke="#16202c" stroke-width="2"/>`;
    return `<text x="${labelWidth - 8}" y="${y + 12}" text-anchor="end">${escapeHtml(name.slice(0, 14))}</text>
<rect x="${labelWidth}" y="${y}" width="${barWidth}" height="${barHeight}" fill="#edf1f6"/>
<rect x="${labelWidth}" y="${y}" width="${(x(rate) - labelWidth).toFixed(1)}" height="${barHeight}" fill="${color}"/>
<line x1="${x(target).toFixed(1)}" x2="${x(target).toFixed(1)}" y1="${y - 3}" y2="${y + barHeight + 3}" stroke="#b3261e" stroke-dasharray="3 2"/>${mark}
<text x="${labelWidth + barWidth + 8}" y="${y + 12}">${escapeHtml(show(rate, "percent"))}</text>`;
  });
  const legend = `${words.chart} · ▎${words.before} · ┆${words.target}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeHtml(words.chart)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-size="12" fill="#16202c">
<text x="0" y="18" font-weight="600">${escapeHtml(legend)}</text>
${bars.join("\n")}
</svg>`;
};
