// CSV as people save it: encodings, delimiters, headings and words of the field, and what is wrong with a row.
import { expect, test } from "vitest";
import { reasonIn } from "../../domain/registry-reasons.ts";
import { encodeGb18030 } from "../../registry/gb18030.ts";
import { readRegistryTable } from "../../registry/table-read.ts";
import type { NumberedRow } from "../../storage/registry-check.ts";

const read = async (bytes: Buffer | string) => {
  const good: NumberedRow[] = [];
  const outcome = await readRegistryTable(Buffer.from(bytes), (batch) => {
    good.push(...batch);
  });
  return { ...outcome, good };
};

const chinese = [
  "户主,村（社区）,村编号,镇街,镇街编号,台区,台区编号,户号,地址,是否有人居住,保护器编号,级别,额定剩余动作电流 (mA),安装日期,拆除日期,供电所",
  "张三,上村,V1,某镇,T,上村一台区,A1,H1,幸福路1号,是,B1,户保,30mA,2026年1月5日,,城东供电所",
  ",上村,V1,某镇,T,上村一台区,A1,,,,M1,总保,３００,2025/12/31,20260301,城东供电所",
].join("\n");

test("reads Chinese headings in any order and the words of the field", async () => {
  const { good, errors } = await read(chinese);
  expect(errors).toEqual([]);
  expect(good.map(({ row }) => row)).toMatchObject([
    {
      villageName: "上村",
      householder: "张三",
      inhabited: true,
      level: "household",
      ratedResidualCurrentMa: 30,
      installedOn: "2026-01-05",
      supplyStation: "城东供电所",
    },
    {
      householdId: null,
      inhabited: null,
      level: "main",
      ratedResidualCurrentMa: 300,
      installedOn: "2025-12-31",
      removedOn: "2026-03-01",
    },
  ]);
  expect(good[0]?.row).not.toHaveProperty("walkingOrder");
});

test.each([
  ["GB18030", encodeGb18030(chinese), { encoding: "gb18030", delimiter: "," }],
  ["UTF-8 with its mark", Buffer.from(`\ufeff${chinese}`), { encoding: "utf-8", delimiter: "," }],
  [
    "UTF-16 with tabs",
    Buffer.from(`\ufeff${chinese.replaceAll(",", "\t")}`, "utf16le"),
    { encoding: "utf-16le", delimiter: "\t" },
  ],
  ["semicolons", Buffer.from(chinese.replaceAll(",", ";")), { encoding: "utf-8", delimiter: ";" }],
])("reads %s", async (_, bytes, form) => {
  const expected = await read(chinese);
  const found = await read(bytes);
  expect(found.form).toEqual({ format: "csv", ...form });
  expect(found.errors).toEqual([]);
  expect(found.good).toEqual(expected.good);
});

test("takes empty cells beyond the last column, as spreadsheets write them, and no others", async () => {
  const wide = chinese
    .split("\n")
    .map((line) => `${line},,`)
    .join("\n");
  expect((await read(wide)).errors).toEqual([]);
  const more = chinese.replace("城东供电所\n", "城东供电所,more\n");
  expect((await read(more)).errors).toEqual([{ line: 2, reason: "has 17 cells where the header has 16" }]);
});

test("names line, column as the file calls it, and reason in both languages", async () => {
  const { errors } = await read(chinese.replace(",是,", ",也许,").replace("户保", "户里"));
  expect(errors.map(({ line, field, heading }) => [line, field, heading])).toEqual([
    [2, "inhabited", "是否有人居住"],
    [2, "level", "级别"],
  ]);
  expect(errors.map((e) => reasonIn("zh", e.reason))).toEqual(["应为“是”或“否”", "应为“总保”“中保”或“户保”"]);
});

test("has Chinese for every reason that a row can be refused for", async () => {
  const table = [
    "townshipId,townshipName,villageId,villageName,areaId,areaName,householdId,address,inhabited,breakerId,level,ratedResidualCurrentMa,installedOn,removedOn,walkingOrder,officerId,officerName,householder",
    ",,V,V,A,A,H,,,B,household,0,2026-01-01,,-1,O,,",
    "T,T,V,V,A,A,,x,true,,household,20000,2026-02-30,x,1.5,,n,h",
    `T,${"x".repeat(300)},V,V,A,A,H,,true,B,main,abc,2026-01-02,2026-01-01,,,,`,
    "T,T,V,V,A,A,,,,B,household,30,,,,,,",
    "T,T,V,V,A,A,H,,true,B,main,30,2026-01-02,2026-01-01,,,n,",
    "T,T,V,V,A,A,,x,true,,household,30,,,1,O,,h",
    "T,T,V,V,A,A,H,,,,,,,,,,,",
    "short",
  ].join("\n");
  const { errors } = await read(table);
  expect(errors.length).toBeGreaterThan(15);
  const fromStore = [
    "village V1 has townshipId 'T2' here, but 'T' on line 2",
    "household H has address empty here, but 'x\ny' on line 2",
    "breaker B1 already stands on line 2",
    "G1 is the id of a gateway; a breaker's id must be its own",
    "household H1 moves, but its breaker B1 in transformer area A is not in this table",
    "the header lacks areaName, level and has unknown 'x', 'y' and repeats address",
    "the header has unknown 'areaTitle'",
    "is empty; the header must be a,b",
    "is a formula; put its value there",
    "has a time of day; it must be a date only",
  ];
  for (const reason of [...errors.map((e) => e.reason), ...fromStore])
    expect(reasonIn("zh", reason), reason).toMatch(/\p{Script=Han}/u);
  expect(reasonIn("zh", fromStore[0] ?? "")).toBe("村(社区) V1 的镇街编号此处为“T2”，第 2 行为“T”");
  expect(reasonIn("zh", fromStore[5] ?? "")).toBe("表头缺少 台区、级别；不认识 'x', 'y'；重复 地址");
});

test("stops at its bounds", async () => {
  const [head] = chinese.split("\n");
  expect((await read(`${head}\n${"x".repeat(100_000)}`)).errors[0]?.reason).toMatch(/Max Record Size/);
  expect((await read("")).errors[0]?.reason).toMatch(/^is empty/);
  expect((await read(Buffer.from([0xc9, 0xff, 0x0a]))).errors[0]?.reason).toMatch(
    /neither UTF-8 nor GB18030/,
  );
});
