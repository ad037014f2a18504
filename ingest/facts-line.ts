// The facts that a breaker was judged with, as one line: short, and compared as it stands by a restart, breaker by breaker.
// Planned outages are kept with the area.
import type { BreakerFacts, BreakerLevel } from "../domain/breaker.ts";

type Occupancy = BreakerFacts["occupancy"];

const occupancyLines = new WeakMap<Occupancy, string>();

/** `fromMs` and `+` or `-` for each entry. Most breakers share theirs (storage/dated-facts.ts). */
const occupancyLine = (occupancy: Occupancy): string => {
  let line = occupancyLines.get(occupancy);
  if (line === undefined) {
    line = occupancy.map(({ fromMs, inhabited }) => `${fromMs}${inhabited ? "+" : "-"}`).join(",");
    occupancyLines.set(occupancy, line);
  }
  return line;
};

const placementsLine = (placements: BreakerFacts["placements"] = []): string =>
  placements.map(({ fromMs, areaId }) => `${fromMs}:${areaId}`).join(",");

/** The line; ids have no spaces (domain/ids.ts), and what is not there is nothing between two. */
export const factsLine = (facts: BreakerFacts): string => {
  const { townshipId, villageId, areaId, level, ratedResidualCurrentMa, installedAtMs } = facts;
  const where = `${townshipId} ${villageId} ${areaId} ${facts.householdId ?? ""}`;
  const what = `${level} ${ratedResidualCurrentMa} ${installedAtMs} ${facts.removedAtMs ?? ""}`;
  return `${where} ${what} ${occupancyLine(facts.occupancy)} ${placementsLine(facts.placements)}`;
};

const entries = (list = ""): string[] => (list === "" ? [] : list.split(","));

/** The facts of a line, or of the JSON that older versions stored. */
export const factsOf = (breakerId: string, line: string): BreakerFacts => {
  if (line.startsWith("{")) return JSON.parse(line) as BreakerFacts;
  const [
    townshipId = "",
    villageId = "",
    areaId = "",
    householdId,
    level,
    rated,
    installed,
    removed,
    ...lists
  ] = line.split(" ");
  const placements = entries(lists[1]).map((entry) => {
    const [fromMs, id = ""] = entry.split(":");
    return { fromMs: Number(fromMs), areaId: id };
  });
  return {
    breakerId,
    townshipId,
    villageId,
    areaId,
    householdId: householdId || null,
    level: level as BreakerLevel,
    ratedResidualCurrentMa: Number(rated),
    installedAtMs: Number(installed),
    removedAtMs: removed ? Number(removed) : null,
    occupancy: entries(lists[0]).map((entry) => ({
      fromMs: Number(entry.slice(0, -1)),
      inhabited: entry.endsWith("+"),
    })),
    ...(placements.length > 0 && { placements }),
  };
};
