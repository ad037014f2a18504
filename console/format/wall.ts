// What stands in a date or time field, as instants in the township's time zone and back.

const wallFormat = (timeZone: string) =>
  new Intl.DateTimeFormat("en-CA", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  });

/** `YYYY-MM-DDTHH:MM` in the time zone. */
export const wallOf = (atMs: number, timeZone: string): string => {
  const parts = Object.fromEntries(
    wallFormat(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts["year"]}-${parts["month"]}-${parts["day"]}T${parts["hour"]}:${parts["minute"]}`;
};

/** The instant (Unix ms) at which the zone's clocks show `YYYY-MM-DDTHH:MM`; null when that is no time. */
export const instantOfWall = (wall: string, timeZone: string): number | null => {
  const wantedMs = Date.parse(`${wall}Z`);
  if (Number.isNaN(wantedMs)) return null;
  const offsetAt = (ms: number) => Date.parse(`${wallOf(ms, timeZone)}Z`) - Math.floor(ms / 60_000) * 60_000;
  const firstMs = wantedMs - offsetAt(wantedMs);
  return wantedMs - offsetAt(firstMs);
};

/** `[from, to)` of a month `YYYY-MM` as ISO times; null when it is none. */
export const monthSpan = (month: string, timeZone: string): { from: string; to: string } | null => {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) return null;
  const [year = 0, number = 0] = month.split("-").map(Number);
  const next = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
  const fromMs = instantOfWall(`${month}-01T00:00`, timeZone);
  const toMs = instantOfWall(`${next}-01T00:00`, timeZone);
  return fromMs === null || toMs === null
    ? null
    : { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
};
