// Very many rows out of PostgreSQL: COPY in its binary format, which costs either side a fraction of what rows of text cost.
import pg from "pg";

/** One row as the server holds it: text is UTF-8, bytea is as it is. */
export type CopiedRow = {
  /** The value of a column of text; null for null. */
  text(column: number): string | null;
  /** The bytes of a column, one a character; null for null. */
  oneByteText(column: number): string | null;
};

/**
 * Runs a SELECT that takes no parameters (`quoteAll` for what it needs) and tells of every row, which is good until `onRow`
 * returns. Rejects when the statement fails, or when `onRow` throws.
 */
export type CopyOut = (select: string, onRow: (row: CopiedRow) => void) => Promise<void>;

/** What an array's element may be without quotes; nearly all ids, of which PostgreSQL is asked a million at a restart. */
const plain = /^(?!null$)[\w-]+$/i;

/** Texts as an array literal of SQL. */
export const quoteAll = (texts: readonly string[]): string => {
  const elements = texts.map((text) => (plain.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`));
  return `${pg.escapeLiteral(`{${elements.join(",")}}`)}::text[]`;
};

// PostgreSQL's documentation, COPY, "Binary Format": a signature of 11 bytes, flags and the length of an extension; then
// for every row the number of its values, and each with its length before it, -1 for null; -1 values at the end.
const headBytes = 19;
const endOfRows = -1;

/** Answers a function that takes the stream's chunks, cut wherever. */
export const newRowReader = (onRow: (row: CopiedRow) => void): ((chunk: Buffer) => void) => {
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let isBegun = false;
  const begins: number[] = [];
  const ends: number[] = [];
  const decoded = (column: number, encoding: "utf8" | "latin1"): string | null => {
    const begin = begins[column] ?? -1;
    return begin < 0 ? null : bytes.toString(encoding, begin, ends[column]);
  };
  const row: CopiedRow = {
    text: (column) => decoded(column, "utf8"),
    oneByteText: (column) => decoded(column, "latin1"),
  };
  /** Takes the row that begins at `at`; false where it is not all there yet. */
  const takeRow = (): boolean => {
    if (at + 2 > bytes.length) return false;
    const count = bytes.readInt16BE(at);
    let next = at + 2;
    for (let i = 0; i < count; i += 1) {
      if (next + 4 > bytes.length) return false;
      const length = bytes.readInt32BE(next);
      next += 4;
      begins[i] = length < 0 ? -1 : next;
      if (length > 0) next += length;
      ends[i] = next;
    }
    if (next > bytes.length) return false;
    at = next;
    if (count !== endOfRows) onRow(row);
    return true;
  };
  return (chunk) => {
    // Chunks nearly always end where a row does.
    bytes = at === bytes.length ? chunk : Buffer.concat([bytes.subarray(at), chunk]);
    at = 0;
    if (!isBegun) {
      if (bytes.length < headBytes) return;
      isBegun = true;
      at = headBytes;
    }
    while (takeRow());
  };
};

/** Copies over a connection that nobody else uses meanwhile. */
export const copyOutOver = (
  client: pg.ClientBase,
  select: string,
  onRow: (row: CopiedRow) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const take = newRowReader(onRow);
    let failure: unknown = null;
    const copy = Object.assign(new pg.Query(`COPY (${select}) TO STDOUT (FORMAT binary)`), {
      callback(error: Error | null) {
        if (error ?? failure) reject(error ?? failure);
        else resolve();
      },
      // The driver hands over what a COPY answers, and leaves it to us.
      handleCopyData({ chunk }: { chunk: Buffer }) {
        if (failure !== null) return;
        try {
          take(chunk);
        } catch (error) {
          failure = error;
        }
      },
    });
    client.query(copy);
  });
