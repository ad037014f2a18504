// Preloaded into a house of a test (`node --import`): its clock runs ahead by the milliseconds that a file says, so that a
// journey need not wait for a day to pass. Worker threads preload it, too.
import { readFileSync } from "node:fs";

const file = process.env["TEST_CLOCK_FILE"];
const rereadMs = 5;
const real = Date.now.bind(Date);
let aheadMs = 0;
let readAtMs = 0;

const reread = (nowMs: number): void => {
  if (file === undefined || nowMs - readAtMs < rereadMs) return;
  readAtMs = nowMs;
  // A file that is being written reads as nothing: the clock stays.
  const text = readFileSync(file, "utf8");
  if (/^\d+\n$/.test(text)) aheadMs = Number(text);
};

Date.now = () => {
  const nowMs = real();
  reread(nowMs);
  return nowMs + aheadMs;
};
