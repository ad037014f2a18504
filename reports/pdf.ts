// The printed page as PDF, by a Chromium where the machine has one.
import { execFile } from "node:child_process";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const timeoutMs = 60_000;
const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/** A Chromium on the path, or the one that `HUBAO_CHROMIUM` names; null where there is none. */
export const findChromium = async (named: string | null): Promise<string | null> => {
  const places = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = named === null ? names.flatMap((name) => places.map((dir) => join(dir, name))) : [named];
  for (const path of candidates)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  return null;
};

/** Prints an HTML document. Rejects when Chromium fails or takes longer than a minute; `signal` stops it. */
export const printPdf = async (chromium: string, html: string, signal: AbortSignal): Promise<Buffer> => {
  const dir = await mkdtemp(join(tmpdir(), "hubao-print-"));
  try {
    const page = join(dir, "report.html");
    const pdf = join(dir, "report.pdf");
    await writeFile(page, html);
    await run(
      chromium,
      [
        "--headless",
        // The page is ours and holds no script; containers and root have no sandbox to offer.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-pdf-header-footer",
        `--user-data-dir=${join(dir, "profile")}`,
        `--print-to-pdf=${pdf}`,
        pathToFileURL(page).href,
      ],
      { timeout: timeoutMs, signal },
    );
    return await readFile(pdf);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
};
