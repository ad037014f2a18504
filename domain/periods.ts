// The working rhythm of the plan as periods of local days: daily, weekly (from Monday), monthly.
import { z } from "zod";

/** A local day that is asked about. The database's calendar begins with the year 1. */
export const daySchema = z.iso.date().refine((day) => day >= "0001", "must not be before the year 1");

export const periodKinds = ["day", "week", "month"] as const;
export const periodKindSchema = z.enum(periodKinds);
export type PeriodKind = z.infer<typeof periodKindSchema>;

/** `[fromMs, toMs)`, Unix ms, from local midnight to local midnight; `firstDate` is its first day (`YYYY-MM-DD`). */
export type Period = { kind: PeriodKind; firstDate: string; fromMs: number; toMs: number };

const lengths: Record<PeriodKind, Temporal.DurationLike> = {
  day: { days: 1 },
  week: { weeks: 1 },
  month: { months: 1 },
};

const firstDay = (kind: PeriodKind, date: Temporal.PlainDate): Temporal.PlainDate => {
  if (kind === "week") return date.subtract({ days: date.dayOfWeek - 1 });
  return kind === "month" ? date.with({ day: 1 }) : date;
};

const startMs = (date: Temporal.PlainDate, timeZone: string): number =>
  date.toZonedDateTime({ timeZone }).epochMilliseconds;

const periodFrom = (kind: PeriodKind, first: Temporal.PlainDate, timeZone: string): Period => ({
  kind,
  firstDate: first.toString(),
  fromMs: startMs(first, timeZone),
  toMs: startMs(first.add(lengths[kind]), timeZone),
});

/** The period in which the local day `date` (`YYYY-MM-DD`) lies. Throws RangeError on an impossible date. */
export const periodOfDate = (kind: PeriodKind, date: string, timeZone: string): Period =>
  periodFrom(kind, firstDay(kind, Temporal.PlainDate.from(date, { overflow: "reject" })), timeZone);

/** The period in which the instant `atMs` lies. */
export const periodAt = (kind: PeriodKind, atMs: number, timeZone: string): Period =>
  periodFrom(
    kind,
    firstDay(kind, Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate()),
    timeZone,
  );

/** The period before. */
export const periodBefore = (period: Period, timeZone: string): Period =>
  periodFrom(period.kind, Temporal.PlainDate.from(period.firstDate).subtract(lengths[period.kind]), timeZone);

/** The last local day of a period, `YYYY-MM-DD`. */
export const lastDate = (period: Period): string =>
  Temporal.PlainDate.from(period.firstDate).add(lengths[period.kind]).subtract({ days: 1 }).toString();
