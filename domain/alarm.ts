// Alarms and where they stand (ISA-18.2): kinds, priorities, lifecycle.
import { z } from "zod";

/** Every finding there is; docs/findings.md says of each when it is raised and what to do. */
export const alarmKinds = [
  "failureToTrip",
  "bypassed",
  "tripFunctionFault",
  "protectionExited",
  "highLeakage",
  "leakageSpike",
  "leakageDrift",
  "intermittentLeakage",
  "stuckSensor",
  "gradingFailure",
  "mainTrip",
  "repeatedTrips",
  "nuisanceTrip",
  "forbiddenReclose",
  "settingsChanged",
  "testOverdue",
  "areaOutage",
  "communicationLoss",
  "gatewayOffline",
  "lineLeakage",
  "backgroundTooHigh",
  "open",
  "silent",
  "neverReported",
  "lowVoltage",
  "overVoltage",
  "phaseImbalance",
  "overload",
  "clockWrong",
  "duplicatedSequence",
  "impossibleValue",
  "identityDoubtful",
  "customRule",
] as const;
export const alarmKindSchema = z.enum(alarmKinds);
export type AlarmKind = z.infer<typeof alarmKindSchema>;

export const alarmPriorities = ["low", "medium", "high"] as const;
export const alarmPrioritySchema = z.enum(alarmPriorities);
export type AlarmPriority = z.infer<typeof alarmPrioritySchema>;

/** A rule of one's own brings its own priority; this is its default. */
export const alarmPriority: Record<AlarmKind, AlarmPriority> = {
  failureToTrip: "high",
  bypassed: "high",
  tripFunctionFault: "medium",
  protectionExited: "medium",
  highLeakage: "medium",
  leakageSpike: "low",
  leakageDrift: "low",
  intermittentLeakage: "low",
  stuckSensor: "low",
  gradingFailure: "medium",
  mainTrip: "medium",
  repeatedTrips: "medium",
  nuisanceTrip: "low",
  forbiddenReclose: "medium",
  settingsChanged: "medium",
  testOverdue: "low",
  areaOutage: "medium",
  communicationLoss: "medium",
  gatewayOffline: "low",
  lineLeakage: "medium",
  backgroundTooHigh: "medium",
  open: "low",
  silent: "low",
  neverReported: "low",
  lowVoltage: "low",
  overVoltage: "medium",
  phaseImbalance: "low",
  overload: "low",
  clockWrong: "low",
  duplicatedSequence: "low",
  impossibleValue: "low",
  identityDoubtful: "medium",
  customRule: "low",
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
