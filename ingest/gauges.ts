// Numbers of the moment, taken at whole multiples of their interval: rates, standing alarms, names, and the pipeline's own.
// While InfluxDB is away they wait in memory, so that the outage itself shows afterwards; the oldest give way when there
// are too many.
import type { JournalStats } from "../journal/port.ts";
import type { Query } from "../storage/db.ts";
import { type AreaPlace, loadAreas } from "../storage/registry-read.ts";
import { breakerAddresses, standingAlarms } from "../storage/reporting.ts";
import {
  type AlarmSeries,
  breakerInfoLines,
  ingestLines,
  type PointPlace,
  placeLines,
  rateLines,
  standingAlarmLines,
} from "../storage/telemetry/influx-points.ts";
import {
  addPlaceCounts,
  countAreas,
  emptyPlaceCounts,
  type PlaceCounts,
  withRates,
} from "../storage/views/counts.ts";
import { targetsNow } from "../storage/views/places.ts";
import type { Registry } from "./registry.ts";

/** Counters of the process; what is not known here is undefined. */
export type ProcessCounters = {
  acknowledgedTotal?: number | undefined;
  connections?: number | undefined;
};

export type GaugeNeeds = {
  journal: { stats(): JournalStats };
  query: Query;
  registry: () => Registry;
  clock: () => number;
  timeZone: string;
  /** Totals since the start, and whether the telemetry store refuses now. */
  counters: () => ProcessCounters & {
    storedTotal: number;
    quarantinedTotal: number;
    telemetryProblem: boolean;
  };
};

const everyMs = { ingest: 10_000, counts: 60_000, names: 3_600_000 } as const;
/** About 10 MB: six hours of a township's numbers. */
const maxWaitingLines = 50_000;

export type Gauges = {
  /** Takes the pipeline's own numbers when they are due; needs no database. */
  collectOwn(): void;
  /** Takes the others when they are due. Rejects when PostgreSQL cannot be asked; they are taken the next time then. */
  collect(): Promise<void>;
  /** Writes what waits; on failure it goes on waiting. */
  flush(): Promise<void>;
};

const scopesOf = ({ townshipId, villageId, areaId }: AreaPlace): PointPlace[] => [
  { scope: "township", townshipId },
  { scope: "village", townshipId, villageId },
  { scope: "area", townshipId, villageId, areaId },
];
const keyOf = ({ scope, townshipId, villageId, areaId }: PointPlace): string =>
  `${scope}/${areaId ?? villageId ?? townshipId}`;

const sumOverPlaces = (
  areas: Iterable<AreaPlace>,
  counts: ReadonlyMap<string, PlaceCounts>,
): { place: PointPlace; counts: PlaceCounts }[] => {
  const sums = new Map<string, { place: PointPlace; counts: PlaceCounts }>();
  for (const area of areas) {
    const own = counts.get(area.areaId) ?? emptyPlaceCounts();
    for (const place of scopesOf(area)) {
      const sum = sums.get(keyOf(place))?.counts ?? emptyPlaceCounts();
      sums.set(keyOf(place), { place, counts: addPlaceCounts(sum, own) });
    }
  }
  return [...sums.values()];
};

export const openGauges = (needs: GaugeNeeds, write: (lines: readonly string[]) => Promise<void>): Gauges => {
  const { query, clock } = needs;
  const taken = { ingest: 0, counts: 0, names: 0, registryVersion: -1 };
  let waiting: string[] = [];
  const add = (lines: string[]) => {
    waiting.push(...lines);
    if (waiting.length > maxWaitingLines) waiting = waiting.slice(-maxWaitingLines);
  };
  const slot = (every: number) => Math.floor(clock() / every) * every;

  /** Series that have had an alarm, so that they go back to 0 and do not just end. */
  let seen: Map<string, AlarmSeries> | null = null;
  const seriesKey = (s: AlarmSeries) => `${s.villageId}/${s.kind}/${s.priority}`;

  const countLines = async (atMs: number): Promise<string[]> => {
    const areas = await loadAreas(query);
    const counts = await countAreas(query, {}, { nowMs: atMs, timeZone: needs.timeZone });
    const targets = await targetsNow(query, { nowMs: atMs, timeZone: needs.timeZone });
    const rates = sumOverPlaces(areas.values(), counts).flatMap((sum) =>
      rateLines(
        sum.place,
        withRates(sum.counts, targets({ ...sum.place, villageId: sum.place.villageId ?? null })),
        atMs,
      ),
    );
    const standing = await standingAlarms(query, { ever: seen === null });
    const known = new Map(seen);
    for (const series of standing) known.set(seriesKey(series), series);
    seen = known;
    const open = new Map(standing.map((series) => [seriesKey(series), series.count]));
    return [
      ...rates,
      ...[...known].flatMap(([key, series]) => standingAlarmLines(series, open.get(key) ?? 0, atMs)),
    ];
  };

  const nameLines = async (registry: Registry, atMs: number): Promise<string[]> => {
    const names = new Map<string, { place: PointPlace; name: string }>();
    for (const area of (await loadAreas(query)).values()) {
      const named = { township: area.townshipName, village: area.villageName, area: area.areaName };
      for (const place of scopesOf(area)) names.set(keyOf(place), { place, name: named[place.scope] });
    }
    const addresses = await breakerAddresses(query);
    return [
      ...[...names.values()].flatMap(({ place, name }) => placeLines(place, name, atMs)),
      ...[...registry.breakers.values()].flatMap((facts) =>
        breakerInfoLines(facts, addresses.get(facts.breakerId) ?? "", atMs),
      ),
    ];
  };

  return {
    collectOwn() {
      const atMs = slot(everyMs.ingest);
      if (atMs === taken.ingest) return;
      taken.ingest = atMs;
      const { records, bytes, maxBytes, oldestArrivalMs, lag } = needs.journal.stats();
      const { telemetryProblem, ...totals } = needs.counters();
      add(
        ingestLines(
          {
            journalRecords: records,
            journalBytes: bytes,
            journalMaxBytes: maxBytes,
            journalOldestAgeS: oldestArrivalMs === null ? 0 : Math.max(0, clock() - oldestArrivalMs) / 1_000,
            lagTelemetry: lag["telemetry"],
            lagDetection: lag["detection"],
            lagLive: lag["live"],
            ...totals,
            telemetryProblem: telemetryProblem ? 1 : 0,
          },
          atMs,
        ),
      );
    },
    async collect() {
      const registry = needs.registry();
      const namesMs = slot(everyMs.names);
      if (namesMs !== taken.names || registry.version !== taken.registryVersion) {
        // Names at the beginning of an hour, and at once where the registry has changed since.
        const changed = registry.version !== taken.registryVersion;
        add(await nameLines(registry, changed ? slot(everyMs.counts) : namesMs));
        taken.names = namesMs;
        taken.registryVersion = registry.version;
      }
      const countsMs = slot(everyMs.counts);
      if (countsMs !== taken.counts) {
        add(await countLines(countsMs));
        taken.counts = countsMs;
      }
    },
    async flush() {
      const batch = waiting;
      await write(batch);
      waiting = waiting.slice(batch.length);
    },
  };
};
