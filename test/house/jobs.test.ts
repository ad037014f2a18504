// The queue of long work on a real PostgreSQL: taken once, reported on, called off, begun anew when its worker dies.
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type JobHandler, type JobRunner, jobProblem, startJobRunner } from "../../house/jobs.ts";
import {
  cancelJob,
  claimJob,
  createJob,
  finishJob,
  listJobs,
  pruneJobs,
  readJob,
  renewJob,
} from "../../storage/jobs.ts";
import { freshDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
const runners: JobRunner[] = [];
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
  await database.drop();
});

const run = (handlers: Record<string, JobHandler>, warnings: string[] = []) => {
  const runner = startJobRunner({ db: database.db, handlers, warn: (message) => warnings.push(message) });
  runners.push(runner);
  return runner;
};
const create = (kind: string, params: Record<string, unknown> = {}) =>
  createJob(database.db, database.db.query, { kind, params, actor: "tester" });
const ended = async (id: string) => {
  await until(
    "the end of the job",
    async () => !["queued", "running"].includes((await readJob(database.db.query, id))?.state ?? ""),
  );
  const job = await readJob(database.db.query, id);
  if (job === null) throw new Error("the job is gone");
  return job;
};

describe("the queue of long work", () => {
  it("does a job with its params and keeps its result and how far it got", async () => {
    const id = await create("double", { n: 21 });
    run({
      double: async (job, tools) => {
        tools.progress(3, 4, "nearly");
        return { n: 2 * Number(job.params["n"]) };
      },
    });
    expect(await ended(id)).toMatchObject({
      state: "done",
      result: { n: 42 },
      done: 3,
      total: 4,
      problem: null,
    });
  });

  it("does each job once, however many runners look", async () => {
    const seen: string[] = [];
    const ids = await Promise.all(Array.from({ length: 12 }, (_, n) => create("count", { n })));
    const handler: JobHandler = async (job) => {
      seen.push(job.id);
      await sleep(5);
    };
    run({ count: handler });
    run({ count: handler });
    for (const id of ids) expect((await ended(id)).state).toBe("done");
    expect(seen).toHaveLength(ids.length);
    expect(new Set(seen)).toEqual(new Set(ids));
  });

  it("tells the user's problem, and logs a defect besides", async () => {
    const warnings: string[] = [];
    const problem = await create("problem");
    const defect = await create("defect");
    run(
      {
        problem: () => Promise.reject(jobProblem("line 3 is wrong")),
        defect: () => Promise.reject(new TypeError("undefined is not a function")),
      },
      warnings,
    );
    expect(await ended(problem)).toMatchObject({ state: "failed", problem: "line 3 is wrong" });
    expect(await ended(defect)).toMatchObject({ state: "failed", problem: "undefined is not a function" });
    expect(warnings).toEqual(["a defect job failed"]);
  });

  it("calls off a job that waits at once, and one that runs as soon as it looks up", async () => {
    const waiting = await create("later");
    expect(await cancelJob(database.db, waiting, "tester")).toMatchObject({ kind: "cancelled" });
    expect((await readJob(database.db.query, waiting))?.state).toBe("cancelled");

    const running = await create("long");
    run({
      long: (_job, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
    });
    await until(
      "a running job",
      async () => (await readJob(database.db.query, running))?.state === "running",
    );
    await cancelJob(database.db, running, "tester");
    expect((await ended(running)).state).toBe("cancelled");
    expect(await cancelJob(database.db, running, "tester")).toEqual({ kind: "ended", state: "cancelled" });
  });

  it("begins a job anew whose worker died, but not for ever", async () => {
    const id = await create("deadly");
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect((await claimJob(database.db.query, ["deadly"]))?.id).toBe(id);
      expect(await claimJob(database.db.query, ["deadly"])).toBeNull();
      await database.db.query("UPDATE job SET lease_until = now() - interval '1 second' WHERE id = $1", [id]);
    }
    expect(await claimJob(database.db.query, ["deadly"])).toBeNull();
    expect(await readJob(database.db.query, id)).toMatchObject({
      state: "failed",
      problem: "its worker died 3 times",
    });
    expect(await renewJob(database.db.query, { id, attempt: 3 }, { done: 1, total: null, note: null })).toBe(
      "lost",
    );
  });

  it("keeps a worker that lost its job from renewing or ending it for the one that has it now", async () => {
    const { query } = database.db;
    const id = await create("slow");
    const first = await claimJob(query, ["slow"]);
    await query("UPDATE job SET lease_until = now() - interval '1 second' WHERE id = $1", [id]);
    const second = await claimJob(query, ["slow"]);
    if (first === null || second === null) throw new Error("the job was not taken");
    const progress = { done: 1, total: null, note: null };
    expect(await renewJob(query, first, progress)).toBe("lost");
    await finishJob(query, first, progress, { state: "failed", problem: "too late" });
    expect(await renewJob(query, second, progress)).toBe("goOn");
    await finishJob(query, second, progress, { state: "done", result: 1 });
    expect(await readJob(query, id)).toMatchObject({ state: "done", problem: null });
  });

  it("drops what ended long ago, and nothing that has not ended", async () => {
    const { query } = database.db;
    const [old, fresh, waiting] = [await create("a"), await create("a"), await create("a")];
    await query(
      "UPDATE job SET state = 'done', finished_at = now() - interval '91 days', created_at = now() - interval '92 days' WHERE id = $1",
      [old],
    );
    await query("UPDATE job SET state = 'done', finished_at = now() - interval '89 days' WHERE id = $1", [
      fresh,
    ]);
    await query("UPDATE job SET created_at = now() - interval '1 year' WHERE id = $1", [waiting]);
    await pruneJobs(query);
    const left = await listJobs(query, {}, { after: undefined, limit: 10 });
    expect(new Set(left.map((job) => job.id))).toEqual(new Set([fresh, waiting]));
  });

  it("gives a job back when the house stops, and the next house does it", async () => {
    const id = await create("patient");
    const first = run({
      patient: (_job, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
    });
    await until("a running job", async () => (await readJob(database.db.query, id))?.state === "running");
    await first.stop();
    expect((await readJob(database.db.query, id))?.state).toBe("queued");
    run({ patient: async () => "done at last" });
    expect(await ended(id)).toMatchObject({ state: "done", result: "done at last" });
  });

  it("lists jobs newest first, page by page, by kind and state", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift(await create(n % 2 === 0 ? "even" : "odd"));
    const listed: string[] = [];
    let after: { createdAt: string; id: string } | undefined;
    for (;;) {
      const page = await listJobs(database.db.query, {}, { after, limit: 2 });
      listed.push(...page.map((job) => job.id));
      const last = page.at(-1);
      if (last === undefined || page.length < 2) break;
      after = { createdAt: last.createdAt, id: last.id };
    }
    expect(listed).toHaveLength(ids.length);
    expect(new Set(listed)).toEqual(new Set(ids));
    const odd = await listJobs(
      database.db.query,
      { kind: "odd", state: "queued" },
      { after: undefined, limit: 10 },
    );
    expect(odd).toHaveLength(2);
  });
});
