// Labelled faults: what each does to a device, what should be found because of it, and when.
import type { AlarmKind } from "../domain/alarm.ts";
import type { Contact, Protection } from "../domain/wire.ts";
import { generator, shuffled } from "./random.ts";

export const faultKinds = [
  "spike",
  "drift",
  "failureToTrip",
  "protectionExited",
  "silence",
  "areaOutage",
  "open",
  "tripAndReclose",
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** One fault of a breaker (or of a transformer area, for `areaOutage`) during `[startMs, endMs)`, Unix ms. */
export type Fault = { kind: FaultKind; subjectId: string; startMs: number; endMs: number };

/** What holds for a device at one instant because of its faults. */
export type Effect = {
  /** It says nothing and is not connected. */
  silent: boolean;
  contact: Contact;
  protection: Protection;
  /** Its residual current is at least this share of IΔn. */
  leakageFraction: number;
};

const healthy: Effect = { silent: false, contact: "closed", protection: "enabled", leakageFraction: 0 };

// A drift climbs from here to there in the first half of its time and then stays.
const driftFrom = 0.3;
const driftTo = 0.95;
const highLeakageFraction = 0.6;
const spikeFraction = 0.8;
const failureFraction = 1.15;

const driftFraction = (fault: Fault, atMs: number): number => {
  const climbed = Math.min(1, (2 * (atMs - fault.startMs)) / (fault.endMs - fault.startMs));
  return driftFrom + (driftTo - driftFrom) * climbed;
};

const apply = (effect: Effect, fault: Fault, atMs: number): Effect => {
  switch (fault.kind) {
    case "spike":
      return { ...effect, leakageFraction: Math.max(effect.leakageFraction, spikeFraction) };
    case "drift":
      return { ...effect, leakageFraction: Math.max(effect.leakageFraction, driftFraction(fault, atMs)) };
    case "failureToTrip":
      return { ...effect, leakageFraction: failureFraction };
    case "protectionExited":
      // Both ways of leaving the protection exist in the field; which one, the fault's own start decides.
      return { ...effect, protection: fault.startMs % 2 === 0 ? "alarmOnly" : "disabled" };
    case "silence":
    case "areaOutage":
      return { ...effect, silent: true };
    case "open":
      return { ...effect, contact: "open" };
    case "tripAndReclose":
      return { ...effect, contact: "reclosing" };
  }
};

/** What holds at `atMs` for a subject with these faults. */
export const effectAt = (faults: readonly Fault[], atMs: number): Effect => {
  let effect = healthy;
  for (const fault of faults)
    if (fault.startMs <= atMs && atMs < fault.endMs) effect = apply(effect, fault, atMs);
  return effect;
};

/** A label: during `[startMs, endMs)` the condition of the finding holds for the subject. */
export type Label = { subjectId: string; finding: AlarmKind | "trip"; startMs: number; endMs: number };

const findings: Record<FaultKind, Label["finding"]> = {
  spike: "highLeakage",
  drift: "highLeakage",
  failureToTrip: "failureToTrip",
  protectionExited: "protectionExited",
  silence: "silent",
  areaOutage: "areaOutage",
  open: "open",
  tripAndReclose: "trip",
};

/** What should be found because of a fault. On-delays of the rules are not in it: it tells when the condition itself holds. */
export const labelOf = (fault: Fault): Label => {
  const climbed = (highLeakageFraction - driftFrom) / (driftTo - driftFrom);
  const lateMs = fault.kind === "drift" ? Math.ceil((climbed * (fault.endMs - fault.startMs)) / 2) : 0;
  return {
    subjectId: fault.subjectId,
    finding: findings[fault.kind],
    startMs: fault.startMs + lateMs,
    endMs: fault.endMs,
  };
};

/** Labels as CSV text, in order of time. */
export const labelsCsv = (faults: readonly Fault[]): string => {
  const rows = faults.map(labelOf).sort((a, b) => a.startMs - b.startMs);
  const lines = rows.map((l) => `${l.subjectId},${l.finding},${l.startMs},${l.endMs}`);
  return `${["subjectId,finding,startMs,endMs", ...lines].join("\n")}\n`;
};

/** Long enough for the rule that should find it (DOMAIN.md): silence needs 15 minutes, an open contact 10. */
const lastsMs: Record<FaultKind, number> = {
  spike: 5 * 60_000,
  drift: 10 * 60_000,
  failureToTrip: 3 * 60_000,
  protectionExited: 30 * 60_000,
  silence: 25 * 60_000,
  areaOutage: 25 * 60_000,
  open: 30 * 60_000,
  tripAndReclose: 40_000,
};

/** Who can have which fault. */
export type FaultSubjects = {
  households: readonly { breakerId: string; areaId: string }[];
  mains: readonly { breakerId: string; areaId: string }[];
};

/**
 * Plans faults with starts spread over `[fromMs, toMs)`. No two share a subject, and an area with an outage has no other
 * fault as long as there are areas enough. Answers fewer than asked where the subjects run out.
 */
export const planFaults = (options: {
  subjects: FaultSubjects;
  counts: Partial<Record<FaultKind, number>>;
  fromMs: number;
  toMs: number;
  seed: number;
}): Fault[] => {
  const random = generator(options.seed);
  const areas = shuffled([...new Set(options.subjects.households.map((h) => h.areaId))], random);
  const outageAreas = areas.splice(0, Math.min(options.counts.areaOutage ?? 0, areas.length));
  const apart = (b: { areaId: string }) => areas.length === 0 || !outageAreas.includes(b.areaId);
  const households = shuffled(options.subjects.households.filter(apart), random).map((b) => b.breakerId);
  const mains = shuffled(options.subjects.mains.filter(apart), random).map((b) => b.breakerId);
  const take = (kind: FaultKind): string | undefined => {
    if (kind === "areaOutage") return outageAreas.pop();
    return kind === "tripAndReclose" ? mains.pop() : households.pop();
  };
  const plan: Fault[] = [];
  for (const kind of faultKinds) {
    for (let i = 0; i < (options.counts[kind] ?? 0); i++) {
      const subjectId = take(kind);
      if (subjectId === undefined) break;
      const startMs = Math.floor(options.fromMs + random() * (options.toMs - options.fromMs));
      plan.push({ kind, subjectId, startMs, endMs: startMs + lastsMs[kind] });
    }
  }
  return plan.sort((a, b) => a.startMs - b.startMs);
};
