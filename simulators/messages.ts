// Turns planned reports into messages of the wire contract: numbered, addressed, and as a gateway's batch where one speaks for many.
import { wireLimits } from "../domain/limits.ts";
import { devicePrefix, type ReportKind, reportTopic } from "../domain/wire.ts";
import type { Message, SentReport } from "./connection.ts";
import type { SimulatedBreaker } from "./world.ts";

const numberingFromMs = Date.UTC(2020, 0, 1);

/** The next sequence number of a breaker, as non-volatile memory would keep it. */
export type Numbering = (breakerId: string) => number;

/**
 * Numbers each breaker's reports from the second in which it started. A later start therefore goes on higher, as long as
 * a device sends no more than one report a second on average. `last`, breaker → the number that it gave last, is read and
 * kept up to date: who hands it from one start to the next has devices that count on as if they had never stopped.
 */
export const createNumbering = (startMs: number, last = new Map<string, number>()): Numbering => {
  const first = Math.floor((startMs - numberingFromMs) / 1_000);
  return (breakerId) => {
    const next = (last.get(breakerId) ?? first - 1) + 1;
    last.set(breakerId, next);
    return next;
  };
};

/** The id of the gateway that speaks for an area. */
export const gatewayIdOf = (areaId: string): string => `${areaId.slice(0, 61)}-gw`;

const numbered = (
  breaker: SimulatedBreaker,
  kind: Exclude<ReportKind, "status">,
  tsMs: number,
  body: object,
  numbering: Numbering,
): { body: object; report: SentReport } => {
  const seq = numbering(breaker.breakerId);
  return {
    body: { ts: tsMs, seq, ...body },
    report: { breakerId: breaker.breakerId, kind, tsMs, seq },
  };
};

/** A breaker's own report. `tsMs` is device time, Unix ms. */
export const reportMessage = (
  breaker: SimulatedBreaker,
  kind: Exclude<ReportKind, "status">,
  tsMs: number,
  body: object,
  numbering: Numbering,
): Message => {
  const made = numbered(breaker, kind, tsMs, body, numbering);
  return {
    topic: reportTopic(breaker, kind),
    payload: JSON.stringify(made.body),
    retain: false,
    reports: [made.report],
  };
};

/** "I am here", retained. */
export const onlineMessage = (breaker: SimulatedBreaker, tsMs: number): Message => ({
  topic: reportTopic(breaker, "status"),
  payload: JSON.stringify({ ts: tsMs, online: true }),
  retain: true,
  reports: [{ breakerId: breaker.breakerId, kind: "status", tsMs, seq: 0 }],
});

/**
 * The last will. Its words are fixed when the device connects, so it cannot know when the line will break; a time of 0
 * is before every plausible time, and the backend puts the arrival time in its place (domain/limits.ts).
 */
export const lastWill = (breaker: SimulatedBreaker): { topic: string; payload: string } => ({
  topic: reportTopic(breaker, "status"),
  payload: JSON.stringify({ ts: 0, online: false }),
});

/** Room for the envelope and the topic below the largest body. */
const maxBatchBytes = wireLimits.maxPayloadBytes - 1_024;

/** Collects reports of one area into batches within the contract's limits. `emit` gets each full one; `flush` the rest. */
export const createBatcher = (
  area: { townshipId: string; areaId: string },
  numbering: Numbering,
  emit: (message: Message) => void,
): {
  add(breaker: SimulatedBreaker, kind: "reading" | "trip" | "test", tsMs: number, body: object): void;
  flush(): void;
} => {
  const topic = `${devicePrefix(area.townshipId, area.areaId, gatewayIdOf(area.areaId))}batch`;
  let entries: string[] = [];
  let reports: SentReport[] = [];
  let bytes = 0;
  let lastTsMs = 0;
  const flush = () => {
    if (entries.length === 0) return;
    emit({ topic, payload: `{"ts":${lastTsMs},"entries":[${entries.join(",")}]}`, retain: false, reports });
    entries = [];
    reports = [];
    bytes = 0;
  };
  return {
    add(breaker, kind, tsMs, body) {
      const made = numbered(breaker, kind, tsMs, body, numbering);
      // ASCII only: ids, enumerations and numbers, so that length is bytes.
      const entry = JSON.stringify({ breakerId: breaker.breakerId, kind, body: made.body });
      if (entries.length >= wireLimits.maxBatchEntries || bytes + entry.length + 1 > maxBatchBytes) flush();
      entries.push(entry);
      reports.push(made.report);
      bytes += entry.length + 1;
      lastTsMs = tsMs;
    },
    flush,
  };
};
