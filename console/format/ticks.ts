// Where a time axis has its marks: whole local hours or days, whatever zone the browser is in.
import { periodBeginMs } from "./period.ts";

const hourMs = 3_600_000;

/** Marks (Unix ms) in `[fromMs, toMs]`: every 4 local hours up to two days, else every local midnight. */
export const timeTicks = (fromMs: number, toMs: number, timeZone: string): number[] => {
  const stepMs = toMs - fromMs <= 48 * hourMs ? 4 * hourMs : 24 * hourMs;
  const ticks: number[] = [];
  let day = periodBeginMs("today", fromMs, timeZone) ?? fromMs;
  while (day <= toMs) {
    // 36 hours later it is the next day, also where a day has 23 or 25 hours.
    const next = periodBeginMs("today", day + 36 * hourMs, timeZone) ?? day + 24 * hourMs;
    for (let at = day; at < next; at += stepMs) if (at >= fromMs && at <= toMs) ticks.push(at);
    day = next;
  }
  return ticks;
};
