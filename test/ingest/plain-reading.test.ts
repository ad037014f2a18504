// What is read from the bytes directly must be exactly what JSON.parse and the schema make of them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contacts, protections } from "../../domain/wire.ts";
import { decodeBody, parseJson } from "../../ingest/decoders/hubao.ts";
import { readPlainReading } from "../../ingest/decoders/plain-reading.ts";

const arrivalMs = Date.UTC(2026, 10, 24);

/** What the schema makes of it, in the shape of `readPlainReading`; null where it refuses. */
const bySchema = (bytes: Uint8Array) => {
  const json = parseJson(bytes);
  if (!json.ok) return null;
  const decoded = decodeBody("reading", "b-1", json.value, arrivalMs);
  if (!decoded.ok) return null;
  return { ts: (json.value as { ts: number }).ts, seq: decoded.report.seq, body: decoded.report.body };
};

/** Whatever it takes, the schema takes alike; what it leaves may be anything. */
const expectAlike = (text: string) => {
  const bytes = Buffer.from(text);
  const plain = readPlainReading(bytes);
  if (plain === null) return false;
  expect(plain).toStrictEqual(bySchema(bytes));
  return true;
};

const literals = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
  fc.tuple(fc.integer({ min: -300, max: 3_000 }), fc.nat({ max: 9_999 })).map(([a, b]) => `${a}.${b}`),
  fc.constantFrom("0", "-0", "0.0", "-0.0", "00", "01", "1.", ".5", "-", "1e3", "1E-2", "+1", "1.0", "12.40"),
  fc.constantFrom(
    "1000000",
    "1000000.1",
    "100000",
    "100001",
    "2000",
    "2000.5",
    "-100",
    "-100.5",
    "500",
    "-200",
  ),
  fc.constantFrom(
    "9007199254740991",
    "9007199254740992",
    "999999999999999",
    "0.1234567890123456",
    "null",
    '"1"',
  ),
);
const words = fc.oneof(
  fc.constantFrom(...contacts, ...protections).map((word) => JSON.stringify(word)),
  fc.constantFrom('"clo\\u0073ed"', '"closed ', '""', "closed", "true"),
);
const names = [
  "ts",
  "seq",
  "residualCurrentMa",
  "contact",
  "protection",
  "loadCurrentA",
  "voltageV",
  "temperatureC",
  "signalDbm",
];
const plainReading = fc.record(
  {
    ts: fc.integer({ min: 0, max: 2_000_000_000_000 }),
    seq: fc.nat(),
    residualCurrentMa: fc.integer({ min: 0, max: 1_000_000_00 }).map((value) => value / 100),
    contact: fc.constantFrom(...contacts),
    protection: fc.constantFrom(...protections),
    loadCurrentA: fc.integer({ min: 0, max: 100_000_0 }).map((value) => value / 10),
    voltageV: fc.integer({ min: 0, max: 2_000_000 }).map((value) => value / 1_000),
    temperatureC: fc.integer({ min: -1_000, max: 5_000 }).map((value) => value / 10),
    signalDbm: fc.integer({ min: -200, max: 100 }),
  },
  { requiredKeys: ["ts", "seq", "residualCurrentMa", "contact", "protection"] },
);

describe("a plain reading", () => {
  it("is taken whenever it is plain, in any order of its fields, and as the schema takes it", () => {
    fc.assert(
      fc.property(plainReading, fc.infiniteStream(fc.nat()), (reading, random) => {
        const shuffled = Object.entries(reading)
          .map((entry) => ({ entry, rank: random.next().value as number }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ entry }) => entry);
        expect(expectAlike(JSON.stringify(reading).replaceAll(":-0", ":0"))).toBe(true);
        expect(expectAlike(JSON.stringify(Object.fromEntries(shuffled)).replaceAll(":-0,", ":0,"))).toBe(
          true,
        );
      }),
      { seed: 20261124, numRuns: 2_000 },
    );
  });

  it("is never taken otherwise than the schema does, whatever stands in its fields", () => {
    const pair = fc.tuple(fc.constantFrom(...names, "other"), fc.oneof(literals, words));
    fc.assert(
      fc.property(plainReading, fc.array(pair, { maxLength: 3 }), (reading, strange) => {
        const pairs = new Map(Object.entries(reading).map(([name, value]) => [name, JSON.stringify(value)]));
        for (const [name, literal] of strange) pairs.set(name, literal);
        expectAlike(`{${[...pairs].map(([name, literal]) => `"${name}":${literal}`).join(",")}}`);
        // The same again with a name that comes twice.
        const twice = strange.map(([name, literal]) => `"${name}":${literal}`);
        expectAlike(`{${JSON.stringify(reading).slice(1, -1)}${twice.map((one) => `,${one}`).join("")}}`);
      }),
      { seed: 20261124, numRuns: 5_000 },
    );
  });

  it("is never taken otherwise than the schema does, whatever byte of it is broken", () => {
    fc.assert(
      fc.property(
        plainReading,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.nat({ max: 2 }),
        (reading, place, byte, how) => {
          const bytes = Buffer.from(JSON.stringify(reading));
          const at = place % bytes.length;
          const broken =
            how === 0
              ? bytes.fill(byte, at, at + 1)
              : how === 1
                ? bytes.subarray(0, at)
                : Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at)]);
          const plain = readPlainReading(broken);
          if (plain !== null) expect(plain).toStrictEqual(bySchema(broken));
        },
      ),
      { seed: 20261124, numRuns: 5_000 },
    );
  });
});
