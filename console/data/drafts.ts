// Follows a registry draft and its job while either is under way.
import { useCallback, useEffect, useState } from "react";
import type { Draft } from "../../domain/http-drafts.ts";
import type { Job } from "../../domain/http-jobs.ts";
import type { Failure } from "./client.ts";
import { useHouse } from "./house.tsx";

const askEveryMs = 700;

export const isUnderWay = (draft: Draft): boolean =>
  draft.state === "reading" || draft.state === "committing";

export type Followed = {
  draft: Draft | null;
  /** The job that reads or commits it, while that lasts. */
  job: Job | null;
  failure: Failure | null;
  /** Asks at once. */
  renew(): void;
};

/** The draft of that id, asked for again and again while its job lasts; null follows nothing. */
export const useDraft = (id: string | null): Followed => {
  const { client } = useHouse();
  const [draft, setDraft] = useState<Draft | null>(null);
  const [job, setJob] = useState<Job | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [asked, setAsked] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `asked` makes it begin anew
  useEffect(() => {
    if (id === null) {
      setDraft(null);
      setFailure(null);
      return;
    }
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const answer = await client.get<Draft>(`registry/drafts/${encodeURIComponent(id)}`);
      if (stopped) return;
      setFailure(answer.kind === "ok" ? null : answer.failure);
      const now = answer.kind === "ok" ? answer.data : null;
      if (now !== null) setDraft(now);
      const busy = now !== null && isUnderWay(now);
      const work = busy && now.jobId !== null ? await client.get<Job>(`jobs/${now.jobId}`) : null;
      if (stopped) return;
      setJob(work?.kind === "ok" ? work.data : null);
      const again = busy || (answer.kind === "failed" && answer.failure.kind === "unreachable");
      if (again) timer = setTimeout(() => void ask(), askEveryMs);
    };
    void ask();
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [id, client, asked]);
  const renew = useCallback(() => setAsked((n) => n + 1), []);
  return { draft: draft?.id === id ? draft : null, job, failure, renew };
};
