// A report as a page to print: A4 landscape, everything in one file, nothing that could run.
import { escapeHtml } from "../domain/html.ts";
import type { ReportLanguage } from "../domain/http-reports.ts";
import { cellFormatter } from "./cells.ts";
import { rateChart } from "./chart.ts";
import type { Report } from "./report.ts";
import { type ReportTable, reportTables } from "./tables.ts";
import { reportWords } from "./texts.ts";

const style = `
@page { size: A4 landscape; margin: 12mm 10mm; }
* { box-sizing: border-box; }
body { font: 11px/1.45 "Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "Helvetica Neue", Arial, sans-serif; color: #16202c; margin: 0 auto; max-width: 1120px; padding: 16px; }
h1 { font-size: 20px; margin: 0 0 2px; }
h2 { font-size: 14px; margin: 22px 0 6px; break-after: avoid; }
p { margin: 2px 0; } .quiet { color: #56657a; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; } tr { break-inside: avoid; }
th, td { border: 1px solid #c3ccd8; padding: 3px 5px; text-align: right; }
th { background: #e8eff7; font-weight: 600; text-align: center; vertical-align: middle; }
td.text, th.text { text-align: left; overflow-wrap: anywhere; }
tr.total td { font-weight: 700; background: #f5f8fb; }
td.short { color: #b3261e; font-weight: 600; }
.chart { margin-top: 10px; break-inside: avoid; } svg { max-width: 100%; height: auto; }
@media print { body { max-width: none; padding: 0; } }
`;

const tableHtml = (table: ReportTable, language: ReportLanguage): string => {
  const show = cellFormatter(language);
  const head = table.columns
    .map(
      ({ label, format }) =>
        `<th scope="col"${format === "text" ? ' class="text"' : ""}>${escapeHtml(label)}</th>`,
    )
    .join("");
  const body = table.rows
    .map((row, i) => {
      const isTotal = table.hasTotal && i === table.rows.length - 1;
      const cells = row.map((value, at) => {
        const format = table.columns[at]?.format ?? "text";
        const isShort = format === "points" && typeof value === "number" && value < 0;
        const mark = format === "text" ? ' class="text"' : isShort ? ' class="short"' : "";
        return `<td${mark}>${escapeHtml(show(value, format))}</td>`;
      });
      return `<tr${isTotal ? ' class="total"' : ""}>${cells.join("")}</tr>`;
    })
    .join("\n");
  const none = reportWords[language].none;
  return `<h2>${escapeHtml(table.title)}</h2>
${table.rows.length === 0 ? `<p class="quiet">${escapeHtml(none)}</p>` : `<table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table>`}`;
};

/** The report as one HTML document. */
export const reportHtml = (report: Report, language: ReportLanguage): string => {
  const words = reportWords[language];
  const title = `${words.title[report.period.kind]} · ${report.township.name}`;
  const when = new Intl.DateTimeFormat(language, {
    dateStyle: "long",
    timeStyle: "medium",
    timeZone: report.timeZone,
  }).format(report.computedAtMs);
  const officers = report.villagesWithoutOfficer.map(({ name }) => name).join("、") || words.none;
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} ${report.period.firstDate}</title><style>${style}</style></head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(words.period)}: ${report.period.firstDate} ${escapeHtml(words.to)} ${report.lastDate} · ${escapeHtml(words.timeZone)} ${escapeHtml(report.timeZone)}</p>
<p class="quiet">${escapeHtml(words.computedAt)}: ${escapeHtml(when)}. ${escapeHtml(words.basis)}</p>
<p>${escapeHtml(words.noOfficer)}: ${escapeHtml(officers)}</p>
<div class="chart">${rateChart(report, language)}</div>
${reportTables(report, language)
  .map((table) => tableHtml(table, language))
  .join("\n")}
</body></html>
`;
};
