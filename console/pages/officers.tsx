// Village safety officers: how to reach them, which village is whose, and which village has none.
import { Button, Popconfirm } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { OfficerEntry } from "../../domain/http-officers.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { ActDialog } from "../parts/act-dialog.tsx";
import { localDay } from "../parts/notice-state.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { useVillageOptions } from "../parts/place-fields.ts";

type Spell = OfficerEntry["villages"][number];
type Form =
  | { kind: "officer"; officer: OfficerEntry | null }
  | { kind: "assign"; officer: OfficerEntry }
  | { kind: "end"; officer: OfficerEntry; spell: Spell };

const of = (id: string) => `officers/${encodeURIComponent(id)}`;
const spellPath = (officer: OfficerEntry, villageId: string, fromOn: string) =>
  `${of(officer.id)}/villages/${encodeURIComponent(villageId)}/${fromOn}`;

const Dialog = ({ form, onClose }: { form: Form; onClose(): void }) => {
  const { client, timeZone } = useHouse();
  const { words } = useLanguage();
  const today = localDay(useNow(60_000), timeZone);
  const villages = useVillageOptions();
  const texts = words.registry.officers;
  if (form.kind === "officer") {
    const { officer } = form;
    return (
      <ActDialog
        title={officer === null ? texts.create : texts.edit}
        fields={[
          ...(officer === null
            ? [{ key: "id", label: texts.id, kind: "text", required: true } as const]
            : []),
          { key: "name", label: texts.name, kind: "text", required: true },
          { key: "phone", label: texts.phone, kind: "text" },
        ]}
        initial={officer === null ? {} : { id: officer.id, name: officer.name, phone: officer.phone }}
        send={(v) => client.put(of(v["id"]?.trim() ?? ""), { name: v["name"], phone: v["phone"] ?? "" })}
        onClose={onClose}
      />
    );
  }
  if (form.kind === "assign")
    return (
      <ActDialog
        title={texts.assign}
        fields={[
          {
            key: "village",
            label: words.registry.village,
            kind: "select",
            required: true,
            options: villages,
          },
          { key: "fromOn", label: texts.fromOn, kind: "date", required: true },
        ]}
        initial={{ fromOn: today }}
        send={(v) => client.put(spellPath(form.officer, v["village"] ?? "", v["fromOn"] ?? ""), {})}
        onClose={onClose}
      />
    );
  const { officer, spell } = form;
  return (
    <ActDialog
      title={texts.end}
      fields={[{ key: "toOn", label: texts.toOn, kind: "date", required: true }]}
      initial={{ toOn: today }}
      send={(v) => client.put(spellPath(officer, spell.villageId, spell.fromOn), { toOn: v["toOn"] })}
      onClose={onClose}
    />
  );
};

const Villages = ({ officer, onForm }: { officer: OfficerEntry; onForm(form: Form): void }) => {
  const { client, cache } = useHouse();
  const { words } = useLanguage();
  const texts = words.registry.officers;
  if (officer.villages.length === 0) return <span className="quiet">{texts.noVillage}</span>;
  const strike = async (spell: Spell) => {
    await client.remove(spellPath(officer, spell.villageId, spell.fromOn));
    cache.refreshReadBefore(Date.now());
  };
  return (
    <ul className="officer-villages">
      {officer.villages.map((spell) => (
        <li key={`${spell.villageId} ${spell.fromOn}`} className={spell.toOn === null ? "" : "quiet"}>
          <Link to={`/villages/${encodeURIComponent(spell.villageId)}`}>{spell.villageName}</Link>{" "}
          {texts.since(spell.fromOn)}
          {spell.toOn !== null && ` ${texts.until(spell.toOn)}`}
          {spell.toOn === null && (
            <Button size="small" type="link" onClick={() => onForm({ kind: "end", officer, spell })}>
              {texts.end}
            </Button>
          )}
          <Popconfirm
            title={texts.strikeOutSure}
            okText={texts.strikeOut}
            cancelText={words.registry.cancel}
            onConfirm={() => strike(spell)}
          >
            <Button size="small" type="link" danger>
              {texts.strikeOut}
            </Button>
          </Popconfirm>
        </li>
      ))}
    </ul>
  );
};

/** How many villages have nobody today. */
const Uncovered = ({ officers }: { officers: OfficerEntry[] }) => {
  const { format, timeZone } = useHouse();
  const { words } = useLanguage();
  const today = localDay(useNow(60_000), timeZone);
  const villages = useVillageOptions();
  const covered = new Set(
    officers.flatMap((o) =>
      o.villages
        .filter((s) => s.fromOn <= today && (s.toOn === null || s.toOn > today))
        .map((s) => s.villageId),
    ),
  );
  const without = villages.filter((v) => !covered.has(v.value));
  const texts = words.registry.officers;
  if (villages.length === 0) return null;
  if (without.length === 0) return <p>{texts.covered}</p>;
  const names = without.slice(0, 8).map((v) => v.label);
  return (
    <p className="bad">
      {texts.uncovered(format.integer(without.length))}: {names.join(words.comma)}
      {without.length > names.length && " …"}
    </p>
  );
};

export const Officers = () => {
  const { client, cache } = useHouse();
  const { words } = useLanguage();
  const answer = useResource(resources.officers());
  const [form, setForm] = useState<Form | null>(null);
  const texts = words.registry.officers;
  useTitle(texts.title, words.name);
  const remove = async (id: string) => {
    await client.remove(of(id));
    cache.refreshReadBefore(Date.now());
  };
  return (
    <>
      <div className="page-head">
        <h1>{texts.title}</h1>
        <Button type="primary" onClick={() => setForm({ kind: "officer", officer: null })}>
          {texts.create}
        </Button>
      </div>
      <p className="quiet">{texts.explain}</p>
      <Outcome answer={answer}>
        {({ items }) => (
          <>
            <Uncovered officers={items} />
            {items.length === 0 ? (
              <Empty>{texts.none}</Empty>
            ) : (
              <div className="panel">
                <table className="registry-table">
                  <thead>
                    <tr>
                      <th scope="col">{texts.name}</th>
                      <th scope="col">{texts.phone}</th>
                      <th scope="col">{texts.villages}</th>
                      <td />
                    </tr>
                  </thead>
                  <tbody>
                    {items.map((officer) => (
                      <tr key={officer.id}>
                        <th scope="row">
                          {officer.name}
                          <small>{officer.id}</small>
                        </th>
                        <td data-label={texts.phone}>
                          {officer.phone === "" ? "–" : <a href={`tel:${officer.phone}`}>{officer.phone}</a>}
                        </td>
                        <td data-label={texts.villages}>
                          <Villages officer={officer} onForm={setForm} />
                        </td>
                        <td>
                          <div className="notice-acts">
                            <Button size="small" onClick={() => setForm({ kind: "assign", officer })}>
                              {texts.assign}
                            </Button>
                            <Button size="small" onClick={() => setForm({ kind: "officer", officer })}>
                              {texts.edit}
                            </Button>
                            {officer.villages.length === 0 && (
                              <Popconfirm
                                title={texts.removeSure}
                                okText={texts.remove}
                                cancelText={words.registry.cancel}
                                onConfirm={() => remove(officer.id)}
                              >
                                <Button size="small" danger>
                                  {texts.remove}
                                </Button>
                              </Popconfirm>
                            )}
                          </div>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        )}
      </Outcome>
      {form !== null && <Dialog form={form} onClose={() => setForm(null)} />}
    </>
  );
};
