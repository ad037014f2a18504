// How many readings a second detection judges on one core: the fold alone, without a journal or a database.
import { receive, settle } from "../detection/area-fold.ts";
import { BreakerMemory } from "../detection/breaker-memory.ts";
import { type AreaMemory, defaultHorizonMs } from "../detection/memory.ts";
import type { BreakerFacts } from "../domain/breaker.ts";
import { defaultJudgingRule } from "../domain/limits.ts";
import type { Report } from "../domain/report.ts";
import { type Spread, spreadOf } from "./measure.ts";

export type FoldOptions = {
  rounds: number;
  areas: number;
  breakersPerArea: number;
  reportsPerBreaker: number;
};

export type FoldResult = {
  options: FoldOptions;
  readings: number;
  /** Every report of an area is received, then the area is settled once: as the pipeline does with a batch. */
  batchedPerS: Spread;
  /** The area is settled after every single report: as with few devices. */
  singlyPerS: Spread;
  /** Changes of state and alarms per 1,000 readings: how eventful the readings were. */
  changesPerThousand: number;
  alarmsPerThousand: number;
};

export const defaultFold: FoldOptions = {
  rounds: 7,
  areas: 12,
  breakersPerArea: 50,
  reportsPerBreaker: 1_200,
};

const t0Ms = Date.UTC(2026, 2, 1);
const reportEveryMs = 60_000;
/** Of 1,000 reports so many begin to leak beyond the alarm's limit, or open the contact, until the next report. */
const leakingPerThousand = 5;
const openPerThousand = 1;

const factsOf = (area: number, index: number): BreakerFacts => ({
  breakerId: `b-${area}-${index}`,
  townshipId: "T",
  villageId: "V",
  areaId: `A${area}`,
  householdId: `h-${area}-${index}`,
  level: "household",
  ratedResidualCurrentMa: 30,
  installedAtMs: t0Ms,
  removedAtMs: null,
  occupancy: [{ fromMs: 0, inhabited: true }],
});

const newArea = (area: number, breakers: number): AreaMemory => ({
  areaId: `A${area}`,
  villageId: "V",
  breakers: new Map(
    Array.from({ length: breakers }, (_, i) => {
      const facts = factsOf(area, i);
      return [facts.breakerId, new BreakerMemory(facts)];
    }),
  ),
  outageAlarm: undefined,
});

/** A fixed sequence of readings of one area, in the order in which they would arrive. */
const readingsOf = (area: AreaMemory, reports: number): Report[] => {
  const ids = [...area.breakers.keys()];
  let lot = 1;
  const draw = () => {
    lot = (lot * 48_271) % 2_147_483_647;
    return lot % 1_000;
  };
  return Array.from({ length: reports }, (_, turn) =>
    ids.map((breakerId, i): Report => {
      const tsMs = t0Ms + turn * reportEveryMs + i;
      const chance = draw();
      return {
        kind: "reading",
        breakerId,
        tsMs,
        seq: turn,
        arrivalMs: tsMs + 50,
        clockReplaced: false,
        body: {
          residualCurrentMa: chance < leakingPerThousand ? 40 : 4 + (chance % 80) / 10,
          contact: chance >= 1_000 - openPerThousand ? "open" : "closed",
          protection: "enabled",
          loadCurrentA: 1 + (chance % 50) / 10,
          voltageV: 229.8,
        },
      };
    }),
  ).flat();
};

type Tally = { cpuMs: number; changes: number; alarms: number };

const fold = (options: FoldOptions, settleEvery: number): Tally => {
  let changes = 0;
  let alarms = 0;
  let cpuMs = 0;
  for (let n = 0; n < options.areas; n++) {
    const area = newArea(n, options.breakersPerArea);
    const reports = readingsOf(area, options.reportsPerBreaker);
    const context = { rule: defaultJudgingRule, listeningSinceMs: t0Ms, horizonMs: t0Ms };
    const before = process.cpuUsage();
    for (const [i, report] of reports.entries()) {
      const breaker = area.breakers.get(report.breakerId);
      if (breaker === undefined) throw new Error(`no breaker ${report.breakerId}`);
      context.horizonMs = report.arrivalMs - defaultHorizonMs;
      receive(breaker, report, context);
      if ((i + 1) % settleEvery !== 0) continue;
      const effects = settle(area, report.arrivalMs, context);
      changes += effects.changed.length;
      alarms += effects.alarms.length;
    }
    const cpu = process.cpuUsage(before);
    cpuMs += (cpu.user + cpu.system) / 1_000;
  }
  return { cpuMs, changes, alarms };
};

/** Measures by CPU time, so that what else runs on the machine hardly counts. */
export const measureFold = (options: FoldOptions): FoldResult => {
  const readings = options.areas * options.breakersPerArea * options.reportsPerBreaker;
  const perS = ({ cpuMs }: Tally) => (readings * 1_000) / cpuMs;
  const run = (settleEvery: number) =>
    Array.from({ length: options.rounds }, () => fold(options, settleEvery));
  const batched = run(options.breakersPerArea);
  const singly = run(1);
  const perThousand = (count: number) => (count * 1_000) / readings;
  return {
    options,
    readings,
    batchedPerS: spreadOf(batched.map(perS)),
    singlyPerS: spreadOf(singly.map(perS)),
    changesPerThousand: perThousand(singly[0]?.changes ?? 0),
    alarmsPerThousand: perThousand(singly[0]?.alarms ?? 0),
  };
};
