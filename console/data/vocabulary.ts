// The vocabulary's lists in the order in which the page offers them; the compiler keeps them complete.
// (Written out here because the domain's own lists would bring zod along into the browser.)
import type { AlarmKind, AlarmPriority, AlarmState } from "../../domain/alarm.ts";
import type { BreakerLevel } from "../../domain/breaker.ts";
import type { OperatingReason, OperatingState } from "../../domain/operating.ts";
import type { OwnRuleField } from "../../domain/own-rule.ts";

const keys = <K extends string>(complete: Record<K, true>): K[] => Object.keys(complete) as K[];

export const breakerLevels = keys<BreakerLevel>({ household: true, intermediate: true, main: true });
export const operatingStates = keys<OperatingState>({
  operating: true,
  notOperating: true,
  unknown: true,
  excused: true,
});
export const operatingReasons = keys<OperatingReason>({
  protectionExited: true,
  tripFunctionFault: true,
  bypassed: true,
  open: true,
  neverReported: true,
  silent: true,
  vacantHouse: true,
  plannedOutage: true,
  areaOutage: true,
});
export const alarmKinds = keys<AlarmKind>({
  failureToTrip: true,
  bypassed: true,
  tripFunctionFault: true,
  protectionExited: true,
  highLeakage: true,
  leakageSpike: true,
  leakageDrift: true,
  intermittentLeakage: true,
  stuckSensor: true,
  gradingFailure: true,
  mainTrip: true,
  repeatedTrips: true,
  nuisanceTrip: true,
  forbiddenReclose: true,
  settingsChanged: true,
  testOverdue: true,
  areaOutage: true,
  communicationLoss: true,
  gatewayOffline: true,
  lineLeakage: true,
  backgroundTooHigh: true,
  open: true,
  silent: true,
  neverReported: true,
  lowVoltage: true,
  overVoltage: true,
  phaseImbalance: true,
  overload: true,
  clockWrong: true,
  duplicatedSequence: true,
  impossibleValue: true,
  identityDoubtful: true,
  customRule: true,
});
export const alarmStates = keys<AlarmState>({
  unacknowledged: true,
  acknowledged: true,
  returnedUnacknowledged: true,
  normal: true,
});
export const ownRuleFields = keys<OwnRuleField>({
  residualCurrentMa: true,
  residualShareOfRated: true,
  loadCurrentA: true,
  voltageV: true,
  temperatureC: true,
  signalDbm: true,
});
export const alarmPriorities = keys<AlarmPriority>({ low: true, medium: true, high: true });
