// Households: find one, register one.
import { Button, Input } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Household } from "../../domain/http-registry.ts";
import { useHouse, useKept, useResource, useTitle } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { ActDialog, type Values } from "../parts/act-dialog.tsx";
import { FilterSelect, Paging, useFilters, VillageFilter } from "../parts/filters.tsx";
import { InstallForm } from "../parts/install-form.tsx";
import { Empty, Outcome } from "../parts/outcome.tsx";
import { useAreaOptions } from "../parts/place-fields.ts";

const pageSize = "50";

/** What is entered of a household, as the API takes it. */
export const householdBody = (v: Values) => ({
  address: v["address"] ?? "",
  householder: v["householder"] ?? "",
  accountNumber: v["accountNumber"] ?? "",
  walkingOrder: v["walkingOrder"] ? Number(v["walkingOrder"]) : null,
});

export const useHouseholdFields = () => {
  const { households } = useLanguage().words.registry;
  return [
    { key: "address", label: households.address, kind: "text" },
    { key: "householder", label: households.householder, kind: "text" },
    { key: "accountNumber", label: households.accountNumber, kind: "text" },
    { key: "walkingOrder", label: households.walkingOrder, kind: "number" },
  ] as const;
};

const RegisterForm = ({ onClose }: { onClose(): void }) => {
  const { client } = useHouse();
  const { words } = useLanguage();
  const { registry } = words;
  const areas = useAreaOptions();
  const more = useHouseholdFields();
  return (
    <ActDialog
      title={registry.households.register}
      fields={[
        { key: "id", label: registry.householdId, kind: "text", required: true },
        { key: "areaId", label: registry.area, kind: "select", required: true, options: areas },
        ...more,
        { key: "vacant", label: registry.households.vacant, kind: "check" },
      ]}
      send={(v) =>
        client.post("households", {
          id: v["id"]?.trim(),
          areaId: v["areaId"],
          inhabited: v["vacant"] !== "true",
          ...householdBody(v),
        })
      }
      onClose={onClose}
    />
  );
};

const Row = ({ household }: { household: Household }) => {
  const { words } = useLanguage();
  const texts = words.registry.households;
  return (
    <tr>
      <th scope="row">
        <Link to={`/households/${encodeURIComponent(household.id)}`}>
          {household.address ?? household.id}
        </Link>
        <small>{household.id}</small>
      </th>
      <td data-label={words.registry.area}>
        {household.villageName}
        <small>{household.areaName}</small>
      </td>
      <td data-label={texts.householder}>
        {household.householder ?? "–"}
        {household.accountNumber !== null && <small>{household.accountNumber}</small>}
      </td>
      <td data-label={texts.history}>
        {household.inhabited ? texts.inhabited : <span className="quiet">{texts.vacant}</span>}
      </td>
      <td data-label={texts.protectedBy}>
        {household.breakers.length === 0 ? (
          <span className={household.inhabited ? "bad" : "quiet"}>{texts.unprotected}</span>
        ) : (
          household.breakers.map((b) => (
            <Link key={b.id} className="breaker-link" to={`/breakers/${encodeURIComponent(b.id)}`}>
              {b.id}
            </Link>
          ))
        )}
      </td>
    </tr>
  );
};

const Filters = () => {
  const { words } = useLanguage();
  const { filters, set } = useFilters();
  const texts = words.registry.households;
  return (
    <search className="filters" aria-label={words.breakers.filter}>
      <Input.Search
        className="filter filter-search"
        aria-label={texts.search}
        placeholder={texts.search}
        allowClear
        defaultValue={filters["q"] ?? ""}
        onSearch={(q) => set({ q })}
      />
      <VillageFilter value={filters["village"]} onChange={(village) => set({ village })} />
      <FilterSelect
        any={texts.any}
        value={filters["inhabited"]}
        options={[
          { value: "true", label: texts.inhabited },
          { value: "false", label: texts.vacant },
        ]}
        onChange={(inhabited) => set({ inhabited })}
      />
    </search>
  );
};

export const Households = () => {
  const { words } = useLanguage();
  const { filters } = useFilters();
  const [form, setForm] = useState<"register" | "install" | null>(null);
  const { q, village, area, inhabited, cursor } = filters;
  const answer = useResource(resources.households({ q, village, area, inhabited, cursor, limit: pageSize }));
  const data = useKept(answer, "households");
  const texts = words.registry.households;
  useTitle(texts.title, words.name);
  const filtered = Boolean(q || village || area || inhabited);
  return (
    <>
      <div className="page-head">
        <h1>{texts.title}</h1>
        <div className="notice-acts">
          <Button onClick={() => setForm("install")}>{words.registry.breakers.install}</Button>
          <Button type="primary" onClick={() => setForm("register")}>
            {texts.register}
          </Button>
        </div>
      </div>
      <p className="quiet">{texts.explain}</p>
      <Filters />
      <Outcome answer={{ ...answer, data }}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty>{filtered ? texts.none : texts.noneYet}</Empty>
          ) : (
            <div className={`panel ${answer.data === null ? "waiting" : ""}`}>
              <table className="registry-table">
                <thead>
                  <tr>
                    <th scope="col">{texts.address}</th>
                    <th scope="col">{words.registry.area}</th>
                    <th scope="col">{texts.householder}</th>
                    <th scope="col">{texts.history}</th>
                    <th scope="col">{texts.protectedBy}</th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((household) => (
                    <Row key={household.id} household={household} />
                  ))}
                </tbody>
              </table>
              <Paging nextCursor={nextCursor} />
            </div>
          )
        }
      </Outcome>
      {form === "register" && <RegisterForm onClose={() => setForm(null)} />}
      {form === "install" && (
        <InstallForm at={area === undefined ? {} : { areaId: area }} onClose={() => setForm(null)} />
      )}
    </>
  );
};
