// Alarms and where they stand (ISA-18.2): kinds, priorities, lifecycle.
import { z } from "zod";

export const alarmKinds = [
  "failureToTrip",
  "highLeakage",
  "protectionExited",
  "tripFunctionFault",
  "bypassed",
  "open",
  "silent",
  "neverReported",
  "areaOutage",
] as const;
export const alarmKindSchema = z.enum(alarmKinds);
export type AlarmKind = z.infer<typeof alarmKindSchema>;

export const alarmPriorities = ["low", "medium", "high"] as const;
export const alarmPrioritySchema = z.enum(alarmPriorities);
export type AlarmPriority = z.infer<typeof alarmPrioritySchema>;

export const alarmPriority: Record<AlarmKind, AlarmPriority> = {
  failureToTrip: "high",
  bypassed: "high",
  tripFunctionFault: "medium",
  protectionExited: "medium",
  highLeakage: "medium",
  areaOutage: "medium",
  open: "low",
  silent: "low",
  neverReported: "low",
};

/** ISA-18.2 states that an alarm can be in here; `normal` is cleared and acknowledged. */
export const alarmStates = ["unacknowledged", "acknowledged", "returnedUnacknowledged", "normal"] as const;
export const alarmStateSchema = z.enum(alarmStates);
export type AlarmState = z.infer<typeof alarmStateSchema>;

/** Where an alarm stands, from what has happened to it. */
export const alarmState = (alarm: {
  clearedAtMs: number | null;
  acknowledgedAtMs: number | null;
}): AlarmState => {
  if (alarm.clearedAtMs === null) return alarm.acknowledgedAtMs === null ? "unacknowledged" : "acknowledged";
  return alarm.acknowledgedAtMs === null ? "returnedUnacknowledged" : "normal";
};

/** What an alarm shows as its grounds; units stand in the names. */
export type AlarmEvidence = Record<string, string | number | boolean | null>;
