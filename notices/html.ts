// HTML that cannot be broken by what names and notes hold: every value is escaped unless it is markup made here.
import { escapeHtml } from "../domain/html.ts";

const markup = Symbol("markup");
/** Markup that was made by `html`. */
export type Markup = { readonly [markup]: string };

/** Text as it may stand in an element or in a quoted attribute; control characters that HTML forbids are dropped. */
const escaped = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  escapeHtml(text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, ""));

export type Value = Markup | string | number | null | readonly Value[];

const render = (value: Value): string => {
  if (value === null) return "";
  if (typeof value === "string" || typeof value === "number") return escaped(String(value));
  if (Array.isArray(value)) return value.map(render).join("");
  return (value as Markup)[markup];
};

/** A template whose values are escaped; markup and lists of it go in as they are, null is nothing. */
export const html = (strings: TemplateStringsArray, ...values: Value[]): Markup => ({
  [markup]: strings.reduce((text, part, i) => text + render(values[i - 1] ?? null) + part),
});

/** The text of markup. */
export const textOf = (value: Markup): string => value[markup];

/** Styles of every printed page: A4, black on white, readable without a screen's colours. */
const styles = `
@page { size: A4; margin: 14mm 16mm; }
* { box-sizing: border-box; }
html { background: #fff; color: #000; }
body { margin: 0 auto; max-width: 180mm; padding: 8mm 0; font: 11pt/1.5 "Noto Serif CJK SC", "Source Han Serif SC", SimSun, "Songti SC", serif; }
h1 { margin: 0; font-size: 19pt; text-align: center; letter-spacing: 0.12em; }
html[lang="en"] h1 { letter-spacing: 0; }
h2 { margin: 5mm 0 1.5mm; font-size: 12.5pt; }
p { margin: 0 0 1.5mm; }
table { width: 100%; border-collapse: collapse; }
table + table { margin-top: -0.3mm; }
th, td { padding: 1.5mm 2mm; border: 0.3mm solid #000; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; }
thead { display: table-header-group; }
tr, .keep { break-inside: avoid; }
.copy { break-after: page; }
.copy:last-child { break-after: auto; }
.head { display: flex; justify-content: space-between; margin: 2mm 0; }
.facts th { width: 22mm; white-space: nowrap; }
.big th { width: 22mm; }
.big td { white-space: pre-line; }
.sign td { height: 18mm; }
.small { font-size: 9pt; color: #333; }
.chart { display: block; width: 100%; height: auto; }
.mark { width: 24mm; }
.box { display: inline-block; width: 3.5mm; height: 3.5mm; margin-right: 1mm; border: 0.3mm solid #000; vertical-align: -0.4mm; }
.high { font-weight: 700; }
@media screen { body { padding: 8mm; box-shadow: 0 0 4mm #bbb; margin: 6mm auto; max-width: 210mm; } }
`;

/** A whole page to be printed. It runs no script and loads nothing. */
export const printPage = (lang: "zh-CN" | "en", title: string, body: Value): string =>
  `<!doctype html>\n${textOf(html`<html lang="${lang}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<style>${{ [markup]: styles }}</style></head>
<body>${body}</body></html>`)}\n`;
