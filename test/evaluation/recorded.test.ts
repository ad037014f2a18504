import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { defaultJudgingRule } from "../../domain/limits.ts";
import { exportFleet } from "../../evaluation/export.ts";
import { evaluateFleets } from "../../evaluation/fleets.ts";
import { labelsCsv, readLabels } from "../../evaluation/labels.ts";
import { readMessages, surveyMessages } from "../../evaluation/message-file.ts";
import { arrivalOf, type TimedLine } from "../../evaluation/message-lines.ts";
import { type JudgedFleet, judgeRecorded } from "../../evaluation/recorded.ts";
import { readRegistry } from "../../evaluation/registry-table.ts";
import { score } from "../../evaluation/score.ts";
import { summarise } from "../../evaluation/summary.ts";
import { planFleet } from "../../simulators/model/plan.ts";
import { scenarioOf, temporaryDirectory } from "./support.ts";

const timeZone = "Asia/Shanghai";
const scenario = scenarioOf("train", { breakers: 90, days: 3, seeds: [77], householdsPerArea: [14, 24] });
const directory = temporaryDirectory();
const path = (name: string) => join(directory.path, name);
const text = (name: string) => readFileSync(path(name), "utf8");

const judge = async (
  names: { messages?: string; registry?: string; labels?: string } = {},
): Promise<JudgedFleet> =>
  judgeRecorded({
    file: await surveyMessages(path(names.messages ?? "messages.ndjson")),
    facts: readRegistry(text(names.registry ?? "registry.csv"), timeZone).facts,
    labels: readLabels(text(names.labels ?? "labels.csv")).labels,
    rule: defaultJudgingRule,
    timeZone,
  });
const summaryOf = (judged: JudgedFleet) =>
  summarise(score(judged.findings, judged.labels, judged.scope), judged.scope);

let exported: JudgedFleet;
beforeAll(async () => {
  await exportFleet(planFleet(scenario, 77), directory.path);
  exported = await judge();
});
afterAll(() => directory.remove());

describe("a recorded fleet", () => {
  it("gets the scores that the same fleet gets without the way over files", async () => {
    const direct = await evaluateFleets(scenario, 1, () => {});
    const recorded = summaryOf(exported);
    expect(recorded.findings).toEqual(summarise(direct.tallies, direct.scope).findings);
    expect(Object.keys(recorded.findings).length).toBeGreaterThan(15);
    expect(recorded.findings["failureToTrip"]?.recall).toBe(1);
  });

  it("is judged the same whatever the order of its lines", async () => {
    const lines = text("messages.ndjson").trimEnd().split("\n");
    // Lines of one arrival keep their order; everything else is thrown about.
    const blocks = lines.map((line, i) => ({ line, key: (Math.imul(i, 0x9e3779b1) >>> 0) % 1_000 }));
    blocks.sort((a, b) => a.key - b.key);
    writeFileSync(path("mixed.ndjson"), `${blocks.map((one) => one.line).join("\n")}\n`);
    expect((await surveyMessages(path("mixed.ndjson"))).sorted).toBe(false);
    expect(summaryOf(await judge({ messages: "mixed.ndjson" })).findings).toEqual(
      summaryOf(exported).findings,
    );
  });

  it("counts what cannot be used and goes on", async () => {
    writeFileSync(path("dirty.ndjson"), text("messages.ndjson"));
    const at = planFleet(scenario, 77).endMs - 1;
    for (const line of [
      "no json at all",
      "",
      JSON.stringify({ at, topic: "zigbee2mqtt/lamp", payload: { state: "ON" } }),
      JSON.stringify({ at, topic: "hubao/v1/T1/A0001/A0001-H1/reading", payload: { ts: at, seq: "x" } }),
      JSON.stringify({ at, topic: "hubao/v1/T1/A0001/stranger/status", payload: { ts: at, online: true } }),
      JSON.stringify({ at, topic: "hubao/v1/T1/A0001/A0001-H1/reading", payload: "{" }),
      JSON.stringify({ at, payload: {} }),
      JSON.stringify({ topic: "hubao/v1/T1/A0001/A0001-H1/reading", payload: {} }),
    ])
      appendFileSync(path("dirty.ndjson"), `${line}\n`);
    const judged = await judge({ messages: "dirty.ndjson" });
    expect(Object.fromEntries(judged.rejections)).toMatchObject({
      unknownTopic: 1,
      invalidPayload: 1,
      invalidJson: 1,
      lineWithoutTopicOrPayload: 1,
      lineWithoutArrival: 2,
    });
    expect(summaryOf(judged).findings).toEqual(summaryOf(exported).findings);
    // And says where the first of every reason stand, though this file had to be sorted.
    const before = text("messages.ndjson").trimEnd().split("\n").length;
    const reading = "hubao/v1/T1/A0001/A0001-H1/reading";
    expect(Object.fromEntries(judged.unused)).toMatchObject({
      unknownTopic: [{ line: before + 3, topic: "zigbee2mqtt/lamp" }],
      invalidPayload: [{ line: before + 4, topic: reading, detail: expect.stringMatching(/^seq: .*number/) }],
      unknownBreaker: [{ line: before + 5, topic: "hubao/v1/T1/A0001/stranger/status" }],
      invalidJson: [{ line: before + 6, topic: reading }],
      lineWithoutTopicOrPayload: [{ line: before + 7 }],
      lineWithoutArrival: [{ line: before + 1 }, { line: before + 8 }],
    });
  });

  it("names three lines of a reason, and the entry of a batch", async () => {
    const at = planFleet(scenario, 77).endMs;
    const body = { ts: at, seq: 1, residualCurrentMa: 3, contact: "closed", protection: "enabled" };
    const entry = (breakerId: string) => ({ breakerId, kind: "reading", body });
    const batch = (ids: readonly string[]) =>
      JSON.stringify({
        at,
        topic: "hubao/v1/T1/A0001/GW9/batch",
        payload: { ts: at, entries: ids.map(entry) },
      });
    writeFileSync(
      path("strangers.ndjson"),
      [batch(["A0001-H1", "S1", "S2"]), batch(["S3"]), batch(["S4"])].join("\n"),
    );
    const judged = await judge({ messages: "strangers.ndjson" });
    expect(judged.rejections.get("unknownBreaker")).toBe(4);
    expect(judged.unused.get("unknownBreaker")).toEqual([
      { line: 1, topic: "hubao/v1/T1/A0001/GW9/batch", detail: "entry 2: no breaker S1 in the registry" },
      { line: 1, topic: "hubao/v1/T1/A0001/GW9/batch", detail: "entry 3: no breaker S2 in the registry" },
      { line: 2, topic: "hubao/v1/T1/A0001/GW9/batch", detail: "no breaker S3 in the registry" },
    ]);
  });

  it("understands what a gateway says of its link before its first batch", async () => {
    const lines = text("messages.ndjson").trimEnd().split("\n");
    const sent = lines.find((line) => line.includes('/batch"'));
    const { at: firstMs } = JSON.parse(lines[0] ?? "") as { at: number };
    const { topic } = JSON.parse(sent ?? "") as { topic: string };
    const status = {
      at: firstMs,
      topic: topic.replace(/batch$/, "status"),
      payload: { ts: firstMs, online: true },
    };
    writeFileSync(path("greeting.ndjson"), `${JSON.stringify(status)}\n${text("messages.ndjson")}`);
    const judged = await judge({ messages: "greeting.ndjson" });
    expect([...judged.rejections]).toEqual([...exported.rejections]);
    expect(summaryOf(judged).findings).toEqual(summaryOf(exported).findings);
  });

  it("may count its time from any epoch", async () => {
    const shiftMs = Date.parse(`${scenario.startOn}T00:00:00Z`);
    const shifted = (line: string) => {
      const message = JSON.parse(line) as { at: number; payload: Record<string, unknown> };
      const payload = JSON.stringify(message.payload, (key, value: unknown) =>
        key === "ts" && typeof value === "number" && value > shiftMs / 2 ? value - shiftMs : value,
      );
      return JSON.stringify({
        ...message,
        at: message.at - shiftMs,
        payload: JSON.parse(payload) as unknown,
      });
    };
    writeFileSync(
      path("epoch.ndjson"),
      text("messages.ndjson").trimEnd().split("\n").map(shifted).join("\n"),
    );
    const labels = readLabels(text("labels.csv")).labels;
    const early = labels.map((l) => ({ ...l, startMs: l.startMs - shiftMs, endMs: l.endMs - shiftMs }));
    writeFileSync(path("epoch.csv"), labelsCsv(early));
    const judged = await judge({ messages: "epoch.ndjson", labels: "epoch.csv" });
    expect(judged.remarks.join()).toContain("days were added");
    // The registry's dates do not move along, so breakers that are new in it are not new here.
    const without = (s: ReturnType<typeof summaryOf>) => {
      const { neverReported, clockWrong, ...rest } = s.findings;
      return Object.keys(rest);
    };
    expect(without(summaryOf(judged))).toEqual(without(summaryOf(exported)));
    expect(summaryOf(judged).findings["failureToTrip"]).toEqual(
      summaryOf(exported).findings["failureToTrip"],
    );
  });

  it("takes a breaker that reports before its installedOn for installed", async () => {
    const [id = ""] = [
      ...new Set(exported.findings.filter((f) => f.kind === "failureToTrip").map((f) => f.subjectId)),
    ];
    const late = text("registry.csv").replace(
      new RegExp(`^(.*,${id},household,30,)[^,]*`, "m"),
      `$1${scenario.startOn.slice(0, 8)}04`,
    );
    expect(late).not.toBe(text("registry.csv"));
    writeFileSync(path("late.csv"), late);
    expect(summaryOf(await judge({ registry: "late.csv" })).findings["failureToTrip"]).toEqual(
      summaryOf(exported).findings["failureToTrip"],
    );
  });

  it("needs of the registry only what a judgement needs", () => {
    const { facts, problems } = readRegistry(
      "breakerId,areaId,level,ratedResidualCurrentMa,colour\nB1,A1,household,30,red\nM1,A1,main,,\n,A1,,,\nB1,A1,household,30,\nB2,A1,wrong,30,",
      timeZone,
    );
    expect(facts.map((f) => [f.breakerId, f.level, f.ratedResidualCurrentMa])).toEqual([
      ["B1", "household", 30],
      ["M1", "main", 300],
    ]);
    expect(problems.map((p) => p.line)).toEqual([4, 5, 6]);
    const chinese = readRegistry(
      "保护器编号;台区编号;级别;额定剩余动作电流(mA);安装日期\nM0;A;总保;300mA;2025/3/1\nH5;A;户保;30;\n",
      timeZone,
    );
    expect(chinese.problems).toEqual([]);
    expect(chinese.facts.map((f) => [f.breakerId, f.level, f.ratedResidualCurrentMa])).toEqual([
      ["M0", "main", 300],
      ["H5", "household", 30],
    ]);
    expect(() => readRegistry("breakerId,level\nB1,household\n", timeZone)).toThrow("areaId is missing");
  });
});

describe("a file of messages", () => {
  it("knows a line by its arrival, wherever that stands and however it is written", () => {
    for (const [line, atMs] of [
      ['{"at":1767323045000,"topic":"x"}', 1_767_323_045_000],
      ['{"topic":"x","payload":{"at":7},"at":1767323045000}', 1_767_323_045_000],
      ['{ "at" : "2026-01-02T03:04:05Z" }', 1_767_323_045_000],
      ['{"topic":"x","payload":{"at":7}}', Number.NaN],
      ["null", Number.NaN],
      ["at noon", Number.NaN],
    ] as const)
      expect([line, arrivalOf(line)]).toEqual([line, atMs]);
  });

  it("is read in order of arrival, lines of one arrival as they stand, though it is sorted in pieces", async () => {
    const lines = Array.from({ length: 30_000 }, (_, i) => `{"at":${(i * 7_919) % 10_007},"n":${i}}`);
    writeFileSync(path("large.ndjson"), lines.join("\n"));
    const read: TimedLine[] = [];
    for await (const block of readMessages(await surveyMessages(path("large.ndjson")), 9_000))
      for (const line of block) read.push(line);
    expect(read).toHaveLength(lines.length);
    const number = (line: TimedLine) => (JSON.parse(line.text) as { n: number }).n;
    let wrong = 0;
    for (let i = 1; i < read.length; i += 1) {
      const [a, b] = [read[i - 1], read[i]];
      if (a && b && (a.atMs > b.atMs || (a.atMs === b.atMs && number(a) > number(b)))) wrong += 1;
    }
    expect(wrong).toBe(0);
    // Wherever a line comes to stand, it knows where it stood.
    expect(read.filter((one) => one.line !== number(one) + 1)).toEqual([]);
  });
});
