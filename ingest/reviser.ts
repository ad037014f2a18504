// Decides when late data is worked in: shortly after it has stopped coming, or at the latest half a minute after it began.
import type { JudgingRule } from "../domain/limits.ts";
import type { Db } from "../storage/db.ts";
import { removeRevisions, replaceCheckpoints, writeDetection } from "../storage/detection.ts";
import { loadRevisions } from "../storage/detection-read.ts";
import type { TelemetryStore } from "../storage/telemetry/port.ts";
import type { DetectionBook } from "./detection-book.ts";
import { reviseArea } from "./revision.ts";
import { judgeTrips } from "./trip-verdicts.ts";

const quietMs = 1_000;
const longestWaitMs = 30_000;
/** How often requests are looked for that others have left (a recomputation that an operator asked for). */
const lookEveryMs = 2_000;
/** After a failure nothing is tried for this long: the live judging must not wait for it. */
const pauseAfterFailureMs = 5_000;

type Request = { fromMs: number; ownToo: boolean; firstAtMs: number; lastAtMs: number };

export type Reviser = {
  /** Asks for the breaker's history to be judged anew from `fromMs` on; `ownToo`: its reports are folded anew, too. */
  request(breakerId: string, fromMs: number, ownToo: boolean): void;
  /**
   * Revises one area that is due, if any; answers how many breakers it was. A failure is told, and tried again later.
   * `wake` reads a breaker's area back, if that has not been done yet.
   */
  run(book: DetectionBook, nowMs: number, wake: (breakerId: string) => Promise<void>): Promise<number>;
};

/** Starts with the requests that an earlier run has left. */
export const startReviser = async (needs: {
  db: Db;
  telemetry: Pick<TelemetryStore, "reports">;
  rule: JudgingRule;
  clock: () => number;
  /** Told of every failure, and of null when it is over. */
  onProblem(problem: string | null): void;
}): Promise<Reviser> => {
  const { db, clock } = needs;
  const requests = new Map<string, Request>();
  const request = (breakerId: string, fromMs: number, ownToo: boolean) => {
    const atMs = clock();
    const known = requests.get(breakerId);
    requests.set(breakerId, {
      fromMs: Math.min(fromMs, known?.fromMs ?? fromMs),
      ownToo: ownToo || (known?.ownToo ?? false),
      firstAtMs: known?.firstAtMs ?? atMs,
      lastAtMs: atMs,
    });
  };
  /** Requests in PostgreSQL that are not known here. */
  const look = async () => {
    for (const { breakerId, fromMs } of await loadRevisions(db.query))
      if (fromMs < (requests.get(breakerId)?.fromMs ?? Number.POSITIVE_INFINITY))
        request(breakerId, fromMs, true);
  };
  let lookedAtMs = clock();
  await look();

  const isDue = ({ firstAtMs, lastAtMs }: Request): boolean =>
    clock() - lastAtMs >= quietMs || clock() - firstAtMs >= longestWaitMs;

  let notBeforeMs = 0;

  const reviseOne = async (
    book: DetectionBook,
    nowMs: number,
    wake: (breakerId: string) => Promise<void>,
  ): Promise<number> => {
    const first = [...requests].find(([, waiting]) => isDue(waiting))?.[0];
    if (first === undefined) return 0;
    await wake(first);
    const areaId = book.breakers.get(first)?.facts.areaId;
    const area = areaId === undefined ? undefined : book.areas.get(areaId);
    const chosen = new Map([...requests].filter(([id]) => id === first || area?.breakers.has(id)));
    const handled = [...chosen].map(([breakerId, { fromMs }]) => ({ breakerId, fromMs }));
    if (area !== undefined) {
      const revision = await reviseArea(
        { query: db.query, telemetry: needs.telemetry, rule: needs.rule },
        book,
        chosen,
        nowMs,
      );
      const writeVerdicts = await judgeTrips(
        {
          query: db.query,
          telemetry: needs.telemetry,
          vouchMs: needs.rule.vouchMs,
          ratedResidualCurrentMa: (id) => area.breakers.get(id)?.facts.ratedResidualCurrentMa ?? null,
        },
        [...chosen].flatMap(([breakerId, { fromMs, ownToo }]) => (ownToo ? [{ breakerId, fromMs }] : [])),
      );
      await db.transaction(async (query) => {
        await writeDetection(query, {
          own: revision.own,
          published: revision.published,
          states: revision.states,
          areas: [],
          alarms: [],
          checkpoints: [],
          revisions: [],
          quarantine: [],
          offset: null,
        });
        for (const { breakerId, fromDayMs, rows } of revision.checkpoints)
          await replaceCheckpoints(query, breakerId, fromDayMs, rows);
        await writeVerdicts(query);
        await removeRevisions(query, handled);
      });
      revision.apply();
    } else await removeRevisions(db.query, handled);
    for (const id of chosen.keys()) requests.delete(id);
    return chosen.size;
  };

  return {
    request,
    async run(book, nowMs, wake) {
      if (clock() < notBeforeMs) return 0;
      try {
        if (Math.abs(clock() - lookedAtMs) >= lookEveryMs) {
          lookedAtMs = clock();
          await look();
        }
        const revised = await reviseOne(book, nowMs, wake);
        needs.onProblem(null);
        return revised;
      } catch (error) {
        notBeforeMs = clock() + pauseAfterFailureMs;
        needs.onProblem(error instanceof Error ? error.message : String(error));
        return 0;
      }
    },
  };
};
