// Simulated fleets judged by several threads: each takes its share of the areas, whatever their number the outcome is the same.
import { Worker } from "node:worker_threads";
import { type FleetPlan, planFleet } from "../simulators/model/plan.ts";
import type { Scenario } from "../simulators/model/scenario.ts";
import { type Attribution, attribute } from "./attribution.ts";
import { addTallies, type KindTally, type Misjudged, type Scope, score } from "./score.ts";
import { type JudgedAreas, judgeAreas, scopeOf } from "./simulated.ts";
import type { WorkerNews, WorkerTask } from "./worker.ts";

/** Below so many breakers a thread costs more than it saves. */
const breakersPerWorker = 400;

const runWorker = (task: WorkerTask, onDone: (breakers: number) => void): Promise<JudgedAreas> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: task });
    worker.on("message", (news: WorkerNews) => ("done" in news ? onDone(news.done) : resolve(news.judged)));
    worker.on("error", reject);
    worker.on("exit", (code) => reject(new Error(`an evaluating thread ended with ${code}`)));
  });

const judgeFleet = async (
  plan: FleetPlan,
  workers: number,
  onDone: (breakers: number) => void,
): Promise<JudgedAreas> => {
  const of = Math.min(workers, plan.areas.length, Math.ceil(plan.scenario.breakers / breakersPerWorker));
  if (of <= 1) return judgeAreas(plan, 0, 1, onDone);
  const { scenario, seed } = plan;
  const parts = await Promise.all(
    Array.from({ length: of }, (_, part) => runWorker({ scenario, seed, part, of }, onDone)),
  );
  return {
    findings: parts.flatMap((part) => part.findings),
    labels: parts.flatMap((part) => part.labels),
    reports: parts.reduce((n, part) => n + part.reports, 0),
    rejections: parts.reduce((n, part) => n + part.rejections, 0),
  };
};

export type FleetsOutcome = {
  tallies: Map<string, KindTally>;
  scope: Pick<Scope, "breakers" | "days">;
  reports: number;
  rejections: number;
  attribution: Attribution;
};

/** Judges and scores one run for each of the scenario's seeds; `onProgress` is told of the share that is done, 0–1. */
export const evaluateFleets = async (
  scenario: Scenario,
  workers: number,
  onProgress: (share: number) => void,
  onMisjudged: (seed: number, misjudged: Misjudged) => void = () => {},
): Promise<FleetsOutcome> => {
  const outcome: FleetsOutcome = {
    tallies: new Map(),
    scope: { breakers: 0, days: 0 },
    reports: 0,
    rejections: 0,
    attribution: { trips: 0, first: 0, firstThree: 0 },
  };
  let doneBreakers = 0;
  for (const seed of scenario.seeds) {
    const plan = planFleet(scenario, seed);
    const scope = scopeOf(plan);
    const judged = await judgeFleet(plan, workers, (breakers) => {
      doneBreakers += breakers;
      onProgress(Math.min(1, doneBreakers / (scope.breakers * scenario.seeds.length)));
    });
    addTallies(
      outcome.tallies,
      score(judged.findings, judged.labels, scope, (misjudged) => onMisjudged(seed, misjudged)),
    );
    const { trips, first, firstThree } = attribute(
      plan.areas.flatMap((area) => area.guilty),
      judged.findings,
    );
    outcome.attribution.trips += trips;
    outcome.attribution.first += first;
    outcome.attribution.firstThree += firstThree;
    outcome.reports += judged.reports;
    outcome.rejections += judged.rejections;
    // Every seed is one more stretch of days of the same fleet.
    outcome.scope = { breakers: scope.breakers, days: outcome.scope.days + scope.days };
  }
  return outcome;
};
