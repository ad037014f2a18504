// The calendar of planned outages: what is entered, what to come, and past ones that were entered late.
import { Button, Checkbox, Popconfirm } from "antd";
import { useState } from "react";
import type { PlannedOutageEntry } from "../../domain/http-outages.ts";
import { useHouse, useKept, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { instantOfWall, wallOf } from "../format/wall.ts";
import { useLanguage } from "../i18n/language.tsx";
import { ActDialog, chosen, type Field, type Values } from "../parts/act-dialog.tsx";
import { Paging, useFilters, VillageFilter } from "../parts/filters.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { useAreaOptions, useVillageOptions } from "../parts/place-fields.ts";

const pageSize = "50";

const OutageForm = ({ outage, onClose }: { outage: PlannedOutageEntry | null; onClose(): void }) => {
  const { client, timeZone } = useHouse();
  const { words } = useLanguage();
  const areas = useAreaOptions();
  const villages = useVillageOptions();
  const texts = words.registry.outages;
  // One id for one form: a second press on the button enters nothing twice.
  const [id] = useState(() => outage?.id ?? crypto.randomUUID());
  const fields: Field[] = [
    ...(outage === null
      ? [{ key: "village", label: texts.wholeVillage, kind: "select", options: villages } as const]
      : []),
    { key: "areas", label: texts.chooseAreas, kind: "many", options: areas, required: outage !== null },
    { key: "from", label: texts.from, kind: "datetime", required: true },
    { key: "to", label: texts.to, kind: "datetime", required: true },
    { key: "note", label: texts.note, kind: "text" },
  ];
  const send = (v: Values) => {
    const iso = (key: string) => new Date(instantOfWall(v[key] ?? "", timeZone) ?? Number.NaN).toISOString();
    const body = { from: iso("from"), to: iso("to"), note: v["note"] ?? "", areaIds: chosen(v["areas"]) };
    if (outage !== null) return client.patch(`planned-outages/${id}`, body);
    return client.post("planned-outages", { id, ...body, ...(v["village"] && { villageId: v["village"] }) });
  };
  const initial: Values =
    outage === null
      ? {}
      : {
          areas: outage.areas.map((a) => a.areaId).join("\n"),
          from: wallOf(Date.parse(outage.from), timeZone),
          to: wallOf(Date.parse(outage.to), timeZone),
          note: outage.note,
        };
  return (
    <ActDialog
      title={outage === null ? texts.create : texts.edit}
      explain={texts.zone(timeZone)}
      fields={fields}
      initial={initial}
      send={send}
      onClose={onClose}
    />
  );
};

const Row = ({ outage, onEdit }: { outage: PlannedOutageEntry; onEdit(): void }) => {
  const { client, cache, timeZone } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const texts = words.registry.outages;
  const shown = (iso: string) => wallOf(Date.parse(iso), timeZone).replace("T", " ");
  const state =
    outage.cancelledAt !== null
      ? "cancelled"
      : Date.parse(outage.to) <= nowMs
        ? "past"
        : Date.parse(outage.from) <= nowMs
          ? "running"
          : "ahead";
  const cancel = async () => {
    await client.post(`planned-outages/${outage.id}/cancel`);
    cache.refreshReadBefore(Date.now());
  };
  return (
    <tr className={state === "cancelled" ? "struck" : ""}>
      <th scope="row">
        {shown(outage.from)}
        <small>{shown(outage.to)}</small>
      </th>
      <td data-label={texts.areas}>
        {outage.areas.slice(0, 6).map((a) => (
          <span key={a.areaId} className="outage-area">
            {a.villageName} · {a.areaName}
          </span>
        ))}
        {outage.areas.length > 6 && <span className="quiet">+{outage.areas.length - 6}</span>}
      </td>
      <td data-label={texts.note}>
        {outage.note || "–"}
        <small>
          {texts.by} {outage.createdBy}
        </small>
      </td>
      <td data-label={texts.state}>
        <span className={state === "running" ? "outage-running" : ""}>{texts[state]}</span>
      </td>
      <td>
        {state !== "cancelled" && (
          <div className="notice-acts">
            <Button size="small" onClick={onEdit}>
              {texts.edit}
            </Button>
            <Popconfirm
              title={texts.cancelSure}
              okText={texts.cancelOutage}
              cancelText={words.registry.cancel}
              onConfirm={cancel}
            >
              <Button size="small" danger>
                {texts.cancelOutage}
              </Button>
            </Popconfirm>
          </div>
        )}
      </td>
    </tr>
  );
};

export const Outages = () => {
  const { words } = useLanguage();
  const { filters, set } = useFilters();
  const [form, setForm] = useState<{ outage: PlannedOutageEntry | null } | null>(null);
  const { village, area, cancelled, cursor } = filters;
  const answer = useResource(resources.outages({ village, area, cancelled, cursor, limit: pageSize }));
  const data = useKept(answer, "outages");
  const texts = words.registry.outages;
  useTitle(texts.title, words.name);
  return (
    <>
      <div className="page-head">
        <h1>{texts.title}</h1>
        <Button type="primary" onClick={() => setForm({ outage: null })}>
          {texts.create}
        </Button>
      </div>
      <p className="quiet">{texts.explain}</p>
      <search className="filters" aria-label={words.breakers.filter}>
        <VillageFilter value={village} onChange={(next) => set({ village: next })} />
        <Checkbox
          checked={cancelled === "true"}
          onChange={(event) => set({ cancelled: event.target.checked ? "true" : undefined })}
        >
          {texts.withCancelled}
        </Checkbox>
      </search>
      <Outcome answer={{ ...answer, data }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{texts.none}</Empty>
          ) : (
            <div className={`panel ${answer.data === null ? "waiting" : ""}`}>
              <table className="registry-table">
                <thead>
                  <tr>
                    <th scope="col">{texts.time}</th>
                    <th scope="col">{texts.areas}</th>
                    <th scope="col">{texts.note}</th>
                    <th scope="col">{texts.state}</th>
                    <td />
                  </tr>
                </thead>
                <tbody>
                  {items.map((outage) => (
                    <Row key={outage.id} outage={outage} onEdit={() => setForm({ outage })} />
                  ))}
                </tbody>
              </table>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
      {form !== null && <OutageForm outage={form.outage} onClose={() => setForm(null)} />}
    </>
  );
};
