// Calendar days in the township's time zone.

/** Midnight that begins the local day of `date` (`YYYY-MM-DD`), as Unix milliseconds. Throws RangeError on an impossible date. */
export const midnightMs = (date: string, timeZone: string): number =>
  Temporal.PlainDate.from(date, { overflow: "reject" }).toZonedDateTime({ timeZone }).epochMilliseconds;

/** Midnight that begins the local day in which `atMs` lies. */
export const startOfDayMs = (atMs: number, timeZone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).startOfDay().epochMilliseconds;

/** Unix milliseconds as ISO 8601 in UTC. */
export const toIso = (ms: number): string => new Date(ms).toISOString();
