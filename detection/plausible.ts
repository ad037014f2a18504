// Values that no breaker can truly measure: they are a finding of their own, and no rule may take them for a fault.
import type { BreakerLevel } from "../domain/breaker.ts";
import type { Reading } from "../domain/wire.ts";

/** 220 V across the best earth electrodes of the country drive less; and an upstream breaker would have tripped, in mA. */
const maxResidualCurrentMa = 20_000;
/** What a register says that holds nothing: all ones, or all nines. */
const emptyRegistersMa: ReadonlySet<number> = new Set([3_276.7, 6_553.5, 9_999, 9_999.9]);
/** Below this no register is empty: what every reading is asked first. */
const surelyPossibleMa = 3_000;
/** Above a whole 380 V system's over-voltage, in V. */
const maxVoltageV: Record<BreakerLevel, number> = { household: 480, intermediate: 600, main: 600 };
/** No breaker of that level carries it without tripping, in A. */
const maxLoadCurrentA: Record<BreakerLevel, number> = { household: 300, intermediate: 3_000, main: 10_000 };
const minTemperatureC = -55;
const maxTemperatureC = 120;

/** The first field that cannot be true; null where all can. */
export const impossibleField = (
  reading: Omit<Reading, "ts" | "seq">,
  level: BreakerLevel,
): "residualCurrentMa" | "voltageV" | "loadCurrentA" | "temperatureC" | "signalDbm" | null => {
  if (!isPossibleResidual(reading.residualCurrentMa)) return "residualCurrentMa";
  if (reading.voltageV !== undefined && reading.voltageV > maxVoltageV[level]) return "voltageV";
  if (reading.loadCurrentA !== undefined && reading.loadCurrentA > maxLoadCurrentA[level])
    return "loadCurrentA";
  const { temperatureC } = reading;
  if (temperatureC !== undefined && (temperatureC < minTemperatureC || temperatureC > maxTemperatureC))
    return "temperatureC";
  if (reading.signalDbm !== undefined && reading.signalDbm > 0) return "signalDbm";
  return null;
};

/** Whether the residual current can be true. */
export const isPossibleResidual = (residualCurrentMa: number): boolean =>
  residualCurrentMa < surelyPossibleMa ||
  (residualCurrentMa <= maxResidualCurrentMa && !emptyRegistersMa.has(residualCurrentMa));

/** A main may say the voltage between phases; rules judge the voltage to neutral, in V. */
export const phaseVoltageV = (voltageV: number, level: BreakerLevel): number =>
  level !== "household" && voltageV > 320 ? voltageV / Math.sqrt(3) : voltageV;

export const isPossibleVoltage = (voltageV: number, level: BreakerLevel): boolean =>
  voltageV <= maxVoltageV[level];
