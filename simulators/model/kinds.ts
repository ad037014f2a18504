// Every kind of fault and of near miss by its name in scenario files.
import type { FaultKind } from "./effect.ts";
import type { FaultName, NearMissName } from "./fault-names.ts";
import { areaFaults, areaNearMisses } from "./faults-area.ts";
import { leakageFaults } from "./faults-leakage.ts";
import { protectionFaults } from "./faults-protection.ts";
import { supplyFaults, supplyNearMisses } from "./faults-supply.ts";
import { protectionNearMisses } from "./near-trips.ts";

const faults: Record<FaultName, FaultKind> = {
  ...leakageFaults,
  ...protectionFaults,
  ...supplyFaults,
  ...areaFaults,
};
const nearMisses: Record<NearMissName, FaultKind> = {
  ...protectionNearMisses,
  ...supplyNearMisses,
  ...areaNearMisses,
};

const all: Readonly<Record<string, FaultKind>> = { ...faults, ...nearMisses };

/** The kind of that name. Throws on a name that no scenario may use. */
export const kindOf = (name: string): FaultKind => {
  const kind = all[name];
  if (kind === undefined) throw new Error(`no fault or near miss is called ${name}`);
  return kind;
};
