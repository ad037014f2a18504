// What can be done with a notice in its state: buttons, and a small form where something has to be said.
import { App, Button, Input, Modal, Segmented } from "antd";
import { useId, useState } from "react";
import { actReasonIn } from "../../domain/act-reasons.ts";
import type { NoticeDetail } from "../../domain/http-notices.ts";
import type { NoticeState } from "../../domain/notice.ts";
import { useHouse } from "../data/house.tsx";
import { instantOfWall } from "../format/wall.ts";
import { useLanguage } from "../i18n/language.tsx";
import { NoticeForm } from "./notice-form.tsx";

type Act = "edit" | "issue" | "rectify" | "refuse" | "reinspect" | "withdraw";

/** The server's table (domain/notice.ts) decides; this only spares buttons that it would refuse. */
const offered: Record<NoticeState, readonly Act[]> = {
  draft: ["issue", "edit", "withdraw"],
  issued: ["rectify", "refuse", "reinspect"],
  overdue: ["rectify", "refuse", "reinspect"],
  refused: ["rectify", "reinspect"],
  rectified: ["reinspect"],
  verified: ["reinspect"],
  withdrawn: [],
};

type ActForm = { notice: NoticeDetail; act: Exclude<Act, "edit">; onClose(): void; onDone(): void };

const ActDialog = ({ notice, act, onClose, onDone }: ActForm) => {
  const { client, timeZone } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const id = useId();
  const [at, setAt] = useState("");
  const [text, setText] = useState("");
  const [result, setResult] = useState<"passed" | "failed">("passed");
  const [busy, setBusy] = useState(false);
  const timed = act === "issue" || act === "rectify" || act === "refuse";
  const said = text.trim();
  const told = act === "refuse" || act === "withdraw" ? { reason: said } : { note: said };

  const send = async () => {
    const atMs = timed ? instantOfWall(at, timeZone) : null;
    setBusy(true);
    const answer = await client.post(`notices/${notice.id}/${act}`, {
      ...(atMs === null ? {} : { at: new Date(atMs).toISOString() }),
      ...(said === "" || act === "issue" ? {} : told),
      ...(act === "reinspect" ? { result, ...(at === "" ? {} : { on: at }) } : {}),
    });
    setBusy(false);
    if (answer.kind === "ok") return onDone();
    void message.error(
      answer.failure.kind === "refused"
        ? actReasonIn(language === "en" ? "en" : "zh", answer.failure.detail)
        : words.notices.failed,
    );
  };
  return (
    <Modal
      open
      title={`${words.notices.acts[act]} · ${notice.number}`}
      okText={words.notices.acts[act]}
      cancelText={words.notices.cancel}
      confirmLoading={busy}
      okButtonProps={{ disabled: act === "refuse" && said === "" }}
      onOk={() => void send()}
      onCancel={onClose}
    >
      <div className="notice-form">
        {act === "reinspect" && (
          <Segmented
            aria-label={words.notices.result}
            value={result}
            options={[
              { value: "passed", label: words.notices.passed },
              { value: "failed", label: words.notices.notPassed },
            ]}
            onChange={setResult}
          />
        )}
        {act !== "withdraw" && (
          <div>
            <label htmlFor={`${id}at`}>{timed ? words.notices.actAt : words.notices.on}</label>
            <Input
              id={`${id}at`}
              type={timed ? "datetime-local" : "date"}
              value={at}
              onChange={(event) => setAt(event.target.value)}
            />
          </div>
        )}
        {act !== "issue" && (
          <div>
            <label htmlFor={`${id}text`}>
              {act === "refuse" || act === "withdraw" ? words.notices.reason : words.notices.note}
            </label>
            <Input.TextArea
              id={`${id}text`}
              value={text}
              maxLength={2_000}
              autoSize={{ minRows: 2, maxRows: 6 }}
              onChange={(event) => setText(event.target.value)}
            />
          </div>
        )}
      </div>
    </Modal>
  );
};

export const NoticeActs = ({ notice }: { notice: NoticeDetail }) => {
  const { cache } = useHouse();
  const { words } = useLanguage();
  const [act, setAct] = useState<Act | null>(null);
  const done = () => {
    setAct(null);
    cache.refreshReadBefore(Date.now());
  };
  return (
    <div className="notice-acts">
      {offered[notice.state].map((offer, i) => (
        <Button
          key={offer}
          type={i === 0 && offer !== "reinspect" ? "primary" : "default"}
          danger={offer === "withdraw" || offer === "refuse"}
          onClick={() => setAct(offer)}
        >
          {words.notices.acts[offer]}
        </Button>
      ))}
      {act === "edit" && <NoticeForm draft={notice} onClose={() => setAct(null)} onDone={done} />}
      {act !== null && act !== "edit" && (
        <ActDialog notice={notice} act={act} onClose={() => setAct(null)} onDone={done} />
      )}
    </div>
  );
};
