// The journal's record layout, for arbitrary messages.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeRecord, encodeRecord } from "../../journal/record.ts";

const text = (maxLength: number) => fc.string({ unit: "grapheme", maxLength });
const messages = fc.record({
  arrivalMs: fc.double({ noNaN: true }),
  clientId: text(80),
  topic: text(300),
  payload: fc.uint8Array({ maxLength: 3_000 }),
  refusal: fc.option(text(60)),
});

describe("a journal record", () => {
  it("decodes to the message that was encoded, whatever it holds", () => {
    fc.assert(
      fc.property(messages, fc.nat(), (message, offset) => {
        const { payload, ...rest } = decodeRecord(offset, encodeRecord(message));
        const { payload: expected, ...others } = message;
        expect(rest).toEqual({ offset, ...others });
        expect(Buffer.compare(payload, expected)).toBe(0);
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  it("keeps an empty refusal apart from none", () => {
    const message = { arrivalMs: 1, clientId: "b-1", topic: "t", payload: Buffer.alloc(0) };
    expect(decodeRecord(1, encodeRecord({ ...message, refusal: "" })).refusal).toBe("");
    expect(decodeRecord(1, encodeRecord({ ...message, refusal: null })).refusal).toBeNull();
  });

  it("refuses bytes of an unknown layout", () => {
    expect(() => decodeRecord(7, Buffer.alloc(40, 9))).toThrow("unknown layout");
  });
});
