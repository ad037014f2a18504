// The queue of long work in PostgreSQL: asked for, taken under a lease, reported on, finished once.
import type { Job, JobState } from "../domain/http-jobs.ts";
import { toIso } from "../domain/time.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";

/** A worker that has not been heard of for so long is dead; another begins the job anew. */
const leaseSeconds = 30;
/** A job that killed its worker this often is not tried again. */
const maxAttempts = 3;
/** What has ended is kept so long. */
const keepDays = 90;

type JobRow = {
  id: string;
  kind: string;
  state: JobState;
  actor: string;
  params: Record<string, unknown>;
  done: number;
  total: number | null;
  note: string | null;
  problem: string | null;
  result: unknown;
  attempts: number;
  cancel_requested: boolean;
  created_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
};

const instant = (at: Date | null): string | null => (at === null ? null : toIso(at.getTime()));

const jobOf = (row: JobRow): Job => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  actor: row.actor,
  params: row.params,
  done: row.done,
  total: row.total,
  note: row.note,
  problem: row.problem,
  result: row.result,
  cancelRequested: row.cancel_requested,
  createdAt: toIso(row.created_at.getTime()),
  startedAt: instant(row.started_at),
  finishedAt: instant(row.finished_at),
});

/** Queues a job and tells the workers when the transaction of `query` commits; answers its id. */
export const createJob = async (
  db: Pick<Db, "notify">,
  query: Query,
  job: { kind: string; params: Record<string, unknown>; actor: string },
): Promise<string> => {
  const [row] = await query<{ id: string }>(
    "INSERT INTO job (kind, params, actor) VALUES ($1, $2, $3) RETURNING id",
    [job.kind, JSON.stringify(job.params), job.actor],
  );
  await db.notify({ kind: "job" }, query);
  if (row === undefined) throw new Error("the job was not stored");
  return row.id;
};

/** One job; null where there is none of that id. */
export const readJob = async (query: Query, id: string): Promise<Job | null> => {
  const [row] = await query<JobRow>("SELECT * FROM job WHERE id = $1::uuid", [id]);
  return row === undefined ? null : jobOf(row);
};

export type JobPosition = { createdAt: string; id: string };

/** Jobs, newest first, after `after`. */
export const listJobs = async (
  query: Query,
  filter: { kind?: string | undefined; state?: JobState | undefined },
  page: { after: JobPosition | undefined; limit: number },
): Promise<Job[]> =>
  (
    await query<JobRow>(
      `SELECT * FROM job
        WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR state = $2)
          AND ($3::timestamptz IS NULL OR (date_trunc('milliseconds', created_at), id) < ($3::timestamptz, $4::uuid))
        ORDER BY date_trunc('milliseconds', created_at) DESC, id DESC LIMIT $5`,
      [
        filter.kind ?? null,
        filter.state ?? null,
        page.after?.createdAt ?? null,
        page.after?.id ?? null,
        page.limit,
      ],
    )
  ).map(jobOf);

/** Calls a job off: one that waits ends at once, one that runs as soon as its worker looks up. */
export const cancelJob = (
  db: Db,
  id: string,
  actor: string,
): Promise<{ kind: "cancelled"; job: Job } | { kind: "notFound" } | { kind: "ended"; state: JobState }> =>
  db.transaction(async (query) => {
    const [row] = await query<JobRow>("SELECT * FROM job WHERE id = $1::uuid FOR UPDATE", [id]);
    if (row === undefined) return { kind: "notFound" };
    if (row.state !== "queued" && row.state !== "running") return { kind: "ended", state: row.state };
    const [after] = await query<JobRow>(
      `UPDATE job SET cancel_requested = true,
              state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,
              finished_at = CASE state WHEN 'queued' THEN now() END
        WHERE id = $1::uuid RETURNING *`,
      [id],
    );
    await writeAudit(query, { actor, act: "job.cancel", subject: id, detail: { kind: row.kind } });
    await db.notify({ kind: "job" }, query);
    return { kind: "cancelled", job: jobOf(after ?? row) };
  });

/** A job in a worker's hands. Whoever takes it over after a lapsed lease has a higher `attempt`, and the first has lost it. */
export type ClaimedJob = Job & { attempt: number };
type Claim = Pick<ClaimedJob, "id" | "attempt">;

/** Takes the oldest job of the kinds that nobody works on; null where there is none. */
export const claimJob = async (query: Query, kinds: readonly string[]): Promise<ClaimedJob | null> => {
  await query(
    `UPDATE job SET state = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'failed' END, finished_at = now(),
            problem = CASE WHEN cancel_requested THEN NULL ELSE 'its worker died ' || attempts || ' times' END
      WHERE state = 'running' AND lease_until < now() AND kind = ANY($1::text[])
        AND (cancel_requested OR attempts >= $2)`,
    [kinds, maxAttempts],
  );
  const [row] = await query<JobRow>(
    `UPDATE job SET state = 'running', attempts = attempts + 1, done = 0, total = NULL, note = NULL,
            started_at = now(), lease_until = now() + $2 * interval '1 second'
      WHERE id = (SELECT id FROM job
                   WHERE kind = ANY($1::text[])
                     AND (state = 'queued' OR (state = 'running' AND lease_until < now()))
                   ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING *`,
    [kinds, leaseSeconds],
  );
  return row === undefined ? null : { ...jobOf(row), attempt: row.attempts };
};

/** Renews the lease with how far the job is. Answers `goOn`, or why its worker must stop. */
export const renewJob = async (
  query: Query,
  { id, attempt }: Claim,
  progress: { done: number; total: number | null; note: string | null },
): Promise<"goOn" | "cancelled" | "lost"> => {
  const [row] = await query<{ cancel_requested: boolean }>(
    `UPDATE job SET done = $2, total = $3, note = $4, lease_until = now() + $5 * interval '1 second'
      WHERE id = $1::uuid AND state = 'running' AND attempts = $6 RETURNING cancel_requested`,
    [id, Math.round(progress.done), progress.total, progress.note, leaseSeconds, attempt],
  );
  if (row === undefined) return "lost";
  return row.cancel_requested ? "cancelled" : "goOn";
};

export type JobEnd =
  | { state: "done"; result: unknown }
  | { state: "failed"; problem: string }
  | { state: "cancelled" };

/** Ends a running job, with where it had got to; nothing where another worker has taken it over. */
export const finishJob = async (
  query: Query,
  { id, attempt }: Claim,
  progress: { done: number; total: number | null },
  end: JobEnd,
): Promise<void> => {
  await query(
    `UPDATE job SET state = $2, done = $3, total = $4, problem = $5, result = $6, finished_at = now(), lease_until = NULL
      WHERE id = $1::uuid AND state = 'running' AND attempts = $7`,
    [
      id,
      end.state,
      Math.round(progress.done),
      progress.total,
      end.state === "failed" ? end.problem : null,
      end.state === "done" ? JSON.stringify(end.result ?? null) : null,
      attempt,
    ],
  );
};

/** Gives a running job back untouched, to be begun anew: its worker is stopping. */
export const releaseJob = async (query: Query, { id, attempt }: Claim): Promise<void> => {
  await query(
    `UPDATE job SET state = 'queued', attempts = attempts - 1, lease_until = NULL
      WHERE id = $1::uuid AND state = 'running' AND attempts = $2`,
    [id, attempt],
  );
};

/** Drops jobs that ended long ago; those of drafts that are still there stay with them. */
export const pruneJobs = async (query: Query): Promise<void> => {
  await query(
    `DELETE FROM job j WHERE j.finished_at < now() - $1 * interval '1 day'
        AND NOT EXISTS (SELECT FROM registry_draft d WHERE j.id IN (d.read_job, d.commit_job))`,
    [keepDays],
  );
};
