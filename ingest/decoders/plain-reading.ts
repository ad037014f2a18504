// Reads the one body that nearly every message has, a plain reading, straight from its bytes: a fifth of what JSON.parse
// and the schema cost. Whatever is unusual is left to them; what is taken here they would take alike
// (test/ingest/plain-reading.test.ts).
import { type Contact, contacts, type Protection, protections, type Reading } from "../../domain/wire.ts";

/** A value that is read: a number, or a place in the list of words; a missing one is NaN. */
type Field = { name: Buffer; words: readonly Buffer[] | null; min: number; max: number; whole: boolean };

const ascii = (text: string) => Buffer.from(text, "latin1");
const number = (name: string, min: number, max: number, whole = false): Field => ({
  name: ascii(name),
  words: null,
  min,
  max,
  whole,
});
const word = (name: string, words: readonly string[]): Field => ({
  name: ascii(name),
  words: words.map(ascii),
  min: 0,
  max: 0,
  whole: true,
});

const [tsAt, seqAt, residualAt, contactAt, protectionAt] = [0, 1, 2, 3, 4] as const;
const [loadAt, voltageAt, temperatureAt, signalAt] = [5, 6, 7, 8] as const;
/** In the order of the contract, which is the order in which devices send them. Bounds are those of `readingSchema`. */
const fields: readonly Field[] = [
  number("ts", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, true),
  number("seq", 0, Number.MAX_SAFE_INTEGER, true),
  number("residualCurrentMa", 0, 1_000_000),
  word("contact", contacts),
  word("protection", protections),
  number("loadCurrentA", 0, 100_000),
  number("voltageV", 0, 2_000),
  number("temperatureC", -100, 500),
  number("signalDbm", -200, 100),
];
const requiredFields = 5;

const [quote, comma, colon, minus, point, zero, nine] = [0x22, 0x2c, 0x3a, 0x2d, 0x2e, 0x30, 0x39] as const;
const [open, close] = [0x7b, 0x7d] as const;
/** Whole numbers of so many digits, and powers of ten up to 22, are exact in a double, and so their quotient is the nearest one. */
const maxDigits = 15;
const powersOfTen = Array.from({ length: maxDigits + 1 }, (_, exponent) => 10 ** exponent);

// One message is read at a time, and nothing of it is kept here: its values, and how far it has been read.
const values = new Float64Array(fields.length);
let at = 0;

const startsWith = (bytes: Uint8Array, from: number, wanted: Uint8Array): boolean => {
  for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
  return true;
};

/** Reads a number without exponent at `at`; NaN where there is none, or one that is not certain to be exact. */
const readNumber = (bytes: Uint8Array): number => {
  const negative = bytes[at] === minus;
  if (negative) at++;
  const first = at;
  let sum = 0;
  let decimals = -1;
  for (; ; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= zero && byte <= nine) {
      sum = sum * 10 + (byte - zero);
      if (decimals >= 0) decimals++;
    } else if (byte === point && decimals < 0 && at > first) decimals = 0;
    else break;
  }
  const digits = at - first - (decimals < 0 ? 0 : 1);
  const leadingZero = bytes[first] === zero && digits > 1 && bytes[first + 1] !== point;
  if (digits === 0 || digits > maxDigits || decimals === 0 || leadingZero) return Number.NaN;
  if (negative && sum === 0) return Number.NaN;
  const value = decimals > 0 ? sum / (powersOfTen[decimals] ?? Number.NaN) : sum;
  return negative ? -value : value;
};

/** Reads a quoted word at `at`; its place in the list, or NaN. */
const readWord = (bytes: Uint8Array, words: readonly Uint8Array[]): number => {
  if (bytes[at] !== quote) return Number.NaN;
  for (let i = 0; i < words.length; i++) {
    const wanted = words[i];
    if (wanted === undefined || !startsWith(bytes, at + 1, wanted)) continue;
    if (bytes[at + 1 + wanted.length] !== quote) continue;
    at += wanted.length + 2;
    return i;
  }
  return Number.NaN;
};

/** The field that is named at `at`, `from` on if in order; -1 for none of ours. Goes past its colon. */
const readName = (bytes: Uint8Array, from: number): number => {
  if (bytes[at] !== quote) return -1;
  for (let tries = 0; tries < fields.length; tries++) {
    const index = (from + tries) % fields.length;
    const name = fields[index]?.name;
    if (name === undefined || !startsWith(bytes, at + 1, name)) continue;
    const end = at + 1 + name.length;
    if (bytes[end] !== quote || bytes[end + 1] !== colon) continue;
    at = end + 2;
    return index;
  }
  return -1;
};

/** Fills `values`; false where anything is not plain. */
const readAll = (bytes: Uint8Array): boolean => {
  if (bytes[0] !== open || bytes[bytes.length - 1] !== close) return false;
  values.fill(Number.NaN);
  at = 1;
  let next = 0;
  for (;;) {
    const index = readName(bytes, next);
    const field = fields[index];
    // A name that comes twice is for JSON.parse to judge.
    if (field === undefined || !Number.isNaN(values[index])) return false;
    const value = field.words === null ? readNumber(bytes) : readWord(bytes, field.words);
    if (Number.isNaN(value)) return false;
    if (field.words === null && !(value >= field.min && value <= field.max)) return false;
    if (field.whole && !Number.isInteger(value)) return false;
    values[index] = value;
    next = index + 1;
    const end = bytes[at++];
    if (end === close) return at === bytes.length;
    if (end !== comma) return false;
  }
};

const valueAt = (index: number): number => values[index] ?? Number.NaN;

/** Reads a plain reading; null where the bytes are anything else, valid or not. */
export const readPlainReading = (
  bytes: Uint8Array,
): { ts: number; seq: number; body: Omit<Reading, "ts" | "seq"> } | null => {
  if (!readAll(bytes)) return null;
  for (let i = 0; i < requiredFields; i++) if (Number.isNaN(values[i])) return null;
  const residualCurrentMa = valueAt(residualAt);
  const contact = contacts[valueAt(contactAt)] as Contact;
  const protection = protections[valueAt(protectionAt)] as Protection;
  const loadCurrentA = valueAt(loadAt);
  const voltageV = valueAt(voltageAt);
  const temperatureC = valueAt(temperatureAt);
  const signalDbm = valueAt(signalAt);
  const ts = valueAt(tsAt);
  const seq = valueAt(seqAt);
  if (!Number.isNaN(loadCurrentA + voltageV + temperatureC + signalDbm)) {
    const body = {
      residualCurrentMa,
      contact,
      protection,
      loadCurrentA,
      voltageV,
      temperatureC,
      signalDbm,
    };
    return { ts, seq, body };
  }
  const body: Omit<Reading, "ts" | "seq"> = { residualCurrentMa, contact, protection };
  if (!Number.isNaN(loadCurrentA)) body.loadCurrentA = loadCurrentA;
  if (!Number.isNaN(voltageV)) body.voltageV = voltageV;
  if (!Number.isNaN(temperatureC)) body.temperatureC = temperatureC;
  if (!Number.isNaN(signalDbm)) body.signalDbm = signalDbm;
  return { ts, seq, body };
};
