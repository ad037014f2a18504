import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecodedMessage } from "../../ingest/decode.ts";
import { decodeMessage } from "../../ingest/decode.ts";
import { openDecodedLog } from "../../ingest/decoded-log.ts";
import { registryOf } from "../../ingest/registry.ts";
import type { JournalRecord } from "../../journal/port.ts";
import { facts } from "../detection/area.ts";

const now = Date.UTC(2026, 10, 24);
const dayMs = 86_400_000;
const registry = registryOf([facts("b-1"), facts("b-2"), facts("elsewhere", { areaId: "B" })], 1);
const record = (topic: string, payload: unknown, more: Partial<JournalRecord> = {}): JournalRecord => ({
  offset: 1,
  arrivalMs: now,
  clientId: "b-1",
  topic,
  payload:
    payload instanceof Uint8Array
      ? payload
      : Buffer.from(typeof payload === "string" ? payload : JSON.stringify(payload)),
  refusal: null,
  ...more,
});
const reading = (more: object = {}) => ({
  ts: now - 1_000,
  seq: 1,
  residualCurrentMa: 5,
  contact: "closed",
  protection: "enabled",
  ...more,
});
const decode = (r: JournalRecord) => decodeMessage(r, registry, 90 * dayMs);
const reasons = (r: JournalRecord) => decode(r).rejections.map((x) => x.reason);
const own = "hubao/v1/T/A/b-1/reading";

describe("decoding", () => {
  it("turns a message into a report of a known breaker", () => {
    const { reports, rejections } = decode(record(own, reading({ loadCurrentA: 2, extra: true })));
    expect(rejections).toEqual([]);
    expect(reports[0]?.report).toEqual({
      kind: "reading",
      breakerId: "b-1",
      tsMs: now - 1_000,
      seq: 1,
      arrivalMs: now,
      clockReplaced: false,
      body: { residualCurrentMa: 5, contact: "closed", protection: "enabled", loadCurrentA: 2 },
    });
  });

  it("replaces a clock that is ten minutes ahead, or before 2015, by the arrival, and flags it", () => {
    for (const ts of [now + 600_001, 0, -5, Date.UTC(2014, 11, 31)])
      expect(decode(record(own, reading({ ts }))).reports[0]?.report).toMatchObject({
        tsMs: now,
        clockReplaced: true,
      });
    expect(decode(record(own, reading({ ts: now + 600_000 }))).reports[0]?.report.clockReplaced).toBe(false);
  });

  it("names the one reason why a message cannot be used", () => {
    expect(reasons(record(own, "{"))).toEqual(["invalidJson"]);
    expect(reasons(record(own, Buffer.from([0x22, 0xff, 0x22])))).toEqual(["invalidUtf8"]);
    expect(reasons(record(own, reading({ seq: -1 })))).toEqual(["invalidPayload"]);
    expect(reasons(record("hubao/v1/T/A/b-9/reading", reading()))).toEqual(["unknownBreaker"]);
    expect(reasons(record("hubao/v1/T/A/elsewhere/reading", reading()))).toEqual(["wrongArea"]);
    expect(reasons(record("hubao/v1/T/A/b-1/song", reading()))).toEqual(["unknownTopic"]);
    expect(reasons(record("hubao/v1/T/A/g-1/dlt645", "68"))).toEqual(["noDecoder"]);
    expect(reasons(record(own, reading({ ts: now - 91 * dayMs })))).toEqual(["olderThanRetention"]);
    expect(reasons(record("$SYS/x", "", { refusal: "reservedTopic" }))).toEqual(["reservedTopic"]);
  });

  it("takes a batch apart, so that a bad entry costs only itself", () => {
    const { reports, rejections } = decode(
      record("hubao/v1/T/A/g-1/batch", {
        ts: now,
        entries: [
          { breakerId: "b-1", kind: "reading", body: reading() },
          { breakerId: "b-2", kind: "reading", body: { ts: now } },
          { breakerId: "elsewhere", kind: "reading", body: reading() },
          7,
          { breakerId: "b-2", kind: "test", body: { ts: now, seq: 3, kind: "self", passed: true } },
        ],
      }),
    );
    expect(reports.map(({ index, report }) => [index, report.breakerId, report.kind])).toEqual([
      [0, "b-1", "reading"],
      [4, "b-2", "test"],
    ]);
    expect(rejections.map(({ index, reason }) => [index, reason])).toEqual([
      [1, "invalidPayload"],
      [2, "wrongArea"],
      [3, "invalidPayload"],
    ]);
  });

  it("lets a breaker's own batch speak of nobody else", () => {
    const batch = {
      ts: now,
      entries: ["b-1", "b-2"].map((breakerId) => ({ breakerId, kind: "reading", body: reading() })),
    };
    const own = decode(record("hubao/v1/T/A/b-1/batch", batch));
    expect(own.reports.map(({ report }) => report.breakerId)).toEqual(["b-1"]);
    expect(own.rejections).toMatchObject([{ reason: "foreignBreaker", index: 1 }]);
    expect(decode(record("hubao/v1/T/A/gateway/batch", batch)).rejections).toEqual([]);
  });

  it("accounts for every message, whatever its bytes are", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 200 }), (topic, payload) => {
        for (const t of [topic, own, "hubao/v1/T/A/g/batch"]) {
          const { reports, rejections } = decode(record(t, payload));
          expect(reports.length + rejections.length).toBeGreaterThan(0);
        }
      }),
      { seed: 5, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { reports, rejections } = decode(record(own, JSON.stringify(value)));
        expect(reports.length + rejections.length).toBe(1);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

describe("the decoded log", () => {
  const journalOf = (count: number) => {
    const all = Array.from({ length: count }, (_, i) =>
      record(own, reading({ seq: i + 1 }), { offset: i + 1 }),
    );
    const state = { reads: 0 };
    return {
      state,
      read: (after: number, limit: number) => {
        state.reads += 1;
        return all.filter((r) => r.offset > after).slice(0, limit);
      },
    };
  };
  const offsets = (answer: DecodedMessage[] | "wait") =>
    answer === "wait" ? answer : answer.map((m) => m.offset);

  it("decodes once for consumers in step, and anew when the registry has changed", () => {
    let known = registryOf([], 1);
    const journal = journalOf(3);
    const log = openDecodedLog(journal, () => known, 90 * dayMs);
    const [first, second] = [log.reader(), log.reader()];
    const unknown = first.read(0, 10);
    expect(unknown === "wait" || unknown.map((m) => m.rejections[0]?.reason)).toEqual(
      Array(3).fill("unknownBreaker"),
    );
    expect(offsets(second.read(1, 10))).toEqual([2, 3]);
    expect(journal.state.reads).toBe(1);
    known = registryOf([facts("b-1")], 2);
    const found = second.read(0, 2);
    expect(found === "wait" || found.map((m) => m.reports.length)).toEqual([1, 1]);
    expect(journal.state.reads).toBe(2);
  });

  it("lets a fast consumer wait for a slow one, so that nothing is decoded twice, but not for one that stands still", () => {
    const journal = journalOf(100);
    const registry = registryOf([facts("b-1")], 1);
    let nowMs = 0;
    const log = openDecodedLog(journal, () => registry, 90 * dayMs, {
      keptMessages: 8,
      elapsedMs: () => nowMs,
    });
    const [fast, slow] = [log.reader(), log.reader()];
    expect(offsets(fast.read(0, 4))).toEqual([1, 2, 3, 4]);
    expect(offsets(slow.read(0, 2))).toEqual([1, 2]);
    expect(offsets(fast.read(4, 4))).toEqual([5, 6, 7, 8]);
    expect(fast.read(8, 4)).toBe("wait");
    expect(offsets(slow.read(2, 2))).toEqual([3, 4]);
    expect(offsets(fast.read(8, 4))).toEqual([9, 10, 11, 12]);
    expect(journal.state.reads).toBe(3);
    expect(fast.read(12, 4)).toBe("wait");
    nowMs += 1_001;
    expect(offsets(fast.read(12, 4))).toEqual([13, 14, 15, 16]);
    // The slow one has been overtaken: it decodes for itself, and is waited for no more than anyone.
    expect(offsets(slow.read(4, 2))).toEqual([5, 6]);
    expect(offsets(fast.read(16, 4))).toEqual([17, 18, 19, 20]);
  });
});
