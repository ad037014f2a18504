// A small form for one act: its fields are data, what the server refuses is said in the dialog.
import { Alert, App, Checkbox, Input, Modal, Select } from "antd";
import { useId, useState } from "react";
import { actReasonIn } from "../../domain/act-reasons.ts";
import type { Outcome } from "../data/client.ts";
import { useHouse } from "../data/house.tsx";
import { useLanguage } from "../i18n/language.tsx";

export type Values = Record<string, string>;
export type Field = {
  key: string;
  label: string;
  kind: "text" | "date" | "datetime" | "number" | "check" | "select" | "many";
  options?: { value: string; label: string }[];
  required?: boolean;
};

/** The choices of a field of kind `many`. */
export const chosen = (value: string | undefined): string[] => (value ? value.split("\n") : []);

type FieldInput = { field: Field; value: string; onChange(value: string): void };

const inputTypes = { text: "text", date: "date", datetime: "datetime-local", number: "number" } as const;

const FieldInput = ({ field, value, onChange }: FieldInput) => {
  const id = useId();
  const { kind, label, options = [] } = field;
  if (kind === "check")
    return (
      <Checkbox checked={value === "true"} onChange={(e) => onChange(e.target.checked ? "true" : "")}>
        {label}
      </Checkbox>
    );
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      {kind === "select" && (
        <Select
          id={id}
          className="wide"
          showSearch={{ optionFilterProp: "label" }}
          allowClear={field.required !== true}
          value={value || null}
          options={options}
          onChange={(next) => onChange(next ?? "")}
        />
      )}
      {kind === "many" && (
        <Select
          id={id}
          className="wide"
          mode="multiple"
          showSearch={{ optionFilterProp: "label" }}
          value={chosen(value)}
          options={options}
          onChange={(next: string[]) => onChange(next.join("\n"))}
        />
      )}
      {kind !== "select" && kind !== "many" && (
        <Input id={id} type={inputTypes[kind]} value={value} onChange={(e) => onChange(e.target.value)} />
      )}
    </div>
  );
};

type ActDialogProps = {
  title: string;
  explain?: string | undefined;
  fields: readonly Field[];
  initial?: Values;
  danger?: boolean;
  /** Sends what was entered. */
  send(values: Values): Promise<Outcome<unknown>>;
  onClose(): void;
  /** Told of every change, for fields that depend on each other. */
  onValues?: (values: Values) => void;
};

export const ActDialog = (props: ActDialogProps) => {
  const { title, explain, fields, initial = {}, danger = false, send, onClose, onValues } = props;
  const { cache } = useHouse();
  const { words, language } = useLanguage();
  const { message } = App.useApp();
  const [values, setValues] = useState<Values>(initial);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const complete = fields.every((f) => f.required !== true || (values[f.key] ?? "").trim() !== "");
  const change = (key: string, value: string) => {
    const next = { ...values, [key]: value };
    setValues(next);
    onValues?.(next);
  };
  const submit = async () => {
    setBusy(true);
    const outcome = await send(values);
    setBusy(false);
    if (outcome.kind === "failed") {
      const { failure } = outcome;
      if (failure.kind === "refused")
        setProblem(actReasonIn(language === "en" ? "en" : "zh", failure.detail));
      else setProblem(failure.kind === "notFound" ? words.registry.notThere : words.registry.failed);
      return;
    }
    const same = (outcome.data as { changed?: boolean } | null)?.changed === false;
    void message.success(same ? words.registry.same : words.registry.saved);
    cache.refreshReadBefore(Date.now());
    onClose();
  };
  return (
    <Modal
      open
      title={title}
      okText={title}
      cancelText={words.registry.cancel}
      confirmLoading={busy}
      okButtonProps={{ disabled: !complete, danger }}
      onOk={() => void submit()}
      onCancel={onClose}
    >
      <div className="notice-form">
        {explain !== undefined && <p className="quiet">{explain}</p>}
        {fields.map((field) => (
          <FieldInput
            key={field.key}
            field={field}
            value={values[field.key] ?? ""}
            onChange={(value) => change(field.key, value)}
          />
        ))}
        {problem !== null && <Alert type="error" showIcon title={problem} />}
      </div>
    </Modal>
  );
};
