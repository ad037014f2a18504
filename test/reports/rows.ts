// Rows of performance for the tests of a report's forms: numbers from a seed, names from the test.
import type { LevelPerformance, PerformanceRow } from "../../domain/http-rates.ts";
import { lastDate, periodBefore, periodOfDate } from "../../domain/periods.ts";
import type { Report } from "../../reports/report.ts";

const hourMs = 3_600_000;

const level = (installed: number, lostHours: number, target: number): LevelPerformance => {
  const installedMs = installed * 24 * hourMs;
  const unknownMs = Math.min(lostHours * hourMs, installedMs) / 2;
  const notOperatingMs = unknownMs;
  const operatingMs = installedMs - unknownMs - notOperatingMs;
  const rate = installedMs > 0 ? operatingMs / installedMs : null;
  return {
    shouldInstall: installed + 1,
    requiredInstalled: installed,
    installed,
    operating: installed,
    notOperating: 0,
    unknown: 0,
    excused: 0,
    installationRate: installed / (installed + 1),
    installationTarget: target,
    snapshotRate: installed > 0 ? 1 : null,
    installedMs,
    excusedMs: 0,
    operatingMs,
    unknownMs,
    notOperatingMs,
    notOperatingMsByReason: {
      neverReported: 0,
      protectionExited: notOperatingMs,
      tripFunctionFault: 0,
      bypassed: 0,
      open: 0,
    },
    operationalRate: rate,
    operationalRateUpperBound: installedMs > 0 ? (operatingMs + unknownMs) / installedMs : null,
    unknownShare: installedMs > 0 ? unknownMs / installedMs : null,
    operationalTarget: target,
    gap: rate === null ? null : rate - target,
    testedBreakers: installed >> 1,
    tested: installed >> 1,
    passed: installed >> 2,
    testPassRate: installed > 1 ? (installed >> 2) / (installed >> 1) : null,
    testCoverage: installed > 0 ? (installed >> 1) / installed : null,
    correctTrips: 3,
    nuisanceTrips: 1,
    failuresToTrip: 0,
    correctOperationRate: 0.75,
  };
};

export const row = (id: string, name: string, households: number, lostHours: number): PerformanceRow => ({
  id,
  name,
  from: "2026-09-30T16:00:00.000Z",
  to: "2026-10-31T16:00:00.000Z",
  households,
  inhabitedHouseholds: households,
  inhabitedOperating: households,
  inhabitedCoverage: households > 0 ? 1 : null,
  inhabitedOperationalRate: 0.99,
  inhabitedTarget: 1,
  villages: 1,
  villagesWithOfficer: households % 2,
  officerShare: households % 2,
  officerTarget: 1,
  noticesIssued: 4,
  noticesClosed: 3,
  noticesOverdue: 1,
  levels: {
    household: level(households, lostHours, 0.95),
    intermediate: level(0, 0, 0.95),
    main: level(2, 0, 1),
  },
});

/** A report of October 2026 over villages of the given names. */
export const reportOf = (names: readonly string[]): Report => {
  const period = periodOfDate("month", "2026-10-01", "Asia/Shanghai");
  const villages = names.map((name, i) => row(`V${i}`, name, 100 + i, 7 * i));
  const before = names.map((name, i) => row(`V${i}`, name, 98 + i, 9 * i));
  return {
    township: { id: "T1", name: names[0] ?? "T1" },
    period,
    lastDate: lastDate(period),
    timeZone: "Asia/Shanghai",
    total: row("T1", "T1", 100 * names.length, 50),
    villages,
    before: {
      period: periodBefore(period, "Asia/Shanghai"),
      total: row("T1", "T1", 98 * names.length, 60),
      villages: new Map(before.map((v) => [v.id, v])),
    },
    worst: names.slice(0, 3).map((name, i) => ({
      breakerId: `B${i}`,
      level: "household",
      areaId: "A1",
      areaName: name,
      villageId: "V0",
      villageName: name,
      address: name,
      lostMs: 5.5 * hourMs,
      unknownMs: hourMs,
      notOperatingMsByReason: {
        neverReported: 0,
        protectionExited: 4.5 * hourMs,
        tripFunctionFault: 0,
        bypassed: 0,
        open: 0,
      },
    })),
    villagesWithoutOfficer: villages
      .filter((v) => v.villagesWithOfficer === 0)
      .map(({ id, name }) => ({ id, name })),
    computedAtMs: Date.UTC(2026, 10, 1, 2),
  };
};
