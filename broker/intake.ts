// The way into the journal that waits, within a limit, while the journal is full.
import { setTimeout as wait } from "node:timers/promises";
import type { Journal, RawMessage } from "../journal/port.ts";

export type IntakeOutcome =
  | { kind: "durable"; offset: number }
  | { kind: "full" }
  | { kind: "failed"; reason: string };

export type Intake = {
  /**
   * Calls `answer` once: when the message is on disk, or when it could not be brought there within the limit. A
   * callback, as a promise more for each message costs more than the append itself.
   */
  append(message: RawMessage, answer: (outcome: IntakeOutcome) => void): void;
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
  const state: { stopped: boolean; draining: boolean; idle: PromiseWithResolvers<void> | null } = {
    stopped: false,
    draining: false,
    idle: null,
  };
  let underWay = 0;

  const offer = (message: RawMessage, then: (outcome: IntakeOutcome) => void): void => {
    underWay++;
    const settle = (outcome: IntakeOutcome) => {
      underWay--;
      then(outcome);
      if (underWay === 0 && waiting.length === 0) state.idle?.resolve();
    };
    const fail = (error: unknown) =>
      settle({ kind: "failed", reason: error instanceof Error ? error.message : String(error) });
    try {
      journal.append(message).then(settle, fail);
    } catch (error) {
      fail(error);
    }
  };

  const drain = async () => {
    if (state.draining) return;
    state.draining = true;
    while (waiting.length > 0) {
      await wait(pollMs);
      const offered = waiting.splice(0, maxOfferedAtOnce);
      const outcomes = await Promise.all(
        offered.map(({ message }) => new Promise<IntakeOutcome>((resolve) => offer(message, resolve))),
      );
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
    if (underWay === 0) state.idle?.resolve();
  };

  const enqueue = (message: RawMessage, answer: (outcome: IntakeOutcome) => void) => {
    waiting.push({ message, deadlineMs: performance.now() + limits.journalWaitMs, answer });
    void drain();
  };

  return {
    append(message, answer) {
      if (state.stopped) answer({ kind: "full" });
      else if (waiting.length > 0) enqueue(message, answer);
      else
        offer(message, (outcome) => {
          if (outcome.kind === "full") enqueue(message, answer);
          else answer(outcome);
        });
    },
    async stop() {
      state.stopped = true;
      if (underWay === 0 && waiting.length === 0 && !state.draining) return;
      state.idle = Promise.withResolvers<void>();
      const timer = new AbortController();
      const late = wait(limits.stopTimeoutMs, undefined, { signal: timer.signal }).catch(() => {});
      await Promise.race([state.idle.promise, late]);
      timer.abort();
    },
  };
};
