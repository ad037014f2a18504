// One transformer area's supply over one stretch of time: who had low voltage and for how long, and how much of the charge
// through the main breaker arrived in the houses. Pure: the stored readings in, the same answer in whatever order they came.

/** What one reading says of the supply; null where it does not. */
export type SupplySample = {
  tsMs: number;
  seq: number;
  voltageV: number | null;
  /** All phases together, in A. */
  loadA: number | null;
};

export type SupplyRule = {
  /** Below this the voltage is low, in V: 220 V − 10 % (GB/T 12325). */
  lowVoltageV: number;
  /** It is low until it has risen this far above the threshold, in V. */
  deadbandV: number;
  /** Below this there is no supply at all, which is no low voltage, in V. */
  noSupplyV: number;
  /** How long a reading counts when no other follows, in ms. */
  vouchMs: number;
  /** A house that was low for less than this in all does not count as low, in ms: a motor has started. */
  lowMinMs: number;
  /** Share of the houses that must be known for the charges to be compared. */
  loadKnownShare: number;
};

export const defaultSupplyRule: SupplyRule = {
  lowVoltageV: 198,
  deadbandV: 2,
  noSupplyV: 20,
  vouchMs: 900_000,
  lowMinMs: 600_000,
  loadKnownShare: 0.9,
};

export type LowBreaker = { breakerId: string; lowMs: number; minV: number };

export type AreaSupply = {
  /** Household breakers with a voltage, and those of them that were low. */
  measured: number;
  low: number;
  /** Time with at least one of them low, and the sum over all of them, in ms. */
  lowMs: number;
  breakerLowMs: number;
  /** Time for which readings speak, over all household breakers, in ms. */
  measuredMs: number;
  minV: number | null;
  minAtMs: number | null;
  /** The low ones, longest first. */
  worst: LowBreaker[];
  /** Charge in A·h while the mains and enough of the houses were known, and how long that was. */
  mainAh: number;
  householdAh: number;
  loadMs: number;
};

export type SupplyBreaker = { breakerId: string; samples: readonly SupplySample[] };

type Span<T> = { fromMs: number; toMs: number; value: T };

/** In order of time; of one instant the highest sequence holds. */
const inOrder = (samples: readonly SupplySample[]): SupplySample[] =>
  [...samples]
    .sort((a, b) => a.tsMs - b.tsMs || a.seq - b.seq)
    .filter((sample, i, all) => all[i + 1]?.tsMs !== sample.tsMs);

/** Stretches in which a value is known, clipped to `[fromMs, toMs)`: until the next reading, as long as one vouches. */
const spans = (
  samples: readonly SupplySample[],
  read: (sample: SupplySample) => number | null,
  window: { fromMs: number; toMs: number },
  vouchMs: number,
): Span<number>[] =>
  samples.flatMap((sample, i) => {
    const value = read(sample);
    const fromMs = Math.max(sample.tsMs, window.fromMs);
    const toMs = Math.min(samples[i + 1]?.tsMs ?? Infinity, sample.tsMs + vouchMs, window.toMs);
    return value === null || toMs <= fromMs ? [] : [{ fromMs, toMs, value }];
  });

/** Marks each stretch as low or not, with the deadband; what was before the window decides how it begins. */
const lowSpans = (voltages: readonly Span<number>[], rule: SupplyRule): Span<boolean>[] => {
  let isLow = false;
  let endMs = Number.NEGATIVE_INFINITY;
  return voltages.map(({ fromMs, toMs, value }) => {
    // After a gap nothing is carried on.
    if (fromMs > endMs) isLow = false;
    isLow = value < rule.lowVoltageV + (isLow ? rule.deadbandV : 0);
    endMs = toMs;
    return { fromMs, toMs, value: isLow };
  });
};

const lengthOf = (list: readonly { fromMs: number; toMs: number }[]): number =>
  list.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);

/** The time that the stretches cover together. */
const unionMs = (list: readonly { fromMs: number; toMs: number }[]): number => {
  let covered = 0;
  let reachMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of [...list].sort((a, b) => a.fromMs - b.fromMs)) {
    covered += Math.max(0, toMs - Math.max(fromMs, reachMs));
    reachMs = Math.max(reachMs, toMs);
  }
  return covered;
};

type Edge = { atMs: number; main: number; mainMa: number; house: number; houseMa: number };

/** Charges while every main and enough of the houses are known. Sums whole mA, so that no order of adding matters. */
const charges = (
  mains: readonly Span<number>[][],
  houses: readonly Span<number>[][],
  knownShare: number,
): Pick<AreaSupply, "mainAh" | "householdAh" | "loadMs"> => {
  const none: Omit<Edge, "atMs"> = { main: 0, mainMa: 0, house: 0, houseMa: 0 };
  const edges: Edge[] = [];
  const add = ({ fromMs, toMs, value }: Span<number>, kind: "main" | "house") => {
    const ma = Math.round(value * 1_000);
    edges.push({ ...none, atMs: fromMs, [kind]: 1, [`${kind}Ma`]: ma });
    edges.push({ ...none, atMs: toMs, [kind]: -1, [`${kind}Ma`]: -ma });
  };
  for (const span of mains.flat()) add(span, "main");
  for (const span of houses.flat()) add(span, "house");
  edges.sort((a, b) => a.atMs - b.atMs);
  const reporting = houses.filter((list) => list.length > 0).length;
  const now = { ...none };
  let [mainMaMs, houseMaMs, loadMs] = [0, 0, 0];
  for (const [i, edge] of edges.entries()) {
    const lastedMs = edge.atMs - (edges[i - 1]?.atMs ?? edge.atMs);
    if (lastedMs > 0 && now.main > 0 && now.main === mains.length && now.house >= knownShare * reporting) {
      mainMaMs += now.mainMa * lastedMs;
      houseMaMs += now.houseMa * lastedMs;
      if (reporting > 0) loadMs += lastedMs;
    }
    now.main += edge.main;
    now.mainMa += edge.mainMa;
    now.house += edge.house;
    now.houseMa += edge.houseMa;
  }
  const maMsPerAh = 3_600_000 * 1_000;
  if (reporting === 0) return { mainAh: 0, householdAh: 0, loadMs: 0 };
  return { mainAh: mainMaMs / maMsPerAh, householdAh: houseMaMs / maMsPerAh, loadMs };
};

/**
 * The supply of one area in `[fromMs, toMs)` (Unix ms). Samples may reach back before it by the time that a reading
 * vouches; none after it matter. Mains that never say their load leave the charges at 0.
 */
export const areaSupply = (
  area: { households: readonly SupplyBreaker[]; mains: readonly SupplyBreaker[] },
  window: { fromMs: number; toMs: number },
  rule: SupplyRule,
): AreaSupply => {
  const lows: (LowBreaker & { spans: Span<boolean>[] })[] = [];
  let [measured, measuredMs] = [0, 0];
  let lowest: { minV: number; minAtMs: number } | null = null;
  const houseLoads: Span<number>[][] = [];
  const supplied = ({ voltageV }: SupplySample) =>
    voltageV === null || voltageV < rule.noSupplyV ? null : voltageV;
  const lookback = { fromMs: window.fromMs - rule.vouchMs, toMs: window.toMs };
  const clip = <T>(span: Span<T>): Span<T>[] =>
    span.toMs <= window.fromMs ? [] : [{ ...span, fromMs: Math.max(span.fromMs, window.fromMs) }];
  for (const { breakerId, samples } of area.households) {
    const ordered = inOrder(samples);
    houseLoads.push(spans(ordered, ({ loadA }) => loadA, window, rule.vouchMs));
    const voltages = spans(ordered, supplied, lookback, rule.vouchMs);
    const own = voltages.flatMap(clip);
    if (own.length === 0) continue;
    measured += 1;
    measuredMs += lengthOf(own);
    const least = own.reduce((a, b) => (b.value < a.value ? b : a));
    if (
      lowest === null ||
      least.value < lowest.minV ||
      (least.value === lowest.minV && least.fromMs < lowest.minAtMs)
    )
      lowest = { minV: least.value, minAtMs: least.fromMs };
    const low = lowSpans(voltages, rule)
      .flatMap(clip)
      .filter(({ value }) => value);
    const lowMs = lengthOf(low);
    if (lowMs >= rule.lowMinMs) lows.push({ breakerId, lowMs, minV: least.value, spans: low });
  }
  const mainLoads = area.mains.map(({ samples }) =>
    spans(inOrder(samples), ({ loadA }) => loadA, window, rule.vouchMs),
  );
  return {
    measured,
    low: lows.length,
    lowMs: unionMs(lows.flatMap((one) => one.spans)),
    breakerLowMs: lows.reduce((sum, { lowMs }) => sum + lowMs, 0),
    measuredMs,
    minV: lowest?.minV ?? null,
    minAtMs: lowest?.minAtMs ?? null,
    worst: lows
      .map(({ breakerId, lowMs, minV }) => ({ breakerId, lowMs, minV }))
      .sort((a, b) => b.lowMs - a.lowMs || (a.breakerId < b.breakerId ? -1 : 1)),
    ...charges(mainLoads, houseLoads, rule.loadKnownShare),
  };
};

/** What was lost between the main breaker and the houses, as a share; null where too little is known to say. */
export const lineLossShare = (charge: {
  mainAh: number;
  householdAh: number;
  loadMs: number;
}): number | null =>
  charge.loadMs < 3_600_000 || charge.mainAh <= 0 ? null : 1 - charge.householdAh / charge.mainAh;
