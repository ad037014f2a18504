// One draft on the page: its file, its progress, its preview, what can be done with it, and what came of it.
import { Alert, Button, Popconfirm, Progress, Tabs } from "antd";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import type { Draft } from "../../domain/http-drafts.ts";
import type { Job } from "../../domain/http-jobs.ts";
import { isUnderWay, useDraft } from "../data/drafts.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";
import { DraftChanges, DraftCountsTable, DraftErrors } from "./draft-lists.tsx";
import { Loading } from "./outcome.tsx";

const kibibyte = 1024;

const FileFacts = ({ draft }: { draft: Draft }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  const kind =
    draft.form === null
      ? null
      : draft.form.format === "csv"
        ? `CSV, ${draft.form.encoding.toUpperCase()}`
        : `XLSX, ${texts.sheet(draft.form.sheet)}`;
  const others = draft.form?.format === "xlsx" ? draft.form.otherSheets : 0;
  return (
    <p className="draft-file">
      <b>{draft.fileName}</b>{" "}
      <small>
        {[
          `${format.integer(Math.ceil(draft.fileBytes / kibibyte))} KB`,
          kind,
          draft.rows === null ? null : texts.rows(format.integer(draft.rows)),
          others > 0 ? texts.otherSheets(format.integer(others)) : null,
        ]
          .filter((part) => part !== null)
          .join(" · ")}
      </small>
    </p>
  );
};

const Working = ({ job }: { job: Job | null }) => {
  const { client, format } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  if (job === null) return <Loading />;
  const known = job.total !== null && job.total > 0;
  const percent = known ? Math.floor((100 * job.done) / (job.total ?? 1)) : 0;
  const step = job.state === "queued" ? texts.queued : (texts.step[job.note ?? "reading"] ?? "");
  return (
    <div className="job" role="status">
      <Progress percent={percent} status="active" showInfo={known} />
      <small>
        {step}
        {!known && job.done > 0 && ` · ${texts.rowsSoFar(format.integer(job.done))}`}
      </small>
      <Button
        size="small"
        disabled={job.cancelRequested}
        onClick={() => void client.post(`jobs/${job.id}/cancel`)}
      >
        {texts.cancel}
      </Button>
    </div>
  );
};

const differs = (draft: Draft): boolean =>
  Object.values(draft.counts?.subjects ?? {}).some((s) => s.new + s.changed + s.moved + s.removed > 0);

const Preview = ({ draft }: { draft: Draft }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  if (draft.state === "bad")
    return (
      <>
        <Alert
          type="error"
          showIcon
          title={texts.errorsTitle(format.integer(draft.errors ?? 0))}
          description={texts.errorsHint}
        />
        <DraftErrors draft={draft} />
      </>
    );
  if (draft.counts === null) return null;
  const rows = format.integer(draft.rows ?? 0);
  return (
    <>
      {draft.problem !== null && (
        <Alert
          type="warning"
          showIcon
          title={draft.problem.startsWith("the registry has changed") ? texts.stale : texts.failedTitle}
          description={draft.problem.startsWith("the registry has changed") ? null : draft.problem}
        />
      )}
      <Alert
        type={differs(draft) ? "success" : "info"}
        showIcon
        title={differs(draft) ? texts.readyTitle(rows) : texts.sameTitle}
        description={
          draft.counts.untouchedBreakers > 0 &&
          texts.untouched(format.integer(draft.counts.untouchedBreakers))
        }
      />
      <Tabs
        items={[
          { key: "counts", label: texts.counts, children: <DraftCountsTable counts={draft.counts} /> },
          { key: "changes", label: texts.changes, children: <DraftChanges draft={draft} /> },
        ]}
      />
    </>
  );
};

const Result = ({ draft }: { draft: Draft }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const { result } = draft;
  if (result === null) return null;
  const [rows, changed] = [format.integer(result.rows), format.integer(result.changed)];
  return (
    <Alert
      type="success"
      showIcon
      title={words.importing.done(rows, changed)}
      description={<Link to="/breakers">{words.importing.toBreakers}</Link>}
    />
  );
};

/** Follows the draft; `onState` hears where it stands, `onClose` that it is done with. */
export const DraftPanel = (props: { id: string; onState(state: Draft["state"]): void; onClose(): void }) => {
  const { id, onState, onClose } = props;
  const { client, cache, format } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  const { draft, job, failure, renew } = useDraft(id);
  const [refused, setRefused] = useState<string | null>(null);
  const state = draft?.state;
  const comparedAt = draft?.comparedAt ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when the state or the comparison changes
  useEffect(() => {
    if (state === undefined) return;
    onState(state);
    // What other views show may have changed.
    if (state === "committed" || comparedAt !== null) cache.refreshReadBefore(Date.now());
  }, [state, comparedAt]);

  if (failure?.kind === "notFound")
    return (
      <section className="panel draft">
        <Alert type="info" showIcon title={texts.goneTitle} />
        <Button onClick={onClose}>{texts.another}</Button>
      </section>
    );
  if (draft === null) return <Loading />;
  const commit = async () => {
    const answer = await client.post(`registry/drafts/${draft.id}/commit`);
    setRefused(
      answer.kind === "ok"
        ? null
        : answer.failure.kind === "refused"
          ? answer.failure.detail
          : words.outcome.unreachable,
    );
    renew();
  };
  const discard = async () => {
    await client.remove(`registry/drafts/${draft.id}`);
    onClose();
  };
  return (
    <section className="panel draft">
      <FileFacts draft={draft} />
      {isUnderWay(draft) && <Working job={job} />}
      {(draft.state === "failed" || draft.state === "cancelled") && (
        <Alert
          type={draft.state === "failed" ? "error" : "info"}
          showIcon
          title={draft.state === "failed" ? texts.failedTitle : texts.state.cancelled}
          description={draft.problem}
        />
      )}
      {(draft.state === "bad" || draft.state === "ready") && <Preview draft={draft} />}
      {draft.state === "committed" && <Result draft={draft} />}
      {refused !== null && <Alert type="error" showIcon title={refused} />}
      {!isUnderWay(draft) && (
        <div className="page-acts">
          {draft.state === "ready" && differs(draft) && (
            <Button type="primary" onClick={() => void commit()}>
              {texts.commit(format.integer(draft.rows ?? 0))}
            </Button>
          )}
          <Button onClick={onClose}>{texts.another}</Button>
          {draft.state !== "committed" && (
            <Popconfirm title={texts.discardSure} onConfirm={() => void discard()}>
              <Button danger type="text">
                {texts.discard}
              </Button>
            </Popconfirm>
          )}
        </div>
      )}
    </section>
  );
};
