// A breaker's fold as it is stored: rows of values in place of objects, a third of the bytes, and read back the same.
// What an older version stored is read too.
import type { ReportKey } from "../domain/report.ts";
import type { Reading } from "../domain/wire.ts";
import { type AlarmMemories, noAlarms } from "./alarms.ts";
import { type FindingMemory, newFindingMemory } from "./finding-memory.ts";
import type { LeakageHour } from "./leakage/baseline.ts";
import { type LeakageMemory, newLeakageMemory } from "./leakage/leakage.ts";
import type { SensorRun } from "./leakage/sensor.ts";
import { type BreakerFold, newBreakerFold } from "./memory.ts";
import { initialOwn, type OwnState } from "./own.ts";

/** Every key once, so that a field that is added and not stored does not compile. The order is the format: append only. */
type Columns<T> = { [key in keyof Required<T>]: 1 };
type Row = readonly unknown[];
const keysOf = <T>(columns: Columns<T>): readonly (keyof T)[] => Object.keys(columns) as (keyof T)[];

const writeRow = <T extends object>(keys: readonly (keyof T)[], value: T): unknown[] => {
  const row: unknown[] = keys.map((key) => value[key] ?? null);
  // What stands at the end and is not there need not be written.
  while (row.length > 0 && row.at(-1) === null) row.pop();
  return row;
};

/** Fills `start` from a row; what is absent in the row stays as it is. Mutates and answers `start`. */
const readRow = <T extends object>(keys: readonly (keyof T)[], row: Row, start: T): T => {
  for (let i = 0; i < row.length; i += 1) {
    const key = keys[i];
    const one = row[i];
    if (key === undefined || (one === null && start[key] === undefined)) continue;
    start[key] = one as T[keyof T];
  }
  return start;
};

const ownColumns = keysOf<OwnState>({
  lastKey: 1,
  contact: 1,
  protection: 1,
  openSinceMs: 1,
  testFailed: 1,
  zeroSinceMs: 1,
  loadFlows: 1,
  noSupply: 1,
});
const keyColumns = keysOf<ReportKey>({ tsMs: 1, seq: 1, kind: 1 });
type StoredReading = Reading & { tsMs: number };
const readingColumns = keysOf<StoredReading>({
  ts: 1,
  seq: 1,
  residualCurrentMa: 1,
  contact: 1,
  protection: 1,
  tsMs: 1,
  loadCurrentA: 1,
  voltageV: 1,
  temperatureC: 1,
  signalDbm: 1,
  phaseCurrentsA: 1,
  ratedResidualCurrentMa: 1,
  nonDrivingTimeMs: 1,
});
const findingColumns = keysOf<FindingMemory>({
  firstMs: 1,
  testMs: 1,
  tripsMs: 1,
  lastTripMs: 1,
  lastCause: 1,
  lagMs: 1,
  arrivalMs: 1,
  lagRun: 1,
  seq: 1,
  seen: 1,
  messageSeq: 1,
  stuckSeq: 1,
  orderlySeq: 1,
  seqPerS: 1,
  jumpMs: 1,
  jumpUsualMa: 1,
  jumpAway: 1,
  replays: 1,
  replaysSinceMs: 1,
  usualMa: 1,
  beforeMa: 1,
  nonDrivingTimeMs: 1,
  trip: 1,
});
const leakageColumns = keysOf<LeakageMemory>({
  hour: 1,
  excessMa: 1,
  expectedMa: 1,
  ratio: 1,
  isHigh: 1,
  risesMs: 1,
  isDrifting: 1,
  sensor: 1,
});
const hourColumns = keysOf<LeakageHour>({
  hour: 1,
  count: 1,
  sumMa: 1,
  sumDeviationMa: 1,
  dayCount: 1,
  daySumMa: 1,
});
const sensorColumns = keysOf<SensorRun>({
  valueMa: 1,
  reports: 1,
  sinceMs: 1,
  loadReports: 1,
  lowestLoadA: 1,
  highestLoadA: 1,
  repeatShare: 1,
  longestReports: 1,
  learntReports: 1,
  intervalMs: 1,
});

/** The stored form. `l` belongs to what the breaker usually leaks, the rest is everything else. */
export type StoredBreakerFold = {
  o: Row;
  f: Row;
  r?: Row;
  a?: AlarmMemories;
  g?: 1;
  l?: Row;
};

/** A fold as it is stored. */
export const storedFold = ({
  own,
  findings,
  reading,
  alarms,
  viaGateway,
  leakage,
}: BreakerFold): StoredBreakerFold => {
  const o = writeRow(ownColumns, own);
  if (own.lastKey !== null) o[0] = writeRow(keyColumns, own.lastKey);
  const stored: StoredBreakerFold = { o, f: writeRow(findingColumns, findings) };
  if (reading !== null) {
    const r = writeRow(readingColumns, reading);
    // A reading's own time is nearly always the one it counts from.
    if (reading.ts === reading.tsMs) r[0] = 0;
    stored.r = r;
  }
  if (alarms !== noAlarms) stored.a = alarms;
  if (viaGateway) stored.g = 1;
  if (leakage !== null) {
    const l = writeRow(leakageColumns, leakage);
    l[0] = writeRow(hourColumns, leakage.hour);
    l[7] = writeRow(sensorColumns, leakage.sensor);
    stored.l = l;
  }
  return stored;
};

const readingOf = (row: Row): StoredReading => {
  const reading = readRow(readingColumns, row, {} as StoredReading);
  if (reading.ts === 0) reading.ts = reading.tsMs;
  return reading;
};

const leakageOf = (row: Row): LeakageMemory => {
  const leakage = newLeakageMemory();
  const { hour, sensor } = leakage;
  readRow(leakageColumns, row, leakage);
  leakage.hour = readRow(hourColumns, row[0] as Row, hour);
  leakage.sensor = readRow(sensorColumns, row[7] as Row, sensor);
  return leakage;
};

const alarmsOf = (alarms: AlarmMemories | undefined): AlarmMemories => {
  for (const _ in alarms) return alarms;
  return noAlarms;
};

/** A stored fold as it was. Times of a memory that an older version stored begin where its own history ends. */
export const foldOf = (stored: StoredBreakerFold | Partial<BreakerFold>): BreakerFold => {
  if (!("o" in stored)) {
    const old = stored as Partial<BreakerFold>;
    const start = newBreakerFold();
    const findings = old.findings ?? { ...start.findings, firstMs: old.own?.lastKey?.tsMs ?? 0 };
    return { ...start, ...old, findings, alarms: alarmsOf(old.alarms) };
  }
  const own = readRow(ownColumns, stored.o, { ...initialOwn });
  const key = stored.o[0] as Row | null;
  own.lastKey =
    key === null || key === undefined
      ? null
      : readRow<ReportKey>(keyColumns, key, { tsMs: 0, seq: 0, kind: "reading" });
  return {
    own,
    findings: readRow(findingColumns, stored.f, newFindingMemory()),
    reading: stored.r === undefined ? null : readingOf(stored.r),
    alarms: alarmsOf(stored.a),
    viaGateway: stored.g === 1,
    leakage: stored.l === undefined ? null : leakageOf(stored.l),
  };
};
