// What is exported comes back the same, in every format, language and encoding; and no cell is a formula.
import fc from "fast-check";
import { expect, test } from "vitest";
import { allRegistryColumns, type RegistryRow } from "../../domain/registry.ts";
import { encodeGb18030 } from "../../registry/gb18030.ts";
import { readRegistryTable } from "../../registry/table-read.ts";
import { exportEncodings, writeCsv, writeXlsx } from "../../registry/table-write.ts";
import type { NumberedRow } from "../../storage/registry-check.ts";
import { nastyRows, nastyText } from "./samples.ts";

const runs = { numRuns: 60, seed: 20_260_501 };

const once = async function* (rows: RegistryRow[]) {
  yield rows;
};
const bytesOf = async (parts: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(parts));
const read = async (bytes: Buffer) => {
  const rows: NumberedRow[] = [];
  const outcome = await readRegistryTable(bytes, (batch) => {
    rows.push(...batch);
  });
  return { ...outcome, good: rows.map(({ row }) => row), lines: rows.map(({ line }) => line) };
};

for (const language of ["en", "zh"] as const) {
  for (const encoding of exportEncodings)
    test(`CSV with ${language} headings in ${encoding} comes back the same`, async () => {
      await fc.assert(
        fc.asyncProperty(nastyRows, async (rows) => {
          const back = await read(await bytesOf(writeCsv(once(rows), { language, encoding })));
          expect(back.errors).toEqual([]);
          expect(back.good).toEqual(rows);
        }),
        runs,
      );
    });

  test(`XLSX with ${language} headings comes back the same, without one formula`, async () => {
    await fc.assert(
      fc.asyncProperty(nastyRows, async (rows) => {
        const back = await read(await bytesOf(writeXlsx(once(rows), language)));
        expect(back.errors).toEqual([]);
        expect(back.good).toEqual(rows);
        expect(back.lines).toEqual(rows.map((_, i) => i + 2));
      }),
      runs,
    );
  });
}

test("no cell of exported CSV begins like a formula", async () => {
  await fc.assert(
    fc.asyncProperty(nastyText, async (address) => {
      const row = Object.fromEntries(allRegistryColumns.map((c) => [c, null])) as unknown as RegistryRow;
      const bytes = await bytesOf(
        writeCsv(once([{ ...row, address }]), { language: "en", encoding: "utf-8" }),
      );
      const cell = bytes.toString("utf8").split("\r\n").slice(1).join("\r\n").split(",").slice(7).join(",");
      expect(cell).not.toMatch(/^"?[=+\-@\t\r]/);
    }),
    { numRuns: 500, seed: 7 },
  );
});

test("GB18030 holds all of Unicode outside of private use", () => {
  const all: string[] = [];
  for (let code = 1; code <= 0x10ffff; code++) {
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    const isPrivate = (code >= 0xe000 && code <= 0xf8ff) || code >= 0xf0000;
    if (!isSurrogate && !isPrivate) all.push(String.fromCodePoint(code));
  }
  const text = all.join("");
  const back = new TextDecoder("gb18030", { fatal: true, ignoreBOM: true }).decode(encodeGb18030(text));
  expect(back === text).toBe(true);
});
