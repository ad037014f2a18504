// A report's forms: the same numbers in the workbook, the CSV and the page, and names that stay names.
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reportLanguages } from "../../domain/http-reports.ts";
import { cellFormatter, roundRate } from "../../reports/cells.ts";
import { reportCsv } from "../../reports/csv.ts";
import { reportHtml } from "../../reports/html.ts";
import { findChromium, printPdf } from "../../reports/pdf.ts";
import { reportTables } from "../../reports/tables.ts";
import { reportWorkbook } from "../../reports/workbook.ts";
import { findLibreOffice, numberOf, sheetsOf } from "../support/libreoffice.ts";
import { reportOf } from "./rows.ts";

const soffice = findLibreOffice();
const nastyNames = [
  '=HYPERLINK("http://x","y")',
  "+1+1",
  "-2+3",
  "@SUM(A1)",
  "\t=1",
  "'=1",
  "<script>alert(1)</script>",
  'a,b;c"d',
  "上河村\u0001\u000b",
  "]]>&amp;",
  "_x0041_",
];
const nameArbitrary = fc.oneof(
  fc.constantFrom(...nastyNames),
  fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
);

describe("the workbook", () => {
  it.skipIf(soffice === null)(
    "opens in LibreOffice with the numbers of the tables, on one sheet a level",
    async () => {
      for (const language of reportLanguages) {
        const report = reportOf(["上河村", "Lower village"]);
        const sheets = await sheetsOf(soffice ?? "", await reportWorkbook(report, language));
        const tables = reportTables(report, language);
        expect([...sheets.keys()]).toEqual(expect.arrayContaining(tables.map((table) => table.title)));
        for (const table of tables) {
          const [header, ...rows] = sheets.get(table.title) ?? [];
          expect(header).toEqual(table.columns.map(({ label }) => label));
          expect(rows).toHaveLength(table.rows.length);
          for (const [i, row] of table.rows.entries())
            for (const [at, value] of row.entries()) {
              const cell = rows[i]?.[at] ?? "";
              if (typeof value !== "number") expect(cell).toBe(value ?? "–");
              else {
                const wanted = table.columns[at]?.format === "percent" ? roundRate(value) : value;
                expect(numberOf(cell)).toBeCloseTo(wanted, 9);
              }
            }
        }
      }
    },
    240_000,
  );

  it.skipIf(soffice === null)(
    "shows names that look like formulas as they are",
    async () => {
      const sheets = await sheetsOf(soffice ?? "", await reportWorkbook(reportOf(nastyNames), "en"));
      const shown = (sheets.get("Summary") ?? []).slice(1, 1 + nastyNames.length).map((row) => row[1]);
      expect(shown).toEqual(
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML cannot hold them
        nastyNames.map((name) => name.replaceAll(/[\u0001\u000b]/g, "")),
      );
    },
    120_000,
  );

  it("can be written whatever a village is called", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(nameArbitrary, { minLength: 1, maxLength: 4 }), async (names) => {
        const bytes = await reportWorkbook(reportOf(names), "zh-CN");
        expect(bytes.subarray(0, 2).toString()).toBe("PK");
      }),
      { seed: 5, numRuns: 40 },
    );
  });
});

describe("the CSV", () => {
  it("never begins a cell with what a spreadsheet takes for a formula, and its numbers are plain", () => {
    fc.assert(
      fc.property(fc.array(nameArbitrary, { minLength: 1, maxLength: 4 }), (names) => {
        const text = reportCsv(reportOf(names), "en").toString("utf8");
        expect(text.startsWith("\ufeff")).toBe(true);
        for (const record of parse(text, { bom: true, relax_column_count: true }) as string[][])
          for (const cell of record)
            if (/^[=+\-@\t\r]/.test(cell)) expect(Number.isFinite(Number(cell))).toBe(true);
      }),
      { seed: 6, numRuns: 100 },
    );
  });
});

describe("the page", () => {
  it("holds no markup of a name, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(nameArbitrary, { minLength: 1, maxLength: 4 }), (names) => {
        const html = reportHtml(reportOf(names), "zh-CN");
        expect(html).not.toContain("<script");
        const tags = new Set([...html.matchAll(/<\/?([a-zA-Z][a-zA-Z0-9]*)/g)].map((match) => match[1]));
        const ours =
          "html head meta title style body h1 h2 p div svg text rect line table thead tbody tr th td";
        expect(ours.split(" ")).toEqual(expect.arrayContaining([...tags]));
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it("is printed as PDF by the Chromium that the machine has", async (context) => {
    const chromium = await findChromium(null);
    if (chromium === null) return context.skip("no Chromium on the path");
    const pdf = await printPdf(
      chromium,
      reportHtml(reportOf(["上河村"]), "zh-CN"),
      AbortSignal.timeout(60_000),
    );
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.length).toBeGreaterThan(10_000);
  }, 90_000);
});

describe("numbers", () => {
  it("never show 100 % for less than all", () => {
    const show = cellFormatter("en");
    expect(show(0.999999, "percent")).toBe("99.99%");
    expect(show(1, "percent")).toBe("100.00%");
    expect(show(-0.0123, "points")).toBe("-1.23%");
    expect(show(null, "percent")).toBe("–");
  });

  it("never show a target as met that is barely missed: neither in the rate nor in the gap", () => {
    const report = reportOf(["上河村"]);
    const { household } = report.total.levels;
    Object.assign(household, { operationalRate: 0.949_96, operationalTarget: 0.95, gap: -0.000_04 });
    const show = cellFormatter("en");
    for (const table of reportTables(report, "en").filter(
      ({ id }) => id === "summary" || id === "household",
    )) {
      const said = table.columns.map(({ label, format }, at) => [
        label.replace("Household ", ""),
        show(table.rows.at(-1)?.[at] ?? null, format),
      ]);
      expect(said).toEqual(
        expect.arrayContaining([
          ["Operational rate", "94.99%"],
          ["Gap", "-0.01%"],
        ]),
      );
    }
    for (let hundredths = 0; hundredths <= 10_000; hundredths++)
      expect(roundRate(hundredths / 10_000)).toBe(hundredths / 10_000);
  });

  it("tell how many of the tests passed, as a rate", () => {
    const table = reportTables(reportOf(["上河村"]), "zh-CN").find(({ id }) => id === "household");
    const at = table?.columns.findIndex(({ label }) => label === "试跳合格率") ?? -1;
    expect(table?.columns[at]?.format).toBe("percent");
    expect(table?.rows[0]?.[at]).toBe(0.5);
  });
});
