// The simulated world: breakers with their lasting traits, the areas they stand in, and the faults that they will have.
import type { BreakerLevel } from "../domain/breaker.ts";
import type { RegistryRow } from "../domain/registry.ts";
import type { Fault, FaultSubjects } from "./faults.ts";
import { between, keyOf, unit } from "./random.ts";

/** What stays the same about a breaker; currents in A, shares of IΔn as fractions. */
export type Traits = {
  /** Key of everything random about it. */
  key: number;
  /** 0 at the transformer, 1 at the end of the line. */
  feederPosition: number;
  phase: "A" | "B" | "C";
  /** Angle of its leakage current: its phase's, turned by how capacitive the leakage is. */
  angleRad: number;
  baseFraction: number;
  applianceFraction: number;
  wetFraction: number;
  loadScaleA: number;
  signalDbm: number;
};

export type SimulatedBreaker = {
  breakerId: string;
  townshipId: string;
  areaId: string;
  level: BreakerLevel;
  ratedResidualCurrentMa: number;
  /** Someone lives behind it; true where it is not a household's. */
  inhabited: boolean;
  traits: Traits;
  townshipKey: number;
  areaKey: number;
};

export type World = {
  seed: number;
  breakers: readonly SimulatedBreaker[];
  /** Household breakers by area. */
  householdsOf: ReadonlyMap<string, readonly SimulatedBreaker[]>;
  mainOf: ReadonlyMap<string, SimulatedBreaker>;
  /** Faults by subject: a breaker or an area. */
  faultsOf: ReadonlyMap<string, readonly Fault[]>;
  faults: readonly Fault[];
};

const phases = ["A", "B", "C"] as const;

const traitsOf = (key: number): Traits => {
  const phase = Math.floor(unit(key, 1) * 3);
  return {
    key,
    feederPosition: unit(key, 2),
    phase: phases[phase] ?? "A",
    angleRad: (phase * 2 * Math.PI) / 3 + between(key, 3, -0.4, 0.4),
    baseFraction: between(key, 4, 0.03, 0.12),
    applianceFraction: between(key, 5, 0.02, 0.12),
    wetFraction: between(key, 6, 0.02, 0.14),
    loadScaleA: between(key, 7, 0.8, 6),
    signalDbm: Math.round(between(key, 8, -98, -62)),
  };
};

const groupBy = <T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOfItem(item));
    if (group === undefined) groups.set(keyOfItem(item), [item]);
    else group.push(item);
  }
  return groups;
};

/** Builds the world of the breakers that a registry holds; houses without a breaker and removed breakers say nothing. */
export const createWorld = (rows: readonly RegistryRow[], seed: number, faults: readonly Fault[]): World => {
  const breakers: SimulatedBreaker[] = [];
  for (const row of rows) {
    if (row.breakerId === null || row.level === null || row.ratedResidualCurrentMa === null) continue;
    if (row.removedOn !== null) continue;
    breakers.push({
      breakerId: row.breakerId,
      townshipId: row.townshipId,
      areaId: row.areaId,
      level: row.level,
      ratedResidualCurrentMa: row.ratedResidualCurrentMa,
      inhabited: row.inhabited ?? true,
      traits: traitsOf(keyOf(seed, row.breakerId)),
      townshipKey: keyOf(seed, row.townshipId),
      areaKey: keyOf(seed, row.areaId),
    });
  }
  return {
    seed,
    breakers,
    householdsOf: groupBy(
      breakers.filter((b) => b.level === "household"),
      (b) => b.areaId,
    ),
    mainOf: new Map(breakers.filter((b) => b.level === "main").map((b) => [b.areaId, b])),
    faultsOf: groupBy(faults, (fault) => fault.subjectId),
    faults,
  };
};

/** Who in a world can have which fault: leakage and switching faults belong to inhabited houses. */
export const faultSubjects = (world: World): FaultSubjects => ({
  households: world.breakers.filter((b) => b.level === "household" && b.inhabited),
  mains: world.breakers.filter((b) => b.level === "main"),
});
