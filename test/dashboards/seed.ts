// A day of the demo township in InfluxDB, with a fault of every kind: what the dashboards must find is known.
import type { AlarmKind } from "../../domain/alarm.ts";
import { alarmPriority } from "../../domain/alarm.ts";
import { breakerLevels, targetRates } from "../../domain/breaker.ts";
import type { LevelSummary } from "../../domain/http.ts";
import { excused, type Judgement, notOperating, operating, silent } from "../../domain/operating.ts";
import { addCounts, emptyCounts, fraction, type SnapshotCounts, snapshotRates } from "../../domain/rates.ts";
import type { RegistryRow } from "../../domain/registry.ts";
import type { Report } from "../../domain/report.ts";
import type { Fault } from "../../simulators/faults.ts";
import { effectOn, readingAt } from "../../simulators/physics.ts";
import { demoTownship } from "../../simulators/township.ts";
import { createWorld, type SimulatedBreaker } from "../../simulators/world.ts";
import { lineOf } from "../../storage/telemetry/influx-lines.ts";
import {
  alarmLines,
  breakerInfoLines,
  ingestLines,
  operatingLines,
  type PointPlace,
  placeLines,
  rateLines,
  standingAlarmLines,
} from "../../storage/telemetry/influx-points.ts";
import type { AlarmEvent } from "../../storage/telemetry/names.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const readingEveryMs = 5 * minuteMs;
const seed = 20;

/** So many houses of the weak area have no protection: it and its village miss their target. */
export const weakHouses = 8;

/** Who has which fault in the seeded day. */
export type SeededFaults = Record<
  | "spike"
  | "drift"
  | "failureToTrip"
  | "protectionExited"
  | "silent"
  | "open"
  | "tripped"
  | "lineLeakageArea"
  | "outageArea"
  | "weakArea"
  | "chattering"
  | "stale",
  string
>;

export type Seeded = {
  fromMs: number;
  toMs: number;
  faults: SeededFaults;
  breakers: number;
  /** Line protocol, in no order; timestamps in nanoseconds. */
  lines(): Generator<string>;
};

type Placed = SimulatedBreaker & { villageId: string; address: string };

const placed = (rows: readonly RegistryRow[], breakers: readonly SimulatedBreaker[]): Placed[] => {
  const byId = new Map(rows.map((row) => [row.breakerId, row]));
  return breakers.map((breaker) => {
    const row = byId.get(breaker.breakerId);
    if (row === undefined) throw new Error(`${breaker.breakerId} is in no row`);
    return { ...breaker, villageId: row.villageId, address: row.address ?? "" };
  });
};

const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index];
  if (item === undefined) throw new Error(`fewer than ${index + 1}`);
  return item;
};

/** Plans the day that ends at `toMs` (Unix ms). */
export const seededDay = (toMs: number): Seeded => {
  const fromMs = toMs - 24 * hourMs;
  const rows = demoTownship(seed, toMs);
  const healthy = createWorld(rows, seed, []);
  const houses = healthy.breakers.filter((b) => b.level === "household" && b.inhabited);
  // Far apart, so that every fault lies in an area of its own.
  const house = (n: number): string => at(houses, n * 47).breakerId;
  const mains = healthy.breakers.filter((b) => b.level === "main");
  const faults: SeededFaults = {
    spike: house(0),
    drift: house(1),
    failureToTrip: house(2),
    protectionExited: house(3),
    silent: house(4),
    open: house(5),
    tripped: at(mains, 6).breakerId,
    lineLeakageArea: at(mains, 8).areaId,
    outageArea: at(mains, 9).areaId,
    weakArea: at(mains, 11).areaId,
    chattering: house(7),
    stale: house(3),
  };
  const fault = (kind: Fault["kind"], subjectId: string, fromHours: number, toHours: number): Fault => ({
    kind,
    subjectId,
    startMs: 2 * Math.floor((toMs + fromHours * hourMs) / 2),
    endMs: Math.floor(toMs + toHours * hourMs),
  });
  const weak = houses.filter(({ areaId }) => areaId === faults.weakArea).slice(0, weakHouses);
  const world = createWorld(rows, seed, [
    ...weak.map(({ breakerId }) => fault("protectionExited", breakerId, -30, 1)),
    fault("spike", faults.spike, -3, -2.5),
    fault("drift", faults.drift, -20, 1),
    fault("failureToTrip", faults.failureToTrip, -0.4, 1),
    fault("protectionExited", faults.protectionExited, -30, 1),
    fault("silence", faults.silent, -2, 1),
    fault("open", faults.open, -1.5, 1),
    fault("failureToTrip", `${faults.lineLeakageArea}-main`, -4, 1),
    fault("areaOutage", faults.outageArea, -6, -5.5),
  ]);
  const breakers = placed(rows, world.breakers);

  const judge = (breaker: Placed, atMs: number): Judgement => {
    if (!breaker.inhabited) return excused("vacantHouse");
    const effect = effectOn(world, breaker, atMs);
    if (breaker.areaId === faults.outageArea && effect.silent) return excused("areaOutage");
    if (effect.silent) return silent;
    if (effect.protection !== "enabled") return notOperating("protectionExited");
    if (effect.contact !== "closed") return notOperating("open");
    return operating;
  };

  function* reports(): Generator<string> {
    for (const breaker of breakers) {
      const phaseMs = breaker.traits.key % readingEveryMs;
      const placeOf = (report: Report): string => lineOf({ report, ...breaker });
      const stamp = (tsMs: number, seq: number) => ({
        breakerId: breaker.breakerId,
        tsMs,
        seq,
        arrivalMs: tsMs + 800,
        clockReplaced: false,
      });
      let seq = 1;
      for (let tsMs = fromMs + phaseMs; tsMs < toMs; tsMs += readingEveryMs) {
        const body = readingAt(world, breaker, tsMs);
        if (body !== null) yield placeOf({ ...stamp(tsMs, seq), kind: "reading", body });
        seq += 1;
      }
      if (breaker.breakerId === faults.tripped)
        yield placeOf({
          ...stamp(toMs - 5 * hourMs, 900_001),
          kind: "trip",
          body: { cause: "leakage", residualCurrentMa: 322.5, phase: "B", reclosed: true },
        });
      if (breaker.breakerId === faults.tripped)
        yield placeOf({
          ...stamp(toMs - 8 * hourMs, 900_000),
          kind: "test",
          body: { kind: "trip", passed: true, breakTimeMs: 38 },
        });
      if (breaker.breakerId === faults.spike)
        yield placeOf({
          ...stamp(toMs - 20 * minuteMs, 900_002),
          kind: "reading",
          body: { residualCurrentMa: 4, contact: "closed", protection: "enabled" },
        }).replace("clockReplaced=false", "clockReplaced=true");
    }
  }

  function* states(): Generator<string> {
    for (const breaker of breakers) {
      let last = "";
      for (let atMs = fromMs; atMs <= toMs; atMs += minuteMs) {
        const judgement = judge(breaker, atMs);
        const now = `${judgement.state} ${judgement.reason}`;
        const repeats = (atMs - fromMs) % (5 * minuteMs) === 0;
        if (repeats || now !== last) yield* operatingLines(breaker, judgement, atMs);
        last = now;
      }
    }
  }

  const places = new Map<string, { place: PointPlace; name: string; households: number }>();
  for (const row of rows) {
    const { townshipId, villageId, areaId } = row;
    for (const [id, place, name] of [
      [`t ${townshipId}`, { scope: "township", townshipId }, row.townshipName],
      [`v ${villageId}`, { scope: "village", townshipId, villageId }, row.villageName],
      [`a ${areaId}`, { scope: "area", townshipId, villageId, areaId }, row.areaName],
    ] as const) {
      const known = places.get(id) ?? { place, name, households: 0 };
      if (row.inhabited === true && row.removedOn === null) known.households += 1;
      places.set(id, known);
    }
  }

  const counted = (members: readonly Placed[], households: number, atMs: number) => {
    const levels = Object.fromEntries(
      breakerLevels.map((level) => {
        const counts = members
          .filter((member) => member.level === level)
          .reduce<SnapshotCounts>((sum, member) => {
            const one = emptyCounts();
            one.installed = 1;
            one[judge(member, atMs).state] = 1;
            one.requiredInstalled = member.inhabited ? 1 : 0;
            return addCounts(sum, one);
          }, emptyCounts());
        counts.shouldInstall = level === "household" ? households : counts.installed;
        const summary: LevelSummary = { ...counts, ...snapshotRates(counts), target: targetRates[level] };
        return [level, summary];
      }),
    ) as Record<(typeof breakerLevels)[number], LevelSummary>;
    const protectedHouses = members.filter(
      (m) => m.level === "household" && m.inhabited && judge(m, atMs).state === "operating",
    ).length;
    return { levels, inhabitedCoverage: fraction(protectedHouses, households), openAlarms: 2 };
  };

  function* rates(): Generator<string> {
    for (const { place, name, households } of places.values()) {
      for (let atMs = fromMs; atMs <= toMs; atMs += hourMs) yield* placeLines(place, name, atMs);
      const members = breakers.filter(
        (b) =>
          (place.villageId === undefined || b.villageId === place.villageId) &&
          (place.areaId === undefined || b.areaId === place.areaId),
      );
      // States change only with faults: five minutes share a count, and the points are as many as in truth.
      let counts = counted(members, households, fromMs);
      for (let atMs = fromMs; atMs <= toMs; atMs += minuteMs) {
        if ((atMs - fromMs) % (5 * minuteMs) === 0) counts = counted(members, households, atMs);
        yield* rateLines(place, counts, atMs);
      }
    }
    for (const breaker of breakers)
      for (let atMs = fromMs; atMs <= toMs; atMs += hourMs)
        yield* breakerInfoLines(breaker, breaker.address, atMs);
  }

  let alarmNumber = 0;
  function* alarm(kind: AlarmKind, breakerId: string | null, areaId: string, events: [AlarmEvent, number][]) {
    const inArea = breakers.find((b) => b.areaId === areaId);
    if (inArea === undefined) throw new Error(`no area ${areaId}`);
    alarmNumber += 1;
    const alarmId = (alarmNumber * 2_654_435_761).toString(16).padStart(16, "0");
    for (const [event, hours] of events)
      yield* alarmLines({
        alarmId,
        event,
        atMs: Math.floor(toMs + hours * hourMs),
        kind,
        priority: alarmPriority[kind],
        breakerId,
        areaId,
        villageId: inArea.villageId,
        townshipId: inArea.townshipId,
      });
  }

  const areaOf = (breakerId: string): string => {
    const breaker = breakers.find((b) => b.breakerId === breakerId);
    if (breaker === undefined) throw new Error(`no breaker ${breakerId}`);
    return breaker.areaId;
  };

  function* alarms(): Generator<string> {
    const of = (kind: AlarmKind, breakerId: string, events: [AlarmEvent, number][]) =>
      alarm(kind, breakerId, areaOf(breakerId), events);
    yield* of("highLeakage", faults.spike, [
      ["raised", -2.98],
      ["acknowledged", -2.7],
      ["cleared", -2.49],
    ]);
    yield* of("highLeakage", faults.drift, [["raised", -15]]);
    yield* of("failureToTrip", faults.failureToTrip, [["raised", -0.38]]);
    yield* of("protectionExited", faults.stale, [["raised", -29.9]]);
    yield* of("silent", faults.silent, [["raised", -1.7]]);
    yield* of("open", faults.open, [["raised", -1.3]]);
    yield* alarm("areaOutage", null, faults.outageArea, [
      ["raised", -5.8],
      ["cleared", -5.45],
    ]);
    // Five transitions within one minute.
    for (let n = 0; n < 3; n += 1)
      yield* of("highLeakage", faults.chattering, [
        ["raised", -7 + n / 200],
        ["cleared", -7 + n / 200 + 1 / 450],
      ]);
    // A flood: twelve within ten minutes of the clock.
    const floodMs = Math.floor((toMs - 6 * hourMs) / (10 * minuteMs)) * 10 * minuteMs;
    const flooded = breakers.filter((b) => b.areaId === faults.outageArea && b.level === "household");
    for (let n = 0; n < 12; n += 1)
      yield* of("silent", at(flooded, n).breakerId, [
        ["raised", (floodMs - toMs) / hourMs + n / 100],
        ["cleared", -5.4],
      ]);
    for (let atMs = fromMs; atMs <= toMs; atMs += minuteMs)
      for (const villageId of new Set(breakers.map((b) => b.villageId)))
        for (const kind of ["highLeakage", "silent", "failureToTrip", "open"] as const)
          yield* standingAlarmLines(
            { townshipId: at(breakers, 0).townshipId, villageId, kind, priority: alarmPriority[kind] },
            kind === "highLeakage" || atMs > toMs - 2 * hourMs ? 1 : 0,
            atMs,
          );
  }

  function* health(): Generator<string> {
    for (let atMs = fromMs; atMs <= toMs; atMs += 10_000) {
      const s = (atMs - fromMs) / 1_000;
      const outage = atMs > toMs - hourMs && atMs < toMs - 50 * minuteMs;
      yield* ingestLines(
        {
          journalRecords: outage ? 4_000 : 3,
          journalBytes: outage ? 900_000_000 : 40_000_000,
          journalMaxBytes: 1_000_000_000,
          journalOldestAgeS: outage ? 300 : 0.4,
          lagTelemetry: outage ? 4_000 : 2,
          lagDetection: 1,
          lagLive: 0,
          acknowledgedTotal: 2 * s,
          storedTotal: 2 * s,
          quarantinedTotal: atMs > toMs - 2 * hourMs ? 12 : 0,
          connections: breakers.length,
          telemetryProblem: outage ? 1 : 0,
        },
        atMs,
      );
    }
  }

  return {
    fromMs,
    toMs,
    faults,
    breakers: breakers.length,
    *lines() {
      yield* reports();
      yield* states();
      yield* rates();
      yield* alarms();
      yield* health();
    },
  };
};
