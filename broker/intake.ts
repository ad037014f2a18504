// The way into the journal: messages of one turn go together, and wait within a limit while the journal is full.
import { setTimeout as wait } from "node:timers/promises";
import type { Journal, RawMessage } from "../journal/port.ts";

export type IntakeOutcome = { kind: "durable" } | { kind: "full" } | { kind: "failed"; reason: string };

/** A message on its way; `answer` is called once and must not throw. */
export type IncomingMessage = RawMessage & { answer(outcome: IntakeOutcome): void };

export type Intake = {
  /**
   * Answers `durable` once the message is on disk, else `full` after the limit, or `failed`. A callback within the
   * message, as what each one on its way holds in memory is what the broker's speed depends on.
   */
  append(message: IncomingMessage): void;
  /** Answers those that still wait with `full`, and resolves when nothing is under way, or after `stopTimeoutMs`. */
  stop(): Promise<void>;
};

/** How often a full journal is asked again. */
const pollMs = 50;
/** Messages offered to a full journal at once. */
const maxOfferedAtOnce = 500;

const durable: IntakeOutcome = { kind: "durable" };
const full: IntakeOutcome = { kind: "full" };

/** Opens an intake; a message waits at most `journalWaitMs` for room, in the order of arrival. */
export const openIntake = (
  journal: Pick<Journal, "appendAll">,
  limits: { journalWaitMs: number; stopTimeoutMs: number },
): Intake => {
  type Waiting = { message: IncomingMessage; deadlineMs: number };
  const waiting: Waiting[] = [];
  const state: { stopped: boolean; draining: boolean; idle: PromiseWithResolvers<void> | null } = {
    stopped: false,
    draining: false,
    idle: null,
  };
  let turn: IncomingMessage[] = [];
  let underWay = 0;

  const checkIdle = () => {
    if (underWay === 0 && turn.length === 0 && !state.draining) state.idle?.resolve();
  };

  /** Offers messages to the journal, answers those that are settled, and gives back those that found it full. */
  const offer = async (messages: readonly IncomingMessage[]): Promise<readonly IncomingMessage[]> => {
    underWay++;
    try {
      const taken = await journal.appendAll(messages);
      for (let index = 0; index < taken; index++) messages[index]?.answer(durable);
      return messages.slice(taken);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      for (const message of messages) message.answer({ kind: "failed", reason });
      return [];
    } finally {
      underWay--;
    }
  };

  const drain = async () => {
    if (state.draining) return;
    state.draining = true;
    while (waiting.length > 0) {
      await wait(pollMs);
      const offered = waiting.splice(0, maxOfferedAtOnce);
      const refused = new Set(await offer(offered.map(({ message }) => message)));
      const nowMs = performance.now();
      const still = offered.filter(({ message, deadlineMs }) => {
        if (!refused.has(message)) return false;
        if (nowMs < deadlineMs && !state.stopped) return true;
        message.answer(full);
        return false;
      });
      waiting.unshift(...still);
    }
    state.draining = false;
    checkIdle();
  };

  const enqueue = (messages: readonly IncomingMessage[]) => {
    const deadlineMs = performance.now() + limits.journalWaitMs;
    for (const message of messages) waiting.push({ message, deadlineMs });
    if (messages.length > 0) void drain();
  };

  const offerTurn = async () => {
    const messages = turn;
    turn = [];
    if (waiting.length > 0) enqueue(messages);
    else enqueue(await offer(messages));
    checkIdle();
  };

  return {
    append(message) {
      if (state.stopped) return message.answer(full);
      if (turn.length === 0) setImmediate(() => void offerTurn());
      turn.push(message);
    },
    async stop() {
      state.stopped = true;
      state.idle = Promise.withResolvers<void>();
      const timer = new AbortController();
      const late = wait(limits.stopTimeoutMs, undefined, { signal: timer.signal }).catch(() => {});
      checkIdle();
      await Promise.race([state.idle.promise, late]);
      timer.abort();
    },
  };
};
