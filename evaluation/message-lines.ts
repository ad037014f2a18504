// A recorded fleet's messages as lines of a text file, each with its arrival and its number.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** A line as it stands, with the arrival time in it, and its number in the file (the first is 1). */
export type TimedLine = { atMs: number; text: string; line: number };

const startsWithAt = /^\s*\{\s*"at"\s*:\s*(-?\d+(?:\.\d+)?)\s*,/;

/** Arrival time of a line, Unix ms; NaN where it has none. The key may stand anywhere in the line, as a number or ISO 8601. */
export const arrivalOf = (text: string): number => {
  const quick = startsWithAt.exec(text)?.[1];
  if (quick !== undefined) return Number(quick);
  try {
    const at = (JSON.parse(text) as { at?: unknown } | null)?.at;
    if (typeof at === "number") return at;
    return typeof at === "string" ? Number(at) || Date.parse(at) : Number.NaN;
  } catch {
    return Number.NaN;
  }
};

const blocksOf = async function* (
  path: string,
  read: (text: string, line: number) => TimedLine,
): AsyncGenerator<TimedLine[]> {
  const input = createReadStream(path, { highWaterMark: 1 << 20 });
  try {
    let block: TimedLine[] = [];
    let line = 0;
    for await (const text of createInterface({ input })) {
      line += 1;
      if (text.trim() === "") continue;
      block.push(read(text, line));
      if (block.length < 4_096) continue;
      yield block;
      block = [];
    }
    yield block;
  } finally {
    input.destroy();
  }
};

/** The lines of a file in blocks, without empty ones. */
export const linesOf = (path: string): AsyncGenerator<TimedLine[]> =>
  blocksOf(path, (text, line) => ({ atMs: arrivalOf(text), text, line }));

/** A line that keeps its number wherever it comes to stand. */
export const numbered = ({ line, text }: TimedLine): string => `${line} ${text}\n`;

/** The lines of a file that was written with `numbered`. */
export const numberedLinesOf = (path: string): AsyncGenerator<TimedLine[]> =>
  blocksOf(path, (whole) => {
    const end = whole.indexOf(" ");
    const text = whole.slice(end + 1);
    return { atMs: arrivalOf(text), text, line: Number(whole.slice(0, end)) };
  });
