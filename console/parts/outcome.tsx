// What stands where data should be: being read, not there, could not be read – each saying what to do.
import { Alert, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import type { Failure } from "../data/client.ts";
import { useLanguage } from "../i18n/language.tsx";
import type { Dictionary } from "../i18n/zh.ts";

export const Loading = () => {
  const { words } = useLanguage();
  return (
    <div className="loading" role="status" aria-label={words.outcome.loading}>
      <Skeleton active paragraph={{ rows: 5 }} />
    </div>
  );
};

export const NotFound = () => {
  const { words } = useLanguage();
  return (
    <div className="empty">
      <p>{words.outcome.notFound}</p>
      <Link to="/">{words.outcome.toOverview}</Link>
    </div>
  );
};

export const Empty = ({ children }: { children: ReactNode }) => <div className="empty">{children}</div>;

const failureWords = (failure: Failure, words: Dictionary): string =>
  failure.kind === "refused"
    ? words.outcome.refused(failure.status, failure.detail)
    : words.outcome[failure.kind];

type Props<T> = {
  answer: { data: T | null; failure: Failure | null };
  children: (data: T) => ReactNode;
};

/** Shows the data of an answer, or why there is none; data that could not be renewed says so above itself. */
export const Outcome = <T,>({ answer: { data, failure }, children }: Props<T>) => {
  const { words } = useLanguage();
  if (failure?.kind === "notFound") return <NotFound />;
  if (data === null)
    return failure === null ? (
      <Loading />
    ) : (
      <Alert type="warning" showIcon title={failureWords(failure, words)} />
    );
  return (
    <>
      {failure !== null && (
        <Alert
          type="warning"
          showIcon
          title={failure.kind === "unreachable" ? words.outcome.stale : failureWords(failure, words)}
        />
      )}
      {children(data)}
    </>
  );
};
