// From a raw message of the journal to reports of known breakers, or to the reasons why not.
import type { BreakerFacts } from "../domain/breaker.ts";
import type { Report } from "../domain/report.ts";
import { parseUpTopic, type UpTopic } from "../domain/wire.ts";
import type { JournalRecord } from "../journal/port.ts";
import {
  type DecodedReport,
  decodeBatch,
  decodeBody,
  hasPlausibleTime,
  parseJson,
} from "./decoders/hubao.ts";
import { readPlainReading } from "./decoders/plain-reading.ts";
import { type Rejection, type RejectionReason, rejectionReasons } from "./decoders/rejection.ts";
import type { Registry } from "./registry.ts";

/** A report with what the registry knows of its breaker. `index` is its place in its message. */
export type KnownReport = { index: number; report: Report; facts: BreakerFacts };

/** A gateway was heard; `online` is what it, or its last will, says of its link, null where it says nothing of it. */
export type GatewayWord = { gatewayId: string; areaId: string; online: boolean | null };

export type DecodedMessage = {
  offset: number;
  arrivalMs: number;
  reports: KnownReport[];
  rejections: (Rejection & { index: number })[];
  /** What it says of the gateway that sent it; null where a breaker spoke for itself. */
  gateway: GatewayWord | null;
  /** The message as it came, where a part of it was refused. The rest is not held on to: thousands wait at a time. */
  raw: JournalRecord | null;
};

const reject = (reason: RejectionReason, detail: string): DecodedReport => ({
  ok: false,
  rejection: { reason, detail },
});

const refusalReason = (refusal: string): RejectionReason =>
  rejectionReasons.find((reason) => reason === refusal) ?? "foreignTopic";

/** `batchFrom` is who sent a batch; null where the topic names the one breaker that is spoken of. */
type DecodedRecord = { areaId: string; batchFrom: string | null; decoded: DecodedReport[] };

const noRejections: DecodedMessage["rejections"] = [];

/** Topics of the contract that have been read before: a breaker has few, and says the same one again and again. */
const topicsRead = new Map<string, UpTopic>();
const maxTopicsRead = 65_536;

const topicOf = (topic: string): UpTopic | null => {
  const known = topicsRead.get(topic);
  if (known !== undefined) return known;
  const read = parseUpTopic(topic);
  if (read === null) return null;
  if (topicsRead.size >= maxTopicsRead) topicsRead.clear();
  topicsRead.set(topic, read);
  return read;
};

const decodeRecord = (record: JournalRecord): DecodedRecord => {
  const nothing = (reason: RejectionReason, detail: string) => ({
    areaId: "",
    batchFrom: null,
    decoded: [reject(reason, detail)],
  });
  if (record.refusal !== null)
    return nothing(refusalReason(record.refusal), "the broker did not let it pass");
  const topic = topicOf(record.topic);
  if (topic === null) return nothing("unknownTopic", "the topic is none of the contract's");
  const { areaId } = topic;
  const batchFrom = "gatewayId" in topic ? topic.gatewayId : null;
  if (topic.kind === "dlt645")
    return {
      areaId,
      batchFrom,
      decoded: [reject("noDecoder", "DL/T 645 frames are kept here; no decoder reads them yet")],
    };
  const json = parseJson(record.payload);
  if (!json.ok) return { areaId, batchFrom, decoded: [json] };
  return {
    areaId,
    batchFrom,
    decoded:
      "breakerId" in topic
        ? [decodeBody(topic.kind, topic.breakerId, json.value, record.arrivalMs)]
        : decodeBatch(json.value, record.arrivalMs),
  };
};

/** The short way of a plain reading of a breaker that is known in its area; null for all else, which goes the long way. */
const decodePlainReading = (
  record: JournalRecord,
  registry: Registry,
  oldestMs: number,
): DecodedMessage | null => {
  if (record.refusal !== null) return null;
  const topic = topicOf(record.topic);
  if (topic === null || topic.kind !== "reading") return null;
  const { breakerId } = topic;
  const facts = registry.breakers.get(breakerId);
  if (facts === undefined || facts.areaId !== topic.areaId) return null;
  const reading = readPlainReading(record.payload);
  if (reading === null) return null;
  const { offset, arrivalMs } = record;
  const { ts, seq, body } = reading;
  const clockReplaced = !hasPlausibleTime(ts, arrivalMs);
  const tsMs = clockReplaced ? arrivalMs : ts;
  if (tsMs < oldestMs) return null;
  const report: Report = { kind: "reading", body, breakerId, seq, arrivalMs, tsMs, clockReplaced };
  return {
    offset,
    arrivalMs,
    reports: [{ index: 0, report, facts }],
    rejections: noRejections,
    gateway: null,
    raw: null,
  };
};

/**
 * Decodes, validates and enriches one message; what is older than `retentionMs` at its arrival is refused, because the
 * history could not be judged anew with it. Never throws for the message's sake.
 */
export const decodeMessage = (
  record: JournalRecord,
  registry: Registry,
  retentionMs: number,
): DecodedMessage => {
  const oldestMs = record.arrivalMs - retentionMs;
  const plain = decodePlainReading(record, registry, oldestMs);
  if (plain !== null) return plain;
  const reports: KnownReport[] = [];
  const rejections: DecodedMessage["rejections"] = [];
  const { areaId, batchFrom, decoded } = decodeRecord(record);
  // A gateway speaks for its whole area, a breaker only for itself, in a batch as well.
  const onlyOf = batchFrom !== null && registry.breakers.has(batchFrom) ? batchFrom : null;
  let gateway: GatewayWord | null =
    batchFrom !== null && onlyOf === null ? { gatewayId: batchFrom, areaId, online: null } : null;
  for (const [index, one] of decoded.entries()) {
    if (!one.ok) {
      rejections.push({ ...one.rejection, index });
      continue;
    }
    const { tsMs, breakerId } = one.report;
    const facts = registry.breakers.get(breakerId);
    if (facts === undefined && one.report.kind === "status" && registry.gateways.get(breakerId) === areaId)
      gateway = { gatewayId: breakerId, areaId, online: one.report.body.online };
    else if (facts === undefined)
      rejections.push({
        reason: "unknownBreaker",
        detail: `no breaker ${breakerId} in the registry`,
        index,
      });
    else if (onlyOf !== null && breakerId !== onlyOf)
      rejections.push({
        reason: "foreignBreaker",
        detail: `breaker ${onlyOf} cannot speak for ${breakerId}`,
        index,
      });
    else if (facts.areaId !== areaId)
      rejections.push({
        reason: "wrongArea",
        detail: `breaker ${facts.breakerId} belongs to area ${facts.areaId}`,
        index,
      });
    else if (tsMs < oldestMs)
      rejections.push({
        reason: "olderThanRetention",
        detail: `device time ${new Date(tsMs).toISOString()}`,
        index,
      });
    else {
      if (batchFrom !== null && onlyOf === null) one.report.via = batchFrom;
      reports.push({ index, report: one.report, facts });
    }
  }
  return {
    offset: record.offset,
    arrivalMs: record.arrivalMs,
    reports,
    rejections: rejections.length === 0 ? noRejections : rejections,
    gateway,
    raw: rejections.length === 0 ? null : record,
  };
};
