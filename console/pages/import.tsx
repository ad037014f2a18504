// The registry in and out as files: choose one, look at what it would change, import it whole; or export everything.
import { Alert, Button, Steps } from "antd";
import { type DragEvent, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import type { Draft } from "../../domain/http-drafts.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { DraftPanel } from "../parts/draft.tsx";
import { SaveFile } from "../parts/save-file.tsx";

const accepted = ".csv,.txt,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const ChooseFile = ({ onDraft }: { onDraft(draft: Draft): void }) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async (file: File | undefined) => {
    if (file === undefined || busy) return;
    setBusy(true);
    const name = encodeURIComponent(file.name.slice(-200));
    const answer = await client.upload<Draft>(`registry/drafts?name=${name}`, file);
    setBusy(false);
    if (input.current !== null) input.current.value = "";
    if (answer.kind === "ok") return onDraft(answer.data);
    setProblem(answer.failure.kind === "refused" ? answer.failure.detail : texts.uploadFailed);
  };
  const drag = (event: DragEvent, isOver: boolean) => {
    event.preventDefault();
    setOver(isOver);
  };
  return (
    <section className="panel">
      <label
        className={over ? "drop drop-over" : "drop"}
        onDragOver={(event) => drag(event, true)}
        onDragLeave={(event) => drag(event, false)}
        onDrop={(event) => {
          drag(event, false);
          void send(event.dataTransfer.files[0]);
        }}
      >
        <input
          ref={input}
          type="file"
          accept={accepted}
          disabled={busy}
          onChange={(event) => void send(event.target.files?.[0])}
        />
        <b>{busy ? texts.uploading : texts.drop}</b>
        <small>{texts.dropExplain}</small>
      </label>
      {problem !== null && <Alert type="error" showIcon title={problem} />}
    </section>
  );
};

const Recent = ({ onOpen }: { onOpen(id: string): void }) => {
  const { format } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  const nowMs = useNow(60_000);
  const drafts = useResource(resources.drafts());
  const items = drafts.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <section className="panel">
      <h2>{texts.recent}</h2>
      <div className="draft-scroll">
        <table className="registry-table">
          <tbody>
            {items.map((draft) => (
              <tr key={draft.id}>
                <th scope="row">{draft.fileName}</th>
                <td>{format.time(draft.createdAt, nowMs)}</td>
                <td>{texts.state[draft.state]}</td>
                <td>
                  <Button size="small" onClick={() => onOpen(draft.id)}>
                    {texts.open}
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
};

const ExportFiles = () => {
  const { words, language } = useLanguage();
  const texts = words.importing;
  const path = (query: string) => `registry/export?headings=${language === "en" ? "en" : "zh"}&${query}`;
  return (
    <section className="panel export-files">
      <h2>{texts.exportTitle}</h2>
      <p className="quiet">{texts.exportExplain}</p>
      <div className="page-acts">
        <SaveFile path={path("format=xlsx")}>{texts.exportXlsx}</SaveFile>
        <SaveFile path={path("encoding=utf-8-bom")}>{texts.exportCsv}</SaveFile>
        <SaveFile path={path("encoding=gb18030")}>{texts.exportGb}</SaveFile>
      </div>
    </section>
  );
};

export const Import = () => {
  const { cache } = useHouse();
  const { words } = useLanguage();
  const texts = words.importing;
  const [query, setQuery] = useSearchParams();
  const [state, setState] = useState<Draft["state"] | null>(null);
  const id = query.get("draft");
  useTitle(texts.title, words.name);
  const open = (draft: string | null) => {
    setState(null);
    cache.refreshReadBefore(Date.now());
    setQuery(draft === null ? {} : { draft });
  };
  const step = id === null ? 0 : state === "committed" ? 2 : 1;
  return (
    <>
      <div className="page-head">
        <h1>{texts.title}</h1>
      </div>
      <p className="quiet">{texts.explain}</p>
      <Steps
        className="import-steps"
        size="small"
        current={step}
        items={[texts.steps.choose, texts.steps.preview, texts.steps.done].map((title) => ({ title }))}
      />
      {id === null ? (
        <>
          <ChooseFile onDraft={(draft) => open(draft.id)} />
          <Recent onOpen={open} />
          <ExportFiles />
        </>
      ) : (
        <DraftPanel key={id} id={id} onState={setState} onClose={() => open(null)} />
      )}
    </>
  );
};
