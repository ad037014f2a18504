// Long work on the page: how far it is, a way to call it off, and what came of it.
import { Alert, Button, Progress } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import type { Job } from "../../domain/http-jobs.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

const askEveryMs = 700;
const unfinished = (job: Job | null): boolean => job?.state === "queued" || job?.state === "running";

/** Follows a job until it ends; `null` follows nothing. */
export const useJob = (started: Job | null, onEnd: (job: Job) => void): Job | null => {
  const { client } = useHouse();
  const [job, setJob] = useState(started);
  useEffect(() => setJob(started), [started]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end is told once, by whoever started the job
  useEffect(() => {
    if (started === null || !unfinished(started)) return;
    let stopped = false;
    const ask = async () => {
      const answer = await client.get<Job>(`jobs/${started.id}`);
      if (stopped || answer.kind !== "ok") return;
      setJob(answer.data);
      if (unfinished(answer.data)) return;
      clearInterval(timer);
      onEnd(answer.data);
    };
    const timer = setInterval(() => void ask(), askEveryMs);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, [started?.id, client]);
  return job;
};

/** A job's progress; `children` says what came of it once it is done. */
export const JobProgress = ({ job, children }: { job: Job; children?: (result: unknown) => ReactNode }) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  if (job.state === "failed")
    return <Alert type="error" showIcon title={words.jobs.failed} description={job.problem} />;
  if (job.state === "cancelled") return <Alert type="info" showIcon title={words.jobs.cancelled} />;
  if (job.state === "done") return <>{children?.(job.result)}</>;
  const share = job.total === null || job.total === 0 ? 0 : job.done / job.total;
  return (
    <div className="job" role="status">
      <Progress percent={Math.floor(100 * share)} status="active" />
      <small>{job.state === "queued" ? words.jobs.queued : (job.note ?? words.jobs.running)}</small>
      <Button
        size="small"
        disabled={job.cancelRequested}
        onClick={() => void client.post(`jobs/${job.id}/cancel`)}
      >
        {words.jobs.cancel}
      </Button>
    </div>
  );
};
