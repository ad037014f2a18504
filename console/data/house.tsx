// What every view has at hand: who is signed in, the answers of the API, the live feed, and how to write numbers and times.
import { createContext, useContext, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Format } from "../format/format.ts";
import type { Answer, Cache } from "./cache.ts";
import type { Client } from "./client.ts";
import type { LiveStatus } from "./live.ts";
import type { Answers, Kind, Resource } from "./resources.ts";

export type House = {
  actor: string;
  timeZone: string;
  client: Client;
  cache: Cache;
  live: LiveStatus;
  format: Format;
  signOut(): void;
};

export const HouseContext = createContext<House | null>(null);

/** The signed-in house. Throws outside of the sign-in gate. */
export const useHouse = (): House => {
  const house = useContext(HouseContext);
  if (house === null) throw new Error("useHouse is used outside the sign-in gate");
  return house;
};

const idle: Answer<never> = { data: null, failure: null, loading: false };

/** The answer to a resource, kept up to date while the view is on the page; `null` reads nothing. */
export const useResource = <K extends Kind>(resource: Resource<K> | null): Answer<Answers[K]> => {
  const { cache } = useHouse();
  const path = resource?.path;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path is the resource's identity
  const held = useMemo(() => resource, [path]);
  const subscribe = useMemo(
    () => (listener: () => void) => (held === null ? () => {} : cache.subscribe(held, listener)),
    [cache, held],
  );
  return useSyncExternalStore(subscribe, () => (held === null ? idle : cache.read(held)));
};

/** The newest data about `subject`, also while the next answer (another period, another page) is still on its way. */
export const useKept = <T,>(answer: Answer<T>, subject: string): T | null => {
  const kept = useRef<{ subject: string; data: T } | null>(null);
  useEffect(() => {
    if (answer.data !== null) kept.current = { subject, data: answer.data };
  }, [answer.data, subject]);
  if (answer.data !== null) return answer.data;
  return answer.failure === null && kept.current?.subject === subject ? kept.current.data : null;
};

/** The time (Unix ms), renewed every `everyMs`. */
export const useNow = (everyMs: number): number => {
  const [nowMs, set] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
};

/** Names the page in the browser's tab. */
export const useTitle = (...parts: (string | null)[]): void => {
  const title = parts.filter((part) => part !== null).join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
};
