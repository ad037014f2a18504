// Has the history of what is chosen judged anew, with its progress and what came of it.
import { App, Button } from "antd";
import { useState } from "react";
import type { Job } from "../../domain/http-jobs.ts";
import type { RecomputeResult } from "../../domain/http-recompute.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";
import { JobProgress, useJob } from "./job.tsx";

export const Recompute = ({ village, from }: { village: string | undefined; from: string | undefined }) => {
  const { client, cache, format } = useHouse();
  const { words } = useLanguage();
  const { message } = App.useApp();
  const [started, setStarted] = useState<Job | null>(null);
  const job = useJob(started, () => cache.refreshReadBefore(Date.now()));
  const start = async () => {
    const outcome = await client.post<Job>("recompute", { village, from });
    if (outcome.kind === "ok") setStarted(outcome.data);
    else
      void message.error(
        outcome.failure.kind === "refused" ? outcome.failure.detail : words.outcome.unreachable,
      );
  };
  const under = job?.state === "queued" || job?.state === "running";
  return (
    <section className="panel">
      <h2>{words.rates.recompute}</h2>
      <p className="quiet">{words.rates.recomputeExplain}</p>
      <Button disabled={under} onClick={() => void start()}>
        {words.rates.recomputeStart}
      </Button>
      {job !== null && (
        <JobProgress job={job}>
          {(result) => {
            const { breakers, changedBreakers, moved } = result as RecomputeResult;
            return (
              <>
                <p>{words.rates.recomputed(format.integer(breakers), format.integer(changedBreakers))}</p>
                <ul>
                  {moved.map((time) => (
                    <li key={`${time.state}/${time.reason}`}>
                      {words.rates.moved(
                        time.ms < 0 ? "−" : "+",
                        format.duration(Math.abs(time.ms)),
                        time.reason === null ? words.state[time.state] : words.reason[time.reason],
                      )}
                    </li>
                  ))}
                </ul>
              </>
            );
          }}
        </JobProgress>
      )}
    </section>
  );
};
