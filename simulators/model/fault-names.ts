// The names that a scenario file may use: faults, and what only looks like one.

/** Faults; each leaves one or more labels (model/faults-*.ts say which, and from when). */
export const faultNames = [
  "highLeakage",
  "failureToTrip",
  "leakageSpike",
  "leakageDrift",
  "intermittentLeakage",
  "stuckSensor",
  "sensorAtZero",
  "protectionExited",
  "tripFunctionFault",
  "testFailed",
  "bypassed",
  "open",
  "silent",
  "neverReported",
  "nuisanceTrip",
  "repeatedTrips",
  "forbiddenReclose",
  "settingsChanged",
  "lowVoltage",
  "overVoltage",
  "overload",
  "impossibleValue",
  "clockWrong",
  "duplicatedSequence",
  "identityDoubtful",
  "areaOutage",
  "communicationLoss",
  "gatewayOffline",
  "mainTripByHouse",
  "gradingFailure",
  "lineLeakage",
  "treeContact",
  "backgroundTooHigh",
  "phaseImbalance",
] as const;
export type FaultName = (typeof faultNames)[number];

/** Nothing that needs a visit, though it looks like it. */
export const nearMissNames = [
  "standingLeakage",
  "correctTrip",
  "overloadTrip",
  "timedTest",
  "shortOpening",
  "missedReports",
  "slowLink",
  "gatewayRestart",
  "voltageNearLimit",
  "clockNearLimit",
  "redelivery",
  "lateTrip",
  "mainReclose",
  "shortSurge",
] as const;
export type NearMissName = (typeof nearMissNames)[number];
