// Works off the queue of long work, a few jobs at a time, and keeps their progress and leases fresh.
import type { Job } from "../domain/http-jobs.ts";
import type { Db } from "../storage/db.ts";
import { dropExpiredDrafts } from "../storage/drafts.ts";
import { type ClaimedJob, claimJob, finishJob, pruneJobs, releaseJob, renewJob } from "../storage/jobs.ts";

const lookEveryMs = 5_000;
const renewEveryMs = 1_000;
const jobsAtOnce = 2;
const tidyEveryMs = 3_600_000;

export type JobTools = {
  /** Tells how far the work is; cheap to call often. */
  progress(done: number, total: number | null, note?: string): void;
  /** Aborted when the job is called off or the house stops: stop soon, by throwing or returning. */
  signal: AbortSignal;
};

/**
 * Does one job and answers its result as JSON. May be begun anew after a crash, so what it does must bear repetition. A
 * JobProblem tells the user why it could not be done; anything else thrown is a defect and is logged too.
 */
export type JobHandler = (job: Pick<Job, "id" | "params" | "actor">, tools: JobTools) => Promise<unknown>;

const problemMark = Symbol("job problem");

/** Ends a job as failed, with words for its user. */
export const jobProblem = (detail: string): Error =>
  Object.assign(new Error(detail), { [problemMark]: true });

export type JobRunner = { wake(): void; stop(): Promise<void> };

/** Starts to work off jobs of the kinds that have a handler. */
export const startJobRunner = (needs: {
  db: Db;
  handlers: Readonly<Record<string, JobHandler>>;
  warn(message: string, error?: unknown): void;
}): JobRunner => {
  const { db, handlers } = needs;
  const kinds = Object.keys(handlers);
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const run = async (job: ClaimedJob): Promise<void> => {
    const handler = handlers[job.kind];
    if (handler === undefined) return;
    const progress = { done: 0, total: null as number | null, note: null as string | null };
    const cancelled = new AbortController();
    let lost = false;
    const renewer = setInterval(() => {
      renewJob(db.query, job, progress).then(
        (answer) => {
          lost = answer === "lost";
          if (answer !== "goOn") cancelled.abort();
        },
        (error: unknown) => needs.warn(`a job's progress could not be stored`, error),
      );
    }, renewEveryMs);
    try {
      const result = await handler(job, {
        progress(done, total, note) {
          Object.assign(progress, { done, total, note: note ?? null });
        },
        signal: AbortSignal.any([cancelled.signal, stopping.signal]),
      });
      clearInterval(renewer);
      // What is done is done, even if it was called off in its last moment.
      await finishJob(db.query, job, progress, { state: "done", result });
    } catch (error) {
      clearInterval(renewer);
      if (lost) return;
      if (cancelled.signal.aborted) await finishJob(db.query, job, progress, { state: "cancelled" });
      else if (stopping.signal.aborted) await releaseJob(db.query, job);
      else {
        const detail = error instanceof Error ? error.message : String(error);
        if (!(error instanceof Error && problemMark in error)) needs.warn(`a ${job.kind} job failed`, error);
        await finishJob(db.query, job, progress, { state: "failed", problem: detail });
      }
    }
  };

  let looking = false;
  const look = async (): Promise<void> => {
    if (looking || kinds.length === 0) return;
    looking = true;
    try {
      while (running.size < jobsAtOnce && !stopping.signal.aborted) {
        const job = await claimJob(db.query, kinds);
        if (job === null) break;
        const work: Promise<void> = run(job)
          .catch((error: unknown) =>
            needs.warn(`the end of a job could not be stored; it will be begun anew`, error),
          )
          .finally(() => {
            running.delete(work);
            wake();
          });
        running.add(work);
      }
    } catch (error) {
      needs.warn("the queue of jobs could not be read", error);
    } finally {
      looking = false;
    }
  };
  const wake = () => {
    if (!stopping.signal.aborted) void look();
  };
  /** Drafts first: they hold on to their jobs. */
  const tidy = () =>
    dropExpiredDrafts(db.query)
      .then(() => pruneJobs(db.query))
      .catch((error: unknown) => needs.warn("what has expired could not be removed yet", error));
  let tidying = tidy();
  const tidyTimer = setInterval(() => {
    tidying = tidying.then(tidy);
  }, tidyEveryMs);
  const timer = setInterval(wake, lookEveryMs);
  wake();
  return {
    wake,
    async stop() {
      clearInterval(timer);
      clearInterval(tidyTimer);
      stopping.abort();
      await Promise.all([...running, tidying]);
    },
  };
};
