// One consumer of the journal: reads from its own offset, handles batches in order, and goes on trying when it cannot.
import { setTimeout as sleep } from "node:timers/promises";
import type { DecodedMessage } from "./decode.ts";

/** `retry` keeps the batch: the same messages come again after a pause. */
export type Handled = { kind: "done" } | { kind: "retry"; reason: string };

type Batch = DecodedMessage[] | "wait";

export type ConsumerOptions = {
  name: string;
  /** Where to begin: the offset of the last message that needs no more handling. */
  offset: number;
  /** The next messages; none when there are none, `wait` to be asked again soon. */
  read(afterOffset: number, limit: number): Batch | Promise<Batch>;
  /** Handles a batch and makes the new offset durable. A throw counts as `retry`. */
  handle(messages: readonly DecodedMessage[], lastOffset: number): Promise<Handled>;
  /** Runs between batches and while idle; tells whether nothing was left to read. A throw is a problem, not an end. */
  between?(caughtUp: boolean): Promise<void>;
  /** Told of every problem, and of null when it is over. */
  onProblem(problem: string | null): void;
};

export type Consumer = { stop(): Promise<void>; offset(): number };

const limits = { batchMessages: 5_000, idlePollMs: 20, firstRetryMs: 250, longestRetryMs: 10_000 } as const;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export const startConsumer = (options: ConsumerOptions): Consumer => {
  const stopping = new AbortController();
  let offset = options.offset;
  let problem: string | null = null;
  const report = (next: string | null) => {
    if (next === problem) return;
    problem = next;
    options.onProblem(next);
  };
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});

  const attempt = async (): Promise<{ moved: boolean; problem: string | null }> => {
    try {
      const messages = await options.read(offset, limits.batchMessages);
      if (messages === "wait") return { moved: false, problem: null };
      const last = messages.at(-1)?.offset;
      if (last !== undefined) {
        const handled = await options.handle(messages, last);
        if (handled.kind === "retry") return { moved: false, problem: handled.reason };
        offset = last;
      }
      await options.between?.(messages.length === 0);
      return { moved: last !== undefined, problem: null };
    } catch (error) {
      return { moved: false, problem: reasonOf(error) };
    }
  };

  const run = async () => {
    let retryMs: number = limits.firstRetryMs;
    while (!stopping.signal.aborted) {
      const outcome = await attempt();
      report(outcome.problem);
      if (outcome.problem !== null) {
        await pause(retryMs * (0.75 + Math.random() / 2));
        retryMs = Math.min(retryMs * 2, limits.longestRetryMs);
      } else {
        retryMs = limits.firstRetryMs;
        if (!outcome.moved) await pause(limits.idlePollMs);
      }
    }
  };
  const running = run();
  return {
    offset: () => offset,
    async stop() {
      stopping.abort();
      await running;
    },
  };
};
