// The form of a notice: made by hand about a breaker's house, or a draft that is changed.
import { App, Button, Drawer, Input, Select } from "antd";
import { useEffect, useId, useState } from "react";
import { actReasonIn } from "../../domain/act-reasons.ts";
import type { Breaker } from "../../domain/http.ts";
import type { NoticeDetail, NoticeTexts } from "../../domain/http-notices.ts";
import type { Outcome } from "../data/client.ts";
import { useHouse } from "../data/house.tsx";
import { type List, queryString } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";

const searchAfterMs = 300;
const fields = ["hazard", "rule", "requirement"] as const;

/** Finds breakers by id or address while one types. */
export const BreakerSearch = ({ value, onChange }: { value: string | null; onChange(id: string): void }) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const [text, setText] = useState("");
  const [found, setFound] = useState<Breaker[]>([]);
  useEffect(() => {
    let outdated = false;
    const timer = setTimeout(async () => {
      const answer = await client.get<List<Breaker>>(
        `breakers${queryString({ q: text || undefined, limit: "20" })}`,
      );
      if (!outdated && answer.kind === "ok") setFound(answer.data.items);
    }, searchAfterMs);
    return () => {
      outdated = true;
      clearTimeout(timer);
    };
  }, [client, text]);
  return (
    <Select
      aria-label={words.notices.breaker}
      placeholder={words.notices.breaker}
      showSearch={{ filterOption: false, onSearch: setText }}
      value={value}
      options={found.map((b) => ({ value: b.id, label: [b.address, b.id].filter(Boolean).join(" · ") }))}
      onChange={onChange}
    />
  );
};

type Props = {
  /** The draft to change; null makes a new one. */
  draft: NoticeDetail | null;
  onClose(): void;
  onDone(notice: NoticeDetail): void;
};

export const NoticeForm = ({ draft, onClose, onDone }: Props) => {
  const { client } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const id = useId();
  const own = language === "en" ? "en" : "zh";
  const [breakerId, setBreakerId] = useState<string | null>(null);
  const [texts, setTexts] = useState<NoticeTexts>(
    draft?.texts[own] ?? { hazard: "", rule: "", requirement: "" },
  );
  const [deadline, setDeadline] = useState(draft?.deadline ?? "");
  const [inspector, setInspector] = useState(draft?.inspector ?? "");
  const [busy, setBusy] = useState(false);
  const said = Object.fromEntries(
    fields.map((field) => [field, texts[field].trim()]).filter(([, text]) => text !== ""),
  );
  const ready = (draft !== null || breakerId !== null) && "hazard" in said;
  const inspected = inspector.trim();

  const save = async () => {
    setBusy(true);
    const body = {
      // What a draft said and was emptied here is to go.
      texts: { [own]: draft === null ? said : { rule: "", requirement: "", ...said } },
      ...(deadline === "" ? {} : { deadline }),
      ...(inspected === "" ? draft !== null && { inspector: null } : { inspector: inspected }),
    };
    const answer: Outcome<NoticeDetail> =
      draft === null
        ? await client.post("notices", { breakerId, ...body })
        : await client.patch(`notices/${draft.id}`, body);
    setBusy(false);
    if (answer.kind === "ok") onDone(answer.data);
    else
      void message.error(
        answer.failure.kind === "refused" ? actReasonIn(own, answer.failure.detail) : words.notices.failed,
      );
  };
  return (
    <Drawer
      open
      title={draft === null ? words.notices.createTitle : words.notices.acts.edit}
      size={460}
      onClose={onClose}
    >
      <form
        className="notice-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void save();
        }}
      >
        {draft === null && <BreakerSearch value={breakerId} onChange={setBreakerId} />}
        {fields.map((field) => (
          <div key={field}>
            <label htmlFor={`${id}${field}`}>{words.notices[field]}</label>
            <Input.TextArea
              id={`${id}${field}`}
              value={texts[field]}
              autoSize={{ minRows: 2, maxRows: 8 }}
              maxLength={2_000}
              onChange={(event) => setTexts({ ...texts, [field]: event.target.value })}
            />
          </div>
        ))}
        <div>
          <label htmlFor={`${id}deadline`}>{words.notices.deadline}</label>
          <Input
            id={`${id}deadline`}
            type="date"
            value={deadline}
            onChange={(event) => setDeadline(event.target.value)}
          />
        </div>
        <div>
          <label htmlFor={`${id}inspector`}>{words.notices.inspector}</label>
          <Input
            id={`${id}inspector`}
            value={inspector}
            maxLength={100}
            onChange={(event) => setInspector(event.target.value)}
          />
        </div>
        <div className="form-buttons">
          <Button onClick={onClose}>{words.notices.cancel}</Button>
          <Button type="primary" htmlType="submit" disabled={!ready} loading={busy}>
            {words.notices.save}
          </Button>
        </div>
      </form>
    </Drawer>
  );
};
