// What the fold remembers of one breaker, as the rules see it.
import type { Reading } from "../domain/wire.ts";
import { type AlarmMemories, noAlarms } from "./alarms.ts";
import { type FindingMemory, newFindingMemory } from "./finding-memory.ts";
import type { LeakageMemory } from "./leakage/leakage.ts";
import { initialOwn, type OwnState } from "./own.ts";

export type BreakerFold = {
  own: OwnState;
  alarms: AlarmMemories;
  /** What the findings remember besides. */
  findings: FindingMemory;
  /** The quick part of what it usually leaks; null before its first reading. */
  leakage: LeakageMemory | null;
  /** Its newest report came through a gateway. */
  viaGateway: boolean;
  /** The newest reading, for display and for the alarm rules. */
  reading: (Reading & { tsMs: number }) | null;
};

/** A breaker that nothing has been heard of. */
export const newBreakerFold = (): BreakerFold => ({
  own: initialOwn,
  alarms: noAlarms,
  findings: newFindingMemory(),
  leakage: null,
  viaGateway: false,
  reading: null,
});
