// Anybody's recorded fleet through the house's decoder and fold, and scored against its labels.
import type { BreakerFacts } from "../domain/breaker.ts";
import { type JudgingRule, wireLimits } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import { startOfDayMs } from "../domain/time.ts";
import { decodeMessage, type GatewayWord } from "../ingest/decode.ts";
import { type Registry, registryOf } from "../ingest/registry.ts";
import { type AreaJudge, afterLastMs, judgeAreaLive, unobserved } from "./judge.ts";
import type { Label } from "./labels.ts";
import { type MessageFile, namedLines, readMessages } from "./message-file.ts";
import type { TimedLine } from "./message-lines.ts";
import type { Finding, ObservedLabel, Scope } from "./score.ts";

const dayMs = 86_400_000;

export type RecordedFleet = {
  file: MessageFile;
  facts: readonly BreakerFacts[];
  labels: readonly Label[];
  rule: JudgingRule;
  timeZone: string;
  /** Told now and then of how far the work has come, in lines. */
  onProgress?: (lines: number) => void;
};

/** A message, or an entry of one, that could not be used: where it stands, and why not in words. */
export type Unused = { line: number; topic: string; detail: string };

export type JudgedFleet = {
  findings: Finding[];
  labels: ObservedLabel[];
  scope: Scope;
  messages: number;
  reports: number;
  /** Why a message or an entry of it could not be used → how often. */
  rejections: Map<string, number>;
  /** The first of them, by reason. */
  unused: Map<string, Unused[]>;
  /** What was unusual and how it was taken. */
  remarks: string[];
};

/** Older recordings count from another epoch: whole days are added, so that device times are plausible and hours stay. */
const shiftOf = (firstMs: number): number =>
  firstMs >= wireLimits.minDeviceTimeMs ? 0 : Math.ceil((Date.UTC(2020, 0, 1) - firstMs) / dayMs) * dayMs;

const shiftTimes = (value: unknown, shiftMs: number): unknown => {
  if (Array.isArray(value)) return value.map((one) => shiftTimes(one, shiftMs));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "ts" && typeof one === "number" ? one + shiftMs : shiftTimes(one, shiftMs),
    ]),
  );
};

const encoder = new TextEncoder();

type Decoded = { reports: readonly Report[]; gateway: GatewayWord | null };
const nothing: Decoded = { reports: [], gateway: null };

/** Counts what could not be used, and keeps the first of every reason. */
const newRefusals = () => {
  const rejections = new Map<string, number>();
  const unused = new Map<string, Unused[]>();
  return {
    rejections,
    unused,
    refuse(reason: string, one: Unused) {
      rejections.set(reason, (rejections.get(reason) ?? 0) + 1);
      const first = unused.get(reason);
      if (first === undefined) unused.set(reason, [one]);
      else if (first.length < namedLines) first.push(one);
    },
  };
};

/** Decodes one line as the house does a message of its journal; tells why not. */
const newDecoder = (registry: Registry, shiftMs: number, refuse: (reason: string, one: Unused) => void) => {
  return ({ atMs, text, line: number }: TimedLine): Decoded => {
    let line: { topic?: unknown; payload?: unknown };
    try {
      line = JSON.parse(text) as typeof line;
    } catch {
      refuse("lineNotJson", { line: number, topic: "", detail: "" });
      return nothing;
    }
    if (typeof line?.topic !== "string" || line.payload === undefined) {
      const topic = typeof line?.topic === "string" ? line.topic : "";
      refuse("lineWithoutTopicOrPayload", { line: number, topic, detail: "" });
      return nothing;
    }
    const payload = shiftMs === 0 ? line.payload : shiftTimes(line.payload, shiftMs);
    const { topic } = line;
    const message = decodeMessage(
      {
        offset: 0,
        arrivalMs: atMs + shiftMs,
        clientId: "",
        topic,
        payload: encoder.encode(typeof payload === "string" ? payload : JSON.stringify(payload)),
        refusal: null,
      },
      registry,
      Number.POSITIVE_INFINITY,
    );
    const isOneOfMany = message.rejections.length + message.reports.length > 1;
    for (const { reason, detail, index } of message.rejections)
      refuse(reason, {
        line: number,
        topic,
        detail: isOneOfMany ? `entry ${index + 1}: ${detail}` : detail,
      });
    return { reports: message.reports.map((one) => one.report), gateway: message.gateway };
  };
};

const areasOf = (facts: readonly BreakerFacts[]): Map<string, BreakerFacts[]> => {
  const areas = new Map<string, BreakerFacts[]>();
  for (const one of facts) {
    const area = areas.get(one.areaId);
    if (area) area.push(one);
    else areas.set(one.areaId, [one]);
  }
  return areas;
};

const mainsOf = (facts: readonly BreakerFacts[]): Map<string, string> =>
  new Map(facts.filter((one) => one.level === "main").map((one) => [one.breakerId, one.areaId]));

/**
 * Runs the whole recording. An arrival is decoded, validated and judged exactly as by the pipeline; what arrives late is
 * late. A breaker that reports before its `installedOn` is taken as installed on the day of the first message.
 */
export const judgeRecorded = async (fleet: RecordedFleet): Promise<JudgedFleet> => {
  const { file, rule } = fleet;
  const remarks: string[] = [];
  const empty = file.lines === file.untimed;
  const shiftMs = empty ? 0 : shiftOf(file.firstMs);
  if (shiftMs !== 0) remarks.push(`times lie before 2015: ${shiftMs / dayMs} days were added to all of them`);
  const startMs = empty ? 0 : file.firstMs + shiftMs;
  const endMs = empty ? 0 : file.lastMs + shiftMs;
  const firstDayMs = startOfDayMs(startMs, fleet.timeZone);
  // Where nobody is installed yet when the recording begins, its dates belong to another calendar than its times.
  const foreignDates = fleet.facts.length > 0 && fleet.facts.every((one) => one.installedAtMs > startMs);
  if (foreignDates)
    remarks.push("every installedOn lies after the first message: all are taken as installed before");
  const facts = fleet.facts.map((one) =>
    foreignDates ? { ...one, installedAtMs: firstDayMs, removedAtMs: null } : one,
  );
  // Who sends batches is a gateway; what it says of its own link is understood, before its first batch as well.
  const registry = registryOf(facts, 1, new Map(), { gateways: file.batchSenders });
  const labels = fleet.labels.map((label) =>
    unobserved({ ...label, startMs: label.startMs + shiftMs, endMs: label.endMs + shiftMs }),
  );
  const areaOf = new Map(facts.map((one) => [one.breakerId, one.areaId]));
  const labelsOf = Map.groupBy(labels, (one) => areaOf.get(one.subjectId) ?? one.subjectId);
  const areas = areasOf(facts);
  const unknown = labels.filter((one) => !areaOf.has(one.subjectId) && !areas.has(one.subjectId)).length;
  if (unknown > 0) remarks.push(`${unknown} labels name a subject that the registry does not know`);

  const judges = new Map<string, AreaJudge>();
  for (const [areaId, breakers] of areas)
    judges.set(
      areaId,
      judgeAreaLive({ areaId, breakers, labels: labelsOf.get(areaId) ?? [], rule, startMs }),
    );
  const { rejections, unused, refuse } = newRefusals();
  const decode = newDecoder(registry, shiftMs, refuse);
  let messages = 0;
  let reports = 0;
  for await (const block of readMessages(file)) {
    for (const line of block) {
      const decoded = decode(line);
      messages += 1;
      reports += decoded.reports.length;
      const areaId = decoded.gateway?.areaId ?? areaOf.get(decoded.reports[0]?.breakerId ?? "");
      if (areaId !== undefined)
        judges.get(areaId)?.take(line.atMs + shiftMs, decoded.reports, decoded.gateway);
    }
    fleet.onProgress?.(messages);
  }
  for (const judge of judges.values()) judge.advance(endMs + afterLastMs);
  if (file.untimed > 0) {
    rejections.set("lineWithoutArrival", file.untimed);
    unused.set(
      "lineWithoutArrival",
      file.untimedLines.map((line) => ({ line, topic: "", detail: "" })),
    );
  }
  return {
    findings: [...judges.values()].flatMap((judge) => judge.findings()),
    labels,
    scope: {
      breakers: facts.length,
      days: (endMs - startMs) / dayMs,
      toleranceMs: rule.heartbeatIntervalMs,
      areaOfMain: mainsOf(facts),
    },
    messages,
    reports,
    rejections,
    unused,
    remarks,
  };
};
