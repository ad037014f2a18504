// What a breaker usually leaks: a robust level and spread for every hour of the day, and the levels of its last weeks.
// Learnt reading by reading, bounded, and the same after a restart. Currents in mA, times in Unix ms of the device.

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Days that the slow memory reaches back. */
export const dayRing = 35;
/** Hours that must have been learnt before a breaker is judged by what it usually does. */
export const minLearntHours = 24;
/** Days after which a new day weighs no less than this share: about ten days' memory. */
const maxWeightDays = 10;
/** A reading teaches at most this many spreads away from the level: one bad day must not become the new normal. */
const clipSpreads = 4;
/** No meter resolves less, and no house is steadier, in mA. */
export const minSpreadMa = 0.3;
/** Mean absolute deviation → standard deviation of a normal distribution. */
const deviationToSigma = 1.2533;
/** With one day learnt the spread between days is not known yet: it is taken to be so much wider, and less with every day. */
const unknownDaysSpread = 2;

/** The slow part: changes once an hour, and is stored only then. */
export type LeakageBaseline = {
  /** By hour of the day (UTC): usual level, in mA. */
  levelMa: number[];
  /** Usual distance from it, as a standard deviation, in mA. */
  spreadMa: number[];
  /** Days learnt, by hour of the day. */
  days: number[];
  /** Levels of the last days, oldest first, in mA. */
  dayLevelsMa: number[];
  /** The UTC day of the newest of them; -1 before the first. */
  lastDay: number;
  learntHours: number;
};

/** The quick part: the hour and the day under way. */
export type LeakageHour = {
  hour: number;
  count: number;
  sumMa: number;
  sumDeviationMa: number;
  dayCount: number;
  daySumMa: number;
};

export const newBaseline = (): LeakageBaseline => ({
  levelMa: new Array<number>(24).fill(0),
  spreadMa: new Array<number>(24).fill(0),
  days: new Array<number>(24).fill(0),
  dayLevelsMa: [],
  lastDay: -1,
  learntHours: 0,
});

export const newHour = (): LeakageHour => ({
  hour: -1,
  count: 0,
  sumMa: 0,
  sumDeviationMa: 0,
  dayCount: 0,
  daySumMa: 0,
});

/** What to expect of a breaker at an hour of the day, in mA; null while too little is learnt. */
export type Expectation = { levelMa: number; spreadMa: number };

const rounded = (ma: number): number => Math.round(ma * 100) / 100;

/**
 * The level and spread expected at `tsMs`: the hour's own, drawn together with its neighbours', which steadies both while
 * few days are learnt. Writes into `into` (no allocation on the way of a reading); answers whether enough is learnt.
 */
export const expectAt = (baseline: LeakageBaseline, tsMs: number, into: Expectation): boolean => {
  if (baseline.learntHours < minLearntHours) return false;
  const hour = Math.floor(tsMs / hourMs) % 24;
  let weight = 0;
  let level = 0;
  let spread = 0;
  for (let step = -1; step <= 1; step += 1) {
    const at = (hour + step + 24) % 24;
    const days = baseline.days[at] ?? 0;
    const w = (step === 0 ? 2 : 1) * days;
    weight += w;
    level += w * (baseline.levelMa[at] ?? 0);
    spread = days > 0 ? Math.max(spread, baseline.spreadMa[at] ?? 0) : spread;
  }
  if (weight === 0) return false;
  into.levelMa = level / weight;
  const learntDays = baseline.days[hour] ?? 0;
  into.spreadMa = Math.max(spread, minSpreadMa) * (1 + unknownDaysSpread / Math.max(learntDays, 1) ** 2);
  return true;
};

const closeDay = (baseline: LeakageBaseline, hour: LeakageHour, day: number): void => {
  if (hour.dayCount > 0) {
    baseline.dayLevelsMa.push(rounded(hour.daySumMa / hour.dayCount));
    if (baseline.dayLevelsMa.length > dayRing) baseline.dayLevelsMa.shift();
    baseline.lastDay = day;
  }
  hour.dayCount = 0;
  hour.daySumMa = 0;
};

const closeHour = (baseline: LeakageBaseline, hour: LeakageHour): void => {
  if (hour.count === 0) return;
  const at = hour.hour % 24;
  const days = baseline.days[at] ?? 0;
  const weight = 1 / Math.min(days + 1, maxWeightDays);
  const level = hour.sumMa / hour.count;
  const spread = (hour.sumDeviationMa / hour.count) * deviationToSigma;
  const levelBefore = baseline.levelMa[at] ?? 0;
  baseline.levelMa[at] = rounded(levelBefore + weight * (level - levelBefore));
  // How far whole days lie apart belongs to the spread as much as the unrest within an hour.
  const apart = days === 0 ? 0 : Math.abs(level - levelBefore);
  const spreadBefore = baseline.spreadMa[at] ?? 0;
  baseline.spreadMa[at] = rounded(spreadBefore + weight * (Math.max(spread, apart) - spreadBefore));
  baseline.days[at] = Math.min(days + 1, maxWeightDays);
  baseline.learntHours = Math.min(baseline.learntHours + 1, 1_000);
  hour.dayCount += 1;
  hour.daySumMa += level;
};

/**
 * Learns one reading; readings must come in order of time. `learn: false` keeps a reading that is known to be abnormal
 * (an open contact, a fault under way) from teaching anything, but time goes on. Mutates both parts; answers whether the
 * slow part has changed and must be stored.
 */
export const learn = (
  baseline: LeakageBaseline,
  hour: LeakageHour,
  tsMs: number,
  residualCurrentMa: number,
  expected: Expectation | null,
  teaches: boolean,
): boolean => {
  const now = Math.floor(tsMs / hourMs);
  let stored = false;
  if (now !== hour.hour) {
    if (hour.hour >= 0 && now > hour.hour) {
      closeHour(baseline, hour);
      const day = Math.floor((hour.hour * hourMs) / dayMs);
      if (day !== Math.floor(tsMs / dayMs)) closeDay(baseline, hour, day);
      stored = true;
    }
    hour.hour = now;
    hour.count = 0;
    hour.sumMa = 0;
    hour.sumDeviationMa = 0;
  }
  if (!teaches) return stored;
  let value = residualCurrentMa;
  if (expected !== null) {
    const reach = clipSpreads * expected.spreadMa;
    value = Math.min(Math.max(value, expected.levelMa - reach), expected.levelMa + reach);
  }
  // The deviation is measured from the running mean of the hour itself: the level of another day is not unrest.
  if (hour.count > 0) hour.sumDeviationMa += Math.abs(value - hour.sumMa / hour.count);
  hour.count += 1;
  hour.sumMa += value;
  return stored;
};
