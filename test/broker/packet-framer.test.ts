// The framer over arbitrary packets in arbitrary pieces.
import fc from "fast-check";
import { generate, type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { packetFramer } from "../../broker/packet-framer.ts";

const packets = fc.oneof(
  fc.constant(generate({ cmd: "pingreq" })),
  fc
    .record({
      topic: fc.string({ minLength: 1, maxLength: 40 }),
      payload: fc.uint8Array({ maxLength: 40_000 }),
    })
    .map(({ topic, payload }) =>
      generate({
        cmd: "publish",
        topic,
        payload: Buffer.from(payload),
        qos: 1,
        messageId: 1,
        dup: false,
        retain: false,
      } as Packet),
    ),
);
/** Cuts `bytes` into pieces whose sizes come from `sizes`, over and over. */
const pieces = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const cut: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
};
const sizes = fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 8 });

describe("the packet framer", () => {
  it("ends at a boundary after any whole packets in any pieces, and nowhere else", () => {
    fc.assert(
      fc.property(fc.array(packets, { minLength: 1, maxLength: 6 }), sizes, (sent, cuts) => {
        const stream = Buffer.concat(sent);
        const boundaries = new Set<number>();
        let end = 0;
        for (const packet of sent) {
          end += packet.length;
          boundaries.add(end);
        }
        const framer = packetFramer();
        let at = 0;
        for (const piece of pieces(stream, cuts)) {
          expect(framer.scan(piece, 1e6)).toBe(piece.length);
          at += piece.length;
          expect(framer.atBoundary()).toBe(boundaries.has(at));
        }
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it("stops after the first packet when asked to, in any pieces", () => {
    fc.assert(
      fc.property(packets, packets, sizes, (first, second, cuts) => {
        const framer = packetFramer();
        let passed = 0;
        for (const piece of pieces(Buffer.concat([first, second]), cuts)) {
          const step = framer.scan(piece, 1e6, true);
          if (typeof step !== "number") throw new Error(step);
          passed += step;
          if (framer.atBoundary()) break;
        }
        expect(passed).toBe(first.length);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it("finds the first packet that is too large by its announced length alone, in any pieces", () => {
    fc.assert(
      fc.property(packets, packets, sizes, (small, large, cuts) => {
        fc.pre(small.length < large.length);
        const framer = packetFramer();
        const headerEnd = small.length + 1 + (large.length < 130 ? 1 : large.length < 16_387 ? 2 : 3);
        const stream = Buffer.concat([small, large]).subarray(0, headerEnd);
        const answers = pieces(stream, cuts).map((piece) => framer.scan(piece, large.length - 1));
        expect(answers.at(-1)).toBe("oversizePacket");
        expect(answers.slice(0, -1).every((answer) => typeof answer === "number")).toBe(true);
        const fits = packetFramer();
        expect(fits.scan(Buffer.concat([small, large]), large.length)).toBe(small.length + large.length);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it("refuses a length of more than 4 bytes", () => {
    expect(packetFramer().scan(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]), 1e9)).toBe(
      "malformedLength",
    );
  });
});
