// What a breaker measures at an instant: a pure model, decided by seed, breaker and time alone.
import type { Reading } from "../domain/wire.ts";
import { type Effect, effectAt } from "./faults.ts";
import { between, smoothNoise, unit } from "./random.ts";
import type { SimulatedBreaker, World } from "./world.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;
// The simulated townships live by China's clock, which has no summer time.
const utcOffsetMs = 8 * hourMs;

/** Healthy leakage stays below this share of IΔn whatever the weather, so that only faults reach a rule. */
const healthyLimitFraction = 0.45;

const quantise = (value: number, step: number): number =>
  Math.round(Math.round(value / step) * step * 1e3) / 1e3;
/** Rounds down to 0.1, so that a sum of rounded parts is never exceeded. */
const floorTenth = (value: number): number => Math.floor(value * 10 + 1e-9) / 10;

const hourOfDay = (atMs: number): number => ((atMs + utcOffsetMs) / hourMs) % 24;
const bump = (hour: number, peak: number, width: number): number => {
  const apart = Math.min(Math.abs(hour - peak), 24 - Math.abs(hour - peak));
  return Math.exp(-((apart / width) ** 2));
};

/** How busy a house is, 0.1–1: quiet nights, a morning, a midday and a long evening. `shiftHours` is the family's habit. */
export const dailyActivity = (atMs: number, shiftHours: number): number => {
  const hour = (hourOfDay(atMs) + shiftHours + 24) % 24;
  return Math.min(
    1,
    0.1 + 0.5 * bump(hour, 7, 1.3) + 0.45 * bump(hour, 12, 1.5) + 0.9 * bump(hour, 19.5, 2.3),
  );
};

/** The township's weather: temperature in °C, wetness 0–1 (humid air and rain). */
export const weather = (townshipKey: number, atMs: number): { temperatureC: number; wetness: number } => {
  const humidity = smoothNoise(townshipKey, atMs, 9 * hourMs);
  const rain = Math.max(0, smoothNoise(townshipKey + 1, atMs, 3 * hourMs) - 0.6) / 0.4;
  const yearShare = (atMs / (365.25 * 24 * hourMs)) % 1;
  const season = -11 * Math.cos(2 * Math.PI * (yearShare - 0.05));
  const day = -4 * Math.cos((2 * Math.PI * (hourOfDay(atMs) - 3)) / 24);
  return { temperatureC: 17 + season + day - 3 * rain, wetness: 0.5 * humidity + 0.5 * rain };
};

const ownOrArea = (world: World, breaker: SimulatedBreaker, atMs: number): Effect => {
  const own = effectAt(world.faultsOf.get(breaker.breakerId) ?? [], atMs);
  const area = effectAt(world.faultsOf.get(breaker.areaId) ?? [], atMs);
  return area.silent ? { ...own, silent: true } : own;
};

/** Whether a fault keeps the breaker's line to the broker down; a main breaker's short opening does not. */
export const lineDown = (world: World, breaker: SimulatedBreaker, atMs: number): boolean =>
  ownOrArea(world, breaker, atMs).silent;

/** What faults do to a breaker at an instant: its own, its area's, and a main breaker above it that is open. */
export const effectOn = (world: World, breaker: SimulatedBreaker, atMs: number): Effect => {
  const own = ownOrArea(world, breaker, atMs);
  if (breaker.level === "main") return own;
  const main = world.mainOf.get(breaker.areaId);
  const mainFaults = main && world.faultsOf.get(main.breakerId);
  // No supply below an open main breaker: the houses' devices have no power to speak with.
  const cut = mainFaults !== undefined && effectAt(mainFaults, atMs).contact !== "closed";
  return cut ? { ...own, silent: true } : own;
};

const shiftHours = (key: number): number => between(key, 9, -1, 1);

const householdLeakageMa = (breaker: SimulatedBreaker, effect: Effect, atMs: number): number => {
  if (effect.contact !== "closed") return 0;
  const { traits, ratedResidualCurrentMa: rated } = breaker;
  const activity = breaker.inhabited ? dailyActivity(atMs, shiftHours(traits.key)) : 0;
  const appliances = activity * smoothNoise(traits.key + 1, atMs, 20 * minuteMs);
  const natural =
    traits.baseFraction +
    traits.applianceFraction * appliances +
    traits.wetFraction * weather(breaker.townshipKey, atMs).wetness;
  const noise = between(traits.key, atMs, -0.01, 0.01);
  const fraction = Math.max(Math.min(natural, healthyLimitFraction), effect.leakageFraction) * (1 + noise);
  return Math.max(0.1, quantise(fraction * rated, 0.1));
};

const householdLoadA = (breaker: SimulatedBreaker, effect: Effect, atMs: number): number => {
  if (effect.contact !== "closed" || effect.silent) return 0;
  const { key, loadScaleA } = breaker.traits;
  if (!breaker.inhabited) return 0.02;
  const activity = dailyActivity(atMs, shiftHours(key));
  const slot = Math.floor(atMs / (10 * minuteMs));
  const kettleA = unit(key + 2, slot) < 0.1 * activity ? between(key + 3, slot, 4, 9) : 0;
  return loadScaleA * activity * (0.6 + 0.8 * smoothNoise(key + 4, atMs, 15 * minuteMs)) + kettleA;
};

/** The vector sum of what the area's houses leak, less the meter's error: never more than the plain sum of their readings. */
const areaLeakageMa = (world: World, breaker: SimulatedBreaker, atMs: number): number => {
  let real = 0;
  let imaginary = 0;
  for (const house of world.householdsOf.get(breaker.areaId) ?? []) {
    const leakageMa = householdLeakageMa(house, effectOn(world, house, atMs), atMs);
    real += leakageMa * Math.cos(house.traits.angleRad);
    imaginary += leakageMa * Math.sin(house.traits.angleRad);
  }
  const error = between(breaker.traits.key, atMs, 0.97, 1);
  const limitMa = healthyLimitFraction * breaker.ratedResidualCurrentMa;
  return Math.min(Math.hypot(real, imaginary) * error, limitMa);
};

/** One phase's current at the area's main breaker, in A. */
const areaLoadA = (world: World, breaker: SimulatedBreaker, atMs: number): number => {
  let sum = 0;
  for (const house of world.householdsOf.get(breaker.areaId) ?? [])
    sum += householdLoadA(house, effectOn(world, house, atMs), atMs);
  return sum / 3;
};

/**
 * What `breaker` reads at `atMs` (Unix ms): mA, A, V, °C and dBm, in the steps of a real meter. Null while a fault keeps
 * it silent. The same world, breaker and time always give the same answer.
 */
export const readingAt = (
  world: World,
  breaker: SimulatedBreaker,
  atMs: number,
): Omit<Reading, "ts" | "seq"> | null => {
  const effect = effectOn(world, breaker, atMs);
  if (effect.silent) return null;
  const { traits } = breaker;
  const closed = effect.contact === "closed";
  const house = breaker.level === "household";
  const loadA = house ? householdLoadA(breaker, effect, atMs) : closed ? areaLoadA(world, breaker, atMs) : 0;
  const leakageMa = house
    ? householdLeakageMa(breaker, effect, atMs)
    : closed
      ? floorTenth(
          Math.max(
            areaLeakageMa(world, breaker, atMs),
            effect.leakageFraction * breaker.ratedResidualCurrentMa,
          ),
        )
      : 0;
  const sagV = 18 * (house ? traits.feederPosition : 0) * dailyActivity(atMs, 0);
  const gridV = 234 - 3 * smoothNoise(breaker.areaKey, atMs, 30 * minuteMs);
  const ambientC = weather(breaker.townshipKey, atMs).temperatureC;
  const warmingC = house ? 0.5 * loadA : 0.05 * loadA;
  return {
    residualCurrentMa: leakageMa,
    contact: effect.contact,
    protection: effect.protection,
    loadCurrentA: quantise(loadA, 0.01),
    voltageV: quantise(gridV - sagV + between(traits.key + 5, atMs, -0.5, 0.5), 0.1),
    temperatureC: quantise(ambientC + 4 + warmingC, 0.1),
    signalDbm: Math.round(traits.signalDbm + between(traits.key + 6, Math.floor(atMs / minuteMs), -4, 4)),
  };
};

/** What a breaker says of a trip test at `atMs` (Unix ms): one that does not protect, or is open, fails it. */
export const tripTestBody = (world: World, breaker: SimulatedBreaker, atMs: number): object => {
  const effect = effectOn(world, breaker, atMs);
  const passed = effect.protection === "enabled" && effect.leakageFraction < 1 && effect.contact === "closed";
  return passed
    ? { kind: "trip", passed, breakTimeMs: Math.round(between(breaker.traits.key, atMs, 14, 40)) }
    : { kind: "trip", passed };
};
