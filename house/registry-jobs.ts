// The jobs on registry drafts: each runs in a thread and ends with words for its user.

import { runDraftTask } from "../registry/thread.ts";
import { draftJobs } from "../storage/drafts.ts";
import { localDate } from "../storage/views/scope.ts";
import { type JobHandler, jobProblem } from "./jobs.ts";

type Needs = { databaseUrl: string; timeZone: string; clock(): number };

const gone = () => jobProblem("the draft is no longer there");
const tooLarge = () => jobProblem("the file needs more memory than one import may use; split it");

/** Handlers for the queue of jobs. */
export const registryJobs = (needs: Needs): Record<string, JobHandler> => {
  const taskOf = <K extends "read" | "commit">(
    kind: K,
    job: { params: Record<string, unknown>; actor: string },
  ) => {
    const nowMs = needs.clock();
    return {
      kind,
      databaseUrl: needs.databaseUrl,
      draftId: String(job.params["draftId"]),
      actor: job.actor,
      nowMs,
      today: localDate(nowMs, needs.timeZone),
    };
  };
  return {
    async [draftJobs.read](job, tools) {
      const outcome = await runDraftTask(taskOf("read", job), tools);
      if (outcome.kind === "gone") throw gone();
      if (outcome.kind === "tooLarge") throw tooLarge();
      return outcome;
    },
    async [draftJobs.commit](job, tools) {
      const outcome = await runDraftTask(taskOf("commit", job), tools);
      switch (outcome.kind) {
        case "imported":
          return outcome.result;
        case "gone":
          throw gone();
        case "tooLarge":
          throw tooLarge();
        case "notReady":
          throw jobProblem("the draft is not ready to be taken over");
        case "stale":
          throw jobProblem(
            "the registry has changed since the draft was compared with it; look at the new comparison and try again",
          );
        case "rejected":
          throw jobProblem(
            `the registry now contradicts ${outcome.errors} lines of the draft; send the file again`,
          );
      }
    },
  };
};
