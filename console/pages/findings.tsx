// The findings' settings: which thresholds are set otherwise than by default, rules of one's own, and trying a change first.
import { Button, Popconfirm } from "antd";
import { useState } from "react";
import type { LimitChange, LimitOverride, StoredOwnRule } from "../../domain/http-findings.ts";
import { useHouse, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { wallOf } from "../format/wall.ts";
import { useLanguage } from "../i18n/language.tsx";
import { DryRun } from "../parts/dry-run.tsx";
import { LimitForm, RuleForm } from "../parts/finding-forms.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";

const keyOf = (one: LimitOverride) => `${one.scope}/${one.scopeId}/${one.level}/${one.name}`;

const Overrides = ({ overrides }: { overrides: readonly LimitOverride[] }) => {
  const { client, cache } = useHouse();
  const { words } = useLanguage();
  const texts = words.findings;
  if (overrides.length === 0) return <Empty>{texts.noOverrides}</Empty>;
  const reset = async ({ value: _, ...change }: LimitOverride) => {
    await client.put("findings/limits", { ...change, value: null });
    cache.refreshReadBefore(Date.now());
  };
  return (
    <table className="registry-table">
      <thead>
        <tr>
          <th scope="col">{texts.limit}</th>
          <th scope="col">{texts.scope}</th>
          <th scope="col">{texts.level}</th>
          <th scope="col">{texts.value}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {overrides.map((one) => (
          <tr key={keyOf(one)}>
            <th scope="row">{texts.limitNames[one.name]}</th>
            <td data-label={texts.scope}>
              {texts.scopes[one.scope]} {one.scopeId}
            </td>
            <td data-label={texts.level}>{one.level === null ? texts.allLevels : words.level[one.level]}</td>
            <td data-label={texts.value}>{one.value}</td>
            <td>
              <Popconfirm
                title={texts.resetSure}
                okText={texts.reset}
                cancelText={words.registry.cancel}
                onConfirm={() => reset(one)}
              >
                <Button size="small">{texts.reset}</Button>
              </Popconfirm>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const Changes = ({ items }: { items: readonly LimitChange[] }) => {
  const { timeZone } = useHouse();
  const { words } = useLanguage();
  const texts = words.findings;
  if (items.length === 0) return <Empty>{texts.noChanges}</Empty>;
  const names: Record<string, string> = texts.limitNames;
  return (
    <ul>
      {items.map((one) => (
        <li key={one.id}>
          {wallOf(Date.parse(one.at), timeZone).replace("T", " ")} {one.actor} {texts.scopes[one.scope]}{" "}
          {one.scopeId}
          {words.comma}
          {names[one.name] ?? one.name} {one.oldValue ?? texts.default} → {one.newValue ?? texts.default}
        </li>
      ))}
    </ul>
  );
};

const Rules = ({ items, onEdit }: { items: readonly StoredOwnRule[]; onEdit(rule: StoredOwnRule): void }) => {
  const { client, cache } = useHouse();
  const { words, language } = useLanguage();
  const texts = words.findings;
  if (items.length === 0) return <Empty>{texts.noRules}</Empty>;
  const remove = async (id: string) => {
    await client.remove(`findings/rules/${id}`);
    cache.refreshReadBefore(Date.now());
  };
  return (
    <table className="registry-table">
      <thead>
        <tr>
          <th scope="col">{texts.text}</th>
          <th scope="col">{texts.condition}</th>
          <th scope="col">{texts.scope}</th>
          <th scope="col">{texts.priority}</th>
          <td />
        </tr>
      </thead>
      <tbody>
        {items.map((rule) => (
          <tr key={rule.id} className={rule.enabled ? "" : "struck"}>
            <th scope="row">{language === "en" ? rule.textEn : rule.textZh}</th>
            <td data-label={texts.condition}>
              {texts.fields[rule.field]} {texts.comparisons[rule.comparison]} {rule.threshold}
              <small>{texts.heldFor(String(rule.holdMs / 1000), String(rule.deadband))}</small>
            </td>
            <td data-label={texts.scope}>
              {rule.areaId ?? rule.villageId ?? rule.townshipId ?? texts.everywhere}
              <small>{rule.level === null ? texts.allLevels : words.level[rule.level]}</small>
            </td>
            <td data-label={texts.priority}>{words.priority[rule.priority]}</td>
            <td>
              <div className="notice-acts">
                <Button size="small" onClick={() => onEdit(rule)}>
                  {texts.edit}
                </Button>
                <Popconfirm
                  title={texts.removeSure}
                  okText={texts.remove}
                  cancelText={words.registry.cancel}
                  onConfirm={() => remove(rule.id)}
                >
                  <Button size="small" danger>
                    {texts.remove}
                  </Button>
                </Popconfirm>
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};

type Form = { kind: "limit" } | { kind: "try" } | { kind: "rule"; rule: StoredOwnRule | null };

export const Findings = () => {
  const { words } = useLanguage();
  const texts = words.findings;
  useTitle(texts.title, words.name);
  const [form, setForm] = useState<Form | null>(null);
  const [jobId, setJobId] = useState<string | null>(null);
  const limits = useResource(resources.findingLimits());
  const changes = useResource(resources.findingLimitChanges());
  const rules = useResource(resources.findingRules());
  const close = () => setForm(null);
  return (
    <>
      <div className="page-head">
        <h1>{texts.title}</h1>
        <div className="notice-acts">
          <Button onClick={() => setForm({ kind: "try" })}>{texts.try}</Button>
          <Button onClick={() => setForm({ kind: "rule", rule: null })}>{texts.addRule}</Button>
          <Button type="primary" onClick={() => setForm({ kind: "limit" })}>
            {texts.setLimit}
          </Button>
        </div>
      </div>
      <p className="quiet">{texts.explain}</p>
      {jobId !== null && <DryRun jobId={jobId} />}
      <section className="panel">
        <h2>{texts.overrides}</h2>
        <Outcome answer={limits}>{(data) => <Overrides overrides={data.overrides} />}</Outcome>
      </section>
      <section className="panel">
        <h2>{texts.rules}</h2>
        <Outcome answer={rules}>
          {({ items }) => <Rules items={items} onEdit={(rule) => setForm({ kind: "rule", rule })} />}
        </Outcome>
      </section>
      <section className="panel">
        <h2>{texts.changes}</h2>
        <Outcome answer={changes}>{({ items }) => <Changes items={items} />}</Outcome>
      </section>
      {(form?.kind === "limit" || form?.kind === "try") && limits.data !== null && (
        <LimitForm
          defaults={limits.data.defaults}
          {...(form.kind === "try" && { onTried: setJobId })}
          onClose={close}
        />
      )}
      {form?.kind === "rule" && <RuleForm rule={form.rule} onClose={close} />}
    </>
  );
};
