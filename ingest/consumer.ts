// One consumer of the journal: reads from its own offset, handles batches in order, and goes on trying when it cannot.
import { setTimeout as sleep } from "node:timers/promises";
import type { DecodedMessage } from "./decode.ts";

/**
 * `retry` keeps the batch: the same messages come again after a pause. `finish` is what may only happen once all earlier
 * batches are finished, such as making the new offset durable; when it throws, the batch comes again as well.
 */
export type Handled = { kind: "done"; finish?(): Promise<void> } | { kind: "retry"; reason: string };

type Batch = DecodedMessage[] | "wait";

export type ConsumerOptions = {
  name: string;
  /** Where to begin: the offset of the last message that needs no more handling. */
  offset: number;
  /** The next messages; none when there are none, `wait` to be asked again soon. */
  read(afterOffset: number, limit: number): Batch | Promise<Batch>;
  /** Handles a batch and makes the new offset durable, in `finish` at the latest. A throw counts as `retry`. */
  handle(messages: readonly DecodedMessage[], lastOffset: number): Promise<Handled>;
  /** Batches that may be given to `handle` while an earlier one is under way; none unless it is named. */
  ahead?: number;
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

  /** Batches under way, in order, and up to where they reach. */
  const begun: { last: number; handled: Promise<Handled> }[] = [];
  let begunOffset = offset;

  const begin = async (): Promise<"begun" | "wait" | "empty"> => {
    const messages = await options.read(begunOffset, limits.batchMessages);
    if (messages === "wait") return "wait";
    const last = messages.at(-1)?.offset;
    if (last === undefined) return "empty";
    const retry = (error: unknown): Handled => ({ kind: "retry", reason: reasonOf(error) });
    begun.push({ last, handled: options.handle(messages, last).catch(retry) });
    begunOffset = last;
    return "begun";
  };
  /** Ends the first batch under way; why not, where it cannot. */
  const finishFirst = async (): Promise<string | null> => {
    const [first] = begun;
    if (first === undefined) return null;
    const handled = await first.handled;
    if (handled.kind === "retry") return handled.reason;
    await handled.finish?.();
    begun.shift();
    offset = first.last;
    return null;
  };
  /** What was begun after a batch that failed begins again after it. */
  const startOver = async () => {
    await Promise.all(begun.map(({ handled }) => handled));
    begun.length = 0;
    begunOffset = offset;
  };

  const attempt = async (): Promise<{ moved: boolean; problem: string | null }> => {
    try {
      let found: Awaited<ReturnType<typeof begin>> = "begun";
      while (found === "begun" && begun.length <= (options.ahead ?? 0)) found = await begin();
      if (found === "wait" && begun.length === 0) return { moved: false, problem: null };
      const moved = begun.length > 0;
      const reason = await finishFirst();
      if (reason !== null) throw new Error(reason);
      await options.between?.(found === "empty" && begun.length === 0);
      return { moved, problem: null };
    } catch (error) {
      await startOver();
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
      await startOver();
    },
  };
};
