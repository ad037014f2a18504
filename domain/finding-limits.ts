// The thresholds of the findings as data: what each is by default at every level, within which bounds it may be set, and
// where the number comes from. Overrides by township, area and breaker stand in the database.
import type { BreakerLevel } from "./breaker.ts";

/** One threshold: its value by level, the bounds of an override, and its source. */
type Definition = {
  household: number;
  intermediate: number;
  main: number;
  min: number;
  max: number;
  source: string;
};

const all = (value: number, min: number, max: number, source: string): Definition => ({
  household: value,
  intermediate: value,
  main: value,
  min,
  max,
  source,
});

/** Units stand last in the names; a `Share` is a fraction of what it is a share of. */
export const limitDefinitions = {
  failureToTripShare: all(1, 0.8, 1.5, "of IΔn: at IΔn a breaker must trip (GB/T 6829)"),
  highLeakageShare: all(0.6, 0.3, 1, "of IΔn: firmware commonly warns at 60 %"),
  highLeakageClearShare: all(0.5, 0.2, 0.95, "of IΔn: a breaker must not trip below 0.5 IΔn (GB/T 6829)"),
  readingHoldMs: all(60_000, 0, 3_600_000, "on-delay of the rules over readings; 60 s is what firmware uses"),
  lowVoltageV: all(198, 100, 400, "nominal 220 V − 10 % (GB/T 12325)"),
  overVoltageV: all(242, 200, 700, "nominal 220 V + 10 %; GB/T 12325 allows + 7 %"),
  voltageDeadbandV: all(4, 0.5, 40, "about 2 % of the nominal voltage"),
  overloadA: {
    household: 60,
    intermediate: 250,
    main: 630,
    min: 1,
    max: 10_000,
    source: "usual frames of the trade; the operator sets what is installed",
  },
  overloadClearShare: all(0.9, 0.5, 0.99, "of the overload threshold: deadband"),
  phaseImbalanceShare: all(0.25, 0.05, 1, "(largest − smallest) ÷ largest phase current; trade practice"),
  phaseImbalanceClearShare: all(0.2, 0.01, 0.95, "deadband"),
  phaseImbalanceMinA: all(10, 0.5, 1_000, "below this the phases carry too little to be compared"),
  backgroundMa: all(500, 50, 5_000, "at 500 mA an area's main protector cannot stay in service"),
  backgroundClearShare: all(0.8, 0.3, 0.99, "deadband"),
  lineLeakageMinMa: all(30, 5, 1_000, "meter errors of a whole area stay below it"),
  lineLeakageShare: all(
    0.2,
    0.02,
    2,
    "of the sum of the households: meter error and readings not of one instant",
  ),
  clockAheadMs: all(120_000, 10_000, 600_000, "nothing is reported before it has happened"),
  clockBehindMs: all(300_000, 60_000, 86_400_000, "steadily behind by more than a report interval"),
  testIntervalDays: all(31, 1, 400, "monthly trip test (trade practice)"),
  repeatedTripCount: all(3, 2, 20, "trips within the window that are no single event any more"),
  repeatedTripWindowMs: all(86_400_000, 600_000, 604_800_000, "a day"),
  maxNonDrivingTimeMs: {
    household: 100,
    intermediate: 300,
    main: 500,
    min: 1,
    max: 5_000,
    source: "break times by level (trade practice): a longer delay cannot be kept within them",
  },
  spikeSpreads: all(8, 3, 50, "usual spreads above the usual level"),
  spikeShareOfRated: all(0.15, 0.01, 1, "of IΔn: less does not matter"),
  spikeMinMa: all(2, 0.1, 1_000, "meters resolve no better"),
  spikeEndShare: all(0.5, 0.1, 0.95, "deadband"),
  intermittentRises: all(4, 2, 8, "rises within the window that are no single event"),
  intermittentWindowMs: all(86_400_000, 3_600_000, 604_800_000, "a day"),
  driftGrowth: all(0.3, 0.05, 5, "growth over the past weeks, the area's own taken off"),
  driftShareOfRated: all(0.1, 0.01, 1, "of IΔn: less does not matter"),
  loadPresentA: all(0.5, 0.05, 50, "load current that counts as load"),
} as const satisfies Record<string, Definition>;

export type LimitName = keyof typeof limitDefinitions;
export const limitNames = Object.keys(limitDefinitions) as LimitName[];

/** The thresholds that hold for one breaker. */
export type FindingLimits = Readonly<Record<LimitName, number>>;

const ofLevel = (level: BreakerLevel): FindingLimits =>
  Object.freeze(
    Object.fromEntries(limitNames.map((name) => [name, limitDefinitions[name][level]])),
  ) as FindingLimits;

export const defaultFindingLimits: Readonly<Record<BreakerLevel, FindingLimits>> = {
  household: ofLevel("household"),
  intermediate: ofLevel("intermediate"),
  main: ofLevel("main"),
};

/** Some thresholds set otherwise. */
export type LimitOverrides = Partial<Record<LimitName, number>>;

/** What is wrong with a set of thresholds: bounds, and pairs that would leave no deadband. Empty when nothing is. */
export const limitProblems = (overrides: LimitOverrides, base: FindingLimits): string[] => {
  const problems: string[] = [];
  for (const name of limitNames) {
    const value = overrides[name];
    const { min, max } = limitDefinitions[name];
    if (value !== undefined && !(value >= min && value <= max))
      problems.push(`${name} must lie between ${min} and ${max}`);
  }
  const merged = { ...base, ...overrides };
  if (merged.highLeakageClearShare >= merged.highLeakageShare)
    problems.push("highLeakageClearShare must lie below highLeakageShare");
  if (merged.phaseImbalanceClearShare >= merged.phaseImbalanceShare)
    problems.push("phaseImbalanceClearShare must lie below phaseImbalanceShare");
  if (merged.lowVoltageV + 2 * merged.voltageDeadbandV >= merged.overVoltageV)
    problems.push("lowVoltageV and overVoltageV must lie further apart than their deadbands");
  return problems;
};
