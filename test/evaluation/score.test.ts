import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { doubtsOf, readLabels } from "../../evaluation/labels.ts";
import { type Finding, type Misjudged, type ObservedLabel, score } from "../../evaluation/score.ts";
import { medianOf, summarise, summaryTable } from "../../evaluation/summary.ts";

const minute = 60_000;
const scope = { toleranceMs: 5 * minute, areaOfMain: new Map([["M1", "A1"]]) };

const label = (
  subjectId: string,
  finding: string,
  startMs: number,
  endMs: number,
  reportsBefore: number | null = 0,
): ObservedLabel => ({ subjectId, finding, startMs, endMs, reportsBefore });

const finding = (
  subjectId: string,
  kind: string,
  raisedMs: number,
  clearedMs: number | null,
  more: Partial<Finding> = {},
): Finding => ({
  kind,
  subjectId,
  areaId: "A1",
  sinceMs: raisedMs,
  raisedMs,
  clearedMs,
  subjectReports: 1,
  suspects: [],
  ...more,
});

const counts = (findings: Finding[], labels: ObservedLabel[]) =>
  Object.fromEntries(
    [...score(findings, labels, scope)].map(([kind, t]) => [
      kind,
      [t.truePositives, t.falsePositives, t.falseNegatives],
    ]),
  );

describe("scoring", () => {
  it("finds a label by a finding of its kind at its subject that overlaps it", () => {
    const labels = [label("B1", "open", 10 * minute, 60 * minute)];
    expect(counts([finding("B1", "open", 20 * minute, 70 * minute)], labels)).toEqual({ open: [1, 0, 0] });
    expect(counts([finding("B1", "open", 0, 10 * minute)], labels)).toEqual({ open: [1, 0, 0] });
    expect(counts([finding("B1", "open", 0, null)], labels)).toEqual({ open: [1, 0, 0] });
  });

  it("counts a finding that ends before the label or begins well after it as false, and the label as missed", () => {
    const labels = [label("B1", "open", 100 * minute, 200 * minute)];
    expect(counts([finding("B1", "open", 0, 99 * minute)], labels)).toEqual({ open: [0, 1, 1] });
    expect(counts([finding("B1", "open", 206 * minute, null)], labels)).toEqual({ open: [0, 1, 1] });
    expect(counts([finding("B1", "open", 204 * minute, null)], labels)).toEqual({ open: [1, 0, 0] });
  });

  it("takes a finding of another kind at a labelled subject for a consequence, neither true nor false", () => {
    const labels = [label("B1", "failureToTrip", 0, 60 * minute)];
    const findings = [
      finding("B1", "failureToTrip", minute, 60 * minute),
      finding("B1", "leakageSpike", minute, 60 * minute),
    ];
    expect(counts(findings, labels)).toEqual({ failureToTrip: [1, 0, 0] });
  });

  it("forgives no finding at another subject: a silent house in a labelled outage is false", () => {
    const labels = [label("A1", "areaOutage", 0, 60 * minute)];
    const findings = [
      finding("A1", "areaOutage", minute, null),
      finding("B1", "silent", minute, null),
      finding("M1", "silent", minute, null),
    ];
    expect(counts(findings, labels)).toEqual({ areaOutage: [1, 0, 0], silent: [0, 2, 0] });
  });

  it("takes an area and its main breaker for one subject where the finding is about the area", () => {
    const byArea = [label("A1", "lineLeakage", 0, 60 * minute)];
    const byMain = [label("M1", "lineLeakage", 0, 60 * minute)];
    for (const labels of [byArea, byMain])
      for (const subject of ["A1", "M1"])
        expect(counts([finding(subject, "lineLeakage", minute, null)], labels)).toEqual({
          lineLeakage: [1, 0, 0],
        });
    expect(counts([finding("M1", "leakageSpike", minute, null)], byArea)).toEqual({ lineLeakage: [0, 0, 1] });
  });

  it("counts neither a consequence that is found nor one that is not", () => {
    const labels = [{ ...label("M1", "leakageSpike", 0, 60 * minute), isConsequence: true }];
    expect(counts([finding("M1", "leakageSpike", minute, null)], labels)).toEqual({});
    expect(counts([], labels)).toEqual({});
  });

  it("counts one label once however often it is raised, and each of two labels that one finding spans", () => {
    const labels = [label("B1", "silent", 0, 10 * minute), label("B1", "silent", 10 * minute, 20 * minute)];
    const often = [0, 5, 8].map((at) => finding("B1", "silent", at * minute, (at + 1) * minute));
    expect(counts(often, labels.slice(0, 1))).toEqual({ silent: [1, 0, 0] });
    expect(counts([finding("B1", "silent", 2 * minute, 15 * minute)], labels)).toEqual({ silent: [2, 0, 0] });
  });

  it("counts the delay from the label's first report on, by the first finding that overlaps", () => {
    const labels = [label("B1", "open", 10 * minute, 90 * minute, 7)];
    const tally = score(
      [
        finding("B1", "open", 30 * minute, null, { subjectReports: 12 }),
        finding("B1", "open", 20 * minute, 25 * minute, { subjectReports: 9 }),
      ],
      labels,
      scope,
    ).get("open");
    expect(tally?.delaysReports).toEqual([2]);
    expect(tally?.delaysMs).toEqual([10 * minute]);
  });

  it("has no delay where the finding stood before, or nothing was heard", () => {
    const standing = score(
      [finding("B1", "open", 0, null, { subjectReports: 3 })],
      [label("B1", "open", 10 * minute, 90 * minute, 7)],
      scope,
    );
    expect(standing.get("open")?.delaysReports).toEqual([0]);
    const unheard = score(
      [finding("B1", "silent", 20 * minute, null, { subjectReports: 3 })],
      [label("B1", "silent", 10 * minute, 90 * minute, null)],
      scope,
    );
    expect(unheard.get("silent")?.delaysReports).toEqual([0]);
  });

  it("tells of everything missed and false, with the nearest label", () => {
    const told: Misjudged[] = [];
    score(
      [finding("B1", "open", 400 * minute, null)],
      [label("B1", "silent", 0, minute), label("B1", "bypassed", 300 * minute, 301 * minute)],
      scope,
      (one) => told.push(one),
    );
    expect(told.map((one) => (one.kind === "false" ? one.nearest?.finding : one.label.finding))).toEqual([
      "silent",
      "bypassed",
      "bypassed",
    ]);
  });

  it("counts every label exactly once, as found or as missed, whatever the findings", () => {
    const kinds = ["open", "silent", "lineLeakage"];
    const span = fc.tuple(fc.nat(500), fc.nat(100));
    const subject = fc.constantFrom("B1", "B2", "M1", "A1");
    const one = fc.tuple(subject, fc.constantFrom(...kinds), span);
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), fc.array(one, { maxLength: 12 }), (some, others) => {
        const labels = some.map(([s, k, [at, long]]) => label(s, k, at * minute, (at + long) * minute));
        const findings = others.map(([s, k, [at, long]]) => finding(s, k, at * minute, (at + long) * minute));
        const tallies = [...score(findings, labels, scope).values()];
        const sum = (of: (t: (typeof tallies)[number]) => number) => tallies.reduce((n, t) => n + of(t), 0);
        expect(sum((t) => t.truePositives + t.falseNegatives)).toBe(labels.length);
        expect(sum((t) => t.falsePositives)).toBeLessThanOrEqual(findings.length);
      }),
      { seed: 6, numRuns: 300 },
    );
  });
});

describe("the summary", () => {
  const tallies = score(
    [
      finding("B1", "failureToTrip", minute, null, { subjectReports: 2 }),
      finding("B9", "open", minute, null),
    ],
    [label("B1", "failureToTrip", 0, 60 * minute), label("B2", "silent", 0, minute)],
    scope,
  );

  it("has exactly the shape of the contract, with null where nothing can be divided", () => {
    expect(summarise(tallies, { breakers: 10_000, days: 2 })).toEqual({
      findings: {
        failureToTrip: {
          truePositives: 1,
          falsePositives: 0,
          falseNegatives: 0,
          precision: 1,
          recall: 1,
          medianDelayReports: 2,
        },
        open: {
          truePositives: 0,
          falsePositives: 1,
          falseNegatives: 0,
          precision: 0,
          recall: null,
          medianDelayReports: null,
        },
        silent: {
          truePositives: 0,
          falsePositives: 0,
          falseNegatives: 1,
          precision: null,
          recall: 0,
          medianDelayReports: null,
        },
      },
      precision: 0.5,
      recall: 0.5,
      falseAlarmsPerOperatorDayPer10k: 0.5,
    });
    expect(summarise(new Map(), { breakers: 0, days: 0 })).toEqual({
      findings: {},
      precision: null,
      recall: null,
      falseAlarmsPerOperatorDayPer10k: null,
    });
  });

  it("prints a row a finding and one for all", () => {
    const lines = summaryTable(tallies, { breakers: 10_000, days: 2 }).split("\n");
    expect(lines.map((line) => line.split(/\s+/)[0])).toEqual([
      "finding",
      expect.stringMatching(/^─+$/),
      "failureToTrip",
      "open",
      "silent",
      "all",
    ]);
  });

  it("takes the middle for the median", () => {
    expect([medianOf([]), medianOf([3]), medianOf([3, 1]), medianOf([9, 1, 2])]).toEqual([null, 3, 2, 2]);
  });
});

describe("labels", () => {
  it("are refused under a header that names other columns, and may have none, or be separated by semicolons", () => {
    expect(() => readLabels("id,kind,from,to\nB1,open,1000,2000\n")).toThrow(
      "the first line must name subjectId",
    );
    expect(readLabels("B1,open,1000,2000\nB2,silent,2026-06-01T00:00:00Z,,true\n")).toMatchObject({
      labels: [
        { subjectId: "B1", startMs: 1_000 },
        { subjectId: "B2", isConsequence: true },
      ],
      problems: [],
    });
    expect(readLabels("subjectId;finding;startMs;endMs\nB1;open;1000;2000\n").labels).toHaveLength(1);
  });

  it("that name no finding, or lie outside of the recording, are doubted", () => {
    const label = { subjectId: "B1", finding: "open", startMs: 1_780_000_000, endMs: 1_780_000_600 };
    const t0 = Date.UTC(2026, 5, 1);
    expect(doubtsOf([label, { ...label, finding: "opened" }], t0, t0 + 1_000)).toEqual([
      "labels name opened, which is no finding (docs/findings.md)",
      "2 labels lie outside of the time that was recorded",
    ]);
    expect(doubtsOf([{ ...label, startMs: t0, endMs: Number.POSITIVE_INFINITY }], t0, t0 + 1)).toEqual([]);
  });

  it("are read by the names of their columns, with times as numbers or ISO 8601, and bad lines told", () => {
    const text = [
      "\uFEFFcause,finding,subjectId,startMs,endMs",
      "tree,lineLeakage,A1,1000,2000",
      "x,open,B1,2026-06-01T00:00:00Z,",
      "x,open,B1,soon,2000",
      "x,open,B1,3000,2000",
      "x,,B1,1,2",
    ].join("\r\n");
    expect(readLabels(text)).toEqual({
      labels: [
        { subjectId: "A1", finding: "lineLeakage", startMs: 1_000, endMs: 2_000 },
        {
          subjectId: "B1",
          finding: "open",
          startMs: Date.UTC(2026, 5, 1),
          endMs: Number.POSITIVE_INFINITY,
        },
      ],
      problems: [
        { line: 4, reason: "startMs and endMs must be Unix ms or ISO 8601" },
        { line: 5, reason: "it ends before it starts" },
        { line: 6, reason: "a label needs a subjectId and a finding" },
      ],
    });
  });
});
