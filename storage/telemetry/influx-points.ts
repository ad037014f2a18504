// What the pipeline reports about states, rates, alarms and itself, as lines of InfluxDB's line protocol.
import type { BreakerFacts, BreakerLevel } from "../../domain/breaker.ts";
import { breakerLevels } from "../../domain/breaker.ts";
import type { LevelSummary } from "../../domain/http.ts";
import { idPattern } from "../../domain/ids.ts";
import type { Judgement } from "../../domain/operating.ts";
import { text } from "./influx-lines.ts";
import {
  type AlarmEvent,
  alarmEvents,
  alarmFields,
  breakerInfoFields,
  type ingestFields,
  operatingFields,
  type PlaceScope,
  placeFields,
  rateFields,
  reportMeasurements,
  reportTags,
  standingAlarmFields,
  stateCodes,
  tags,
} from "./names.ts";

type Fields = Record<string, number | string | null | undefined>;
type Tags = Record<string, string | undefined>;

const nanosecondsPerMillisecond = 1_000_000;

/**
 * A line at `atMs` (Unix ms) plus `belowNs` nanoseconds; null when no field has a value. Numbers are floats; null,
 * undefined and what is not finite is left out. Throws on a tag that is no id: it would be a bug.
 */
const lineAt = (
  measurement: string,
  tagged: Tags,
  fields: Fields,
  atMs: number,
  belowNs = 0,
): string | null => {
  let series = measurement;
  for (const [key, value] of Object.entries(tagged)) {
    if (value === undefined) continue;
    if (!idPattern.test(value)) throw new Error(`${measurement}: "${value}" cannot be the tag ${key}`);
    series += `,${key}=${value}`;
  }
  const parts: string[] = [];
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === "string") parts.push(`${key}=${text(value)}`);
    else if (typeof value === "number" && Number.isFinite(value)) parts.push(`${key}=${value}`);
  }
  if (parts.length === 0) return null;
  return `${series} ${parts.join(",")} ${atMs}${String(belowNs).padStart(6, "0")}`;
};

const lines = (...made: (string | null)[]): string[] => made.filter((line) => line !== null);

type BreakerPlace = Pick<BreakerFacts, "breakerId" | "areaId" | "villageId" | "townshipId" | "level">;

// In the order of the keys, as for reports.
const breakerTags = (at: BreakerPlace): Tags => ({
  [tags.area]: at.areaId,
  [tags.breaker]: at.breakerId,
  [tags.level]: at.level,
  [tags.township]: at.townshipId,
  [tags.village]: at.villageId,
});

/** A breaker's published state at an instant. */
export const operatingLines = (at: BreakerPlace, { state, reason }: Judgement, atMs: number): string[] =>
  lines(
    lineAt(
      reportMeasurements.operating,
      breakerTags(at),
      {
        [operatingFields.state]: state,
        [operatingFields.reason]: reason ?? "",
        [operatingFields.stateCode]: stateCodes[state],
      },
      atMs,
    ),
  );

/** Which place a point is about; of a village `areaId` is undefined, of a township `villageId` too. */
export type PointPlace = {
  scope: PlaceScope;
  townshipId: string;
  villageId?: string | undefined;
  areaId?: string | undefined;
};

const placeTags = (place: PointPlace, level?: BreakerLevel): Tags => ({
  [tags.area]: place.areaId,
  [tags.level]: level,
  [reportTags.scope]: place.scope,
  [tags.township]: place.townshipId,
  [tags.village]: place.villageId,
});

/** Counts and rates of a place as `withRates` gives them: one line for each level that has or should have a breaker. */
export const rateLines = (
  place: PointPlace,
  counts: {
    levels: Record<BreakerLevel, LevelSummary>;
    inhabitedCoverage: number | null;
    openAlarms: number;
  },
  atMs: number,
): string[] =>
  breakerLevels.flatMap((level) => {
    const one = counts.levels[level];
    if (one.installed === 0 && one.shouldInstall === 0) return [];
    const fields: Fields = {
      [rateFields.shouldInstall]: one.shouldInstall,
      [rateFields.installed]: one.installed,
      [rateFields.operating]: one.operating,
      [rateFields.notOperating]: one.notOperating,
      [rateFields.unknown]: one.unknown,
      [rateFields.excused]: one.excused,
      [rateFields.installationRate]: one.installationRate,
      [rateFields.operationalRate]: one.operationalRate,
      [rateFields.operationalRateUpperBound]: one.operationalRateUpperBound,
      [rateFields.target]: one.target,
    };
    if (level === "household") {
      fields[rateFields.inhabitedCoverage] = counts.inhabitedCoverage;
      fields[rateFields.openAlarms] = counts.openAlarms;
    }
    return lines(lineAt(reportMeasurements.rate, placeTags(place, level), fields, atMs));
  });

/** The readable name of a place. */
export const placeLines = (place: PointPlace, name: string, atMs: number): string[] =>
  lines(lineAt(reportMeasurements.place, placeTags(place), { [placeFields.name]: name }, atMs));

/** What stands beside a breaker's id in a table. */
export const breakerInfoLines = (
  breaker: BreakerPlace & Pick<BreakerFacts, "ratedResidualCurrentMa">,
  address: string,
  atMs: number,
): string[] =>
  lines(
    lineAt(
      reportMeasurements.breakerInfo,
      breakerTags(breaker),
      {
        [breakerInfoFields.address]: address,
        [breakerInfoFields.ratedResidualCurrentMa]: breaker.ratedResidualCurrentMa,
      },
      atMs,
    ),
  );

export type AlarmTransition = {
  alarmId: string;
  event: AlarmEvent;
  atMs: number;
  kind: string;
  priority: string;
  breakerId: string | null;
  areaId: string;
  villageId: string;
  townshipId: string;
};

const openAfter: Record<AlarmEvent, number | null> = { raised: 1, cleared: 0, acknowledged: null };

/** Alarm and event as digits below the millisecond: the same for the same transition, apart for two in one millisecond. */
const belowOf = ({ alarmId, event }: AlarmTransition): number =>
  (Number.parseInt(alarmId.slice(0, 8), 16) * alarmEvents.length + alarmEvents.indexOf(event)) %
  nanosecondsPerMillisecond;

/** A transition of an alarm. */
export const alarmLines = (transition: AlarmTransition): string[] =>
  lines(
    lineAt(
      reportMeasurements.alarm,
      {
        [tags.area]: transition.areaId,
        [reportTags.kind]: transition.kind,
        [reportTags.priority]: transition.priority,
        [tags.township]: transition.townshipId,
        [tags.village]: transition.villageId,
      },
      {
        [alarmFields.breaker]: transition.breakerId ?? "",
        [alarmFields.event]: transition.event,
        [alarmFields.id]: transition.alarmId,
        [alarmFields.open]: openAfter[transition.event],
      },
      transition.atMs,
      belowOf(transition),
    ),
  );

export type AlarmSeries = { townshipId: string; villageId: string; kind: string; priority: string };

/** How many alarms of a kind stand open in a village. */
export const standingAlarmLines = (series: AlarmSeries, count: number, atMs: number): string[] =>
  lines(
    lineAt(
      reportMeasurements.standingAlarms,
      {
        [reportTags.kind]: series.kind,
        [reportTags.priority]: series.priority,
        [tags.township]: series.townshipId,
        [tags.village]: series.villageId,
      },
      { [standingAlarmFields.count]: count },
      atMs,
    ),
  );

/** The pipeline's own numbers; what is not known here is left out. */
export const ingestLines = (
  numbers: { [name in keyof typeof ingestFields]?: number | undefined },
  atMs: number,
): string[] => lines(lineAt(reportMeasurements.ingest, {}, numbers, atMs));
