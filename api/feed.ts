// The live feed's fan-out: one event written to every listening page, and rates computed once for all of them.
import type { ServerResponse } from "node:http";
import type { LiveEvents } from "../domain/http.ts";
import { toIso } from "../domain/time.ts";
import { listVillages } from "../storage/views/places.ts";
import type { LiveListener, RouteContext } from "./needs.ts";

export type LiveFeed = {
  /** Takes over a response whose head has been written; false when there are too many listeners already. */
  add(response: ServerResponse): void;
  full(): boolean;
  clients(): number;
  stop(): void;
};

/** Villages whose rates one event carries. */
const maxVillages = 1_000;

/** Starts listening; `context.live` is unsubscribed by `stop`. */
export const startLiveFeed = (context: RouteContext): LiveFeed => {
  const { limits, log, clock } = context;
  const clients = new Set<ServerResponse>();

  const write = (response: ServerResponse, text: string): void => {
    // A page that does not read is cut: it comes back and reads everything anew, which is cheaper than a backlog.
    if (response.writableLength + text.length > limits.liveBacklogBytes) {
      clients.delete(response);
      response.destroy();
    } else response.write(text);
  };
  const send: LiveListener = (event, data) => {
    if (clients.size === 0) return;
    const text = eventText(event, data);
    for (const response of clients) write(response, text);
  };
  const rates = coalescedRates(context, (data) => send("rates", data));

  const unsubscribe = context.live((event, data) => {
    send(event, data);
    if (clients.size === 0) return;
    if (event === "states" || event === "alarms")
      rates.touch((data as LiveEvents["states"] | LiveEvents["alarms"]).map((item) => item.villageId));
  });
  const heartbeat = setInterval(() => {
    for (const response of clients) write(response, ": heartbeat\n\n");
  }, limits.liveHeartbeatMs);
  heartbeat.unref();

  return {
    full: () => clients.size >= limits.liveClients,
    clients: () => clients.size,
    add(response) {
      clients.add(response);
      response.once("close", () => clients.delete(response));
      response.on("error", (error) => log.debug({ err: error }, "a live listener is gone"));
      write(response, eventText("hello", { at: toIso(clock()) }));
    },
    stop() {
      unsubscribe();
      clearInterval(heartbeat);
      rates.stop();
      for (const response of clients) response.end();
      clients.clear();
    },
  };
};

const eventText = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Computes the rates of villages that were touched, all together and at most once per interval. */
const coalescedRates = (context: RouteContext, send: (data: LiveEvents["rates"]) => void) => {
  const touched = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let lastMs = Number.NEGATIVE_INFINITY;

  const compute = async (): Promise<void> => {
    lastMs = performance.now();
    const ids = [...touched];
    touched.clear();
    const now = { nowMs: context.clock(), timeZone: context.timeZone };
    try {
      const villages = await listVillages(context.db.query, { ids }, { limit: maxVillages }, now);
      if (!stopped && villages.length > 0) send({ villages });
    } catch (error) {
      // They stay touched: the next change, or a page's full read, makes it good.
      for (const id of ids) touched.add(id);
      context.log.warn({ err: error }, "live rates could not be computed");
    } finally {
      timer = undefined;
      if (!stopped && touched.size > 0) schedule();
    }
  };
  const schedule = () => {
    if (timer !== undefined) return;
    const waitMs = Math.max(0, lastMs + context.limits.liveRatesMs - performance.now());
    timer = setTimeout(() => void compute(), waitMs);
  };
  return {
    touch(villageIds: readonly string[]) {
      for (const id of villageIds) touched.add(id);
      if (touched.size > 0) schedule();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
