// What a change would have raised: the job that tries it, and its result when it is done.
import { Progress } from "antd";
import { useEffect } from "react";
import type { DryRunResult } from "../../domain/http-findings.ts";
import { useHouse, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { Empty, Outcome } from "./outcome.tsx";

const lookEveryMs = 2_000;

const Result = ({ result }: { result: DryRunResult }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const texts = words.findings;
  return (
    <>
      <p className="quiet">
        {texts.triedOver(format.integer(result.breakers), format.integer(result.reports))}
      </p>
      {result.kinds.length === 0 ? (
        <Empty>{texts.nothingRaised}</Empty>
      ) : (
        <table className="registry-table">
          <thead>
            <tr>
              <th scope="col">{texts.finding}</th>
              <th scope="col">{texts.asSet}</th>
              <th scope="col">{texts.asProposed}</th>
            </tr>
          </thead>
          <tbody>
            {result.kinds.map(({ kind, asSet, asProposed }) => (
              <tr key={kind}>
                <th scope="row">{words.alarmKind[kind]}</th>
                <td>{format.integer(asSet)}</td>
                <td>{format.integer(asProposed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
};

export const DryRun = ({ jobId }: { jobId: string }) => {
  const { cache } = useHouse();
  const { words } = useLanguage();
  const texts = words.findings;
  const job = useResource(resources.job(jobId));
  const under = job.data === null || job.data.state === "queued" || job.data.state === "running";
  useEffect(() => {
    if (!under) return;
    const timer = setInterval(() => cache.refreshReadBefore(Date.now()), lookEveryMs);
    return () => clearInterval(timer);
  }, [under, cache]);
  return (
    <section className="panel" aria-live="polite">
      <h2>{texts.tried}</h2>
      <Outcome answer={job}>
        {({ state, done, total, problem, result }) => {
          if (state === "done") return <Result result={result as DryRunResult} />;
          if (state === "failed" || state === "cancelled")
            return <p role="alert">{problem ?? texts.calledOff}</p>;
          return <Progress percent={total ? Math.round((100 * done) / total) : 0} />;
        }}
      </Outcome>
    </section>
  );
};
