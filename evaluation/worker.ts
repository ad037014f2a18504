// A thread that judges its share of a simulated fleet's areas.
import { parentPort, workerData } from "node:worker_threads";
import { planFleet } from "../simulators/model/plan.ts";
import type { Scenario } from "../simulators/model/scenario.ts";
import { type JudgedAreas, judgeAreas } from "./simulated.ts";

/** What a worker is given. */
export type WorkerTask = { scenario: Scenario; seed: number; part: number; of: number };
/** What it tells: breakers that are done, and at last everything. */
export type WorkerNews = { done: number } | { judged: JudgedAreas };

const { scenario, seed, part, of } = workerData as WorkerTask;
const tell = (news: WorkerNews) => parentPort?.postMessage(news);
tell({ judged: judgeAreas(planFleet(scenario, seed), part, of, (done) => tell({ done })) });
