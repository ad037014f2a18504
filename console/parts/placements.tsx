// Where a breaker has been, and what can be done with it: replace, move, remove, correct, take back.
import { Button, Popconfirm } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { BreakerDetail } from "../../domain/http.ts";
import type { PlacementEntry } from "../../domain/http-registry.ts";
import { useHouse, useNow, useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { ActDialog, type Field, type Values } from "./act-dialog.tsx";
import { localDay } from "./notice-state.tsx";
import { Outcome } from "./outcome.tsx";
import { useAreaOptions } from "./place-fields.ts";

type Act = "replace" | "move" | "remove" | "reinstate" | "correct";
const number = (text: string | undefined) => (text ? Number(text) : undefined);

/** The body of each act, from what was entered. */
const bodies: Record<Act, (v: Values) => object> = {
  replace: (v) => ({ id: v["id"]?.trim(), on: v["on"], ratedResidualCurrentMa: number(v["rated"]) }),
  move: (v) => ({
    areaId: v["areaId"],
    householdId: v["householdId"]?.trim() || null,
    on: v["on"],
    additional: v["additional"] === "true",
  }),
  remove: (v) => ({ on: v["on"] }),
  reinstate: (v) => ({ additional: v["additional"] === "true" }),
  correct: (v) => ({ installedOn: v["installedOn"], ratedResidualCurrentMa: number(v["rated"]) }),
};

const useFields = (breaker: BreakerDetail): Record<Act, Field[]> => {
  const { words } = useLanguage();
  const areas = useAreaOptions();
  const { registry } = words;
  const on: Field = { key: "on", label: registry.on, kind: "date", required: true };
  const additional: Field = { key: "additional", label: registry.additional, kind: "check" };
  const household: Field = {
    key: "householdId",
    label: registry.householdId,
    kind: "text",
    required: breaker.level === "household",
  };
  return {
    replace: [
      { key: "id", label: registry.breakers.newId, kind: "text", required: true },
      on,
      { key: "rated", label: registry.breakers.ratedKeep, kind: "number" },
    ],
    move: [
      { key: "areaId", label: registry.area, kind: "select", options: areas, required: true },
      ...(breaker.level === "main" ? [] : [household]),
      on,
      additional,
    ],
    remove: [on],
    reinstate: [additional],
    correct: [
      { key: "installedOn", label: registry.breakers.installedOn, kind: "date", required: true },
      { key: "rated", label: registry.breakers.rated, kind: "number", required: true },
    ],
  };
};

const Acts = ({ breaker }: { breaker: BreakerDetail }) => {
  const { client, timeZone } = useHouse();
  const { words } = useLanguage();
  const nowMs = useNow(60_000);
  const fields = useFields(breaker);
  const [act, setAct] = useState<Act | null>(null);
  const path = `breakers/${encodeURIComponent(breaker.id)}`;
  const offered: Act[] =
    breaker.removedOn === null ? ["replace", "move", "correct", "remove"] : ["reinstate", "correct"];
  const texts = words.registry.breakers;
  const explain: Record<Act, string> = {
    replace: texts.replaceExplain,
    move: words.registry.onExplain,
    remove: texts.removeExplain,
    reinstate: texts.reinstateExplain,
    correct: texts.correctExplain,
  };
  return (
    <div className="notice-acts">
      {offered.map((offer) => (
        <Button key={offer} danger={offer === "remove"} onClick={() => setAct(offer)}>
          {texts[offer]}
        </Button>
      ))}
      {act !== null && (
        <ActDialog
          title={texts[act]}
          explain={explain[act]}
          fields={fields[act]}
          danger={act === "remove"}
          initial={{
            on: localDay(nowMs, timeZone),
            areaId: breaker.areaId,
            householdId: act === "move" ? "" : (breaker.householdId ?? ""),
            installedOn: breaker.installedOn,
            ...(act === "correct" && { rated: String(breaker.ratedResidualCurrentMa) }),
          }}
          send={(values) =>
            act === "correct"
              ? client.patch(path, bodies.correct(values))
              : client.post(`${path}/${act}`, bodies[act](values))
          }
          onClose={() => setAct(null)}
        />
      )}
    </div>
  );
};

const Entry = ({ breakerId, places, at }: { breakerId: string; places: PlacementEntry[]; at: number }) => {
  const { client, cache } = useHouse();
  const { words } = useLanguage();
  const entry = places[at];
  if (entry === undefined) return null;
  const texts = words.registry.breakers;
  const withdraw = async () => {
    await client.remove(`breakers/${encodeURIComponent(breakerId)}/placements/${entry.fromOn}`);
    cache.refreshReadBefore(Date.now());
  };
  return (
    <tr>
      <th scope="row">
        {entry.fromOn}
        {at === 0 && <small>{texts.always}</small>}
      </th>
      <td data-label={words.registry.breakers.place}>
        {entry.householdId === null ? (
          texts.noHousehold
        ) : (
          <Link to={`/households/${encodeURIComponent(entry.householdId)}`}>
            {entry.address ?? entry.householdId}
          </Link>
        )}
        <small>
          {entry.villageName} · {entry.areaName}
        </small>
      </td>
      <td>
        {at > 0 && (
          <Popconfirm
            title={texts.withdrawMove}
            okText={texts.withdraw}
            cancelText={words.registry.cancel}
            onConfirm={withdraw}
          >
            <Button size="small">{texts.withdraw}</Button>
          </Popconfirm>
        )}
      </td>
    </tr>
  );
};

/** The panel of a breaker's page. */
export const Placements = ({ breaker }: { breaker: BreakerDetail }) => {
  const { words } = useLanguage();
  const answer = useResource(resources.placements(breaker.id));
  return (
    <section className="panel">
      <h2>{words.registry.breakers.places}</h2>
      <Outcome answer={answer}>
        {({ items }) => (
          <table className="registry-table">
            <thead>
              <tr>
                <th scope="col">{words.registry.breakers.since}</th>
                <th scope="col">{words.registry.breakers.place}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {items.map((entry, at) => (
                <Entry key={entry.fromOn} breakerId={breaker.id} places={items} at={at} />
              ))}
            </tbody>
          </table>
        )}
      </Outcome>
      <Acts breaker={breaker} />
    </section>
  );
};
