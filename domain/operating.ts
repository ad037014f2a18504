// Operating states, their reasons, and histories of them as partitions of time (DOMAIN.md, "Operating state").
import { z } from "zod";

export const operatingStates = ["operating", "notOperating", "unknown", "excused"] as const;
export const operatingStateSchema = z.enum(operatingStates);
export type OperatingState = z.infer<typeof operatingStateSchema>;

export const notOperatingReasons = [
  "neverReported",
  "protectionExited",
  "tripFunctionFault",
  "bypassed",
  "open",
] as const;
export const excusedReasons = ["vacantHouse", "plannedOutage", "areaOutage"] as const;
export const operatingReasons = [...notOperatingReasons, "silent", ...excusedReasons] as const;
export const operatingReasonSchema = z.enum(operatingReasons);
export type NotOperatingReason = (typeof notOperatingReasons)[number];
export type OperatingReason = z.infer<typeof operatingReasonSchema>;

/** A state with its one reason; `operating` has none. */
export type Judgement = { state: OperatingState; reason: OperatingReason | null };

/** From `fromMs` on the judgement holds, until the next change. */
export type StateChange = Judgement & { fromMs: number };

/** A judgement over `[fromMs, toMs)`, Unix milliseconds. */
export type OperatingInterval = Judgement & { fromMs: number; toMs: number };

export const operating: Judgement = { state: "operating", reason: null };
export const silent: Judgement = { state: "unknown", reason: "silent" };
export const notOperating = (reason: NotOperatingReason): Judgement => ({ state: "notOperating", reason });
export const excused = (reason: (typeof excusedReasons)[number]): Judgement => ({ state: "excused", reason });

export const sameJudgement = (a: Judgement, b: Judgement): boolean =>
  a.state === b.state && a.reason === b.reason;

/** Appends a change, dropping what it makes empty or repeats: at one instant the last word holds. Mutates `changes`. */
export const appendChange = <T extends StateChange>(
  changes: T[],
  next: T,
  same = sameJudgement as (a: T, b: T) => boolean,
): void => {
  const last = changes.at(-1);
  if (last !== undefined && last.fromMs === next.fromMs) changes.pop();
  const before = changes.at(-1);
  if (before === undefined || !same(before, next)) changes.push(next);
};

/** Turns changes in order of time into intervals that partition `[first change, toMs)`. Changes at or after `toMs` are left out. */
export const intervalsOf = (changes: readonly StateChange[], toMs: number): OperatingInterval[] =>
  changes.flatMap((change, i) => {
    const end = Math.min(changes[i + 1]?.fromMs ?? toMs, toMs);
    return change.fromMs < end ? [{ ...change, toMs: end }] : [];
  });
