// Tells those who compute the supply of days (house/supply-keeper.ts) what the telemetry store holds by now.
import type { Db } from "../storage/db.ts";
import { noteSettled, releaseStaleHours } from "../storage/supply.ts";

const releaseEveryMs = 5_000;
const noteEveryMs = 30_000;

export type SupplyMarks = {
  /** Hours were marked as late by the commit that has just been made. */
  marked(): void;
  /** Call when the telemetry store holds everything that was judged; `caughtUp`: nothing waits to be judged. */
  settle(caughtUp: boolean): Promise<void>;
};

export const newSupplyMarks = (needs: { db: Db; journalId: string; clock(): number }): SupplyMarks => {
  const { db, clock } = needs;
  // An earlier run may have left some.
  let areMarked = true;
  let releasedAtMs = Number.NEGATIVE_INFINITY;
  let notedAtMs = Number.NEGATIVE_INFINITY;
  return {
    marked() {
      areMarked = true;
    },
    async settle(caughtUp) {
      const nowMs = clock();
      if (areMarked && nowMs - releasedAtMs >= releaseEveryMs) {
        await releaseStaleHours(db.query);
        areMarked = false;
        releasedAtMs = nowMs;
      }
      if (caughtUp && nowMs - notedAtMs >= noteEveryMs) {
        await noteSettled(db.query, needs.journalId, nowMs);
        notedAtMs = nowMs;
      }
    },
  };
};
