// What a breaker usually leaks, as bytes: three a current, one a count. Read back the same.
import { dayRing, type LeakageBaseline, newBaseline } from "./leakage/baseline.ts";

const hours = 24;
/** Currents are kept to a hundredth of a mA. */
const perMa = 100;
const bytesOfCurrent = 3;
const maxCurrent = 2 ** 24 - 1;
const headBytes = 2 * hours * bytesOfCurrent + hours + 7;

/** The bytes of a baseline. */
export const packedBaseline = (baseline: LeakageBaseline): Buffer => {
  const { levelMa, spreadMa, days, dayLevelsMa, lastDay, learntHours } = baseline;
  const bytes = Buffer.alloc(headBytes + dayLevelsMa.length * bytesOfCurrent);
  let at = 0;
  const current = (ma: number) => {
    at = bytes.writeUIntLE(Math.min(Math.round(ma * perMa), maxCurrent), at, bytesOfCurrent);
  };
  for (let i = 0; i < hours; i += 1) current(levelMa[i] ?? 0);
  for (let i = 0; i < hours; i += 1) current(spreadMa[i] ?? 0);
  for (let i = 0; i < hours; i += 1) at = bytes.writeUInt8(days[i] ?? 0, at);
  at = bytes.writeInt32LE(lastDay, at);
  at = bytes.writeUInt16LE(learntHours, at);
  at = bytes.writeUInt8(dayLevelsMa.length, at);
  for (const ma of dayLevelsMa) current(ma);
  return bytes;
};

/** The baseline of `packedBaseline`, its bytes as text of one a character; a new one where it is none of ours. */
export const baselineOf = (packed: string): LeakageBaseline => {
  const bytes = Buffer.from(packed, "latin1");
  const baseline = newBaseline();
  if (bytes.length < headBytes) return baseline;
  let at = 0;
  const current = (): number => {
    const ma = bytes.readUIntLE(at, bytesOfCurrent) / perMa;
    at += bytesOfCurrent;
    return ma;
  };
  for (let i = 0; i < hours; i += 1) baseline.levelMa[i] = current();
  for (let i = 0; i < hours; i += 1) baseline.spreadMa[i] = current();
  for (let i = 0; i < hours; i += 1) baseline.days[i] = bytes.readUInt8(at + i);
  at += hours;
  baseline.lastDay = bytes.readInt32LE(at);
  baseline.learntHours = bytes.readUInt16LE(at + 4);
  const count = Math.min(bytes.readUInt8(at + 6), dayRing);
  at += 7;
  for (let i = 0; i < count && at + bytesOfCurrent <= bytes.length; i += 1)
    baseline.dayLevelsMa.push(current());
  return baseline;
};
