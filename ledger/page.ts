// The test ledger to be printed: twelve rows a page, each supply station beginning a page of its own, on A4 across.
import { escapeHtml } from "../domain/html.ts";
import type { TestRecord } from "../domain/http-tests.ts";
import { type LedgerLanguage, ledgerColumns, ledgerWords, localMinute } from "./table.ts";

/** As the printed forms have it (DOMAIN.md, "Records that supply stations keep"). */
export const rowsPerPage = 12;

const styles = `
@page { size: A4 landscape; margin: 12mm; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #000; font: 10pt/1.35 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
section { break-after: page; }
section:last-child { break-after: auto; }
h1 { margin: 0 0 2mm; font-size: 16pt; text-align: center; }
.head, .foot { display: flex; justify-content: space-between; gap: 6mm; margin: 0 0 2mm; }
.foot { margin: 3mm 0 0; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: 1mm 1.5mm; border: 0.3mm solid #000; text-align: center; vertical-align: middle; overflow-wrap: anywhere; }
td { height: 10.5mm; }
.n { width: 11mm; }
.narrow { width: 21mm; }
th { padding: 1mm 0.5mm; font-size: 9pt; }
.sign { min-width: 40mm; }
@media screen { body { background: #e8e8e8; } section { width: 297mm; margin: 6mm auto; padding: 12mm; background: #fff; box-shadow: 0 0 3mm #aaa; } }
`;

const narrow: ReadonlySet<string> = new Set(["kind", "current", "breakTime", "operation", "tester"]);

/** Tests, one page after another: those of one supply station together, twelve at most. */
const pagesOf = (tests: readonly TestRecord[]): { station: string | null; tests: TestRecord[] }[] => {
  const pages: { station: string | null; tests: TestRecord[] }[] = [];
  for (const test of tests) {
    const last = pages.at(-1);
    if (last !== undefined && last.station === test.supplyStation && last.tests.length < rowsPerPage)
      last.tests.push(test);
    else pages.push({ station: test.supplyStation, tests: [test] });
  }
  return pages;
};

/**
 * The ledger as one HTML document that loads nothing and runs nothing. `tests` by station and time; `from` and `to` are
 * the first and last local day that it speaks of.
 */
export const ledgerPage = (
  tests: readonly TestRecord[],
  about: { language: LedgerLanguage; timeZone: string; from: string; to: string; printedAt: string },
): string => {
  const words = ledgerWords[about.language];
  const columns = ledgerColumns(about.language, about.timeZone).filter(({ onPaper }) => onPaper);
  const head = `<tr><th class="n">${words.number}</th>${columns
    .map(({ key }) => `<th${narrow.has(key) ? ' class="narrow"' : ""}>${escapeHtml(words.columns[key])}</th>`)
    .join("")}</tr>`;
  const row = (test: TestRecord | undefined, number: number): string =>
    `<tr><td>${test === undefined ? "" : number}</td>${columns
      .map(({ value }) => `<td>${test === undefined ? "" : escapeHtml(String(value(test) ?? ""))}</td>`)
      .join("")}</tr>`;
  const pages = pagesOf(tests);
  const sections = pages.map(({ station, tests: onPage }, i) => {
    const before = pages.slice(0, i).reduce((n, page) => n + page.tests.length, 0);
    const rows = Array.from({ length: rowsPerPage }, (_, at) => row(onPage[at], before + at + 1));
    return `<section><h1>${words.title}</h1>
<div class="head"><span>${words.station}: ${escapeHtml(station ?? words.noStation)}</span><span>${words.period}: ${about.from} ${words.until} ${about.to}</span></div>
<table><thead>${head}</thead><tbody>${rows.join("\n")}</tbody></table>
<div class="foot"><span class="sign">${words.checked}:</span><span>${words.page(i + 1, pages.length)}</span><span>${words.printed}: ${localMinute(about.printedAt, about.timeZone)}</span></div></section>`;
  });
  const body =
    sections.length > 0
      ? sections.join("\n")
      : `<section><h1>${words.title}</h1><p>${words.none}</p></section>`;
  return `<!doctype html>
<html lang="${words.lang}"><head><meta charset="utf-8"><title>${words.title}</title><style>${styles}</style></head>
<body>${body}</body></html>
`;
};
