import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { attribute } from "../../evaluation/attribution.ts";
import { readEvaluateOptions } from "../../evaluation/cli-options.ts";
import type { Finding } from "../../evaluation/score.ts";
import { scenarioOf, temporaryDirectory } from "./support.ts";

const run = promisify(execFile);
const cli = join(import.meta.dirname, "..", "..", "evaluation", "cli.ts");
const directory = temporaryDirectory();
afterAll(() => directory.remove());
const path = (name: string) => join(directory.path, name);

const evaluate = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
  try {
    const { stdout, stderr } = await run(process.execPath, [cli, ...args]);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
};

type Json = {
  findings: Record<string, Record<string, number | null>>;
  precision: number | null;
  recall: number | null;
  falseAlarmsPerOperatorDayPer10k: number | null;
};

describe("npm run evaluate", () => {
  it("scores a simulated fleet as table and JSON, whatever the number of threads, and exports it", async () => {
    const small = scenarioOf("train", { breakers: 500, days: 2, seeds: [5, 6] });
    writeFileSync(path("small.yaml"), stringify(small));
    const args = ["--scenario", path("small.yaml"), "--seeds", "5"];
    const one = await evaluate(
      ...args,
      "--workers",
      "1",
      "--json",
      path("one.json"),
      "--misjudged",
      path("wrong.csv"),
    );
    const two = await evaluate(...args, "--workers", "2", "--json", path("two.json"));
    expect([one.code, two.code]).toEqual([0, 0]);
    const json = JSON.parse(readFileSync(path("one.json"), "utf8")) as Json;
    expect(JSON.parse(readFileSync(path("two.json"), "utf8"))).toEqual(json);
    expect(Object.keys(json)).toEqual(["findings", "precision", "recall", "falseAlarmsPerOperatorDayPer10k"]);
    for (const one of Object.values(json.findings))
      expect(Object.keys(one)).toEqual([
        "truePositives",
        "falsePositives",
        "falseNegatives",
        "precision",
        "recall",
        "medianDelayReports",
      ]);
    expect(json.findings["failureToTrip"]).toMatchObject({ falseNegatives: 0, recall: 1 });
    expect(json.findings["protectionExited"]).toMatchObject({ falseNegatives: 0, recall: 1 });
    expect(one.out).toContain("protectionExited");
    expect(readFileSync(path("wrong.csv"), "utf8")).toMatch(/^seed,judgement,finding,subjectId/);
  });

  it("scores anybody's recorded fleet", async () => {
    const t0 = Date.UTC(2026, 2, 1);
    const ids = ["B1", "B2", "B3", "B4"];
    const lines: string[] = [];
    for (let i = 0; i < 200; i += 1)
      for (const [n, id] of ids.entries()) {
        const ts = t0 + i * 300_000 + n * 1_000;
        const residualCurrentMa = id === "B2" && i >= 100 && i < 110 ? 41 : 3 + ((i * 7 + n) % 5) / 10;
        const protection = id === "B3" && i >= 120 ? "alarmOnly" : "enabled";
        const payload = {
          ts,
          seq: i,
          residualCurrentMa,
          contact: "closed",
          protection,
          loadCurrentA: 2,
          voltageV: 229,
        };
        lines.push(JSON.stringify({ at: ts + 400, topic: `hubao/v1/T/A/${id}/reading`, payload }));
      }
    writeFileSync(path("m.ndjson"), lines.join("\n"));
    writeFileSync(
      path("r.csv"),
      `townshipId,villageId,areaId,breakerId,level,ratedResidualCurrentMa,installedOn\n${ids
        .map((id) => `T,V,A,${id},household,30,2025-01-01`)
        .join("\n")}`,
    );
    writeFileSync(
      path("l.csv"),
      [
        "subjectId,finding,startMs,endMs",
        `B2,failureToTrip,${t0 + 100 * 300_000},${t0 + 110 * 300_000}`,
        `B3,protectionExited,${t0 + 120 * 300_000},${t0 + 200 * 300_000}`,
        `B4,silent,${t0 + 50 * 300_000},${t0 + 60 * 300_000}`,
      ].join("\n"),
    );
    const { code, out } = await evaluate(
      ...["--messages", path("m.ndjson"), "--registry", path("r.csv"), "--labels", path("l.csv")],
      ...["--json", path("r.json")],
    );
    expect(code).toBe(0);
    expect(out).toContain("4 breakers");
    const json = JSON.parse(readFileSync(path("r.json"), "utf8")) as Json;
    expect(json.findings["failureToTrip"]).toEqual({
      truePositives: 1,
      falsePositives: 0,
      falseNegatives: 0,
      precision: 1,
      recall: 1,
      medianDelayReports: 1,
    });
    expect(json.findings["protectionExited"]).toMatchObject({
      truePositives: 1,
      recall: 1,
      medianDelayReports: 1,
    });
    expect(json.findings["silent"]).toMatchObject({ falseNegatives: 1, recall: 0, precision: null });
    expect(json).toMatchObject({ recall: 2 / 3, precision: 1, falseAlarmsPerOperatorDayPer10k: 0 });
  });

  it("says where what it cannot use stands, and how often reports are expected, in whole seconds", async () => {
    const t0 = Date.UTC(2026, 2, 1);
    const lines = Array.from({ length: 60 }, (_, i) => {
      const ts = t0 + i * 900_005;
      const payload = { ts, seq: i, residualCurrentMa: 3, contact: "closed", protection: "enabled" };
      return JSON.stringify({ at: ts + 400, topic: "hubao/v1/T/A/B1/reading", payload });
    });
    const bad = { at: t0 + 60 * 900_005, topic: "hubao/v1/T/A/B1/reading", payload: { ts: t0, seq: "x" } };
    writeFileSync(path("slow.ndjson"), [...lines, JSON.stringify(bad)].join("\n"));
    writeFileSync(path("one.csv"), "breakerId,areaId,level,ratedResidualCurrentMa\nB1,A,household,30\n");
    writeFileSync(path("no.csv"), "subjectId,finding,startMs,endMs\n");
    const { code, out, err } = await evaluate(
      ...["--messages", path("slow.ndjson"), "--registry", path("one.csv"), "--labels", path("no.csv")],
    );
    expect(code).toBe(0);
    expect(out).toContain("a report is expected of every breaker each 900 s\n");
    expect(out).toContain("not used, invalidPayload: 1\n");
    expect(err).toContain(`${path("slow.ndjson")} line 61: hubao/v1/T/A/B1/reading: seq: `);
  });

  it("scores a series row by row", async () => {
    const rows = Array.from(
      { length: 400 },
      (_, i) => `${1_767_225_600 + i * 300},${i === 399 ? 90 : 5 + (i % 3)}`,
    );
    writeFileSync(path("s.csv"), ["timestamp,value", ...rows].join("\n"));
    const { code, out } = await evaluate("--csv", path("s.csv"), "--out", path("scored.csv"));
    expect([code, out]).toEqual([0, expect.stringContaining("400 rows")]);
    expect(out).toContain("time: timestamp; value: value");
    const lines = readFileSync(path("scored.csv"), "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("timestamp,value,anomaly_score");
    expect(Number(lines[400]?.split(",")[2])).toBeGreaterThan(0.9);
  });

  it("says in one line what is wrong with the command, and ends with 2", async () => {
    for (const [args, reason] of [
      [["--csv", "x"], "--csv and --out belong together"],
      [["--csv", "x", "--out", "./x"], "--csv and --out must be two files"],
      [["--messages", "x"], "--messages, --registry and --labels belong together"],
      [["--breakers", "many"], "--breakers must be a number"],
      [["--seeds", "1,x"], "--seeds must be whole numbers"],
      [["--nonsense"], "--nonsense"],
    ] as const) {
      const outcome = readEvaluateOptions(args);
      expect([outcome.kind, outcome.kind === "wrong" && outcome.reason]).toEqual([
        "wrong",
        expect.stringContaining(reason),
      ]);
    }
    const missing = ["--messages", path("none"), "--registry", path("none"), "--labels", path("none")];
    const { code, err } = await evaluate(...missing);
    expect([code, err.trim().split("\n").length]).toEqual([2, 1]);
    writeFileSync(path("empty.csv"), "");
    writeFileSync(path("some.csv"), "breakerId,areaId\nB1,A\n");
    writeFileSync(path("none.labels.csv"), "subjectId,finding,startMs,endMs\n");
    const recorded = (registry: string, ...more: string[]) =>
      evaluate(
        ...[
          "--messages",
          path("empty.csv"),
          "--registry",
          path(registry),
          "--labels",
          path("none.labels.csv"),
        ],
        ...more,
      );
    for (const [outcome, reason] of [
      [await recorded("some.csv"), "no line is a message"],
      [await recorded("empty.csv"), "the first line must name breakerId, areaId"],
      [await recorded("some.csv", "--json", path("no/such/place.json")), "no such file or directory"],
    ] as const) {
      expect(outcome.code).toBe(2);
      expect(outcome.err).toContain(reason);
    }
    const empty = await evaluate("--csv", path("empty.csv"), "--out", path("none.csv"));
    expect(empty).toEqual({ code: 2, out: "", err: `${path("empty.csv")}: the file is empty\n` });
  });
});

describe("attribution", () => {
  it("counts at which rank a main's trip names the house it came from", () => {
    const trip = (areaId: string, raisedMs: number, suspects: string[]): Finding => ({
      kind: "mainTrip",
      subjectId: `${areaId}-M`,
      areaId,
      sinceMs: raisedMs,
      raisedMs,
      clearedMs: null,
      subjectReports: 1,
      suspects,
    });
    const guilty = [
      { areaId: "A", atMs: 0, breakerId: "A-1" },
      { areaId: "B", atMs: 0, breakerId: "B-1" },
      { areaId: "C", atMs: 0, breakerId: "C-1" },
      { areaId: "A", atMs: 10_000_000, breakerId: "A-1" },
    ];
    const findings = [
      trip("A", 60_000, ["A-1"]),
      trip("B", 60_000, ["B-2", "B-3", "B-1"]),
      trip("C", 60_000, ["C-2"]),
    ];
    expect(attribute(guilty, findings)).toEqual({ trips: 4, first: 1, firstThree: 2 });
  });
});
