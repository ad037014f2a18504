// Writes GB18030, the national encoding that Excel in China still saves and opens: Node only reads it.

const supplementary = 0x10000;
/** Pointer of U+10000 in the four-byte range (WHATWG Encoding Standard, "gb18030 encoder"). */
const supplementaryPointer = 189_000;
const bmpPointers = 39_420;

const fourBytes = (pointer: number): [number, number, number, number] => [
  0x81 + Math.floor(pointer / 12_600),
  0x30 + (Math.floor(pointer / 1_260) % 10),
  0x81 + (Math.floor(pointer / 10) % 126),
  0x30 + (pointer % 10),
];

/** Code unit → its bytes as one number; 0 where there are none. Made from the decoder, so that the two agree. */
const makeTable = (): Uint32Array => {
  const table = new Uint32Array(0x10000);
  const decoder = new TextDecoder("gb18030");
  const learn = (bytes: readonly number[], packed: number) => {
    const text = decoder.decode(Uint8Array.from(bytes));
    const unit = text.charCodeAt(0);
    if (text.length === 1 && unit !== 0xfffd && table[unit] === 0) table[unit] = packed;
  };
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++)
      if (trail !== 0x7f) learn([lead, trail], lead * 0x100 + trail);
  for (let pointer = 0; pointer < bmpPointers; pointer++) {
    const [a, b, c, d] = fourBytes(pointer);
    learn([a, b, c, d], a * 0x1000000 + b * 0x10000 + c * 0x100 + d);
  }
  return table;
};

let table: Uint32Array | null = null;
const replacement = 0x8431a437; // U+FFFD

/** The text in GB18030, which can hold every character of Unicode; halves of a pair become U+FFFD. */
export const encodeGb18030 = (text: string): Buffer => {
  table ??= makeTable();
  const bytes = Buffer.allocUnsafe(text.length * 4);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[at++] = unit;
      continue;
    }
    const code = text.codePointAt(i) ?? 0;
    if (code >= supplementary) {
      i++;
      for (const byte of fourBytes(supplementaryPointer + code - supplementary)) bytes[at++] = byte;
      continue;
    }
    const packed = table[unit] || replacement;
    if (packed > 0xffff) at = bytes.writeUInt32BE(packed, at);
    else at = bytes.writeUInt16BE(packed, at);
  }
  return bytes.subarray(0, at);
};
