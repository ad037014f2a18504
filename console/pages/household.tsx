// One household: what is known of it, who lived there when, and the breakers that protect it.
import { Button, Popconfirm } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import type { HouseholdDetail } from "../../domain/http-registry.ts";
import { useHouse, useNow, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { ActDialog } from "../parts/act-dialog.tsx";
import { InstallForm } from "../parts/install-form.tsx";
import { localDay } from "../parts/notice-state.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { householdBody, useHouseholdFields } from "./households.tsx";

const pathOf = (id: string) => `households/${encodeURIComponent(id)}`;

const Occupancy = ({ household }: { household: HouseholdDetail }) => {
  const { client, cache, format, timeZone } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const [becomes, setBecomes] = useState<boolean | null>(null);
  const texts = words.registry.households;
  const path = `${pathOf(household.id)}/occupancy`;
  const withdraw = async (sinceMs: number) => {
    await client.remove(`${path}/${sinceMs}`);
    cache.refreshReadBefore(Date.now());
  };
  return (
    <section className="panel">
      <h2>{texts.history}</h2>
      <table className="registry-table">
        <tbody>
          {household.occupancy.map((entry, i) => (
            <tr key={entry.sinceMs}>
              <th scope="row">{i === 0 ? texts.always : format.fullTime(entry.sinceMs).slice(0, -3)}</th>
              <td>{entry.inhabited ? texts.inhabited : texts.vacant}</td>
              <td>
                {i > 0 && (
                  <Popconfirm
                    title={texts.withdrawSure}
                    okText={words.registry.breakers.withdraw}
                    cancelText={words.registry.cancel}
                    onConfirm={() => withdraw(entry.sinceMs)}
                  >
                    <Button size="small">{words.registry.breakers.withdraw}</Button>
                  </Popconfirm>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="notice-acts">
        <Button onClick={() => setBecomes(false)}>{texts.becomesVacant}</Button>
        <Button onClick={() => setBecomes(true)}>{texts.becomesInhabited}</Button>
      </div>
      {becomes !== null && (
        <ActDialog
          title={becomes ? texts.becomesInhabited : texts.becomesVacant}
          explain={words.registry.onExplain}
          fields={[{ key: "on", label: words.registry.on, kind: "date", required: true }]}
          initial={{ on: localDay(nowMs, timeZone) }}
          send={(v) => client.post(path, { inhabited: becomes, on: v["on"] })}
          onClose={() => setBecomes(null)}
        />
      )}
    </section>
  );
};

const Facts = ({ household }: { household: HouseholdDetail }) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const [editing, setEditing] = useState<"household" | "station" | null>(null);
  const texts = words.registry.households;
  const fields = useHouseholdFields();
  const text = (value: string | number | null) => (value === null ? "" : String(value));
  const initial = Object.fromEntries(fields.map(({ key }) => [key, text(household[key])]));
  return (
    <section className="panel">
      <h2>{texts.facts}</h2>
      <dl className="facts">
        <div>
          <dt>{words.registry.householdId}</dt>
          <dd>{household.id}</dd>
        </div>
        {fields.map(({ key, label }) => (
          <div key={key}>
            <dt>{label}</dt>
            <dd>{household[key] ?? "–"}</dd>
          </div>
        ))}
        <div>
          <dt>{texts.supplyStation}</dt>
          <dd>{household.supplyStation ?? "–"}</dd>
        </div>
      </dl>
      <div className="notice-acts">
        <Button onClick={() => setEditing("household")}>{texts.edit}</Button>
        <Button onClick={() => setEditing("station")}>{texts.setStation}</Button>
      </div>
      {editing === "station" && (
        <ActDialog
          title={texts.setStation}
          explain={texts.setStationExplain}
          fields={[{ key: "supplyStation", label: texts.supplyStation, kind: "text" }]}
          initial={{ supplyStation: household.supplyStation ?? "" }}
          send={(v) =>
            client.patch(`transformer-areas/${encodeURIComponent(household.areaId)}`, {
              supplyStation: v["supplyStation"] ?? "",
            })
          }
          onClose={() => setEditing(null)}
        />
      )}
      {editing === "household" && (
        <ActDialog
          title={words.registry.save}
          fields={fields}
          initial={initial}
          send={(v) => client.patch(pathOf(household.id), householdBody(v))}
          onClose={() => setEditing(null)}
        />
      )}
    </section>
  );
};

const Breakers = ({ household }: { household: HouseholdDetail }) => {
  const { words } = useLanguage();
  const [installing, setInstalling] = useState(false);
  const texts = words.registry;
  return (
    <section className="panel">
      <h2>{texts.households.protectedBy}</h2>
      {household.breakers.length === 0 ? (
        <Empty>{texts.households.unprotected}</Empty>
      ) : (
        <ul className="breaker-links">
          {household.breakers.map(({ id, level }) => (
            <li key={id}>
              <Link to={`/breakers/${encodeURIComponent(id)}`}>{id}</Link>{" "}
              <span className="quiet">{words.level[level]}</span>
            </li>
          ))}
        </ul>
      )}
      <div className="notice-acts">
        <Button onClick={() => setInstalling(true)}>{texts.breakers.install}</Button>
      </div>
      {installing && (
        <InstallForm
          at={{ areaId: household.areaId, householdId: household.id }}
          onClose={() => setInstalling(false)}
        />
      )}
    </section>
  );
};

export const HouseholdPage = () => {
  const { householdId = "" } = useParams();
  const { words } = useLanguage();
  const answer = useResource(resources.household(householdId));
  const name = answer.data?.address ?? householdId;
  useTitle(name, words.name);
  return (
    <Outcome answer={answer}>
      {(household) => (
        <>
          <div className="page-head">
            <h1>
              {name} <small>{words.registry.household}</small>
            </h1>
            <p className="crumbs">
              <Link to={`/villages/${encodeURIComponent(household.villageId)}`}>{household.villageName}</Link>{" "}
              /{" "}
              <Link to={`/households?village=${household.villageId}&area=${household.areaId}`}>
                {household.areaName}
              </Link>
            </p>
          </div>
          <div className="notice-grid">
            <div>
              <Facts household={household} />
              <Breakers household={household} />
            </div>
            <Occupancy household={household} />
          </div>
        </>
      )}
    </Outcome>
  );
};
