// Issues what a breaker connects with. The password is shown once and kept nowhere in the page.
import { App, Button, Input, Modal } from "antd";
import { useId, useState } from "react";
import type { BreakerDetail, credentialSchema } from "../../domain/http.ts";
import { useHouse, useNow } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

type Credential = ReturnType<(typeof credentialSchema)["parse"]>;

/** Copies text; also over plain HTTP, where browsers offer no clipboard. */
const copyText = async (text: string, source: HTMLTextAreaElement | HTMLInputElement | null) => {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  source?.select();
  document.execCommand("copy");
};

const CopyField = ({ label, value, rows = 1 }: { label: string; value: string; rows?: number }) => {
  const { words } = useLanguage();
  const [copied, setCopied] = useState(false);
  const id = useId();
  const copy = async () => {
    const source = document.getElementById(id);
    await copyText(value, source instanceof HTMLTextAreaElement ? source : null);
    setCopied(true);
  };
  return (
    <div className="copy-field">
      <label htmlFor={id}>{label}</label>
      <div>
        <Input.TextArea id={id} value={value} readOnly autoSize={{ minRows: rows, maxRows: 8 }} />
        <Button onClick={() => void copy()} aria-label={`${words.breaker.copy} ${label}`}>
          {copied ? words.breaker.copied : words.breaker.copy}
        </Button>
      </div>
    </div>
  );
};

/** A command that sends one reading as this breaker, ready to be pasted. */
export const exampleCommand = (
  { clientId, username, password }: Credential,
  { townshipId, areaId, id }: { townshipId: string; areaId: string; id: string },
  host: string,
  atMs: number,
): string => {
  const reading = {
    ts: atMs,
    seq: 1,
    residualCurrentMa: 5.2,
    contact: "closed",
    protection: "enabled",
    loadCurrentA: 3.1,
    voltageV: 229.8,
  };
  return [
    `mosquitto_pub -h ${host} -i ${clientId} -u ${username} -P ${password} -q 1`,
    `  -t hubao/v1/${townshipId}/${areaId}/${id}/reading`,
    `  -m '${JSON.stringify(reading)}'`,
  ].join(" \\\n");
};

export const CredentialPanel = ({ breaker }: { breaker: BreakerDetail }) => {
  const { client, cache, format } = useHouse();
  const { words } = useLanguage();
  const { message, modal } = App.useApp();
  const nowMs = useNow(60_000);
  const [issued, setIssued] = useState<{ credential: Credential; atMs: number } | null>(null);
  const issue = async () => {
    const outcome = await client.post<Credential>(`breakers/${encodeURIComponent(breaker.id)}/credential`);
    if (outcome.kind === "failed") {
      void message.error(words.breaker.failed);
      return;
    }
    setIssued({ credential: outcome.data, atMs: Date.now() });
    cache.refreshReadBefore(Date.now());
  };
  const ask = async () => {
    if (breaker.credentialIssuedAt === null) {
      await issue();
      return;
    }
    modal.confirm({
      title: words.breaker.reissue,
      content: words.breaker.reissueWarning,
      okText: words.breaker.reissue,
      okButtonProps: { danger: true },
      cancelText: words.breaker.cancel,
      onOk: issue,
    });
  };
  return (
    <section className="panel credential">
      <h2>{words.breaker.credential}</h2>
      <p>
        {breaker.credentialIssuedAt === null
          ? words.breaker.credentialNone
          : words.breaker.credentialIssued(format.time(breaker.credentialIssuedAt, nowMs))}
      </p>
      <Button onClick={() => void ask()}>
        {breaker.credentialIssuedAt === null ? words.breaker.issue : words.breaker.reissue}
      </Button>
      <Modal
        open={issued !== null}
        // Without this the closed dialog keeps the password in the document.
        destroyOnHidden
        title={words.breaker.credential}
        closable={false}
        mask={{ closable: false }}
        keyboard={false}
        width={640}
        footer={
          <Button type="primary" onClick={() => setIssued(null)}>
            {words.breaker.close}
          </Button>
        }
      >
        {issued !== null && (
          <>
            <p>{words.breaker.shownOnce}</p>
            <CopyField label={words.breaker.clientId} value={issued.credential.clientId} />
            <CopyField label={words.breaker.username} value={issued.credential.username} />
            <CopyField label={words.breaker.password} value={issued.credential.password} />
            <CopyField
              label={words.breaker.example}
              rows={3}
              value={exampleCommand(issued.credential, breaker, location.hostname, issued.atMs)}
            />
          </>
        )}
      </Modal>
    </section>
  );
};
