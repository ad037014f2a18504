// Keeps the answers that the page shows: reads them once, patches them live, reads them again when they may be stale.
import type { Failure, Outcome } from "./client.ts";
import { type LiveEvent, patch, rereadWithinMs } from "./patch.ts";
import type { Answers, Kind, Resource } from "./resources.ts";

/** What a view sees of a resource. `data` stays while it is read again, also when that fails. */
export type Answer<T> = { data: T | null; failure: Failure | null; loading: boolean };

type Entry<K extends Kind> = {
  resource: Resource<K>;
  answer: Answer<Answers[K]>;
  listeners: Set<() => void>;
  /** When the last read began; 0 before the first. */
  readAtMs: number;
  stale: boolean;
  /** Events that arrived while a read was under way: they may be newer than its answer. */
  missed: LiveEvent[] | null;
  timer: ReturnType<typeof setTimeout> | null;
  dueAtMs: number;
};

export type Cache = {
  read<K extends Kind>(resource: Resource<K>): Answer<Answers[K]>;
  /** Reads the resource when it is new or stale, and tells the listener of every change until it is called off. */
  subscribe(resource: Resource<Kind>, listener: () => void): () => void;
  apply(event: LiveEvent): void;
  /** Reads again what began to be read before `atMs`: at once where it is on the page, else when it comes there. */
  refreshReadBefore(atMs: number): void;
};

/** An answer older than this is read again when it comes back on the page. */
const freshMs = 30_000;
const retryMs = 5_000;
/** Answers that no view shows any more and that are still kept, for going back. */
const maxUnused = 60;

const nothing: Answer<never> = { data: null, failure: null, loading: true };

/** A cache over `get`, which reads a path of the API. */
export const createCache = (get: <T>(path: string) => Promise<Outcome<T>>): Cache => {
  const entries = new Map<string, Entry<Kind>>();

  const set = (entry: Entry<Kind>, answer: Answer<Answers[Kind]>) => {
    entry.answer = answer;
    for (const listener of entry.listeners) listener();
  };

  const schedule = (entry: Entry<Kind>, withinMs: number) => {
    const dueAtMs = Date.now() + withinMs;
    if (entry.timer !== null) {
      if (entry.dueAtMs <= dueAtMs) return;
      clearTimeout(entry.timer);
    }
    entry.dueAtMs = dueAtMs;
    entry.timer = setTimeout(() => {
      entry.timer = null;
      if (entry.listeners.size === 0) entry.stale = true;
      else void load(entry);
    }, withinMs);
  };

  const load = async (entry: Entry<Kind>): Promise<void> => {
    if (entry.missed !== null) {
      entry.stale = true;
      return;
    }
    entry.missed = [];
    entry.stale = false;
    entry.readAtMs = Date.now();
    if (!entry.answer.loading) set(entry, { ...entry.answer, loading: true });
    const outcome = await get<Answers[Kind]>(entry.resource.path);
    const missed = entry.missed;
    entry.missed = null;
    if (outcome.kind === "ok") {
      const data = missed.reduce((d, event) => patch(entry.resource, d, event), outcome.data);
      set(entry, { data, failure: null, loading: false });
      if (entry.stale && entry.listeners.size > 0) void load(entry);
    } else {
      set(entry, { data: entry.answer.data, failure: outcome.failure, loading: false });
      const passing = outcome.failure.kind === "unreachable" || outcome.failure.kind === "refused";
      if (passing && entry.listeners.size > 0) schedule(entry, retryMs);
      else entry.stale = true;
    }
  };

  const forgetUnused = () => {
    const unused = [...entries.values()].filter((e) => e.listeners.size === 0 && e.missed === null);
    for (const entry of unused.slice(0, Math.max(0, unused.length - maxUnused))) {
      if (entry.timer !== null) clearTimeout(entry.timer);
      entries.delete(entry.resource.path);
    }
  };

  return {
    read: <K extends Kind>(resource: Resource<K>) =>
      (entries.get(resource.path)?.answer ?? nothing) as Answer<Answers[K]>,
    subscribe(resource, listener) {
      let entry = entries.get(resource.path);
      if (entry === undefined) {
        const fresh = { readAtMs: 0, stale: true, missed: null, timer: null, dueAtMs: 0 };
        entry = { resource, answer: nothing, listeners: new Set(), ...fresh };
        entries.set(resource.path, entry);
        forgetUnused();
      }
      const held = entry;
      held.listeners.add(listener);
      if (held.missed === null && (held.stale || Date.now() - held.readAtMs > freshMs)) void load(held);
      return () => {
        held.listeners.delete(listener);
      };
    },
    apply(event) {
      for (const entry of entries.values()) {
        entry.missed?.push(event);
        if (entry.answer.data !== null) {
          const data = patch(entry.resource, entry.answer.data, event);
          if (data !== entry.answer.data) set(entry, { ...entry.answer, data });
        }
        const withinMs = rereadWithinMs(entry.resource, event);
        if (withinMs !== null) schedule(entry, withinMs);
      }
    },
    refreshReadBefore(atMs) {
      for (const entry of entries.values()) {
        if (entry.readAtMs >= atMs) continue;
        if (entry.listeners.size > 0) void load(entry);
        else entry.stale = true;
      }
    },
  };
};
