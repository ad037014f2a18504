// Seeded randomness: a keyed hash for values that depend only on (seed, what, when), and a small generator for sequences.

const rounds = (h: number): number => {
  // MurmurHash3's finaliser: every input bit reaches every output bit.
  let x = h;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
};

/** Mixes an integer (up to 2^53) into a 32-bit key. */
export const mix = (key: number, value: number): number => {
  const low = rounds((key ^ Math.imul(value >>> 0, 0x9e3779b1)) >>> 0);
  return rounds((low + Math.imul(Math.floor(value / 2 ** 32) >>> 0, 0x7feb352d) + 1) >>> 0);
};

/** A 32-bit key for a name under a seed (FNV-1a, finished). The same arguments give the same key everywhere. */
export const keyOf = (seed: number, name: string): number => {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < name.length; i++) h = Math.imul(h ^ name.charCodeAt(i), 0x01000193);
  return mix(h >>> 0, seed);
};

/** A uniform number in [0, 1) that belongs to `key` and `value`. */
export const unit = (key: number, value = 0): number => mix(key, value) / 2 ** 32;

/** A number in [from, to) that belongs to `key` and `value`. */
export const between = (key: number, value: number, from: number, to: number): number =>
  from + unit(key, value) * (to - from);

/** Smooth noise in [0, 1) over time: random knots every `periodMs`, eased in between. */
export const smoothNoise = (key: number, atMs: number, periodMs: number): number => {
  const knot = Math.floor(atMs / periodMs);
  const t = atMs / periodMs - knot;
  const eased = t * t * (3 - 2 * t);
  return unit(key, knot) * (1 - eased) + unit(key, knot + 1) * eased;
};

/** A generator of uniform numbers in [0, 1) (mulberry32); each call gives the next one. */
export const generator = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The items in an order that `random` decides (Fisher–Yates); the input stays as it is. */
export const shuffled = <T>(items: readonly T[], random: () => number): T[] => {
  const rest = [...items];
  const order: T[] = [];
  while (rest.length > 0) {
    const i = Math.floor(random() * rest.length);
    const last = rest.pop() as T;
    order.push(i < rest.length ? (rest[i] as T) : last);
    if (i < rest.length) rest[i] = last;
  }
  return order;
};
