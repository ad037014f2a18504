// The way into the journal that waits, within a limit, while the journal is full.
import { setTimeout as wait } from "node:timers/promises";
import type { Journal, RawMessage } from "../journal/port.ts";

export type IntakeOutcome = { kind: "durable" } | { kind: "full" } | { kind: "failed"; reason: string };

export type Intake = {
  /** Resolves once the message is on disk, or could not be brought there within the limit. Never rejects. */
  append(message: RawMessage): Promise<IntakeOutcome>;
  /** Answers those that still wait with `full`, and resolves when no append is under way, or after `stopTimeoutMs`. */
  stop(): Promise<void>;
};

/** How often a full journal is asked again. */
const pollMs = 50;
/** Messages offered to a full journal at once. */
const maxOfferedAtOnce = 500;

/** Opens an intake; a message waits at most `journalWaitMs` for room, in the order of arrival. */
export const openIntake = (
  journal: Pick<Journal, "append">,
  limits: { journalWaitMs: number; stopTimeoutMs: number },
): Intake => {
  type Waiting = { message: RawMessage; deadlineMs: number; answer(outcome: IntakeOutcome): void };
  const waiting: Waiting[] = [];
  const underWay = new Set<Promise<unknown>>();
  const state: { stopped: boolean; draining: boolean } = { stopped: false, draining: false };

  const offer = async (message: RawMessage): Promise<IntakeOutcome> => {
    try {
      const { kind } = await journal.append(message);
      return { kind };
    } catch (error) {
      return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
    }
  };

  const drain = async () => {
    if (state.draining) return;
    state.draining = true;
    while (waiting.length > 0) {
      await wait(pollMs);
      const offered = waiting.splice(0, maxOfferedAtOnce);
      const outcomes = await Promise.all(offered.map(({ message }) => offer(message)));
      const nowMs = performance.now();
      const still = offered.filter((entry, index) => {
        const outcome = outcomes[index] ?? { kind: "full" };
        if (outcome.kind === "full" && nowMs < entry.deadlineMs && !state.stopped) return true;
        entry.answer(outcome);
        return false;
      });
      waiting.unshift(...still);
    }
    state.draining = false;
  };

  const append = async (message: RawMessage): Promise<IntakeOutcome> => {
    if (state.stopped) return { kind: "full" };
    if (waiting.length === 0) {
      const outcome = await offer(message);
      if (outcome.kind !== "full") return outcome;
    }
    const deadlineMs = performance.now() + limits.journalWaitMs;
    const { promise, resolve } = Promise.withResolvers<IntakeOutcome>();
    waiting.push({ message, deadlineMs, answer: resolve });
    void drain();
    return promise;
  };

  return {
    append(message) {
      const work = append(message);
      underWay.add(work);
      void work.then(() => underWay.delete(work));
      return work;
    },
    async stop() {
      state.stopped = true;
      const timer = new AbortController();
      const late = wait(limits.stopTimeoutMs, undefined, { signal: timer.signal }).catch(() => {});
      await Promise.race([Promise.all([...underWay]), late]);
      timer.abort();
    },
  };
};
