// How questions are put in a URL: pages with opaque cursors, instants, periods and window lengths.
import { z } from "zod";
import { idSchema } from "../domain/ids.ts";
import { problem } from "./problems.ts";

export const defaultPageItems = 100;
export const maxPageItems = 1_000;
/** The span that a question about history may have. */
const maxSpanMs = 5 * 366 * 86_400_000;
const dayMs = 86_400_000;

const limitSchema = z.coerce
  .number()
  .int("must be a whole number")
  .min(1)
  .max(maxPageItems)
  .default(defaultPageItems)
  .describe(`items of a page, at most ${maxPageItems}`);
const cursorSchema = z
  .string()
  .max(1_000)
  .optional()
  .describe("nextCursor of the page before; its form may change");

/** Query fields of every list. */
export const pageFields = { limit: limitSchema, cursor: cursorSchema };

/** A cursor for what comes after `position`. */
export const encodeCursor = (position: object): string =>
  Buffer.from(JSON.stringify(position)).toString("base64url");

/** The position that a cursor stands for; throws problem 400 on one that is not of this list. */
export const decodeCursor = <T extends z.ZodType>(
  cursor: string | undefined,
  schema: T,
): z.output<T> | undefined => {
  if (cursor === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8")));
  } catch {
    const reason = "is not a nextCursor of this list";
    throw problem(400, `cursor: ${reason}`, [{ field: "cursor", reason }]);
  }
};

/** Cuts what was read with one item more than `limit` to a page. */
export const pageOf = <T>(
  found: readonly T[],
  limit: number,
  positionOf: (last: T) => object,
): { items: T[]; nextCursor: string | null } => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const more = found.length > limit && last !== undefined;
  return { items, nextCursor: more ? encodeCursor(positionOf(last)) : null };
};

const idCursorSchema = z.strictObject({ id: idSchema });

/** The cursor of a list in order of ids. */
export const decodeIdCursor = (cursor: string | undefined): string | undefined =>
  decodeCursor(cursor, idCursorSchema)?.id;

/** Text without NUL, which PostgreSQL's text cannot hold. */
export const textSchema = (maxCharacters: number) =>
  z
    .string()
    .min(1)
    .max(maxCharacters)
    .refine((text) => !text.includes("\0"), "must not hold NUL");

/** An instant in a query, in Unix milliseconds once it is validated by `instantMs`. */
export const instantSchema = z.iso
  .datetime({ offset: true, error: "must be a time with offset, such as 2026-05-01T08:00:00+08:00" })
  .refine((text) => !Number.isNaN(Date.parse(text)), "is not a time that exists");

/** Unix milliseconds of a validated instant. `+` that a URL turned into a space has failed validation before. */
export const instantMs = (text: string): number => Date.parse(text);

/** `[fromMs, toMs)` of a question; throws problem 400 when it is empty or too long. */
export const period = (
  query: { from?: string | undefined; to?: string | undefined },
  defaults: { fromMs: (toMs: number) => number; toMs: number },
): { fromMs: number; toMs: number } => {
  const toMs = query.to === undefined ? defaults.toMs : instantMs(query.to);
  const fromMs = query.from === undefined ? defaults.fromMs(toMs) : instantMs(query.from);
  const wrong = (reason: string) => problem(400, `from: ${reason}`, [{ field: "from", reason }]);
  if (fromMs >= toMs) throw wrong("must be before to");
  if (toMs - fromMs > maxSpanMs) throw wrong("must not be more than five years before to");
  return { fromMs, toMs };
};

/** The last 24 hours, for `period`. */
export const lastDay = (nowMs: number) => ({ toMs: nowMs, fromMs: (toMs: number) => toMs - dayMs });

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: dayMs } as const;

/** A window's length such as `30s`, `5m`, `1h`, `1d`, at most 366 days. */
export const everySchema = z
  .string()
  .regex(/^[1-9]\d{0,6}[smhd]$/, "must be a length such as 30s, 5m, 1h or 1d")
  .refine((text) => everyMs(text) <= 366 * dayMs, "must not be longer than 366 days");

/** Milliseconds of a validated window length. */
export const everyMs = (text: string): number =>
  Number(text.slice(0, -1)) * unitMs[text.at(-1) as keyof typeof unitMs];
