// Lines that are written as bytes must be those that are written as text.
import fc from "fast-check";
import { expect, it } from "vitest";
import { contacts, protections } from "../../domain/wire.ts";
import { lineOf, openLineAppender } from "../../storage/telemetry/influx-lines.ts";
import { lineBatchOf, openLineBuffer } from "../../storage/telemetry/line-buffer.ts";
import type { TelemetryRecord } from "../../storage/telemetry/port.ts";

const numbers = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer({ min: -2_000_000, max: 2_000_000 }).map((value) => value / 1_000),
  fc.constantFrom(0, -0, 0.001, 0.1 + 0.2, 1e15, 1e15 - 1, 1e12, 999_999, 1_000_000, 1e21, 1e-7, Number.NaN),
);
const optional = fc.option(numbers, { nil: undefined });

const records: fc.Arbitrary<TelemetryRecord> = fc
  .record({
    breakerId: fc.constantFrom("b-1", "b-2", "b".repeat(64)),
    areaId: fc.constantFrom("A1", "A2"),
    tsMs: fc.oneof(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 1e12, max: 2e12 })),
    seq: fc.oneof(fc.nat(), fc.maxSafeInteger().map(Math.abs)),
    clockReplaced: fc.boolean(),
    contact: fc.constantFrom(...contacts),
    protection: fc.constantFrom(...protections),
    residualCurrentMa: numbers,
    loadCurrentA: optional,
    voltageV: optional,
    temperatureC: optional,
    signalDbm: optional,
    ratedResidualCurrentMa: optional,
    nonDrivingTimeMs: optional,
    phaseCurrentsA: fc.option(fc.tuple(numbers, numbers, numbers), { nil: undefined, freq: 2 }),
    kind: fc.constantFrom("reading", "status"),
  })
  .map(({ breakerId, areaId, tsMs, seq, clockReplaced, kind, ...body }) => {
    const common = { breakerId, tsMs, seq, clockReplaced, arrivalMs: tsMs + 17 };
    const report = kind === "reading" ? { kind, body } : { kind, body: { online: true } };
    const place = { townshipId: "T", villageId: `V-${areaId}`, areaId, level: "household" };
    return { ...place, report: { ...common, ...report } } as TelemetryRecord;
  });

it("writes every line as the text would be, and any stretch of them", () => {
  const append = openLineAppender();
  const buffer = openLineBuffer();
  fc.assert(
    fc.property(fc.array(records, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (batch, a, b) => {
      buffer.clear();
      for (const record of batch) append(buffer, record);
      const wanted = lineBatchOf(batch.map(lineOf));
      expect(buffer.count).toBe(batch.length);
      const from = a % batch.length;
      const to = from + 1 + (b % (batch.length - from));
      for (const [first, end] of [
        [0, batch.length],
        [from, to],
      ] as const)
        expect(Buffer.from(buffer.bytes(first, end)).toString()).toBe(
          Buffer.from(wanted.bytes(first, end)).toString(),
        );
    }),
    { seed: 20261124, numRuns: 3_000 },
  );
});

it("grows with what it is given", () => {
  const append = openLineAppender();
  const buffer = openLineBuffer();
  const [record] = fc.sample(records, { seed: 1, numRuns: 1 });
  if (record === undefined) throw new Error("no record");
  const line = lineOf(record);
  for (let i = 0; i < 20_000; i++) append(buffer, record);
  expect(Buffer.from(buffer.bytes(0, 20_000)).toString()).toBe(Array(20_000).fill(line).join("\n"));
});
