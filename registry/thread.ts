// Runs the work on registry files in a thread of its own, so that the api answers meanwhile and its memory has a bound.
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { openDatabase } from "../storage/db.ts";
import {
  type CommitResult,
  commitDraftRows,
  type DraftStep,
  type ReadResult,
  readDraftFile,
} from "./drafts.ts";
import { fileLimits } from "./limits.ts";

/** A piece of work: on which draft, in whose name, with the township's local day. */
export type DraftTask = {
  kind: "read" | "commit";
  databaseUrl: string;
  draftId: string;
  actor: string;
  nowMs: number;
  today: string;
};
type Results = { read: ReadResult; commit: CommitResult };

type FromThread =
  | { event: "progress"; done: number; total: number | null; note: DraftStep }
  | { event: "result"; result: ReadResult | CommitResult }
  | { event: "failed"; error: Error };

/** A thread that does not stop by itself this long after it was told to is ended. */
const stopGraceMs = 10_000;
const tellEveryMs = 200;

/** The thread has used more memory than a file may cost. */
export type TooLarge = { kind: "tooLarge" };

/** Does the task in a thread; rejects with the signal's reason when it is called off, and then nothing was written. */
export const runDraftTask = <K extends DraftTask["kind"]>(
  task: DraftTask & { kind: K },
  tools: { progress(done: number, total: number | null, note: DraftStep): void; signal: AbortSignal },
): Promise<Results[K] | TooLarge> => {
  const { promise, resolve, reject } = Promise.withResolvers<Results[K] | TooLarge>();
  tools.signal.throwIfAborted();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { draftTask: task },
    resourceLimits: { maxOldGenerationSizeMb: fileLimits.threadMiB },
  });
  let grace: NodeJS.Timeout | undefined;
  const abort = () => {
    worker.postMessage("abort");
    grace = setTimeout(() => void worker.terminate(), stopGraceMs);
  };
  tools.signal.addEventListener("abort", abort);
  worker.on("message", (message: FromThread) => {
    if (message.event === "progress") tools.progress(message.done, message.total, message.note);
    else if (message.event === "result") resolve(message.result as Results[K]);
    else reject(tools.signal.aborted ? tools.signal.reason : message.error);
  });
  worker.on("error", (error) => {
    if ((error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY") resolve({ kind: "tooLarge" });
    else reject(error as Error);
  });
  worker.on("exit", () => {
    clearTimeout(grace);
    tools.signal.removeEventListener("abort", abort);
    reject(tools.signal.aborted ? (tools.signal.reason as Error) : new Error("the thread has ended"));
  });
  return promise;
};

const runHere = async (task: DraftTask): Promise<void> => {
  const say = (message: FromThread) => parentPort?.postMessage(message);
  const aborting = new AbortController();
  parentPort?.once("message", () => aborting.abort(new Error("called off")));
  const db = openDatabase(task.databaseUrl, { maxConnections: 2 });
  let toldAtMs = 0;
  const tools = {
    ...task,
    signal: aborting.signal,
    progress(done: number, total: number | null, note: DraftStep) {
      if (performance.now() - toldAtMs < tellEveryMs) return;
      toldAtMs = performance.now();
      say({ event: "progress", done, total, note });
    },
  };
  try {
    const work = task.kind === "read" ? readDraftFile : commitDraftRows;
    say({ event: "result", result: await work(db, task.draftId, tools) });
  } catch (error) {
    say({ event: "failed", error: error instanceof Error ? error : new Error(String(error)) });
  } finally {
    await db.close();
    parentPort?.close();
  }
};

if (!isMainThread) {
  const { draftTask } = (workerData ?? {}) as { draftTask?: DraftTask };
  if (draftTask !== undefined) await runHere(draftTask);
}
