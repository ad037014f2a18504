// Simulated registries: the demo township, and larger fleets for measurements. Places are invented; nobody lives there.
import type { RegistryRow } from "../domain/registry.ts";
import { between, generator, keyOf } from "./random.ts";

const dayMs = 24 * 3_600_000;

/** The demo township's id, by which a registry that already has it is known. */
export const demoTownshipId = "qingxi";

type AreaPlan = {
  townshipId: string;
  townshipName: string;
  villageId: string;
  villageName: string;
  areaId: string;
  areaName: string;
};

/** Shares of an area's houses, as fractions. */
type Shares = {
  vacant: number;
  /** Of the vacant houses, those that have a breaker. */
  vacantWithBreaker: number;
  /** Of the inhabited houses, those that have none. */
  inhabitedWithoutBreaker: number;
};

const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
const digits = (n: number, width: number): string => String(n).padStart(width, "0");

const ratedMa = (roll: number): number => (roll < 0.03 ? 10 : roll < 0.08 ? 15 : 30);

/** A share of the houses, spread evenly and exactly: every house is asked in turn, and the count is always right. */
const picker = (share: number, random: () => number): (() => boolean) => {
  let owed = random() * 0.5;
  return () => {
    owed += share;
    if (owed < 1) return false;
    owed -= 1;
    return true;
  };
};

type AreaOptions = { households: number; groups: number; todayMs: number; seed: number };
type Pickers = { vacant: () => boolean; vacantWithBreaker: () => boolean; missing: () => boolean };

const areaRows = (plan: AreaPlan, pick: Pickers, options: AreaOptions): RegistryRow[] => {
  const key = keyOf(options.seed, plan.areaId);
  const installedOn = (n: number): string => dateOf(options.todayMs - between(key, n, 20, 360) * dayMs);
  const rows: RegistryRow[] = [
    {
      ...plan,
      householdId: null,
      address: null,
      inhabited: null,
      breakerId: `${plan.areaId}-main`,
      level: "main",
      ratedResidualCurrentMa: 300,
      installedOn: installedOn(1_000_000),
      removedOn: null,
    },
  ];
  for (let n = 1; n <= options.households; n++) {
    const vacant = pick.vacant();
    const hasBreaker = vacant ? pick.vacantWithBreaker() : !pick.missing();
    const group = 1 + Math.floor(((n - 1) * options.groups) / options.households);
    rows.push({
      ...plan,
      householdId: `${plan.areaId}-h${digits(n, 3)}`,
      address: `${plan.villageName}${group}组${n}号`,
      inhabited: !vacant,
      breakerId: hasBreaker ? `${plan.areaId}-b${digits(n, 3)}` : null,
      level: hasBreaker ? "household" : null,
      ratedResidualCurrentMa: hasBreaker ? ratedMa(between(key, n, 0, 1)) : null,
      installedOn: hasBreaker ? installedOn(n) : null,
      removedOn: null,
    });
  }
  return rows;
};

const villageRows = (
  areas: readonly { plan: AreaPlan; households: number }[],
  shares: Shares,
  seed: number,
  todayMs: number,
): RegistryRow[] => {
  const random = generator(keyOf(seed, areas[0]?.plan.villageId ?? ""));
  const pick: Pickers = {
    vacant: picker(shares.vacant, random),
    vacantWithBreaker: picker(shares.vacantWithBreaker, random),
    missing: picker(shares.inhabitedWithoutBreaker, random),
  };
  return areas.flatMap(({ plan, households }) =>
    areaRows(plan, pick, { households, groups: Math.max(1, Math.round(households / 12)), todayMs, seed }),
  );
};

/** Gives every `every`th household breaker a predecessor that was taken down; one in two stays without a successor. */
const withRemovals = (rows: readonly RegistryRow[], every: number, todayMs: number): RegistryRow[] => {
  let seen = 0;
  return rows.flatMap((row) => {
    if (row.level !== "household" || row.breakerId === null || row.inhabited !== true) return [row];
    seen += 1;
    if (seen % every !== 0) return [row];
    const removed = {
      ...row,
      breakerId: `${row.breakerId}-old`,
      installedOn: dateOf(todayMs - 400 * dayMs),
      removedOn: dateOf(todayMs - 12 * dayMs),
    };
    return seen % (2 * every) === 0 ? [removed] : [removed, { ...row, installedOn: removed.removedOn }];
  });
};

const demoVillages = [
  { id: "shanghe", name: "上河村", households: [58, 47, 52, 44, 49], missing: 0.012 },
  { id: "shiqiao", name: "石桥村", households: [55, 48, 61, 46], missing: 0.03 },
  { id: "zhulin", name: "竹林村", households: [53, 45, 42], missing: 0.07 },
] as const;

/**
 * The demo township 青溪镇: 3 villages, 12 transformer areas with a main breaker each, 600 households of which about 6 %
 * are vacant and 3 % of the inhabited have no breaker; a few breakers were removed, half of them replaced.
 * `todayMs` (Unix ms) is the day that "installed within the past year" counts from. Same arguments, same rows.
 */
export const demoTownship = (seed: number, todayMs: number): RegistryRow[] => {
  const rows = demoVillages.flatMap((village) =>
    villageRows(
      village.households.map((households, i) => ({
        households,
        plan: {
          townshipId: demoTownshipId,
          townshipName: "青溪镇",
          villageId: village.id,
          villageName: village.name,
          areaId: `${village.id}-${i + 1}`,
          areaName: `${village.name}${i + 1}号台区`,
        },
      })),
      { vacant: 0.06, vacantWithBreaker: 0.5, inhabitedWithoutBreaker: village.missing },
      seed,
      todayMs,
    ),
  );
  return withRemovals(rows, 90, todayMs);
};

const firstSyllables = ["青", "白", "清", "金", "双", "长", "龙", "凤", "松", "梅", "柳", "桃"] as const;
const secondSyllables = ["山", "泉", "岭", "湖", "坪", "塘", "湾", "岗", "沟", "坝", "滩", "丘"] as const;
/** A place name for a number; the numeral keeps names apart where the syllables run out. */
const placeName = (n: number): string => {
  const base = `${firstSyllables[n % 12]}${secondSyllables[Math.floor(n / 12) % 12]}`;
  return n < 144 ? base : `${base}${Math.floor(n / 144) + 1}`;
};

/**
 * A registry of any size in which every house is inhabited and has a breaker: `townships × villages × areas ×
 * householdsPerArea` household breakers and one main breaker per area. `villages` and `areas` count per township and per
 * village.
 */
export const fleetRegistry = (options: {
  townships: number;
  villages: number;
  areas: number;
  householdsPerArea: number;
  seed: number;
  todayMs: number;
}): RegistryRow[] => {
  const rows: RegistryRow[] = [];
  for (let t = 0; t < options.townships; t++) {
    for (let v = 0; v < options.villages; v++) {
      const villageId = `t${digits(t + 1, 2)}-v${digits(v + 1, 2)}`;
      const villageName = `${placeName(t * options.villages + v)}村`;
      const areas = Array.from({ length: options.areas }, (_, a) => ({
        households: options.householdsPerArea,
        plan: {
          townshipId: `t${digits(t + 1, 2)}`,
          townshipName: `${placeName(t + 7)}镇`,
          villageId,
          villageName,
          areaId: `${villageId}-a${digits(a + 1, 2)}`,
          areaName: `${villageName}${a + 1}号台区`,
        },
      }));
      const shares = { vacant: 0, vacantWithBreaker: 0, inhabitedWithoutBreaker: 0 };
      for (const row of villageRows(areas, shares, options.seed, options.todayMs)) rows.push(row);
    }
  }
  return rows;
};
