// The one live connection of the page: opens it, hears when it falls silent, opens it again with backoff.
import { createParser } from "eventsource-parser";
import type { LiveEvent } from "./patch.ts";

/** `sinceMs` is when the feed was lost. */
export type LiveStatus =
  | { kind: "connecting" }
  | { kind: "live" }
  | { kind: "reconnecting"; sinceMs: number }
  | { kind: "offline"; sinceMs: number };

export type LiveNeeds = {
  open(path: string, signal: AbortSignal): Promise<Response>;
  onEvent(event: LiveEvent): void;
  onStatus(status: LiveStatus): void;
  onUnauthorized(): void;
  /** An `online` event here (the browser's window) ends the wait for the next attempt. */
  wakeups: EventTarget;
};

/** How patient the connection is. */
export const liveTiming = {
  /** The server sends at least a comment every 15 s; a feed that is silent for longer than this is dead. */
  silenceMs: 40_000,
  /** Pauses before the next attempts; the last one holds for all further ones. */
  backoffMs: [500, 1_000, 2_000, 5_000, 10_000, 15_000],
  /** Lost for longer than this is called offline. */
  offlineAfterMs: 20_000,
};
const maxEventBytes = 8 * 1024 * 1024;

const names = new Set(["hello", "readings", "states", "alarms", "rates"]);

/** One event of the feed; null for what this page does not know. Throws SyntaxError on broken JSON. */
export const parseLiveEvent = (name: string | undefined, data: string): LiveEvent | null =>
  name !== undefined && names.has(name) ? ({ name, data: JSON.parse(data) } as LiveEvent) : null;

/** Keeps the feed open until the returned function is called. */
export const followLive = (
  needs: LiveNeeds,
  { silenceMs, backoffMs, offlineAfterMs } = liveTiming,
): (() => void) => {
  let stopped = false;
  let attempt = 0;
  let offlineTimer: ReturnType<typeof setTimeout> | undefined;
  let lost = false;
  let current: AbortController | null = null;
  let wake: () => void = () => {};

  const listen = async (controller: AbortController): Promise<void> => {
    let timer = setTimeout(() => controller.abort(), silenceMs);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(), silenceMs);
    };
    try {
      const response = await needs.open("live", controller.signal);
      if (response.status === 401) {
        stopped = true;
        needs.onUnauthorized();
        return;
      }
      if (!response.ok || response.body === null) return;
      attempt = 0;
      lost = false;
      clearTimeout(offlineTimer);
      needs.onStatus({ kind: "live" });
      const parser = createParser({
        maxBufferSize: maxEventBytes,
        onEvent: ({ event, data }) => {
          const live = parseLiveEvent(event, data);
          if (live !== null) needs.onEvent(live);
        },
      });
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        heard();
        parser.feed(value);
      }
    } finally {
      clearTimeout(timer);
      controller.abort();
    }
  };

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    needs.onStatus({ kind: "connecting" });
    while (!stopped) {
      current = new AbortController();
      // A cut, a refusal and a timeout are all the same here: the feed is gone, and is opened again.
      await listen(current).catch(() => {});
      if (stopped) return;
      if (!lost) {
        lost = true;
        const sinceMs = Date.now();
        needs.onStatus({ kind: "reconnecting", sinceMs });
        offlineTimer = setTimeout(() => needs.onStatus({ kind: "offline", sinceMs }), offlineAfterMs);
      }
      const base = backoffMs[Math.min(attempt++, backoffMs.length - 1)] ?? 0;
      await pause(base * (0.75 + Math.random() / 2));
    }
  };

  const hurry = () => wake();
  needs.wakeups.addEventListener("online", hurry);
  void run();
  return () => {
    stopped = true;
    clearTimeout(offlineTimer);
    needs.wakeups.removeEventListener("online", hurry);
    current?.abort();
    wake();
  };
};
