// The weather over one transformer area, slot by slot: how wet its insulation is, wind, and temperature. Pure, seeded.
import { generator, keyOf, smoothNoise } from "../random.ts";

const hourMs = 3_600_000;
/** The simulated townships live by China's clock, which has no summer time. */
export const utcOffsetMs = 8 * hourMs;

/** Local hour of the day, 0–24. */
export const hourOfDay = (atMs: number): number => ((atMs + utcOffsetMs) / hourMs) % 24;

export type Weather = {
  /** 0 dry … 1 soaked: rain wets at once, insulation dries over hours; damp air counts a little. */
  wetness: Float32Array;
  temperatureC: Float32Array;
  /** 0 calm … 1 storm. */
  wind: Float32Array;
};

/** Where smooth noise stands above so high a quantile, it is 0–1, else 0: about `share` of the time. */
const above = (noise: number, share: number): number => {
  const threshold = 1 - 0.5 * share - 0.25 * Math.sqrt(share);
  return noise <= threshold ? 0 : (noise - threshold) / (1 - threshold);
};

/** Weather of an area from `startMs` on for `slots` of `intervalMs`; neighbours share the township's fronts. */
export const weatherOf = (
  seed: number,
  areaIndex: number,
  startMs: number,
  slots: number,
  intervalMs: number,
  shares: { rainShare: number; windShare: number },
): Weather => {
  const township = keyOf(seed, "weather");
  const random = generator(keyOf(seed, `weather-${areaIndex}`));
  const lagMs = random() * 2 * hourMs;
  const wetness = new Float32Array(slots);
  const temperatureC = new Float32Array(slots);
  const wind = new Float32Array(slots);
  const dryingPerSlot = Math.exp(-intervalMs / (4 * hourMs));
  let soaked = 0;
  for (let slot = 0; slot < slots; slot += 1) {
    const atMs = startMs + slot * intervalMs + lagMs;
    const rain = above(smoothNoise(township, atMs, 3 * hourMs), shares.rainShare);
    // A front needs an hour to wet everything.
    soaked = Math.max(soaked * dryingPerSlot, soaked + (rain - soaked) * Math.min(1, intervalMs / hourMs));
    const damp = smoothNoise(township + 1, atMs, 11 * hourMs);
    wetness[slot] = Math.min(1, 0.15 * damp + 0.85 * soaked);
    wind[slot] = above(smoothNoise(township + 2, atMs, 2 * hourMs), shares.windShare);
    const day = -5 * Math.cos((2 * Math.PI * (hourOfDay(atMs) - 3)) / 24);
    temperatureC[slot] = 22 + 5 * (smoothNoise(township + 3, atMs, 48 * hourMs) - 0.5) + day - 3 * rain;
  }
  return { wetness, temperatureC, wind };
};
