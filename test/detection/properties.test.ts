// Properties of the fold: whatever comes in order, however the clock ticks in between, the stored history is the one history.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeArea } from "../../detection/judge-area.ts";
import { foldOwn, initialChange, initialOwn } from "../../detection/own.ts";
import { intervalsOf } from "../../domain/operating.ts";
import { compareReports, type Report } from "../../domain/report.ts";
import { area, facts, minute, reading, rule, t0 } from "./area.ts";

const ids = ["a", "b", "c", "d"];
const members = ids.map((id) => facts(id));
const seed = 20_261_124;

/** Gaps that matter: within vouching, exactly at its end, beyond it. */
const gapArbitrary = fc.oneof(
  fc.integer({ min: 1, max: 10 * minute }),
  fc.constantFrom(5 * minute, 10 * minute, 15 * minute, 15 * minute + 1, 15 * minute - 1),
  fc.integer({ min: 10 * minute, max: 60 * minute }),
);
const reportArbitrary = fc.record({
  id: fc.constantFrom(...ids),
  gapMs: gapArbitrary,
  body: fc.record({
    contact: fc.constantFrom("closed" as const, "closed" as const, "open" as const, "lockedOut" as const),
    protection: fc.constantFrom(
      "enabled" as const,
      "enabled" as const,
      "enabled" as const,
      "alarmOnly" as const,
      "faulty" as const,
    ),
    residualCurrentMa: fc.constantFrom(0, 5, 19, 34),
    loadCurrentA: fc.constantFrom(0, 3),
    voltageV: fc.constantFrom(0, 230, 230),
  }),
});
const historyArbitrary = fc.array(reportArbitrary, { maxLength: 60 });
const ticksArbitrary = fc.array(fc.integer({ min: 0, max: 12 * 60 * minute }), { maxLength: 60 });

/** Up to three times in which the power was taken off on purpose, apart from each other. */
const plannedArbitrary = fc
  .array(fc.integer({ min: 0, max: 12 * 60 }), { maxLength: 6 })
  .map((minutes) => [...new Set(minutes)].sort((a, b) => a - b).map((m) => t0 + m * minute + 17))
  .map((ends) =>
    ends.flatMap((fromMs, i) => {
      const toMs = ends[i + 1];
      return i % 2 === 0 && toMs !== undefined ? [{ fromMs, toMs }] : [];
    }),
  );

type Step = { atMs: number; report: Report | null };

/** Reports of each breaker in order, a quarter of an hour at most behind each other's, mixed with ticks. */
const stepsOf = (history: { id: string; gapMs: number; body: object }[], ticks: number[]): Step[] => {
  const clock = new Map<string, number>();
  const steps: Step[] = history.map(({ id, gapMs, body }) => {
    const tsMs = (clock.get(id) ?? t0) + gapMs;
    clock.set(id, tsMs);
    return { atMs: tsMs, report: reading(id, tsMs, body) };
  });
  steps.push(...ticks.map((ms) => ({ atMs: t0 + ms, report: null })));
  return steps.sort((x, y) => x.atMs - y.atMs);
};

const wholeHistory = (reports: Report[], nowMs: number, judged = members) =>
  judgeArea(
    judged.map((f) => ({
      facts: f,
      changes: foldOwn(
        initialOwn,
        [initialChange(f.installedAtMs)],
        reports.filter((r) => r.breakerId === f.breakerId).sort(compareReports),
        f.installedAtMs,
        nowMs,
        rule,
      ).changes,
    })),
    t0,
    nowMs,
    rule,
  ).published;

describe("the live fold", () => {
  it("stores what one look over the whole history would judge, however the ticks fall", () => {
    fc.assert(
      fc.property(historyArbitrary, ticksArbitrary, (history, ticks) => {
        const live = area(members);
        const steps = stepsOf(history, ticks);
        for (const { atMs, report } of steps) {
          if (report === null) live.tick(atMs);
          else live.report(report);
        }
        const endMs = (steps.at(-1)?.atMs ?? t0) + 3 * 60 * minute;
        live.tick(endMs);
        const whole = wholeHistory(
          steps.flatMap((s) => s.report ?? []),
          endMs,
        );
        for (const id of ids)
          expect(live.intervals(id, endMs)).toEqual(intervalsOf(whole.get(id) ?? [], endMs));
      }),
      { seed, numRuns: 500 },
    );
  });

  it("excuses a planned outage as one look over the whole history would, and raises no silence in it", () => {
    fc.assert(
      fc.property(historyArbitrary, ticksArbitrary, plannedArbitrary, (history, ticks, plannedOutages) => {
        const planned = members.map((f) => ({ ...f, plannedOutages }));
        const live = area(planned);
        live.memory.plannedOutages = plannedOutages;
        const isPlanned = (atMs: number) => plannedOutages.some((w) => w.fromMs <= atMs && atMs < w.toMs);
        const steps = stepsOf(history, ticks);
        for (const { atMs, report } of steps) {
          if (report === null) live.tick(atMs);
          else live.report(report);
        }
        const endMs = (steps.at(-1)?.atMs ?? t0) + 3 * 60 * minute;
        live.tick(endMs);
        const reports = steps.flatMap((s) => s.report ?? []);
        const whole = wholeHistory(reports, endMs, planned);
        for (const id of ids) {
          const intervals = live.intervals(id, endMs);
          expect(intervals).toEqual(intervalsOf(whole.get(id) ?? [], endMs));
          for (const i of intervals)
            expect(i.reason === "plannedOutage").toBe(isPlanned(i.fromMs) && i.state === "excused");
        }
        for (const alarm of live.alarms)
          if (alarm.effect === "raise" && (alarm.kind === "silent" || alarm.kind === "areaOutage"))
            expect(isPlanned(alarm.atMs)).toBe(false);
      }),
      { seed, numRuns: 300 },
    );
  });

  it("partitions the installed time, without gap or overlap, at every moment", () => {
    fc.assert(
      fc.property(historyArbitrary, ticksArbitrary, (history, ticks) => {
        const live = area(members);
        for (const { atMs, report } of stepsOf(history, ticks)) {
          if (report === null) live.tick(atMs);
          else live.report(report);
          live.tick(atMs);
          for (const id of ids) {
            const intervals = live.intervals(id, atMs);
            if (atMs > t0) expect(intervals[0]?.fromMs).toBe(t0);
            for (const [i, interval] of intervals.entries())
              expect(interval.toMs).toBe(intervals[i + 1]?.fromMs ?? atMs);
          }
        }
      }),
      { seed, numRuns: 150 },
    );
  });

  it("never leaves a silence alarm standing on a breaker that is heard, nor two alarms of one kind", () => {
    fc.assert(
      fc.property(historyArbitrary, ticksArbitrary, (history, ticks) => {
        const live = area(members);
        for (const { atMs, report } of stepsOf(history, ticks)) {
          if (report === null) live.tick(atMs);
          else live.report(report);
          const open = new Map<string, string>();
          for (const alarm of live.alarms) {
            if (alarm.effect === "clear") open.delete(alarm.id);
            else {
              expect(open.has(alarm.id)).toBe(false);
              open.set(alarm.id, alarm.effect === "raise" ? `${alarm.breakerId} ${alarm.kind}` : alarm.id);
            }
          }
          const kinds = [...open.values()].filter((name) => name.includes(" "));
          expect(new Set(kinds).size).toBe(kinds.length);
          if (report) expect(kinds).not.toContain(`${report.breakerId} silent`);
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it("gives the same history for reports that are repeated, and the same alarms", () => {
    fc.assert(
      fc.property(historyArbitrary, ticksArbitrary, (history, ticks) => {
        const [once, twice] = [area(members), area(members)];
        const steps = stepsOf(history, ticks);
        for (const { atMs, report } of steps) {
          for (const live of [once, twice]) {
            if (report === null) live.tick(atMs);
            else live.report(report);
          }
          if (report) expect(twice.report(report)).toBe("ignored");
        }
        const endMs = steps.at(-1)?.atMs ?? t0;
        for (const id of ids) expect(twice.intervals(id, endMs)).toEqual(once.intervals(id, endMs));
        expect(twice.alarms).toEqual(once.alarms);
      }),
      { seed, numRuns: 200 },
    );
  });

  it("makes no more than three transitions a minute of any alarm, however wildly a breaker reports", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            gapMs: fc.integer({ min: 500, max: 20_000 }),
            contact: fc.constantFrom("closed" as const, "closed" as const, "open" as const),
            protection: fc.constantFrom("enabled" as const, "enabled" as const, "disabled" as const),
            residualCurrentMa: fc.constantFrom(0, 5, 14, 19, 25, 34, 65_535),
            loadCurrentA: fc.constantFrom(0, 3, 70),
            voltageV: fc.constantFrom(0, 190, 200, 230, 260),
          }),
          { minLength: 20, maxLength: 150 },
        ),
        (history) => {
          const live = area([facts("a")]);
          let atMs = t0;
          for (const { gapMs, ...body } of history) {
            atMs += gapMs;
            live.report(reading("a", atMs, body));
            live.tick(atMs + Math.min(gapMs, 400));
          }
          for (const transitions of Map.groupBy(live.alarms, (a) => a.id).values())
            for (const [i, { atMs: ms }] of transitions.entries())
              expect((transitions[i + 3]?.atMs ?? Number.POSITIVE_INFINITY) - ms).toBeGreaterThanOrEqual(
                minute,
              );
        },
      ),
      { seed, numRuns: 200 },
    );
  });
});
