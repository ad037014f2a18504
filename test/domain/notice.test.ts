// Notices move only as their table allows, their calendar is the township's, and telemetry confirms only what it has seen.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDays,
  afterAct,
  deadlineEndMs,
  defaultNoticeRule,
  dueSteps,
  noticeActs,
  noticeInstants,
  noticeNumber,
  type StoredNoticeState,
  shownNoticeState,
} from "../../domain/notice.ts";
import { type CheckRule, checkRectified, type RectifiedEvidence } from "../../domain/notice-check.ts";
import { notOperating, type OperatingInterval, operating, silent } from "../../domain/operating.ts";

const seed = 20_261_124;
const hourMs = 3_600_000;
const minuteMs = 60_000;

describe("the states of a notice", () => {
  it("are reached only by the ways that DOMAIN.md names, whatever is tried in whatever order", () => {
    const ways = new Set([
      "draft>issued",
      "draft>withdrawn",
      "issued>rectified",
      "issued>refused",
      "refused>rectified",
      "rectified>verified",
      "rectified>issued",
    ]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...noticeActs), { maxLength: 40 }), (acts) => {
        let state: StoredNoticeState = "draft";
        for (const act of acts) {
          const next = afterAct(state, act);
          if (next === null) continue;
          if (next !== state) {
            expect(ways).toContain(`${state}>${next}`);
            // Only telemetry verifies, and only what someone has called rectified.
            if (next === "verified") expect([state, act]).toEqual(["rectified", "confirm"]);
          }
          state = next;
        }
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it("end in verified and withdrawn", () => {
    for (const act of noticeActs) {
      expect([null, "verified"]).toContain(afterAct("verified", act));
      expect(afterAct("withdrawn", act)).toBe(null);
    }
  });

  it("show an issued notice as overdue from the midnight that ends its deadline's day", () => {
    const endMs = deadlineEndMs("2026-05-31", "Asia/Shanghai");
    expect(endMs).toBe(Date.parse("2026-06-01T00:00:00+08:00"));
    const shown = (state: StoredNoticeState, nowMs: number) =>
      shownNoticeState({ state, deadlineEndMs: endMs }, nowMs);
    expect(shown("issued", endMs - 1)).toBe("issued");
    expect(shown("issued", endMs)).toBe("overdue");
    expect(shown("rectified", endMs)).toBe("rectified");
    expect(shown("refused", endMs)).toBe("refused");
  });

  it("number notices within the year", () => {
    expect([noticeNumber(2026, 7), noticeNumber(2026, 12_345)]).toEqual(["2026-0007", "2026-12345"]);
  });
});

describe("the calendar of a notice", () => {
  it("ends a day where the clock changes at the township's own midnight", () => {
    // The night of 25 October 2026 has 25 hours in Berlin, that of 29 March 23.
    expect(deadlineEndMs("2026-10-25", "Europe/Berlin") - deadlineEndMs("2026-10-24", "Europe/Berlin")).toBe(
      25 * hourMs,
    );
    expect(deadlineEndMs("2026-03-29", "Europe/Berlin") - deadlineEndMs("2026-03-28", "Europe/Berlin")).toBe(
      23 * hourMs,
    );
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(() => addDays("2026-02-29", 1)).toThrow(RangeError);
  });

  it("does every step once and in order, however seldom it is looked at", () => {
    const base = Date.parse("2026-01-01T00:00:00Z");
    fc.assert(
      fc.property(
        fc.constantFrom("Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Pacific/Apia"),
        fc.integer({ min: 0, max: 700 }),
        fc.array(fc.integer({ min: 0, max: 760 * 24 }), { minLength: 1, maxLength: 60 }),
        (timeZone, day, hours) => {
          const deadline = addDays("2026-01-01", day);
          const rule = defaultNoticeRule;
          const instants = noticeInstants(deadline, timeZone, rule);
          const notice = {
            state: "issued" as StoredNoticeState,
            deadline,
            remindedAtMs: null as number | null,
            overdueAtMs: null as number | null,
            escalatedAtMs: null as number | null,
          };
          for (const hour of hours.toSorted((a, b) => a - b)) {
            const nowMs = base + hour * hourMs;
            for (const step of dueSteps(notice, { nowMs, timeZone, rule })) {
              if (step === "remind") {
                expect(nowMs >= instants.remindMs && nowMs < instants.overdueMs).toBe(true);
                expect(notice.remindedAtMs).toBe(null);
                notice.remindedAtMs = nowMs;
              } else if (step === "overdue") {
                expect(nowMs).toBeGreaterThanOrEqual(instants.overdueMs);
                expect(notice.overdueAtMs).toBe(null);
                notice.overdueAtMs = nowMs;
              } else {
                expect(nowMs).toBeGreaterThanOrEqual(instants.escalateMs);
                expect(notice.overdueAtMs).not.toBe(null);
                notice.escalatedAtMs = nowMs;
              }
            }
            expect(dueSteps(notice, { nowMs, timeZone, rule })).toEqual([]);
          }
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it("stops for what is rectified, refused or only a draft", () => {
    const notice = { deadline: "2026-05-01", remindedAtMs: null, overdueAtMs: null, escalatedAtMs: null };
    const at = {
      nowMs: Date.parse("2027-01-01T00:00:00Z"),
      timeZone: "Asia/Shanghai",
      rule: defaultNoticeRule,
    };
    for (const state of ["draft", "rectified", "refused", "verified", "withdrawn"] as const)
      expect(dueSteps({ ...notice, state }, at)).toEqual([]);
  });
});

describe("telemetry about a rectified notice", () => {
  const everyMs = 5 * minuteMs;
  const rule: CheckRule = {
    confirmMs: 24 * hourMs,
    settleMs: hourMs,
    thresholdMa: 18,
    vouchMs: 15 * minuteMs,
  };
  const fine = (nowMs: number, more: Partial<RectifiedEvidence> = {}): RectifiedEvidence => ({
    rectifiedAtMs: 0,
    nowMs,
    intervals: [{ ...operating, fromMs: 0, toMs: nowMs }],
    windows: Array.from({ length: Math.floor(nowMs / everyMs) }, (_, i) => ({ atMs: i * everyMs, maxMa: 5 })),
    everyMs,
    alarms: [],
    ...more,
  });

  it("confirms 24 hours of operating below the threshold, and not a millisecond earlier", () => {
    expect(checkRectified(fine(24 * hourMs), rule)).toEqual({
      kind: "confirmed",
      confirmation: { fromMs: 0, toMs: 24 * hourMs, maxResidualCurrentMa: 5, thresholdMa: 18 },
    });
    expect(checkRectified(fine(24 * hourMs - 1), rule)).toEqual({ kind: "waiting", untilMs: 24 * hourMs });
  });

  it("does not take the lasting of an old state for evidence when no readings have come", () => {
    const evidence = fine(30 * hourMs);
    expect(checkRectified({ ...evidence, windows: evidence.windows.slice(0, 100) }, rule).kind).toBe(
      "waiting",
    );
  });

  it("begins anew after silence, which speaks for nothing", () => {
    const intervals: OperatingInterval[] = [
      { ...operating, fromMs: 0, toMs: 10 * hourMs },
      { ...silent, fromMs: 10 * hourMs, toMs: 12 * hourMs },
      { ...operating, fromMs: 12 * hourMs, toMs: 36 * hourMs },
    ];
    expect(checkRectified(fine(30 * hourMs, { intervals }), rule)).toEqual({
      kind: "waiting",
      untilMs: 36 * hourMs,
    });
    expect(checkRectified(fine(36 * hourMs, { intervals }), rule)).toMatchObject({
      kind: "confirmed",
      confirmation: { fromMs: 12 * hourMs },
    });
  });

  it("contradicts what was not operating, leaked or came back, once 24 hours are over", () => {
    const intervals: OperatingInterval[] = [
      { ...operating, fromMs: 0, toMs: 5 * hourMs },
      { ...notOperating("protectionExited"), fromMs: 5 * hourMs, toMs: 6 * hourMs },
      { ...operating, fromMs: 6 * hourMs, toMs: 48 * hourMs },
    ];
    expect(checkRectified(fine(23 * hourMs, { intervals }), rule).kind).toBe("waiting");
    expect(checkRectified(fine(24 * hourMs, { intervals }), rule)).toEqual({
      kind: "contradicted",
      contradiction: { kind: "notOperating", atMs: 5 * hourMs, reason: "protectionExited" },
    });
    const windows = fine(24 * hourMs).windows.map((w) => (w.atMs === 7 * hourMs ? { ...w, maxMa: 18 } : w));
    expect(checkRectified(fine(24 * hourMs, { windows }), rule)).toMatchObject({
      contradiction: { kind: "leakage", atMs: 7 * hourMs, residualCurrentMa: 18, thresholdMa: 18 },
    });
    const alarms = [{ fromMs: 20 * hourMs, toMs: null }];
    expect(checkRectified(fine(24 * hourMs, { alarms }), rule)).toMatchObject({
      contradiction: { kind: "findingReturned", atMs: 20 * hourMs },
    });
  });

  it("leaves an hour for the supply to be switched on again", () => {
    const intervals: OperatingInterval[] = [
      { ...notOperating("open"), fromMs: 0, toMs: 40 * minuteMs },
      { ...operating, fromMs: 40 * minuteMs, toMs: 48 * hourMs },
    ];
    expect(checkRectified(fine(24 * hourMs, { intervals }), rule).kind).toBe("waiting");
    expect(checkRectified(fine(24 * hourMs + 40 * minuteMs, { intervals }), rule).kind).toBe("confirmed");
  });

  it("agrees with a count minute by minute over random histories", () => {
    const spans = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom("operating", "notOperating", "silent", "leak"),
      ),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(spans, fc.integer({ min: 0, max: 59 }), (plan, cut) => {
        // A plan of hours; each window of a leaking hour is at the threshold, silent hours have no windows.
        const hours = plan.flatMap(([length, what]) => Array.from({ length }, () => what));
        const nowMs = hours.length * hourMs - cut * minuteMs;
        const intervals = hours.map((what, i): OperatingInterval => {
          const state =
            what === "notOperating" ? notOperating("open") : what === "silent" ? silent : operating;
          return { ...state, fromMs: i * hourMs, toMs: Math.min((i + 1) * hourMs, nowMs) };
        });
        const windows = Array.from({ length: Math.ceil(nowMs / everyMs) }, (_, i) => i * everyMs)
          .filter((atMs) => hours[Math.floor(atMs / hourMs)] !== "silent")
          .map((atMs) => ({ atMs, maxMa: hours[Math.floor(atMs / hourMs)] === "leak" ? 20 : 3 }));
        const outcome = checkRectified(fine(nowMs, { intervals, windows }), rule);

        let run = 0;
        let bad = Number.POSITIVE_INFINITY;
        let confirmed = Number.POSITIVE_INFINITY;
        for (let minute = 0; minute < nowMs / minuteMs; minute++) {
          const what = hours[Math.floor(minute / 60)];
          if ((what === "leak" || what === "notOperating") && minute >= 60) bad = Math.min(bad, minute);
          run = what === "operating" ? run + 1 : 0;
          if (run >= 24 * 60) confirmed = Math.min(confirmed, minute + 1);
        }
        const expected =
          confirmed <= bad
            ? Number.isFinite(confirmed)
              ? "confirmed"
              : "waiting"
            : nowMs >= 24 * hourMs
              ? "contradicted"
              : "waiting";
        expect(outcome.kind).toBe(expected);
      }),
      { seed, numRuns: 1_000 },
    );
  });
});
