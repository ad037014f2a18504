// One raw message as bytes and back: a fixed 16-byte header, then refusal, client id, topic and payload.
import type { JournalRecord, RawMessage } from "./port.ts";

/** First byte of every record, so that a later layout can be told apart. */
const layout = 1;
const headerBytes = 16;
const noRefusal = 0xff;
const maxClientIdBytes = 0xffff;
const maxRefusalBytes = noRefusal - 1;

/**
 * Encodes a message; the payload is copied. Text is stored as UTF-8 (a lone surrogate becomes U+FFFD).
 * Throws RangeError when the client id exceeds 65,535 bytes or the refusal 254.
 */
export const encodeRecord = (message: RawMessage): Buffer => {
  const { arrivalMs, clientId, topic, payload, refusal } = message;
  const refusalBytes = refusal === null ? 0 : Buffer.byteLength(refusal);
  const clientIdBytes = Buffer.byteLength(clientId);
  const topicBytes = Buffer.byteLength(topic);
  if (refusalBytes > maxRefusalBytes) throw new RangeError("refusal is longer than 254 bytes");
  if (clientIdBytes > maxClientIdBytes) throw new RangeError("client id is longer than 65,535 bytes");
  const out = Buffer.allocUnsafe(headerBytes + refusalBytes + clientIdBytes + topicBytes + payload.length);
  out[0] = layout;
  out[1] = refusal === null ? noRefusal : refusalBytes;
  out.writeUInt16LE(clientIdBytes, 2);
  out.writeUInt32LE(topicBytes, 4);
  out.writeDoubleLE(arrivalMs, 8);
  let at = headerBytes;
  if (refusal !== null) at += out.write(refusal, at);
  at += out.write(clientId, at);
  at += out.write(topic, at);
  out.set(payload, at);
  return out;
};

/** Reads what `encodeRecord` wrote; the payload is a view into `bytes`. Throws on bytes of another layout: a bug or a foreign file. */
export const decodeRecord = (offset: number, bytes: Uint8Array): JournalRecord => {
  const from = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (from[0] !== layout || from.length < headerBytes) {
    throw new Error(`journal record ${offset} has an unknown layout (${from[0]})`);
  }
  const hasRefusal = from[1] !== noRefusal;
  const refusalEnd = headerBytes + (hasRefusal ? (from[1] ?? 0) : 0);
  const clientIdEnd = refusalEnd + from.readUInt16LE(2);
  const topicEnd = clientIdEnd + from.readUInt32LE(4);
  return {
    offset,
    arrivalMs: from.readDoubleLE(8),
    refusal: hasRefusal ? from.toString("utf8", headerBytes, refusalEnd) : null,
    clientId: from.toString("utf8", refusalEnd, clientIdEnd),
    topic: from.toString("utf8", clientIdEnd, topicEnd),
    payload: from.subarray(topicEnd),
  };
};
