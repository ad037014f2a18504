// Numbers and times as people read them, in the page's language and the township's time zone.
import type { Language } from "../i18n/language.tsx";

export type Format = {
  /** A fraction 0–1 as percent with one decimal, never rounded up to 100 %; `–` for null. */
  percent(fraction: number | null): string;
  /** A target as percent without needless decimals. */
  wholePercent(fraction: number): string;
  integer(n: number): string;
  /** A value with its unit, at most `digits` decimals; `–` for null. */
  quantity(value: number | null, unit: "mA" | "A" | "V" | "°C" | "dBm", digits?: number): string;
  /** A stretch of time in its largest unit: `3 min`, `2 h`, `5 d`. */
  duration(ms: number): string;
  /** Date and time to the minute, without the date when it is today. */
  time(at: string | number, nowMs: number): string;
  /** Date and time to the second, always in full. */
  fullTime(at: string | number): string;
  clock(at: string | number): string;
  date(at: string | number): string;
  dayMonth(at: string | number): string;
};

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

/** A duration is shown in a unit from 2 of it on, except seconds: `90 min` says more than `2 h`. */
const unitOf = (ms: number) => units.find(([, size]) => ms >= 2 * size) ?? ["second", 1_000];

export const none = "–";

/** Formatters for one language and IANA time zone. */
export const createFormat = (language: Language, timeZone: string): Format => {
  const percent = new Intl.NumberFormat(language, {
    style: "percent",
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
    roundingMode: "floor",
  });
  const wholePercent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  const integer = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const decimals = [0, 1, 2].map(
    (n) => new Intl.NumberFormat(language, { minimumFractionDigits: n, maximumFractionDigits: n }),
  );
  // Canadian dates are English and read the same everywhere: 2026-11-24.
  const dateLocale = language === "en" ? "en-CA" : language;
  const dateTime = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(dateLocale, { timeZone, hourCycle: "h23", ...options });
  const hm = { hour: "2-digit", minute: "2-digit" } as const;
  const clock = dateTime(hm);
  const short = dateTime({ month: "2-digit", day: "2-digit", ...hm });
  const date = dateTime({ year: "numeric", month: "2-digit", day: "2-digit" });
  const dayMonth = dateTime({ month: "2-digit", day: "2-digit" });
  const full = dateTime({
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    ...hm,
    second: "2-digit",
  });
  const at = (time: string | number) => (typeof time === "number" ? time : Date.parse(time));
  const unitFormats = Object.fromEntries(
    units.map(([unit]) => [
      unit,
      new Intl.NumberFormat(language, {
        style: "unit",
        unit,
        unitDisplay: "short",
        maximumFractionDigits: 0,
      }),
    ]),
  );
  return {
    // Floor keeps 99.96 % from reading 100.0 %; the epsilon keeps 0.29 (28.999…96 %) from reading 28.9 %.
    percent: (fraction) => (fraction === null ? none : percent.format(fraction + Number.EPSILON)),
    wholePercent: (fraction) => wholePercent.format(fraction),
    integer: (n) => integer.format(n),
    quantity: (value, unit, digits = unit === "V" || unit === "dBm" ? 0 : 1) =>
      value === null ? none : `${(decimals[digits] ?? integer).format(value)} ${unit}`,
    duration: (ms) => {
      const positive = Math.max(0, ms);
      const [unit, size] = unitOf(positive);
      return unitFormats[unit]?.format(Math.floor(positive / size)) ?? "";
    },
    time: (time, nowMs) =>
      date.format(at(time)) === date.format(nowMs) ? clock.format(at(time)) : short.format(at(time)),
    fullTime: (time) => full.format(at(time)),
    clock: (time) => clock.format(at(time)),
    date: (time) => date.format(at(time)),
    dayMonth: (time) => dayMonth.format(at(time)),
  };
};
