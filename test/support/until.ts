// Waits for something to become true, with a deadline instead of a guess.
import { setTimeout as sleep } from "node:timers/promises";

/** Asks again and again until the answer is neither null nor false; throws with the last answer's story after `timeoutMs`. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | null | false>,
  timeoutMs = 20_000,
): Promise<T> => {
  const endMs = performance.now() + timeoutMs;
  let last: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null && answer !== false) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs)
      throw new Error(`waited ${timeoutMs} ms for ${what}; last: ${String(last)}`);
    await sleep(50);
  }
};
