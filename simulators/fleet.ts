// A fleet of simulated breakers on real MQTT connections, reporting in real time or faster.
import { type Counters, type Log, newCounters, type SentReport } from "./connection.ts";
import { breakerLinks, gatewayLinks } from "./links.ts";
import { createNumbering, type Numbering } from "./messages.ts";
import { createSchedule } from "./schedule.ts";
import type { World } from "./world.ts";

export type FleetOptions = {
  mqttUrl: string;
  world: World;
  /** Client id (a breaker's id, or a gateway's with `via: "gateways"`) → token. */
  credentials: ReadonlyMap<string, string>;
  /** One connection a breaker (default), or one gateway an area that sends batches. */
  via?: "breakers" | "gateways";
  /** Every breaker reports this often, in its own simulated time; at least 1. */
  intervalMs: number;
  /** Simulated seconds per second; above 1 only until the simulated clock has caught up with now. Default 1. */
  speed?: number;
  /** Where the simulated clock starts, Unix ms; default now, never after it. */
  startAtMs?: number;
  /** New connections a second; default 100. */
  connectPerSecond?: number;
  /** Goes on with another's numbers; by default from the second in which it starts. */
  numbering?: Numbering;
  log: Log;
  /** Called for every report that the broker acknowledged: a ledger outside the system. */
  onAcknowledged?: (report: SentReport) => void;
  /** Stops the fleet when it aborts. */
  signal?: AbortSignal;
};

export type Fleet = {
  stats(): Counters;
  /** The simulated clock, Unix ms. */
  nowMs(): number;
  /** Stops reporting, waits up to `timeoutMs` (default 5,000) for acknowledgements and disconnects. */
  stop(timeoutMs?: number): Promise<void>;
};

/** Reports go out in ticks of this length; a report is at most so late. */
const tickMs = 100;
/** A simulated clock that is faster than time waits while more messages than this are on their way. */
const maxBacklog = 5_000;

/** Starts the fleet; answers at once, connecting goes on in the background. Breakers without a credential stay away. */
export const startFleet = (options: FleetOptions): Fleet => {
  const { world, log } = options;
  const startAtMs = Math.min(options.startAtMs ?? Date.now(), Date.now());
  const counters = newCounters();
  let doneMs = startAtMs;
  const clock = createClock(startAtMs, options.speed ?? 1);
  const context = {
    options: { ...options, connectPerSecond: options.connectPerSecond ?? 100 },
    counters,
    numbering: options.numbering ?? createNumbering(startAtMs),
    nowMs: clock.nowMs,
    problems: problemLog(log),
  };
  const links = options.via === "gateways" ? gatewayLinks(context) : breakerLinks(context);
  const schedule = createSchedule(world, options.intervalMs);

  const ticker = setInterval(() => {
    clock.tick(links.opened() && links.backlog() < maxBacklog);
    const uptoMs = clock.nowMs();
    if (uptoMs <= doneMs) return;
    for (const planned of schedule.between(doneMs, uptoMs)) links.report(planned);
    for (const fault of world.faults) {
      const begins = fault.startMs > doneMs && fault.startMs <= uptoMs;
      if (!begins && !(fault.endMs > doneMs && fault.endMs <= uptoMs)) continue;
      log.info({ kind: fault.kind, subject: fault.subjectId }, begins ? "fault begins" : "fault ends");
      links.follow(fault.subjectId, uptoMs);
    }
    links.flush(uptoMs);
    doneMs = uptoMs;
  }, tickMs);

  let stopped: Promise<void> | undefined;
  const stop = (timeoutMs = 5_000): Promise<void> => {
    stopped ??= (async () => {
      clearInterval(ticker);
      options.signal?.removeEventListener("abort", onAbort);
      await links.stop(timeoutMs);
    })();
    return stopped;
  };
  const onAbort = () => void stop();
  if (options.signal?.aborted) onAbort();
  else options.signal?.addEventListener("abort", onAbort);
  return { stats: () => ({ ...counters }), nowMs: clock.nowMs, stop };
};

/** Real time by a constant distance at speed 1; above, it runs ahead of real time only in ticks that may, and never past now. */
const createClock = (startAtMs: number, speed: number) => {
  const realStartMs = Date.now();
  let simulatedMs = startAtMs;
  let tickedAtMs = realStartMs;
  return {
    nowMs: () => (speed === 1 ? startAtMs + Date.now() - realStartMs : simulatedMs),
    tick(mayAdvance: boolean) {
      const realMs = Date.now();
      if (mayAdvance) simulatedMs = Math.floor(Math.min(realMs, simulatedMs + (realMs - tickedAtMs) * speed));
      tickedAtMs = realMs;
    },
  };
};

/** Says each kind of problem once until it has been quiet for a minute: 600 devices have the same one together. */
const problemLog = (log: Log) => {
  const saidAtMs = new Map<string, number>();
  return (clientId: string, reason: string) => {
    const nowMs = Date.now();
    const before = saidAtMs.get(reason);
    saidAtMs.set(reason, nowMs);
    if (before === undefined || nowMs - before > 60_000) log.warn({ clientId, reason }, "connection problem");
  };
};
