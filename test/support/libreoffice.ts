// A real LibreOffice that reads the workbooks we write.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { parse } from "csv-parse/sync";

const usualPaths = [
  "/usr/bin/soffice",
  "/usr/local/bin/soffice",
  "/Applications/LibreOffice.app/Contents/MacOS/soffice",
];
/** Comma, quotes, UTF-8, every sheet to its own file, numbers in full and not as they are shown. */
const csvFilter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1";
const timeoutMs = 120_000;

/** Where LibreOffice is; null where there is none, said aloud. */
export const findLibreOffice = (): string | null => {
  const found = usualPaths.find((path) => existsSync(path));
  if (found === undefined)
    console.warn("SKIPPED: the workbooks' tests need LibreOffice; install libreoffice-calc");
  return found ?? null;
};

/** Opens a workbook and answers its sheets: name → rows of cells, numbers unformatted. */
export const sheetsOf = async (soffice: string, workbook: Buffer): Promise<Map<string, string[][]>> => {
  const dir = await mkdtemp(join(tmpdir(), "hubao-soffice-"));
  try {
    await writeFile(join(dir, "book.xlsx"), workbook);
    await promisify(execFile)(
      soffice,
      [
        `-env:UserInstallation=${pathToFileURL(join(dir, "profile")).href}`,
        "--headless",
        "--convert-to",
        csvFilter,
        "--outdir",
        dir,
        join(dir, "book.xlsx"),
      ],
      { timeout: timeoutMs },
    );
    const sheets = new Map<string, string[][]>();
    for (const file of await readdir(dir)) {
      const name = /^book-(.*)\.csv$/.exec(file)?.[1];
      if (name !== undefined)
        sheets.set(name, parse(await readFile(join(dir, file)), { relax_column_count: true }) as string[][]);
    }
    return sheets;
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};

/** The number of a cell; LibreOffice writes a percentage with its sign. */
export const numberOf = (cell: string): number =>
  cell.endsWith("%") ? Number(cell.slice(0, -1)) / 100 : Number(cell);
