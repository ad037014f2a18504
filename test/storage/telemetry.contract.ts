// What every telemetry store must do; the suites of the adapters run it against real servers.
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareReports, type Report } from "../../domain/report.ts";
import { bodySchemas, contacts, protections, reportKinds } from "../../domain/wire.ts";
import type { TelemetryRecord, TelemetryStore } from "../../storage/telemetry/port.ts";

export type StoreUnderTest = {
  store: TelemetryStore;
  /** Makes the server unreachable, as if it were down. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  stop(): Promise<void>;
};

/** Retention that the suite expects the store to be opened with. */
export const contractRetentionDays = 30;

const dayMs = 86_400_000;
const minuteMs = 60_000;
/** Noon of yesterday, UTC: recent, so that a server's own retention lets all of it pass. */
export const contractNowMs = Math.floor(Date.now() / dayMs) * dayMs + dayMs / 2 - dayMs;

type ReadingReport = Extract<Report, { kind: "reading" }>;

export const reading = (
  breakerId: string,
  tsMs: number,
  seq: number,
  body: Partial<ReadingReport["body"]> = {},
): Report => ({
  kind: "reading",
  breakerId,
  tsMs,
  seq,
  arrivalMs: tsMs + 40,
  clockReplaced: false,
  body: { residualCurrentMa: 12.5, contact: "closed", protection: "enabled", ...body },
});

export const recordOf = (report: Report): TelemetryRecord => ({
  report,
  townshipId: "T1",
  villageId: "V1",
  areaId: "A1",
  level: "household",
});

const stored = { kind: "stored", rejected: [] };

const uint = fc.integer({ min: 0, max: 2_000_000_000 });
const number = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const common = (startMs: number) => ({
  breakerId: fc.constant(""),
  tsMs: fc.integer({ min: startMs, max: startMs + 3_000 }),
  arrivalMs: fc.integer({ min: startMs, max: startMs + dayMs }),
  clockReplaced: fc.boolean(),
});

/** Any report of the wire contract within three seconds from `startMs`. */
const anyReport = (startMs: number): fc.Arbitrary<Report> =>
  fc.oneof(
    fc.record({
      ...common(startMs),
      kind: fc.constant("reading" as const),
      seq: uint,
      body: fc.record(
        {
          residualCurrentMa: number(0, 1_000_000),
          contact: fc.constantFrom(...contacts),
          protection: fc.constantFrom(...protections),
          loadCurrentA: number(0, 100_000),
          voltageV: number(0, 2_000),
          temperatureC: number(-100, 500),
          signalDbm: number(-200, 100),
          phaseCurrentsA: fc.tuple(number(0, 100_000), number(0, 100_000), number(0, 100_000)),
          ratedResidualCurrentMa: number(0, 1_000_000),
          nonDrivingTimeMs: number(0, 600_000),
        },
        { requiredKeys: ["residualCurrentMa", "contact", "protection"] },
      ),
    }),
    fc.record({
      ...common(startMs),
      kind: fc.constant("trip" as const),
      seq: uint,
      body: fc.record(
        {
          cause: fc.constantFrom("leakage", "overload", "vendor:1F", "vendor:a.b-c_d"),
          residualCurrentMa: number(0, 1_000_000),
          phase: fc.constantFrom("A", "B", "C", "N"),
          reclosed: fc.boolean(),
        },
        { requiredKeys: ["cause", "reclosed"] },
      ),
    }),
    fc.record({
      ...common(startMs),
      kind: fc.constant("test" as const),
      seq: uint,
      body: fc.record(
        { kind: fc.constantFrom("trip", "self"), passed: fc.boolean(), breakTimeMs: number(0, 600_000) },
        { requiredKeys: ["kind", "passed"] },
      ),
    }),
    fc.record({
      ...common(startMs),
      kind: fc.constant("status" as const),
      seq: fc.constant(0),
      body: fc.record({ online: fc.boolean() }),
    }),
  ) as fc.Arbitrary<Report>;

/** Runs the contract over a store that `open` makes. */
export const telemetryContract = (open: () => Promise<StoreUnderTest>): void => {
  describe("as every telemetry store", () => {
    let under: StoreUnderTest;
    const startMs = contractNowMs - 2 * 3_600_000;
    let counter = 0;
    const newBreaker = () => `contract-${process.pid}-${counter++}`;
    const write = (...reports: Report[]) => under.store.write(reports.map(recordOf), contractNowMs);
    const all = (breakerId: string, limit = 1_000) =>
      under.store.reports({ breakerId, fromMs: 0, toMs: contractNowMs + dayMs, limit });

    beforeAll(async () => {
      under = await open();
    });
    afterAll(() => under?.stop());

    it("stores a redelivered batch once, within a batch and across batches", async () => {
      const breakerId = newBreaker();
      const batch = [reading(breakerId, startMs, 1), reading(breakerId, startMs + 1, 2)];
      expect(await write(...batch, ...batch)).toEqual(stored);
      expect(await write(...batch)).toEqual(stored);
      expect(await all(breakerId)).toEqual(batch);
    });

    it("answers in order of time and sequence, whatever the order of arrival", async () => {
      const breakerId = newBreaker();
      const inOrder = [
        reading(breakerId, startMs, 9),
        reading(breakerId, startMs + 1, 3),
        reading(breakerId, startMs + 1, 20),
        reading(breakerId, startMs + 2, 0),
      ];
      await write(...[2, 0, 3, 1].map((index) => inOrder[index] as Report));
      expect(await all(breakerId)).toEqual(inOrder);
      const points = await under.store.readings({
        breakerId,
        fromMs: startMs,
        toMs: startMs + 2,
        everyMs: null,
        limit: 10,
      });
      expect(points.map(({ atMs }) => atMs - startMs)).toEqual([0, 1, 1]);
    });

    it("keeps two reports of one millisecond that differ in sequence or kind", async () => {
      const breakerId = newBreaker();
      const trip: Report = {
        ...reading(breakerId, startMs, 5),
        kind: "trip",
        body: { cause: "leakage", residualCurrentMa: 34.1, reclosed: false },
      };
      const reports = [reading(breakerId, startMs, 4), reading(breakerId, startMs, 5), trip];
      expect(await write(...reports)).toEqual(stored);
      expect(await all(breakerId)).toEqual(reports);
    });

    it("keeps one breaker's reports apart from another's", async () => {
      const [one, other] = [newBreaker(), newBreaker()];
      await write(reading(one, startMs, 1), reading(other, startMs, 1, { residualCurrentMa: 3 }));
      expect(await all(other)).toEqual([reading(other, startMs, 1, { residualCurrentMa: 3 })]);
    });

    it("is asked for every member of the wire contract", () => {
      const samples = fc.sample(anyReport(startMs), { seed: 1, numRuns: 1_000 });
      for (const kind of reportKinds) {
        const asked = new Set(samples.filter((r) => r.kind === kind).flatMap((r) => Object.keys(r.body)));
        const wanted = Object.keys(bodySchemas[kind].shape).filter((key) => key !== "ts" && key !== "seq");
        expect(asked).toEqual(new Set(wanted));
      }
    });

    it("gives back exactly what was written", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(anyReport(startMs), {
            minLength: 1,
            maxLength: 20,
            // The sequence's last six digits tell reports of a millisecond apart (InfluxDB's nanoseconds).
            selector: ({ kind, tsMs, seq }) => `${kind} ${tsMs} ${seq % 1_000_000}`,
          }),
          async (generated) => {
            const breakerId = newBreaker();
            const reports = generated.map((report) => ({ ...report, breakerId }) as Report);
            expect(await write(...reports)).toEqual(stored);
            expect(await all(breakerId)).toEqual([...reports].sort(compareReports));
          },
        ),
        { seed: 645, numRuns: 40 },
      );
    });

    it("answers half-open intervals", async () => {
      const breakerId = newBreaker();
      await write(...[0, 1, 2, 3].map((step) => reading(breakerId, startMs + step, step)));
      const reports = await under.store.reports({
        breakerId,
        fromMs: startMs + 1,
        toMs: startMs + 3,
        limit: 9,
      });
      expect(reports.map(({ seq }) => seq)).toEqual([1, 2]);
      const empty = { breakerId, fromMs: startMs, toMs: startMs, limit: 9 };
      expect(await under.store.reports(empty)).toEqual([]);
      expect(await under.store.events(empty)).toEqual([]);
      expect(await under.store.readings({ ...empty, everyMs: null })).toEqual([]);
    });

    it("answers raw readings with all that a chart needs, at most the limit", async () => {
      const breakerId = newBreaker();
      await write(
        reading(breakerId, startMs, 1, { residualCurrentMa: 1.25, loadCurrentA: 3.5, contact: "open" }),
        reading(breakerId, startMs + 5, 2, { voltageV: 229.5, temperatureC: -4, protection: "alarmOnly" }),
        reading(breakerId, startMs + 6, 3),
      );
      const query = { breakerId, fromMs: startMs, toMs: startMs + minuteMs, everyMs: null, limit: 2 };
      expect(await under.store.readings(query)).toEqual([
        {
          atMs: startMs,
          count: 1,
          residualCurrentMa: 1.25,
          residualCurrentMaMin: 1.25,
          residualCurrentMaMax: 1.25,
          loadCurrentA: 3.5,
          voltageV: null,
          temperatureC: null,
          contact: "open",
          protection: "enabled",
        },
        {
          atMs: startMs + 5,
          count: 1,
          residualCurrentMa: 12.5,
          residualCurrentMaMin: 12.5,
          residualCurrentMaMax: 12.5,
          loadCurrentA: null,
          voltageV: 229.5,
          temperatureC: -4,
          contact: "closed",
          protection: "alarmOnly",
        },
      ]);
    });

    it("answers windows that begin at multiples of their length since the epoch, without empty ones", async () => {
      const breakerId = newBreaker();
      const everyMs = 7 * minuteMs;
      const windowMs = Math.ceil(startMs / everyMs) * everyMs;
      const at = (offsetMs: number, residualCurrentMa: number, loadCurrentA?: number) =>
        reading(breakerId, windowMs + offsetMs, 0, {
          residualCurrentMa,
          ...(loadCurrentA === undefined ? {} : { loadCurrentA }),
        });
      await write(at(0, 100), at(1_000, 2, 4), at(everyMs - 1, 6), at(3 * everyMs, 8), at(4 * everyMs, 9));
      const query = { breakerId, fromMs: windowMs + 1, toMs: windowMs + 4 * everyMs, everyMs, limit: 10 };
      const blank = { voltageV: null, temperatureC: null, contact: null, protection: null };
      const windows = [
        {
          ...blank,
          atMs: windowMs,
          count: 2,
          residualCurrentMa: 4,
          residualCurrentMaMin: 2,
          residualCurrentMaMax: 6,
          loadCurrentA: 4,
        },
        {
          ...blank,
          atMs: windowMs + 3 * everyMs,
          count: 1,
          residualCurrentMa: 8,
          residualCurrentMaMin: 8,
          residualCurrentMaMax: 8,
          loadCurrentA: null,
        },
      ];
      expect(await under.store.readings(query)).toEqual(windows);
      expect(await under.store.readings({ ...query, limit: 1 })).toEqual(windows.slice(0, 1));
    });

    it("counts a breaker whole that was moved to another area in the middle", async () => {
      const breakerId = newBreaker();
      const everyMs = 60 * minuteMs;
      const windowMs = Math.ceil(startMs / everyMs) * everyMs - everyMs;
      const [before, after] = [reading(breakerId, windowMs, 1), reading(breakerId, windowMs + 1, 2)];
      await write(before);
      await under.store.write(
        [before, after].map((report) => ({ ...recordOf(report), areaId: "A2" })),
        contractNowMs,
      );
      expect(await all(breakerId)).toEqual([before, after]);
      const query = { breakerId, fromMs: windowMs, toMs: windowMs + everyMs, limit: 10 };
      expect(await under.store.readings({ ...query, everyMs: null })).toHaveLength(2);
      expect((await under.store.readings({ ...query, everyMs }))[0]).toMatchObject({
        residualCurrentMa: 12.5,
      });
    });

    it("never cuts reports in the middle of a millisecond", async () => {
      const breakerId = newBreaker();
      const offsets = [0, 1, 1, 1, 2];
      await write(...offsets.map((offset, seq) => reading(breakerId, startMs + offset, seq)));
      const seqs = async (limit: number) => (await all(breakerId, limit)).map(({ seq }) => seq);
      expect(await seqs(5)).toEqual([0, 1, 2, 3, 4]);
      expect(await seqs(4)).toEqual([0, 1, 2, 3]);
      expect(await seqs(3)).toEqual([0]);
      expect(await seqs(1)).toEqual([0]);
      const rest = await under.store.reports({
        breakerId,
        fromMs: startMs + 1,
        toMs: contractNowMs,
        limit: 2,
      });
      expect(rest.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    });

    it("answers events newest first, at most the limit, and no readings among them", async () => {
      const breakerId = newBreaker();
      const shared = { breakerId, arrivalMs: startMs, clockReplaced: true };
      const events: Report[] = [
        { ...shared, kind: "test", tsMs: startMs + 3, seq: 4, body: { kind: "trip", passed: true } },
        { ...shared, kind: "trip", tsMs: startMs + 3, seq: 4, body: { cause: "leakage", reclosed: true } },
        { ...shared, kind: "trip", tsMs: startMs + 3, seq: 2, body: { cause: "vendor:77", reclosed: false } },
        { ...shared, kind: "status", tsMs: startMs + 1, seq: 0, body: { online: false } },
      ];
      await write(reading(breakerId, startMs + 2, 1), ...events.toReversed());
      const query = { breakerId, fromMs: startMs, toMs: startMs + 10, limit: 10 };
      expect(await under.store.events(query)).toEqual(events);
      expect(await under.store.events({ ...query, limit: 2 })).toEqual(events.slice(0, 2));
    });

    it("rejects what is older than the retention, what has no proper id or time, and stores the rest", async () => {
      const breakerId = newBreaker();
      const tooOldMs = contractNowMs - (contractRetentionDays + 1) * dayMs;
      const outcome = await write(
        reading(breakerId, tooOldMs, 1),
        reading(breakerId, startMs, 2),
        reading("not an id, \\", startMs, 3),
        reading(breakerId, 1e20, 4),
      );
      expect(outcome).toEqual({
        kind: "stored",
        rejected: [
          { index: 0, reason: "olderThanRetention" },
          { index: 2, reason: "invalidId" },
          { index: 3, reason: "invalidTime" },
        ],
      });
      expect(await all(breakerId)).toEqual([reading(breakerId, startMs, 2)]);
    });

    it("keeps what is inside the retention when pruned", async () => {
      const breakerId = newBreaker();
      const oldMs = contractNowMs - (contractRetentionDays - 1) * dayMs;
      const reports = [reading(breakerId, oldMs, 1), reading(breakerId, startMs, 2)];
      expect(await write(...reports)).toEqual(stored);
      await under.store.prune(contractNowMs);
      expect(await all(breakerId)).toEqual(reports);
    });

    it("takes an empty batch, and a batch larger than one request", async () => {
      expect(await write()).toEqual(stored);
      const breakerId = newBreaker();
      const many = Array.from({ length: 12_000 }, (_, seq) => reading(breakerId, startMs + seq, seq));
      expect(await write(...many)).toEqual(stored);
      const query = { breakerId, fromMs: startMs, toMs: contractNowMs, everyMs: 100 * dayMs, limit: 1 };
      expect((await under.store.readings(query))[0]?.count).toBe(12_000);
      expect(await all(breakerId, 20_000)).toEqual(many);
    });

    it("is unavailable while its server is down, says so, and stores the same batch afterwards", async () => {
      const breakerId = newBreaker();
      const batch = [reading(breakerId, startMs, 1)];
      expect(await under.store.problem()).toBeNull();
      await under.cut();
      expect(await write(...batch)).toMatchObject({ kind: "unavailable" });
      expect(await under.store.problem()).toMatch(/\S/);
      await under.mend();
      await expect.poll(() => write(...batch), { timeout: 10_000, interval: 50 }).toEqual(stored);
      expect(await all(breakerId)).toEqual(batch);
      expect(await under.store.problem()).toBeNull();
    });
  });
};
