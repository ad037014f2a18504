// The periods that rates are shown for, as instants in the township's time zone.

export const periods = ["now", "today", "week", "month"] as const;
export type Period = (typeof periods)[number];

const partsIn = (timeZone: string) =>
  new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });

/** The wall clock of the zone at an instant, read as if it were UTC, Unix milliseconds. */
const wallMs = (atMs: number, format: Intl.DateTimeFormat): number => {
  const parts: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(atMs)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
};

/** The first instant of the local day whose date, read as UTC midnight, is `dateMs`. */
const dayBegin = (dateMs: number, format: Intl.DateTimeFormat): number => {
  const offsetAt = (ms: number) => wallMs(ms, format) - Math.floor(ms / 1000) * 1000;
  const first = dateMs - offsetAt(dateMs);
  const begin = dateMs - offsetAt(first);
  if (wallMs(begin, format) === dateMs) return begin;
  // Clocks jump over midnight that day: it begins where the new offset begins to hold.
  return Math.max(first, begin);
};

/** When the period that lasts now began (Unix ms): local midnight of today, of Monday, of the first; null for `now`. */
export const periodBeginMs = (period: Period, nowMs: number, timeZone: string): number | null => {
  if (period === "now") return null;
  const format = partsIn(timeZone);
  const today = new Date(wallMs(nowMs, format));
  const [year, month, day] = [today.getUTCFullYear(), today.getUTCMonth(), today.getUTCDate()];
  if (period === "today") return dayBegin(Date.UTC(year, month, day), format);
  if (period === "month") return dayBegin(Date.UTC(year, month, 1), format);
  const sinceMonday = (today.getUTCDay() + 6) % 7;
  return dayBegin(Date.UTC(year, month, day - sinceMonday), format);
};
