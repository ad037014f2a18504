import { afterAll, beforeAll, expect, test } from "vitest";
import type { Problem } from "../../domain/http.ts";
import { allRegistryColumns } from "../../domain/registry.ts";
import { header, smallTable, startTestApi, type TestApi } from "./house.ts";

let house: TestApi;
beforeAll(async () => {
  house = await startTestApi();
});
afterAll(() => house.stop());

const refused = async (text: string | Uint8Array<ArrayBuffer>) => {
  const response = await house.importCsv(text);
  const body = (await response.json()) as Problem;
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  return { status: response.status, errors: body.errors ?? [], detail: body.detail ?? "" };
};

test("exports only the header while the registry is empty", async () => {
  const response = await house.request("/api/v1/registry/export");
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(`${allRegistryColumns.join(",")}\r\n`);
});

test("answers every bad line with its number and reason, and imports nothing", async () => {
  const { status, errors, detail } = await refused(
    [
      header,
      "T,Town,V1,Upper,A1,Upper 1,H1,Lane 1,true,B1,household,30,2026-01-01,",
      "T,Town,V1,Upper,A1,Upper 1,H2,Lane 2,perhaps,B2,household,30,2026-01-01,",
      'T,Town,V1,Upper,A1,Upper 1,H3,"Lane',
      '3",true,B 3,household,-1,2026-02-30,',
      "too,short",
      "",
      "T,Town,V1,Upper,A1,Upper 1,,,,M1,main,,2026-01-01,",
    ].join("\n"),
  );
  expect(status).toBe(422);
  expect(detail).toBe("nothing was imported: 4 lines are wrong");
  expect(errors.map((e) => [e.line, e.field])).toEqual([
    [3, "inhabited"],
    [4, "breakerId"],
    [4, "ratedResidualCurrentMa"],
    [4, "installedOn"],
    [6, undefined],
    [8, "ratedResidualCurrentMa"],
  ]);
  expect((await house.get<{ items: unknown[] }>("/villages")).body.items).toEqual([]);
});

test("says what is wrong with a header, an empty body, another encoding and a broken quote", async () => {
  expect((await refused(header.replace("areaName", "areaTitle"))).errors).toEqual([
    { line: 1, reason: "the header lacks areaName and has unknown 'areaTitle'" },
  ]);
  expect((await refused("")).errors[0]?.reason).toMatch(/is empty/);
  expect((await refused(new Uint8Array([0xc9, 0xff]))).errors[0]?.reason).toMatch(/UTF-8/);
  expect((await refused(`${header}\nT,Town,"V`)).errors[0]?.line).toBe(2);
  expect((await refused(`${header}\nT,To\0wn,V,V,A,A,H,,true,,,,,`)).errors[0]).toEqual({
    line: 2,
    field: "townshipName",
    reason: "must not hold NUL",
  });
});

test("finds contradictions between lines", async () => {
  const { status, errors } = await refused(
    [
      header,
      "T,Town,V1,Upper,A1,Upper 1,H1,Lane 1,true,B1,household,30,2026-01-01,",
      "T2,Other,V1,Upper,A2,Upper 2,H2,Lane 2,true,B1,household,30,2026-01-01,",
      "T,Town!,V2,Lower,A1,Upper 1,H3,Lane 3,true,,,,,",
      "T,Town,V2,Lower,A3,Lower 1,H1,Lane 1,true,,,,,",
    ].join("\n"),
  );
  expect(status).toBe(422);
  expect(errors.map((e) => `${e.line} ${e.field}: ${e.reason}`)).toEqual([
    "3 townshipId: village V1 has townshipId 'T2' here, but 'T' on line 2",
    "3 breakerId: breaker B1 already stands on line 2",
    "4 townshipName: township T has townshipName 'Town!' here, but 'Town' on line 2",
    "4 villageId: transformer area A1 has villageId 'V2' here, but 'V1' on line 2",
    "5 areaId: household H1 has areaId 'A3' here, but 'A1' on line 2",
  ]);
});

test("imports a table, and the same table again changes nothing", async () => {
  const first = await house.importCsv(smallTable);
  expect(first.status).toBe(200);
  expect(await first.json()).toEqual({
    rows: 9,
    townships: 1,
    villages: 2,
    transformerAreas: 3,
    households: 5,
    breakers: 8,
    changed: 9,
  });
  const again = (await (await house.importCsv(`\ufeff${smallTable.replaceAll("\n", "\r\n")}`)).json()) as {
    changed: number;
  };
  expect(again.changed).toBe(0);
});

test("exports the table so that importing it changes nothing, formulas and quotes included", async () => {
  const odd = [
    header,
    `T,Town,V1,Upper,A1,Upper 1,H6,=1+1,true,-B7,household,30,2026-01-01,`,
    `T,Town,V1,Upper,A1,Upper 1,H7,'quoted,true,,,,,`,
    `T,Town,V1,Upper,A1,Upper 1,H8,"''@twice\nin two lines",true,,,,,`,
  ].join("\n");
  expect((await house.importCsv(odd)).status).toBe(200);
  const stored = await house.db.query(
    "SELECT id, address FROM household WHERE id IN ('H6', 'H7', 'H8') ORDER BY id",
  );
  expect(stored).toEqual([
    { id: "H6", address: "=1+1" },
    { id: "H7", address: "'quoted" },
    { id: "H8", address: "'@twice\nin two lines" },
  ]);
  const response = await house.request("/api/v1/registry/export");
  expect(response.headers.get("content-type")).toContain("text/csv");
  const text = await response.text();
  expect(text).toContain(",'=1+1,");
  for (const line of text.split("\r\n"))
    for (const cell of line.split(",")) expect(cell).not.toMatch(/^"?[=+@]/);
  const back = (await (await house.importCsv(text)).json()) as { changed: number; rows: number };
  expect(back).toMatchObject({ changed: 0, rows: 12 });
  expect(await (await house.request("/api/v1/registry/export")).text()).toBe(text);
});

test("refuses a body that is too large, and one that is not CSV", async () => {
  const small = await startTestApi({ config: { limits: { importBodyBytes: 1_000 } } });
  try {
    expect((await small.importCsv("x".repeat(2_000))).status).toBe(413);
    const json = await small.request("/api/v1/registry/import", {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json" },
    });
    expect(json.status).toBe(415);
    expect(json.headers.get("content-type")).toContain("application/problem+json");
  } finally {
    await small.stop();
  }
});
