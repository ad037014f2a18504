// Workbooks as Excel, WPS and attackers make them.
import { expect, test } from "vitest";
import { registryColumns } from "../../domain/registry.ts";
import { readRegistryTable } from "../../registry/table-read.ts";
import type { NumberedRow } from "../../storage/registry-check.ts";
import { workbookOf, zipOf } from "./workbooks.ts";

const read = async (bytes: Buffer) => {
  const good: NumberedRow[] = [];
  const outcome = await readRegistryTable(bytes, (batch) => {
    good.push(...batch);
  });
  return { ...outcome, good };
};
const letter = (column: number) => String.fromCharCode(65 + column);
const text = (value: string) => `t="inlineStr"><is><t>${value}</t></is></c>`;
const header = `<row r="1">${registryColumns.map((name, i) => `<c r="${letter(i)}1" ${text(name)}`).join("")}</row>`;

/** A row of a good household breaker; `cells` replace what stands after `<c r="…" `. */
const rowOf = (line: number, cells: Partial<Record<(typeof registryColumns)[number], string>> = {}) => {
  const usual: Record<string, string> = {
    townshipId: text("T"),
    townshipName: text("某镇"),
    villageId: text("V"),
    villageName: text("上村"),
    areaId: text("A"),
    areaName: text("一台区"),
    householdId: `><v>1001</v></c>`,
    inhabited: `t="b"><v>1</v></c>`,
    breakerId: text("B"),
    level: text("户保"),
    ratedResidualCurrentMa: `><v>30</v></c>`,
    installedOn: text("2026-01-01"),
    ...cells,
  };
  return `<row r="${line}">${registryColumns
    .map((name, i) => (usual[name] === undefined ? "" : `<c r="${letter(i)}${line}" ${usual[name]}`))
    .join("")}</row>`;
};
const reasonsOf = async (bytes: Buffer) => (await read(bytes)).errors.map((e) => e.reason);

test("reads numbers, truths, shared and rich strings without their readings, and dates by their style", async () => {
  const styles =
    '<numFmts><numFmt numFmtId="170" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;"/><numFmt numFmtId="171" formatCode="[Red]0.0&quot;day&quot;"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/><xf numFmtId="31"/></cellXfs>';
  const strings =
    "<si><t>幸福路</t></si><si><r><t>上</t></r><r><rPr/><t>村</t></r><rPh><t>シャン</t></rPh></si><si><t>a_x000D_b</t></si>";
  const { good, errors, form } = await read(
    workbookOf({
      hiddenFirst: true,
      styles,
      strings,
      rows:
        header +
        rowOf(3, {
          address: 't="s"><v>0</v></c>',
          villageName: 't="s"><v>1</v></c>',
          areaName: 't="s"><v>2</v></c>',
          installedOn: 's="1"><v>46023</v></c>',
          removedOn: 's="2"><v>46082</v></c>',
        }) +
        rowOf(7, {
          villageName: 't="s"><v>1</v></c>',
          areaName: 't="s"><v>2</v></c>',
          householdId: "><v>1002</v></c>",
          breakerId: text("B2"),
          ratedResidualCurrentMa: 's="3"><v>37.5</v></c>',
          installedOn: 's="4"><v>1</v></c>',
        }),
    }),
  );
  expect(errors).toEqual([]);
  expect(form).toEqual({ format: "xlsx", sheet: "台账", otherSheets: 0 });
  expect(good).toMatchObject([
    {
      line: 3,
      row: {
        householdId: "1001",
        inhabited: true,
        address: "幸福路",
        villageName: "上村",
        areaName: "a\rb",
        installedOn: "2026-01-01",
        removedOn: "2026-03-01",
        ratedResidualCurrentMa: 30,
      },
    },
    { line: 7, row: { ratedResidualCurrentMa: 37.5, installedOn: "1899-12-31" } },
  ]);
});

test("knows workbooks whose days are counted from 1904", async () => {
  const { good } = await read(
    workbookOf({
      workbookPr: '<workbookPr date1904="1"/>',
      styles: '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>',
      rows: header + rowOf(2, { installedOn: 's="1"><v>44561</v></c>' }),
    }),
  );
  expect(good[0]?.row.installedOn).toBe("2026-01-01");
});

test("takes no formula's cached value, no spreadsheet error, no time of day, and no number that lost its digits", async () => {
  const { errors } = await read(
    workbookOf({
      styles: '<cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs>',
      rows:
        header +
        rowOf(2, { ratedResidualCurrentMa: "><f>10*3</f><v>30</v></c>" }) +
        rowOf(3, { villageName: 't="e"><v>#N/A</v></c>' }) +
        rowOf(4, { installedOn: 's="1"><v>46023.5</v></c>' }) +
        rowOf(5, { breakerId: "><v>1.2345678901234568E+17</v></c>" }) +
        rowOf(6, { address: 't="str"><f>A1</f><v>x</v></c>' }),
    }),
  );
  expect(errors.map((e) => [e.line, e.field, e.heading, e.reason])).toEqual([
    [2, "ratedResidualCurrentMa", "ratedResidualCurrentMa", "is a formula; put its value there"],
    [3, "villageName", "villageName", "is an error of the spreadsheet (#N/A)"],
    [4, "installedOn", "installedOn", "has a time of day; it must be a date only"],
    [
      5,
      "breakerId",
      "breakerId",
      "is a number of more than 15 digits, which a spreadsheet cannot keep; make the column text",
    ],
    [6, "address", "address", "is a formula; put its value there"],
  ]);
});

test("refuses what is no workbook, in words", async () => {
  expect(await reasonsOf(Buffer.from("PK\x03\x04 and nothing else"))).toEqual([
    expect.stringContaining("is no workbook (.xlsx) that can be opened"),
  ]);
  expect(await reasonsOf(zipOf([{ name: "word.xml", text: "<x/>" }]))).toEqual([
    "is no workbook: it lacks _rels/.rels",
  ]);
  expect(await reasonsOf(workbookOf({ rows: "<row><c></row>" }))).toEqual([
    expect.stringMatching(/^is no workbook that can be read: /),
  ]);
  expect(await reasonsOf(workbookOf({ rows: "" }))).toEqual([expect.stringMatching(/^is empty/)]);
  expect(await reasonsOf(workbookOf({ rows: `${header}<row r="2"><c r="ZZ2" ${text("x")}</row>` }))).toEqual([
    "has content beyond column 100",
  ]);
});

test("does not unpack a bomb, an entity or a piece without end", async () => {
  const blank = Buffer.alloc(64 * 1024 * 1024, " ").toString();
  const beforeMiB = process.memoryUsage().rss / 2 ** 20;
  expect(await reasonsOf(workbookOf({ rows: header, claimedBytes: 2 ** 31 }))).toEqual([
    expect.stringContaining("is too large: its xl/worksheets/sheet1.xml holds more than"),
  ]);
  // It claims little and holds much.
  expect(await reasonsOf(workbookOf({ rows: header + blank, claimedBytes: 1_000 }))).toEqual([
    expect.stringContaining("is damaged"),
  ]);
  const comment = `${header}<!--${"< ".repeat(4_000_000)}-->`;
  for (const rows of [header + blank, comment])
    expect(await reasonsOf(workbookOf({ rows }))).toEqual(["is no workbook: a piece of its XML is too long"]);
  const prolog = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>';
  expect(await reasonsOf(workbookOf({ prolog, rows: header }))).toEqual([
    expect.stringContaining("document type"),
  ]);
  expect(process.memoryUsage().rss / 2 ** 20 - beforeMiB).toBeLessThan(500);
});
