// Who lives where: townships, villages, transformer areas, houses and their breakers of a scenario, decided by its seed.
import type { RegistryRow } from "../../domain/registry.ts";
import { between, generator, keyOf } from "../random.ts";
import type { Scenario } from "./scenario.ts";
import { utcOffsetMs } from "./weather.ts";

const dayMs = 86_400_000;
const areasPerVillage = 4;
const villagesPerTownship = 12;
/** One area in so many has a main breaker of the largest setting. */
const largeMainEvery = 8;

/** A transformer area; its breakers are the main one and then one for each house. */
export type AreaLayout = {
  index: number;
  townshipId: string;
  villageId: string;
  areaId: string;
  breakerIds: string[];
  /** IΔn of each breaker, in mA. */
  ratedMa: number[];
  hasGateway: boolean;
  /** Installed when the run has begun, by breaker; the others are older. Local dates. */
  installedOn: (string | null)[];
};

/** The gateway of an area. */
export const gatewayIdOf = (areaId: string): string => `GW-${areaId}`;

/** When the run begins: midnight of the first local day, Unix ms. */
export const startMsOf = (scenario: Scenario): number =>
  Date.parse(`${scenario.startOn}T00:00:00Z`) - utcOffsetMs;

/** The local date so many days after the run's first. */
export const dateOf = (scenario: Scenario, day: number): string =>
  new Date(Date.parse(`${scenario.startOn}T00:00:00Z`) + day * dayMs).toISOString().slice(0, 10);

/** All areas; the last one is as small as the number of breakers leaves it. */
export const layOut = (scenario: Scenario, seed: number): AreaLayout[] => {
  const random = generator(keyOf(seed, "layout"));
  const [fewest, most] = scenario.householdsPerArea;
  const areas: AreaLayout[] = [];
  let left = scenario.breakers;
  while (left > 1) {
    const index = areas.length;
    const houses = Math.min(left - 1, fewest + Math.floor(random() * (most - fewest + 1)));
    const villageNo = Math.floor(index / areasPerVillage);
    const areaId = `A${String(index + 1).padStart(4, "0")}`;
    const large = index % largeMainEvery === largeMainEvery - 1;
    const mainMa = large ? 1_000 : houses <= 35 ? 300 : 500;
    areas.push({
      index,
      townshipId: `T${1 + Math.floor(villageNo / villagesPerTownship)}`,
      villageId: `V${String(villageNo + 1).padStart(3, "0")}`,
      areaId,
      breakerIds: Array.from({ length: houses + 1 }, (_, i) => `${areaId}-${i === 0 ? "M" : `H${i}`}`),
      ratedMa: Array.from({ length: houses + 1 }, (_, i) => (i === 0 ? mainMa : 30)),
      hasGateway: random() < scenario.gatewayShare,
      installedOn: new Array<string | null>(houses + 1).fill(null),
    });
    left -= houses + 1;
  }
  return areas;
};

/** The registry table of a layout, as it would be imported. */
export const registryRowsOf = (
  areas: readonly AreaLayout[],
  scenario: Scenario,
  seed: number,
): RegistryRow[] => {
  const key = keyOf(seed, "installed");
  return areas.flatMap((area) =>
    area.breakerIds.map((breakerId, i): RegistryRow => {
      const before = -Math.floor(between(key, area.index * 1_000 + i, 40, 1_400));
      return {
        townshipId: area.townshipId,
        townshipName: area.townshipId,
        villageId: area.villageId,
        villageName: area.villageId,
        areaId: area.areaId,
        areaName: area.areaId,
        householdId: i === 0 ? null : `${area.areaId}-${i}`,
        address: null,
        inhabited: i === 0 ? null : true,
        breakerId,
        level: i === 0 ? "main" : "household",
        ratedResidualCurrentMa: area.ratedMa[i] ?? 30,
        installedOn: area.installedOn[i] ?? dateOf(scenario, before),
        removedOn: null,
      } as RegistryRow;
    }),
  );
};
