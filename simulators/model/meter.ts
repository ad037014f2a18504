// What the breakers of an area read and say: true values with a meter's noise, steps, gain and faults.
import { generator, keyOf } from "../random.ts";
import type { Effect } from "./effect.ts";
import type { Houses } from "./houses.ts";
import type { AreaLayout } from "./layout.ts";
import type { PlannedFault } from "./plan.ts";

export type Meter = {
  /** Puts what faults do to a house's current into the houses, so that the main breaker feels it too. */
  settle(member: number, effect: Effect | null, active: readonly PlannedFault[]): void;
  /** The body of a reading. */
  read(member: number, tsMs: number, effect: Effect | null, temperatureC: number): Record<string, unknown>;
  /** What another device says under this member's name. */
  impostor(member: number, tsMs: number, active: readonly PlannedFault[]): Record<string, unknown>;
  nextSeq(member: number): number;
};

const tenth = (value: number): number => Math.round(value * 10) / 10;
const hundredth = (value: number): number => Math.round(value * 100) / 100;

/** A leak on the line that is worth a search leaks at least so much, in mA. */
const leastLineMa = 45;

/** Starts all meters of an area; each has its own gain, within 1.5 %. */
export const newMeter = (seed: number, layout: AreaLayout, houses: Houses): Meter => {
  const random = generator(keyOf(seed, `meters-${layout.index}`));
  const members = layout.breakerIds.length;
  const gain = Float64Array.from({ length: members }, () => 0.985 + 0.03 * random());
  const signal = Float64Array.from({ length: members }, () => -60 - 40 * random());
  const seq = new Float64Array(members).map(() => Math.floor(random() * 100_000));
  const frozenMa = new Float64Array(members).fill(Number.NaN);
  const vector = new Float64Array(2);
  const phases = new Float64Array(3);
  const smoothA = new Float64Array(3).fill(Number.NaN);
  /** What all houses leak, as plain sum, at its highest of late, in mA. */
  let peakSumMa = 0;
  let lineMa = 0;
  let otherSeq = 700_000;

  /** Roughly normal, standard deviation 1. */
  const noise = () => (random() + random() + random() - 1.5) * 2;

  const nextSeq = (member: number): number => {
    const next = (seq[Math.max(member, 0)] ?? 0) + 1;
    seq[Math.max(member, 0)] = next;
    return next;
  };

  const plainSumMa = (): number => {
    let sum = 0;
    for (let i = 1; i < members; i += 1) sum += Math.hypot(houses.inPhaseMa[i] ?? 0, houses.aheadMa[i] ?? 0);
    return sum;
  };

  const mainMa = (effect: Effect | null): number => {
    houses.sum(vector);
    lineMa = 0;
    if (effect !== null && (effect.lineShare > 0 || effect.lineMa > 0))
      lineMa = Math.max(effect.lineMa, effect.lineShare > 0 ? effect.lineShare * peakSumMa + leastLineMa : 0);
    else peakSumMa = Math.max(plainSumMa(), peakSumMa * 0.999);
    const real = vector[0] ?? 0;
    const imaginary = vector[1] ?? 0;
    let magnitude = Math.hypot(real, imaginary);
    // A leak on the line adds to what there is, on the phase where it is felt most.
    if (lineMa > 0) magnitude += lineMa;
    if (effect !== null) magnitude = raised(magnitude, effect);
    return magnitude;
  };

  const raised = (magnitude: number, effect: Effect): number =>
    Math.max(Math.max(magnitude, Math.min(magnitude + effect.addMa, effect.capMa)), effect.targetMa);

  const phaseCurrents = (effect: Effect | null): number[] => {
    houses.phaseLoads(phases);
    // Shops, pumps and mills run on three phases and even out; the houses' peaks do not fall together.
    const total = (phases[0] ?? 0) + (phases[1] ?? 0) + (phases[2] ?? 0);
    const together = Math.min(1, 60 / members);
    const base = 45 + 0.5 * Math.min(members, 100) + (together * total) / 6;
    return [0, 1, 2].map((i) => {
      const nowA = base + 0.4 * together * (phases[i] ?? 0);
      const before = smoothA[i] ?? Number.NaN;
      const smooth = Number.isNaN(before) ? nowA : before + 0.2 * (nowA - before);
      smoothA[i] = smooth;
      return tenth(smooth + (i === 0 ? (effect?.phaseAddA ?? 0) : 0));
    });
  };

  const residualMa = (member: number, effect: Effect | null): number => {
    if (effect !== null && effect.contact !== "closed") return 0;
    const trueMa =
      member === 0 ? mainMa(effect) : Math.hypot(houses.inPhaseMa[member] ?? 0, houses.aheadMa[member] ?? 0);
    const step = member === 0 ? 1 : 0.1;
    const measured = trueMa * (gain[member] ?? 1) * (1 + 0.004 * noise()) + 0.3 * step * noise();
    // A true zero is read as zero: meters blank what is below their first step.
    const value = trueMa === 0 ? 0 : Math.max(step, Math.round(measured / step) * step);
    if (effect?.zero) return 0;
    if (!effect?.frozen) {
      frozenMa[member] = Number.NaN;
      return tenth(value);
    }
    if (Number.isNaN(frozenMa[member] ?? Number.NaN)) frozenMa[member] = tenth(value);
    return frozenMa[member] ?? 0;
  };

  /** Nonsense of one kind at a time: a full register, a wrong scale, a broken probe. */
  const nonsense = (lot: number): Record<string, unknown> => {
    const all = [
      { residualCurrentMa: 655_350 },
      { voltageV: 1_638.4 },
      { temperatureC: 327.6 },
      { loadCurrentA: 65_535 },
    ];
    return all[Math.floor(lot * all.length)] ?? {};
  };

  const bodyOf = (
    member: number,
    tsMs: number,
    number: number,
    effect: Effect | null,
    temperatureC: number,
  ): Record<string, unknown> => {
    const isClosed = effect === null || effect.contact === "closed";
    const currents = member === 0 ? phaseCurrents(effect) : null;
    const ownA = currents ? Math.max(...currents) : (houses.loadA[member] ?? 0);
    const loadA = effect !== null && !Number.isNaN(effect.loadA) ? effect.loadA : isClosed ? ownA : 0;
    const volts =
      effect !== null && !Number.isNaN(effect.volts)
        ? effect.volts
        : (houses.volts[member] ?? 230) * (0.998 + 0.004 * random());
    const body: Record<string, unknown> = {
      ts: tsMs + Math.round(effect?.clockMs ?? 0),
      seq: number,
      residualCurrentMa: residualMa(member, effect),
      contact: effect?.contact ?? "closed",
      protection: effect?.protection ?? "enabled",
      loadCurrentA: hundredth(loadA),
      voltageV: tenth(volts),
      temperatureC: tenth(temperatureC + 3 + 0.05 * loadA),
      signalDbm: Math.round((signal[member] ?? -80) + 3 * noise()),
      ratedResidualCurrentMa: Math.round((layout.ratedMa[member] ?? 30) * (effect?.ratedFactor ?? 1)),
    };
    if (currents) body["phaseCurrentsA"] = currents;
    return body;
  };

  return {
    nextSeq,
    settle(member, effect) {
      if (member === 0 || effect === null) return;
      const ahead = houses.aheadMa[member] ?? 0;
      if (effect.contact !== "closed") {
        houses.inPhaseMa[member] = 0;
        houses.aheadMa[member] = 0;
        houses.loadA[member] = 0;
        return;
      }
      // Where something is switched on in a seasonal house, it leaks a little.
      if (effect.loadA > 0 && ahead === 0) houses.aheadMa[member] = 0.4;
      if (effect.addMa === 0 && effect.targetMa === 0) return;
      const magnitude = raised(Math.hypot(houses.inPhaseMa[member] ?? 0, ahead), effect);
      // Failing insulation conducts: the leak grows in phase with the voltage.
      houses.inPhaseMa[member] = Math.sqrt(Math.max(0, magnitude * magnitude - ahead * ahead));
    },
    read(member, tsMs, effect, temperatureC) {
      const repeatsNumber = effect?.repeats === "oldNumber";
      const number = repeatsNumber ? (seq[member] ?? 0) : nextSeq(member);
      const body = bodyOf(member, tsMs, number, effect, temperatureC);
      if (effect !== null && effect.impossible >= 0) Object.assign(body, nonsense(effect.impossible));
      return body;
    },
    impostor(member, tsMs, active) {
      const size = active.find((fault) => fault.member === member)?.size ?? 0.3;
      otherSeq += 1;
      return {
        ts: tsMs,
        seq: otherSeq,
        residualCurrentMa: tenth(30 * size * (0.97 + 0.06 * random())),
        contact: "closed",
        protection: "enabled",
        loadCurrentA: hundredth(6 + 4 * random()),
        voltageV: tenth(222 + 2 * random()),
        temperatureC: tenth(41 + random()),
        signalDbm: -55,
      };
    },
  };
};
