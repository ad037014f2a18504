// A headless Chromium for tests that walk the page: the one of CHROMIUM_PATH, or one that the machine has.
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const usualPaths = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where a Chromium is; null where there is none, said aloud, so that a skipped walk is never taken for a passed one. */
export const findChromium = (): string | null => {
  const wanted = process.env["CHROMIUM_PATH"];
  const found = [...(wanted ? [wanted] : usualPaths), chromium.executablePath()].find((path) =>
    existsSync(path),
  );
  if (found === undefined)
    console.warn("SKIPPED: the page's tests need a Chromium; install one, or set CHROMIUM_PATH to it");
  return found ?? null;
};

/** Starts it; the caller closes it. */
export const launchChromium = (executablePath: string): Promise<Browser> =>
  chromium.launch({ executablePath, args });
