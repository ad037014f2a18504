import { describe, expect, it } from "vitest";
import type { BreakerFacts } from "../../domain/breaker.ts";
import { defaultJudgingRule } from "../../domain/limits.ts";
import type { Report } from "../../domain/report.ts";
import { judgeAreaLive, unobserved } from "../../evaluation/judge.ts";

const t0 = Date.UTC(2026, 4, 1);
const minute = 60_000;

const facts = (breakerId: string): BreakerFacts => ({
  breakerId,
  townshipId: "T",
  villageId: "V",
  areaId: "A",
  householdId: `H-${breakerId}`,
  level: "household",
  ratedResidualCurrentMa: 30,
  installedAtMs: t0 - 86_400_000,
  removedAtMs: null,
  occupancy: [{ fromMs: 0, inhabited: true }],
});

const reading = (breakerId: string, atMs: number, residualCurrentMa: number, delayMs = 0): Report => ({
  kind: "reading",
  breakerId,
  tsMs: atMs,
  seq: Math.floor((atMs - t0) / minute) + 1,
  arrivalMs: atMs + delayMs,
  clockReplaced: false,
  body: { residualCurrentMa, contact: "closed", protection: "enabled", loadCurrentA: 2, voltageV: 230 },
});

const test = (breakerId: string, atMs: number, passed: boolean, delayMs = 0): Report => ({
  kind: "test",
  breakerId,
  tsMs: atMs,
  seq: Math.floor((atMs - t0) / minute) + 1,
  arrivalMs: atMs + delayMs,
  clockReplaced: false,
  body: { kind: "trip", passed },
});

const judgeOf = (labels: Parameters<typeof unobserved>[0][] = []) => {
  const observed = labels.map(unobserved);
  const judge = judgeAreaLive({
    areaId: "A",
    breakers: [facts("B1"), facts("B2")],
    labels: observed,
    rule: defaultJudgingRule,
    startMs: t0,
  });
  return { judge, observed };
};

const say = (judge: ReturnType<typeof judgeOf>["judge"], reports: Report[]) => {
  for (const report of reports.toSorted((a, b) => a.arrivalMs - b.arrivalMs))
    judge.take(report.arrivalMs, [report]);
};

describe("judging faster than real time", () => {
  it("runs the clock between reports: an alarm that falls due by itself is raised at its time", () => {
    const { judge } = judgeOf();
    say(
      judge,
      Array.from({ length: 30 }, (_, i) => reading("B2", t0 + i * 5 * minute, 3)),
    );
    say(judge, []);
    judge.advance(t0 + 200 * minute);
    const never = judge.findings().find((f) => f.subjectId === "B1");
    const silent = judge.findings().find((f) => f.subjectId === "B2");
    expect(never).toMatchObject({ kind: "neverReported" });
    expect((never?.raisedMs ?? 0) - t0).toBeLessThanOrEqual(15 * minute + 5_000);
    expect(silent).toMatchObject({ kind: "silent", clearedMs: null });
    expect((silent?.raisedMs ?? 0) - (t0 + 145 * minute)).toBeLessThanOrEqual(21 * minute);
  });

  it("counts the subject's reports up to the raise, and from the label's start on", () => {
    const { judge, observed } = judgeOf([
      { subjectId: "B1", finding: "failureToTrip", startMs: t0 + 22 * minute, endMs: t0 + 60 * minute },
    ]);
    say(
      judge,
      Array.from({ length: 10 }, (_, i) => reading("B1", t0 + i * 5 * minute, i >= 5 ? 45 : 3)),
    );
    judge.advance(t0 + 50 * minute);
    expect(observed[0]?.reportsBefore).toBe(5);
    expect(judge.findings().filter((f) => f.kind === "failureToTrip")).toMatchObject([{ subjectReports: 6 }]);
  });

  it("finds a clock that was set back by hours within three reports, though all of them are late", () => {
    const { judge } = judgeOf();
    const backMs = 5 * 3_600_000;
    say(
      judge,
      Array.from({ length: 40 }, (_, i) => {
        const report = reading("B1", t0 + i * 5 * minute, 3);
        return i < 20 ? report : { ...report, tsMs: report.tsMs - backMs };
      }),
    );
    const clock = judge.findings().find((f) => f.kind === "clockWrong");
    expect((clock?.raisedMs ?? Number.POSITIVE_INFINITY) - t0).toBeLessThanOrEqual(22 * 5 * minute);
  });

  it("takes an impossible load for no load: nothing is bypassed because of it", () => {
    const { judge } = judgeOf();
    say(
      judge,
      Array.from({ length: 100 }, (_, i) => {
        const report = reading("B1", t0 + i * 5 * minute, 0);
        return report.kind === "reading"
          ? { ...report, body: { ...report.body, loadCurrentA: i === 5 ? 65_535 : 0 } }
          : report;
      }),
    );
    expect(judge.findings().filter((f) => f.kind === "bypassed")).toEqual([]);
    expect(judge.findings().filter((f) => f.kind === "impossibleValue")).toHaveLength(1);
  });

  it("works a late report into the history: a failed test that arrives after newer readings is found", () => {
    const findingsWith = (delayMs: number) => {
      const { judge } = judgeOf();
      say(judge, [
        ...Array.from({ length: 12 }, (_, i) => reading("B1", t0 + i * 5 * minute, 3)),
        test("B1", t0 + 21 * minute, false, delayMs),
      ]);
      judge.advance(t0 + 60 * minute);
      return judge.findings().filter((f) => f.kind === "tripFunctionFault").length;
    };
    expect([findingsWith(1_000), findingsWith(12 * minute)]).toEqual([1, 1]);
  });
});
