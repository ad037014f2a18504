// The pipeline in a thread of its own, so that decoding and judging never keep the broker from acknowledging.

import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { ProcessCounters } from "./gauges.ts";
import { type Pipeline, type PipelineConfig, type PipelineEvent, startPipeline } from "./pipeline.ts";

/** What the thread says: the pipeline's events, and where it stands. */
type ThreadMessage = PipelineEvent | { event: "started" } | { event: "stopped" };

/** What the thread is told. */
type Request = "stop" | ProcessCounters;

type ThreadData = { pipeline: PipelineConfig };

const restartMs = 1_000;
const stopDeadlineMs = 20_000;

export type PipelineThread = {
  /** Null while the pipeline runs, else why it does not. */
  problem(): string | null;
  /** Counters of this process, for the pipeline's report about itself. */
  tell(counters: ProcessCounters): void;
  stop(): Promise<void>;
};

/** Runs the pipeline in a worker thread and starts it again whenever it ends by itself. */
export const startPipelineThread = (
  config: PipelineConfig,
  emit: (event: PipelineEvent) => void,
): PipelineThread => {
  let problem: string | null = "the pipeline is starting";
  let stopping = false;
  let worker: Worker;
  let ended: Promise<void>;
  const start = () => {
    worker = new Worker(new URL(import.meta.url), { workerData: { pipeline: config } satisfies ThreadData });
    worker.on("message", (message: ThreadMessage) => {
      if (message.event === "started") problem = null;
      else if (message.event !== "stopped") emit(message);
    });
    worker.on("error", (error) =>
      emit({
        event: "log",
        level: "error",
        message: `the pipeline failed: ${String((error as Error).stack ?? error)}`,
      }),
    );
    ended = new Promise((resolve) =>
      worker.once("exit", () => {
        resolve();
        if (stopping) return;
        problem = "the pipeline has ended and is being started again";
        setTimeout(() => {
          if (!stopping) start();
        }, restartMs);
      }),
    );
  };
  start();
  return {
    problem: () => problem,
    tell: (counters) => worker.postMessage(counters satisfies Request),
    async stop() {
      stopping = true;
      worker.postMessage("stop" satisfies Request);
      const late = sleep(stopDeadlineMs, "late" as const, { ref: false });
      if ((await Promise.race([ended, late])) === "late") await worker.terminate();
    },
  };
};

const runInThread = async (port: NonNullable<typeof parentPort>, config: PipelineConfig): Promise<void> => {
  const emit = (message: ThreadMessage) => port.postMessage(message);
  let pipeline: Pipeline | undefined;
  let stopping = false;
  const stopped = Promise.withResolvers<void>();
  port.on("message", (request: Request) => {
    if (request !== "stop") {
      pipeline?.tell(request);
      return;
    }
    stopping = true;
    stopped.resolve();
  });
  while (!stopping && pipeline === undefined) {
    try {
      pipeline = await startPipeline(config, emit);
      emit({ event: "started" });
    } catch (error) {
      emit({
        event: "log",
        level: "warn",
        message: `the pipeline cannot start yet: ${(error as Error).message}`,
      });
      await Promise.race([sleep(restartMs), stopped.promise]);
    }
  }
  await stopped.promise;
  await pipeline?.stop();
  emit({ event: "stopped" });
  port.close();
};

const data = workerData as ThreadData | null;
if (!isMainThread && parentPort !== null && data?.pipeline !== undefined)
  await runInThread(parentPort, data.pipeline);
