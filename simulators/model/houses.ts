// The houses behind one transformer as physics: leakage as a vector by phase, load, and the voltage that is left. Columns
// of numbers and no objects, because there are millions of readings.
import { generator, keyOf, unit } from "../random.ts";

/** Local activity of a day, 0.1–1: quiet nights, a morning, a midday, a long evening. */
const activityAt = (hour: number): number => {
  const bump = (peak: number, width: number) => {
    const apart = Math.min(Math.abs(hour - peak), 24 - Math.abs(hour - peak));
    return Math.exp(-((apart / width) ** 2));
  };
  return Math.min(1, 0.1 + 0.5 * bump(7, 1.3) + 0.45 * bump(12, 1.5) + 0.9 * bump(19.5, 2.3));
};

/** Appliances that leak or draw; chances a slot of five minutes, at full activity. */
const appliances = [
  // Electronics behind a mains filter: leakage through its capacitors (IEC 60335: up to 0.75 mA each).
  { bit: 1, onChance: 0.05, minutes: 120, loadA: 0.6 },
  // Washing machine, stationary class I: up to 3.5 mA, mostly far less.
  { bit: 2, onChance: 0.006, minutes: 60, loadA: 2 },
  // Water heater: a little resistive leakage through its element.
  { bit: 4, onChance: 0.02, minutes: 30, loadA: 8 },
  // Refrigerator: cycles day and night.
  { bit: 8, onChance: 0.2, minutes: 20, loadA: 0.6 },
] as const;
const evBit = 16;
/** A vehicle's charger is plugged in on a late evening, for some hours. */
const evMinutes = 240;
const slotMinutes = 5;

/** Phase angles of the supply: A, B, C. */
const cosine = [1, -0.5, -0.5] as const;
const sine = [0, -Math.sqrt(3) / 2, Math.sqrt(3) / 2] as const;

export type Houses = {
  count: number;
  /** Leakage of each house now: in phase with its voltage, and ahead of it by a quarter turn, in mA. */
  inPhaseMa: Float64Array;
  aheadMa: Float64Array;
  loadA: Float64Array;
  volts: Float64Array;
  /** Lets the appliances go on for one slot. */
  step(hour: number, wetness: number): void;
  /** The sum of all houses' leakage as a vector on the line, `[real, imaginary]` in mA, into `into`. */
  sum(into: Float64Array): void;
  /** Load of each phase, A, B, C, in A, into `into`. */
  phaseLoads(into: Float64Array): void;
};

/** Seasonal houses: nobody there, everything switched off, nothing leaks. */
const seasonalShare = 0.02;

/** Whether a house is one of the seasonal ones. */
export const isSeasonal = (seed: number, areaIndex: number, member: number): boolean =>
  unit(keyOf(seed, `seasonal-${areaIndex}`), member) < seasonalShare;

/** Builds the houses of an area. House 0 stands for the main breaker and leaks nothing. */
export const buildHouses = (seed: number, areaIndex: number, members: number, intervalMs: number): Houses => {
  const random = generator(keyOf(seed, `houses-${areaIndex}`));
  const column = (draw: (i: number) => number): Float64Array =>
    Float64Array.from({ length: members }, (_, i) => draw(i));
  // Rain wets what is alike everywhere in a village: old areas leak much more in it, and all their houses together.
  const areaAgeMa = 0.05 + 0.3 * random() ** 2;
  const areaGain = 1.5 + 9 * random();
  const wiringMa = column(() => 0.3 + 2.4 * random() ** 2);
  // Nobody balances a village's phases: some areas hang mostly on one.
  const bias = 0.25 + 0.35 * random();
  const phase = Uint8Array.from({ length: members }, () => (random() < bias ? 0 : random() < 0.5 ? 1 : 2));
  const resistiveMa = column(() => areaAgeMa * (0.7 + 0.6 * random()));
  const wetGain = column(() => areaGain * (0.75 + 0.5 * random()));
  const electronicsMa = column(() => (random() < 0.85 ? 0.15 + 0.5 * random() : 0));
  const washingMa = column(() => 0.2 + 0.8 * random());
  const heaterMa = column(() => 0.1 + 0.8 * random());
  const fridgeMa = column(() => 0.05 + 0.2 * random());
  const evMa = column(() => (random() < 0.06 ? 0.8 + 1.7 * random() : 0));
  const standbyA = column(() => 0.1 + 0.4 * random());
  const scaleA = column(() => 1 + 3 * random());
  const asleep = Uint8Array.from({ length: members }, (_, i) => (isSeasonal(seed, areaIndex, i) ? 1 : 0));
  const shiftHours = column(() => -1 + 2 * random());
  const state = new Uint8Array(members);
  const unrest = new Float64Array(members);
  const inPhaseMa = new Float64Array(members);
  const aheadMa = new Float64Array(members);
  const loadA = new Float64Array(members);
  const volts = new Float64Array(members).fill(230);
  const chance = intervalMs / (slotMinutes * 60_000);
  let sag = 0;

  const switchOn = (bits: number, activity: number, hour: number, mayCharge: boolean): number => {
    let next = bits;
    for (const { bit, onChance, minutes } of appliances) {
      const draw = random();
      if (next & bit) {
        if (draw < (chance * slotMinutes) / minutes) next &= ~bit;
      } else if (draw < chance * onChance * (bit === 8 ? 1 : activity)) next |= bit;
    }
    if (mayCharge) {
      const draw = random();
      if (next & evBit) {
        if (draw < (chance * slotMinutes) / evMinutes) next &= ~evBit;
      } else if (hour > 20.5 && draw < chance * 0.02) next |= evBit;
    }
    return next;
  };

  return {
    count: members,
    inPhaseMa,
    aheadMa,
    loadA,
    volts,
    step(hour, wetness) {
      sag += 0.05 * (random() - 0.5 - 0.3 * sag);
      for (let i = 1; i < members; i += 1) {
        if (asleep[i] === 1) {
          inPhaseMa[i] = 0;
          aheadMa[i] = 0;
          loadA[i] = 0;
          volts[i] = 231 + 4 * sag;
          continue;
        }
        const activity = activityAt((hour + (shiftHours[i] ?? 0) + 24) % 24);
        const bits = switchOn(state[i] ?? 0, activity, hour, (evMa[i] ?? 0) > 0);
        state[i] = bits;
        // Unrest with a memory of some slots: ±2 %.
        const u = 0.8 * (unrest[i] ?? 0) + 0.02 * (random() - 0.5);
        unrest[i] = u;
        aheadMa[i] =
          (1 + u) *
          ((wiringMa[i] ?? 0) +
            (bits & 1 ? (electronicsMa[i] ?? 0) : 0) +
            (bits & 2 ? (washingMa[i] ?? 0) : 0) +
            (bits & 8 ? (fridgeMa[i] ?? 0) : 0) +
            (bits & evBit ? (evMa[i] ?? 0) : 0));
        inPhaseMa[i] =
          (1 + 2 * u) *
          ((resistiveMa[i] ?? 0) * (1 + (wetGain[i] ?? 0) * wetness) + (bits & 4 ? (heaterMa[i] ?? 0) : 0));
        const kettleA = random() < 0.03 * activity ? 8 : 0;
        loadA[i] =
          (standbyA[i] ?? 0) +
          (scaleA[i] ?? 0) * activity * (0.5 + random()) +
          (bits & 1 ? 0.6 : 0) +
          (bits & 2 ? 2 : 0) +
          (bits & 4 ? 8 : 0) +
          (bits & 8 ? 0.6 : 0) +
          (bits & evBit ? 16 : 0) +
          kettleA;
        // The farther along the feeder and the busier the hour, the less is left.
        volts[i] =
          231 + 4 * sag - activity * (3 + (7 * i) / members) - 0.08 * (loadA[i] ?? 0) + random() - 0.5;
      }
    },
    sum(into) {
      let real = 0;
      let imaginary = 0;
      for (let i = 1; i < members; i += 1) {
        const c = cosine[phase[i] ?? 0] ?? 1;
        const s = sine[phase[i] ?? 0] ?? 0;
        const re = inPhaseMa[i] ?? 0;
        const im = aheadMa[i] ?? 0;
        real += re * c - im * s;
        imaginary += re * s + im * c;
      }
      into[0] = real;
      into[1] = imaginary;
    },
    phaseLoads(into) {
      into.fill(0);
      for (let i = 1; i < members; i += 1) into[i % 3] = (into[i % 3] ?? 0) + (loadA[i] ?? 0);
    },
  };
};
