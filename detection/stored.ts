// A breaker's memory as it is stored: rows of values in place of objects, as MessagePack, and read back the same. What older
// versions stored as JSON is read too.
import { Packr } from "msgpackr";
import { operatingReasons, operatingStates, type StateChange } from "../domain/operating.ts";
import type { ReportKey } from "../domain/report.ts";
import { contacts, protections, type Reading, reportKinds, tripCauses } from "../domain/wire.ts";
import { type AlarmMemories, noAlarms } from "./alarms.ts";
import { type BreakerFold, newBreakerFold } from "./breaker-fold.ts";
import type { Remembered } from "./breaker-memory.ts";
import { type FindingMemory, newFindingMemory } from "./finding-memory.ts";
import type { LeakageHour } from "./leakage/baseline.ts";
import { type LeakageMemory, newLeakageMemory } from "./leakage/leakage.ts";
import type { SensorRun } from "./leakage/sensor.ts";
import { initialOwn, type OwnChange, type OwnState } from "./own.ts";

/** Words of which one is stored as its place in the list: append only. 1: stored as it is. */
type Column = 1 | readonly string[];
/** Every key once, so that a field that is added and not stored does not compile. The order is the format: append only. */
type Columns<T> = { [key in keyof Required<T>]: Column };
type Row = readonly unknown[];
type Format<T> = readonly { key: keyof T; words: readonly string[] | null }[];

const formatOf = <T>(columns: Columns<T>): Format<T> =>
  Object.entries<Column>(columns).map(([key, column]) => ({
    key: key as keyof T,
    words: column === 1 ? null : column,
  }));

const writeRow = <T extends object>(format: Format<T>, value: T): unknown[] => {
  const row: unknown[] = [];
  // What stands at the end and is not there need not be written.
  let length = 0;
  for (const { key, words } of format) {
    const one = value[key] ?? null;
    const place = words === null || one === null ? -1 : words.indexOf(one as string);
    row.push(place < 0 ? one : place);
    if (one !== null) length = row.length;
  }
  row.length = length;
  return row;
};

/** Fills `start` from a row; what is absent in the row stays as it is. Mutates and answers `start`. */
const readRow = <T extends object>(format: Format<T>, row: Row, start: T): T => {
  for (let i = 0; i < row.length; i += 1) {
    const column = format[i];
    if (column === undefined) break;
    const { key, words } = column;
    let one = row[i];
    if (one === null && start[key] === undefined) continue;
    // An older version stored the word itself.
    if (words !== null && typeof one === "number") one = words[one];
    start[key] = one as T[keyof T];
  }
  return start;
};

const ownColumns = formatOf<OwnState>({
  lastKey: 1,
  contact: contacts,
  protection: protections,
  openSinceMs: 1,
  testFailed: 1,
  zeroSinceMs: 1,
  loadFlows: 1,
  noSupply: 1,
  selfTestFailed: 1,
});
const keyColumns = formatOf<ReportKey>({ tsMs: 1, seq: 1, kind: reportKinds });
type StoredReading = Reading & { tsMs: number };
const readingColumns = formatOf<StoredReading>({
  ts: 1,
  seq: 1,
  residualCurrentMa: 1,
  contact: contacts,
  protection: protections,
  tsMs: 1,
  loadCurrentA: 1,
  voltageV: 1,
  temperatureC: 1,
  signalDbm: 1,
  phaseCurrentsA: 1,
  ratedResidualCurrentMa: 1,
  nonDrivingTimeMs: 1,
});
const findingColumns = formatOf<FindingMemory>({
  firstMs: 1,
  testMs: 1,
  tripsMs: 1,
  lastTripMs: 1,
  lastCause: tripCauses,
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
  loopReadings: 1,
});
const leakageColumns = formatOf<LeakageMemory>({
  hour: 1,
  excessMa: 1,
  expectedMa: 1,
  ratio: 1,
  isHigh: 1,
  risesMs: 1,
  isDrifting: 1,
  sensor: 1,
});
const hourColumns = formatOf<LeakageHour>({
  hour: 1,
  count: 1,
  sumMa: 1,
  sumDeviationMa: 1,
  dayCount: 1,
  daySumMa: 1,
});
const sensorColumns = formatOf<SensorRun>({
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
  dayMs: 1,
  dayReports: 1,
  quietReports: 1,
  isFine: 1,
});

const ownChangeColumns = formatOf<OwnChange>({
  fromMs: 1,
  state: operatingStates,
  reason: operatingReasons,
  dark: 1,
});
const changeColumns = formatOf<StateChange>({ fromMs: 1, state: operatingStates, reason: operatingReasons });

/** The stored form. `l` belongs to what the breaker usually leaks, the rest is everything else. */
type StoredMemory = {
  o: Row;
  f: Row;
  r?: Row;
  a?: AlarmMemories;
  g?: 1;
  l?: Row;
  /** Its histories, and from when on they are complete; older versions kept them in their tables alone. */
  c?: readonly Row[];
  p?: readonly Row[];
  k?: number;
  /** When something that is known of will come. */
  h?: number;
};

const rowsOfFold = ({ own, findings, reading, alarms, viaGateway, leakage }: BreakerFold): StoredMemory => {
  const o = writeRow(ownColumns, own);
  if (own.lastKey !== null) o[0] = writeRow(keyColumns, own.lastKey);
  const stored: StoredMemory = { o, f: writeRow(findingColumns, findings) };
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
  const leakage = readRow(leakageColumns, row, newLeakageMemory());
  const start = newLeakageMemory();
  leakage.hour = readRow(hourColumns, row[0] as Row, start.hour);
  leakage.sensor = readRow(sensorColumns, row[7] as Row, start.sensor);
  return leakage;
};

const alarmsOf = (alarms: AlarmMemories | undefined): AlarmMemories => {
  for (const _ in alarms) return alarms;
  return noAlarms;
};

const foldOf = (stored: StoredMemory): BreakerFold => {
  const own = readRow(ownColumns, stored.o, { ...initialOwn });
  const key = stored.o[0] as Row | null | undefined;
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

const packr = new Packr({ useRecords: false });

/** A breaker's memory, as bytes that are good until the next call. */
export const packedMemory = ({ fold, changes, published, keptFromMs, aheadMs }: Remembered): Buffer => {
  const stored = rowsOfFold(fold);
  stored.c = changes.map((change) => writeRow(ownChangeColumns, change));
  stored.p = published.map((change) => writeRow(changeColumns, change));
  if (Number.isFinite(keptFromMs)) stored.k = keptFromMs;
  if (Number.isFinite(aheadMs)) stored.h = aheadMs;
  return packr.pack(stored);
};

const room = { bytes: Buffer.alloc(4_096) };

/** The memory of `packedMemory`, its bytes as text of one a character. */
export const memoryOf = (packed: string): Remembered => {
  if (packed.length > room.bytes.length) room.bytes = Buffer.alloc(2 * packed.length);
  const end = room.bytes.write(packed, "latin1");
  const stored = packr.unpack(room.bytes, end) as StoredMemory;
  const { c = [], p = [], k = Number.NEGATIVE_INFINITY, h = Number.POSITIVE_INFINITY } = stored;
  return {
    fold: foldOf(stored),
    changes: c.map((row) =>
      readRow<OwnChange>(ownChangeColumns, row, { fromMs: 0, state: "unknown", reason: null, dark: null }),
    ),
    published: p.map((row) =>
      readRow<StateChange>(changeColumns, row, { fromMs: 0, state: "unknown", reason: null }),
    ),
    keptFromMs: k,
    aheadMs: h,
  };
};

/** A fold that an older version stored, as JSON. Times of a memory that an even older one stored begin where its own history ends. */
export const foldOfJson = (json: string): BreakerFold => {
  const stored = JSON.parse(json) as StoredMemory | Partial<BreakerFold>;
  if ("o" in stored) return foldOf(stored);
  const start = newBreakerFold();
  const findings = stored.findings ?? { ...start.findings, firstMs: stored.own?.lastKey?.tsMs ?? 0 };
  return { ...start, ...stored, findings, alarms: alarmsOf(stored.alarms) };
};
