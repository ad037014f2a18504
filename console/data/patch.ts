// What a live event changes in an answer that is already on the page: pure, the same object back where nothing changed.
import type { Alarm, Breaker, LastReading, LiveEvents, VillageSummary } from "../../domain/http.ts";
import type { OperatingReason, OperatingState } from "../../domain/operating.ts";
import type { Answers, Kind, List, Resource } from "./resources.ts";

export type LiveEvent = {
  [N in keyof LiveEvents]: { name: N; data: LiveEvents[N] };
}[keyof LiveEvents];

/** `items` with `change` applied; the same list when it changed none of them. */
const mapItems = <T>(list: List<T>, change: (item: T) => T): List<T> => {
  let changed = false;
  const items = list.items.map((item) => {
    const next = change(item);
    if (next !== item) changed = true;
    return next;
  });
  return changed ? { ...list, items } : list;
};

const withReading = <B extends Breaker>(breaker: B, readings: LiveEvents["readings"]): B => {
  let last: LastReading | null = breaker.last;
  for (const { breakerId, ...reading } of readings)
    if (breakerId === breaker.id && (last === null || Date.parse(reading.at) >= Date.parse(last.at)))
      last = reading;
  return last === breaker.last ? breaker : { ...breaker, last };
};

const withState = <B extends Breaker>(breaker: B, states: LiveEvents["states"]): B => {
  const change = states.findLast((s) => s.breakerId === breaker.id);
  if (change === undefined) return breaker;
  const state = change.state as OperatingState;
  const reason = change.reason as OperatingReason | null;
  return { ...breaker, operating: { state, reason, since: change.since } };
};

const patchBreaker = <B extends Breaker>(breaker: B, event: LiveEvent): B => {
  if (event.name === "readings") return withReading(breaker, event.data);
  if (event.name === "states") return withState(breaker, event.data);
  return breaker;
};

const newestFirst = (a: Alarm, b: Alarm) => (a.raisedAt < b.raisedAt ? 1 : a.raisedAt > b.raisedAt ? -1 : 0);

/** Whether an alarm list of this query would show the alarm. */
const wants = ({ query }: Resource<"alarms">, alarm: Alarm): boolean => {
  if (query["cursor"] || query["from"] || query["to"]) return false;
  if (query["village"] && query["village"] !== alarm.villageId) return false;
  if (query["kind"] && query["kind"] !== alarm.kind) return false;
  if (query["state"] === "open") return alarm.clearedAt === null;
  return !query["state"] || query["state"] === alarm.state;
};

/** Known alarms are brought up to date where they stand (a row never vanishes under the hand), new ones come first. */
const patchAlarms = (list: List<Alarm>, alarms: Alarm[], resource: Resource<"alarms">): List<Alarm> => {
  const byId = new Map(alarms.map((a) => [a.id, a]));
  const known = new Set(list.items.map((a) => a.id));
  const updated = mapItems(list, (a) => byId.get(a.id) ?? a);
  const added = [...byId.values()].filter((a) => !known.has(a.id) && wants(resource, a));
  return added.length === 0
    ? updated
    : { ...updated, items: [...added, ...updated.items].toSorted(newestFirst) };
};

const patchVillage = (village: VillageSummary, event: LiveEvent): VillageSummary =>
  event.name === "rates" ? (event.data.villages.find((v) => v.id === village.id) ?? village) : village;

const patches: {
  [K in Kind]?: (answer: Answers[K], event: LiveEvent, resource: Resource<K>) => Answers[K];
} = {
  breakers: (list, event) => mapItems(list, (b) => patchBreaker(b, event)),
  breaker: (breaker, event) => {
    if (event.name !== "alarms") return patchBreaker(breaker, event);
    const own = event.data.filter((a) => a.breakerId === breaker.id);
    if (own.length === 0) return breaker;
    const gone = new Set(own.map((a) => a.id));
    const openAlarms = [
      ...own.filter((a) => a.clearedAt === null),
      ...breaker.openAlarms.filter((a) => !gone.has(a.id)),
    ].toSorted(newestFirst);
    return { ...breaker, openAlarms, openAlarmCount: openAlarms.length };
  },
  alarms: (list, event, resource) =>
    event.name === "alarms" ? patchAlarms(list, event.data, resource) : list,
  villages: (list, event) => mapItems(list, (v) => patchVillage(v, event)),
  village: (village, event) => patchVillage(village, event),
};

/** The answer after a live event. */
export const patch = <K extends Kind>(resource: Resource<K>, answer: Answers[K], event: LiveEvent) =>
  patches[resource.kind]?.(answer, event, resource) ?? answer;

/**
 * How soon (ms) an answer must be read again after a live event that cannot be patched into it; null when it stays true.
 * Sums and histories are made by the server alone, so they are read again, but not more often than this.
 */
export const rereadWithinMs = ({ kind, id }: Resource<Kind>, event: LiveEvent): number | null => {
  switch (event.name) {
    case "states": {
      if (kind === "townships" || kind === "areas") return 1_000;
      if (kind === "rates") return 15_000;
      return kind === "timeline" && event.data.some((s) => s.breakerId === id) ? 2_000 : null;
    }
    case "alarms":
      return kind === "townships" ||
        kind === "areas" ||
        kind === "breakers" ||
        kind === "villages" ||
        kind === "village"
        ? 1_000
        : null;
    case "readings":
      return (kind === "readings" || kind === "events") && event.data.some((r) => r.breakerId === id)
        ? 15_000
        : null;
    case "notices":
      return kind === "notices" || kind === "notice" || kind === "visits" ? 500 : null;
    case "hello":
    case "rates":
      return null;
  }
};
