// The part of the registry that a view looks at, as SQL conditions.

/** Township, village or transformer area to which a view is limited; undefined is no limit. */
export type Scope = {
  townshipId?: string | undefined;
  villageId?: string | undefined;
  areaId?: string | undefined;
};

/** Collects conditions and the values that they use; `add` puts `$n` where the text says `?`. */
export const conditions = () => {
  const parts: string[] = [];
  const values: unknown[] = [];
  return {
    values,
    /** Adds a condition unless its value is undefined. */
    add(text: string, value: unknown): void {
      if (value === undefined) return;
      values.push(value);
      parts.push(text.replaceAll("?", `$${values.length}`));
    },
    /** Adds a condition without a value. */
    fixed(text: string): void {
      parts.push(text);
    },
    /** Keeps a value for use elsewhere in the statement; answers its placeholder. */
    value(value: unknown): string {
      values.push(value);
      return `$${values.length}`;
    },
    sql: (): string => (parts.length === 0 ? "TRUE" : parts.map((part) => `(${part})`).join(" AND ")),
  };
};

/** `scope` as conditions over the aliases a (transformer_area) and v (village). */
export const addScope = (where: ReturnType<typeof conditions>, scope: Scope): void => {
  where.add("v.township_id = ?", scope.townshipId);
  where.add("a.village_id = ?", scope.villageId);
  where.add("a.id = ?", scope.areaId);
};

/** The calendar day of `atMs` in `timeZone`, as `YYYY-MM-DD`. */
export const localDate = (atMs: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone).toPlainDate().toString();

/** SQL for the midnight that begins a date column's day, in Unix milliseconds. */
export const midnightSql = (dateColumn: string, timeZonePlaceholder: string): string =>
  `(extract(epoch FROM ${dateColumn}::timestamp AT TIME ZONE ${timeZonePlaceholder}) * 1000)::bigint`;

/** A text with the wildcards of LIKE made literal. */
export const likeLiteral = (text: string): string => text.replaceAll(/[\\%_]/g, (c) => `\\${c}`);
