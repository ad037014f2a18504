// An alarm's evidence and a device's events in words.
import type { AlarmEvidence, AlarmKind } from "../../domain/alarm.ts";
import type { BreakerEvent } from "../../domain/http.ts";
import type { Dictionary } from "../i18n/zh.ts";
import type { Format } from "./format.ts";

const wordIn = (words: Record<string, string>, key: unknown): string =>
  typeof key === "string" ? (words[key] ?? key) : String(key);

/** A trip cause in words; `vendor:<code>` shows the code. */
export const causeWord = (cause: unknown, words: Dictionary): string =>
  typeof cause === "string" && cause.startsWith("vendor:")
    ? words.vendorCause(cause.slice("vendor:".length))
    : wordIn(words.cause, cause);

type Value = string | number | boolean;

/** A key without words of its own still shows its unit: `someCurrentMa: 3` → `someCurrent 3.0 mA`. */
const generic = (key: string, value: Value, format: Format): string => {
  if (typeof value === "number") {
    if (key.endsWith("Ms")) return `${key.slice(0, -2)} ${format.duration(value)}`;
    if (key.endsWith("Ma")) return `${key.slice(0, -2)} ${format.quantity(value, "mA")}`;
    if (key.endsWith("A")) return `${key.slice(0, -1)} ${format.quantity(value, "A")}`;
    if (key.endsWith("V")) return `${key.slice(0, -1)} ${format.quantity(value, "V")}`;
  }
  if (typeof value === "string" && key.endsWith("At")) return `${key.slice(0, -2)} ${format.fullTime(value)}`;
  return `${key} ${value}`;
};

/** What is said elsewhere in the same line, or is the same as the time of the alarm. */
const unsaid = new Set([
  "ratedResidualCurrentMa",
  "reportingBreakers",
  "readingAt",
  "suspects",
  "lockedOut",
  "ruleId",
  "textEn",
]);

/** A main's trip names its suspects in keys such as `suspect2BreakerId`; the breaker's stands for the lot. */
const suspectKey = /^suspect(\d)(BreakerId|HouseholdId|ResidualCurrentMa|RiseMa|Tripped)$/;

const suspectWords = (
  key: string,
  evidence: AlarmEvidence,
  words: Dictionary,
  format: Format,
): string | null => {
  const [, place = "", what] = suspectKey.exec(key) ?? [];
  if (what !== "BreakerId") return null;
  const leaked = format.quantity(Number(evidence[`suspect${place}ResidualCurrentMa`] ?? 0), "mA");
  return words.evidence.suspect(place, String(evidence[key]), leaked);
};

/** Leakage alarms begin with the current, the others with what the breaker says of itself. */
const currentFirst = ["residualCurrentMa", "contact", "protection"];
const stateFirst = ["protection", "contact", "residualCurrentMa"];

/**
 * An alarm's evidence as one line, such as `34.1 mA of 30 mA, closed`. Keys without words of their own are shown too,
 * after those that have them.
 */
export const evidenceWords = (
  { kind, evidence }: { kind: AlarmKind; evidence: AlarmEvidence },
  words: Dictionary,
  format: Format,
  nowMs: number,
): string => {
  const phrases: Record<string, (value: Value) => string> = {
    residualCurrentMa: (value) => {
      const current = format.quantity(Number(value), "mA");
      const rated = evidence["ratedResidualCurrentMa"];
      return typeof rated === "number"
        ? words.evidence.ofRated(current, format.quantity(rated, "mA", 0))
        : current;
    },
    contact: (value) => wordIn(words.contact, value),
    protection: (value) => wordIn(words.protection, value),
    loadCurrentA: (value) => words.evidence.load(format.quantity(Number(value), "A")),
    darkBreakers: (value) => words.evidence.breakers(String(value), String(evidence["reportingBreakers"])),
    since: (value) => words.evidence.since(format.time(String(value), nowMs)),
    installedAt: (value) => words.evidence.installed(format.date(String(value))),
    textZh: (value) => words.evidence.ruleText(String(value), String(evidence["textEn"] ?? value)),
    excessMa: (value) => words.evidence.excess(format.quantity(Number(value), "mA")),
    householdsSumMa: (value) => words.evidence.householdsSum(format.quantity(Number(value), "mA")),
    usualMa: (value) => words.evidence.usual(format.quantity(Number(value), "mA")),
    settingMa: (value) => words.evidence.setting(format.quantity(Number(value), "mA", 0)),
    voltageV: (value) => words.evidence.voltage(format.quantity(Number(value), "V")),
    limitA: (value) => words.evidence.limit(format.quantity(Number(value), "A")),
    imbalanceShare: (value) => words.evidence.imbalance(format.percent(Number(value))),
    phase: (value) => words.evidence.phase(String(value)),
    cause: (value) => words.evidence.cause(causeWord(value, words)),
    trips: (value) => words.evidence.trips(String(value)),
    rises: (value) => words.evidence.rises(String(value)),
    behindMs: (value) => words.evidence.behind(format.duration(Number(value))),
    aheadMs: (value) => words.evidence.ahead(format.duration(Number(value))),
    dueAt: (value) => words.evidence.due(format.date(String(value))),
    seq: (value) => words.evidence.seq(String(value)),
    beforeSeq: (value) => words.evidence.beforeSeq(String(value)),
    readings: (value) => words.evidence.sameReadings(String(value)),
    loopReadings: (value) => words.evidence.loop(String(value)),
    repetitions: (value) => words.evidence.repetitions(String(value)),
    gatewayId: (value) => words.evidence.gateway(String(value)),
    lastHeardAt: (value) => words.evidence.lastHeard(format.time(String(value), nowMs)),
    responsibleBreakerId: (value) => words.evidence.responsible(String(value)),
    silentHouseholds: (value) => words.evidence.silentHouseholds(String(value)),
    trippedAt: (value) => words.evidence.tripped(format.time(String(value), nowMs)),
    testedAt: (value) => words.evidence.tested(format.date(String(value))),
    reportedTime: () => words.evidence.reportedTime,
    phaseAA: (value) => words.evidence.phaseCurrent("A", format.quantity(Number(value), "A")),
    phaseBA: (value) => words.evidence.phaseCurrent("B", format.quantity(Number(value), "A")),
    phaseCA: (value) => words.evidence.phaseCurrent("C", format.quantity(Number(value), "A")),
    field: (value) => wordIn(words.findings.fields, value),
    value: (value) => words.evidence.value(String(value)),
    threshold: (value) => words.evidence.limit(String(value)),
  };
  const first = kind === "failureToTrip" || kind === "highLeakage" ? currentFirst : stateFirst;
  const keys = [...new Set([...first, ...Object.keys(phrases), ...Object.keys(evidence)])];
  return keys
    .filter((key) => !unsaid.has(key))
    .flatMap((key) => {
      const value = evidence[key];
      if (value === null || value === undefined) return [];
      if (suspectKey.test(key)) return suspectWords(key, evidence, words, format) ?? [];
      return [phrases[key]?.(value) ?? generic(key, value, format)];
    })
    .join(words.comma);
};

/** A trip, test or status report as one line. */
export const eventWords = (event: BreakerEvent, words: Dictionary, format: Format): string => {
  const { body } = event;
  const parts: string[] = [];
  if (event.kind === "trip") {
    parts.push(words.event.trip(causeWord(body["cause"], words)));
    if (typeof body["residualCurrentMa"] === "number")
      parts.push(format.quantity(body["residualCurrentMa"], "mA"));
    if (typeof body["phase"] === "string") parts.push(words.event.phase(body["phase"]));
    parts.push(body["reclosed"] === true ? words.event.reclosed : words.event.stayedOpen);
  } else if (event.kind === "test") {
    parts.push(body["kind"] === "self" ? words.event.selfTest : words.event.tripTest);
    parts.push(body["passed"] === true ? words.event.passed : words.event.failed);
    if (typeof body["breakTimeMs"] === "number")
      parts.push(words.event.breakTime(format.integer(body["breakTimeMs"])));
  } else if (event.kind === "status")
    parts.push(body["online"] === true ? words.event.online : words.event.offline);
  else parts.push(words.reportKind[event.kind]);
  return parts.join(words.comma);
};
