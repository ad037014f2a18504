// Small valid answers of the API for the console's tests.
import type { Alarm, Breaker, LevelSummary, VillageSummary } from "../../domain/http.ts";

export const sampleBreaker = (id: string, more: Partial<Breaker> = {}): Breaker => ({
  id,
  level: "household",
  ratedResidualCurrentMa: 30,
  installedOn: "2026-01-01",
  removedOn: null,
  townshipId: "t",
  townshipName: "T",
  villageId: "v",
  villageName: "V",
  areaId: "a",
  areaName: "A",
  householdId: "h",
  address: null,
  inhabited: true,
  operating: { state: "operating", reason: null, since: "2026-05-01T00:00:00.000Z" },
  last: null,
  openAlarmCount: 0,
  ...more,
});

export const sampleReading = (breakerId: string, at: string, residualCurrentMa: number) => ({
  breakerId,
  at,
  residualCurrentMa,
  contact: "closed" as const,
  protection: "enabled" as const,
  loadCurrentA: null,
  voltageV: null,
  temperatureC: null,
  signalDbm: null,
});

export const sampleAlarm = (id: string, more: Partial<Alarm> = {}): Alarm => ({
  id,
  kind: "highLeakage",
  priority: "medium",
  breakerId: "b-1",
  areaId: "a",
  areaName: "A",
  villageId: "v",
  villageName: "V",
  address: null,
  raisedAt: "2026-05-01T00:00:00.000Z",
  clearedAt: null,
  acknowledgedAt: null,
  acknowledgedBy: null,
  state: "unacknowledged",
  occurrences: 1,
  evidence: {},
  ...more,
});

const level = (target: number): LevelSummary => ({
  shouldInstall: 10,
  requiredInstalled: 9,
  installed: 10,
  operating: 8,
  notOperating: 1,
  unknown: 1,
  excused: 0,
  installationRate: 0.9,
  operationalRate: 0.8,
  operationalRateUpperBound: 0.9,
  target,
});

export const sampleVillage = (id: string, openAlarms = 0): VillageSummary => ({
  id,
  name: id,
  townshipId: "t",
  townshipName: "T",
  levels: { household: level(0.95), intermediate: level(0.95), main: level(1) },
  households: 10,
  inhabitedHouseholds: 10,
  inhabitedOperating: 8,
  inhabitedCoverage: 0.8,
  inhabitedCoverageTarget: 1,
  openAlarms,
});
