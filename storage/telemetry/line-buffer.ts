// Lines of InfluxDB's line protocol as bytes in one buffer: what a batch of them costs must not be garbage to collect.

/** Lines to be written; `bytes` are those of the lines `[from, to)`, each but the last with its line break. */
export type LineBatch = { readonly count: number; bytes(from: number, to: number): Uint8Array };

export type LineBuffer = LineBatch & {
  /** ASCII bytes, at most `roomBytes`. */
  raw(bytes: Uint8Array): void;
  /** A number as `String` writes it. */
  number(value: number): void;
  /** The last `count` digits of a whole number below 2^31, with leading zeros. */
  digits(value: number, count: number): void;
  /** Text of any length. */
  text(text: string): void;
  /** Ends a line, and makes room for the next. */
  end(): void;
  clear(): void;
};

/** Room that every line has from its beginning; longer ones are written with `text`. */
export const roomBytes = 2_048;
const firstBytes = 1 << 20;
const lineBreak = 0x0a;
const [minus, point, zero] = [0x2d, 0x2e, 0x30] as const;
const million = 1_000_000;
const thousand = 1_000;
/** Up to here a million fits into a whole number of 32 bits, and 15 digits are the only ones that a double is read from. */
const maxWhole = 1e15;

/** An empty buffer, which grows to what it has ever held. */
export const openLineBuffer = (): LineBuffer => {
  let buffer = Buffer.allocUnsafe(firstBytes);
  let ends: number[] = [];
  let at = 0;

  const reserve = (bytes: number) => {
    if (buffer.length - at >= bytes) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, at + bytes));
    buffer.copy(larger, 0, 0, at);
    buffer = larger;
  };
  const padded = (value: number, digits: number) => {
    let rest = value;
    for (let i = at + digits - 1; i >= at; i--) {
      const next = (rest / 10) | 0;
      buffer[i] = zero + (rest - next * 10);
      rest = next;
    }
    at += digits;
  };
  const small = (value: number) => {
    let digits = 1;
    for (let power = 10; power <= value; power *= 10) digits++;
    padded(value, digits);
  };
  const whole = (value: number) => {
    const millions = Math.floor(value / million) | 0;
    if (millions === 0) return small(value | 0);
    small(millions);
    padded((value - millions * million) | 0, 6);
  };
  const text = (value: string) => {
    reserve(value.length * 3 + roomBytes);
    at += buffer.write(value, at);
  };
  const number = (value: number) => {
    // Of a double below the limit, thousandths that give it exactly are also how it is written.
    const thousandths = Math.round(Math.abs(value) * thousand);
    if (!(thousandths < maxWhole && thousandths / thousand === Math.abs(value))) return text(String(value));
    if (value < 0) buffer[at++] = minus;
    const units = Math.floor(thousandths / thousand);
    whole(units);
    const rest = thousandths - units * thousand;
    if (rest === 0) return;
    buffer[at++] = point;
    padded(rest, 3);
    while (buffer[at - 1] === zero) at--;
  };

  return {
    get count() {
      return ends.length;
    },
    bytes: (from, to) => buffer.subarray(from === 0 ? 0 : ends[from - 1], (ends[to - 1] ?? 1) - 1),
    raw(bytes) {
      // A loop: calling out for a few bytes costs more than copying them.
      if (bytes.length > 32) buffer.set(bytes, at);
      else for (let i = 0; i < bytes.length; i++) buffer[at + i] = bytes[i] ?? 0;
      at += bytes.length;
    },
    number,
    digits: padded,
    text,
    end() {
      buffer[at++] = lineBreak;
      ends.push(at);
      reserve(roomBytes);
    },
    clear() {
      ends = [];
      at = 0;
    },
  };
};

/** Lines that are there as text. */
export const lineBatchOf = (lines: readonly string[]): LineBatch => ({
  count: lines.length,
  bytes: (from, to) => Buffer.from(lines.slice(from, to).join("\n")),
});
