// Follows MQTT's fixed headers through a byte stream, so that a packet's announced length is known before it is buffered.

export type ScanFault = "oversizePacket" | "malformedLength";

export type PacketFramer = {
  /**
   * Follows `chunk` to its end, or to the end of the first packet with `onePacket`. Answers the number of bytes
   * followed, or the fault of a packet whose announced size (fixed header included) exceeds `maxPacketBytes` or whose
   * length field has more than 4 bytes. After a fault the framer is of no more use.
   */
  scan(chunk: Uint8Array, maxPacketBytes: number, onePacket?: boolean): number | ScanFault;
  /** No packet is begun and unfinished. */
  atBoundary(): boolean;
};

const maxLengthBytes = 4;

/** A framer at the beginning of a stream. */
export const packetFramer = (): PacketFramer => {
  // 0: a packet's first byte comes next; n > 0: the n-th byte of its length does; -1: its body does.
  let position = 0;
  let bodyBytes = 0;

  return {
    scan(chunk, maxPacketBytes, onePacket = false) {
      let at = 0;
      while (at < chunk.length) {
        if (position === -1) {
          const step = Math.min(bodyBytes, chunk.length - at);
          at += step;
          bodyBytes -= step;
        } else if (position === 0) {
          at++;
          bodyBytes = 0;
          position = 1;
        } else {
          const byte = chunk[at++] ?? 0;
          bodyBytes += (byte & 0x7f) * 128 ** (position - 1);
          if (byte < 0x80) {
            if (1 + position + bodyBytes > maxPacketBytes) return "oversizePacket";
            position = -1;
          } else if (position++ === maxLengthBytes) return "malformedLength";
        }
        if (position === -1 && bodyBytes === 0) {
          position = 0;
          if (onePacket) break;
        }
      }
      return at;
    },
    atBoundary: () => position === 0,
  };
};
