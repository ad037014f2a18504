// Filters and cursor paging of a list, kept in the address so that every view of it is a link.
import { Button, Select } from "antd";
import { useCallback } from "react";
import { useLocation, useNavigate, useSearchParams } from "react-router";
import { useResource } from "../data/house.tsx";
import { type Query, queryString, resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";

/** The address's query as the list's filters; `set` changes some of them and goes back to the first page. */
export const useFilters = (): { filters: Query; set(change: Query): void; clear(): void } => {
  const [query, setQuery] = useSearchParams();
  const set = useCallback(
    (change: Query) =>
      setQuery(
        (before) => {
          const after = new URLSearchParams(before);
          after.delete("cursor");
          for (const [key, value] of Object.entries(change)) {
            if (value) after.set(key, value);
            else after.delete(key);
          }
          return after;
        },
        { replace: true },
      ),
    [setQuery],
  );
  const clear = useCallback(() => setQuery({}), [setQuery]);
  return { filters: Object.fromEntries(query), set, clear };
};

type Option = { value: string; label: string };
type FilterSelectProps = {
  /** What stands there, and what the filter is called, while nothing is chosen. */
  any: string;
  value: string | undefined;
  options: Option[];
  onChange(value: string | undefined): void;
  searchable?: boolean;
};

export const FilterSelect = ({ any, value, options, onChange, searchable = false }: FilterSelectProps) => (
  <Select
    className="filter"
    aria-label={any}
    placeholder={any}
    allowClear
    showSearch={searchable ? { optionFilterProp: "label" } : false}
    value={value ?? null}
    options={options}
    onChange={(next) => onChange(next ?? undefined)}
  />
);

export const VillageFilter = ({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange(id: string | undefined): void;
}) => {
  const { words } = useLanguage();
  const villages = useResource(resources.villages());
  const options = villages.data?.items.map((v) => ({ value: v.id, label: v.name })) ?? [];
  return (
    <FilterSelect
      any={words.breakers.anyVillage}
      value={value}
      options={options}
      onChange={onChange}
      searchable
    />
  );
};

/** Cursors of the pages before this one, kept in the history entry: the API only knows the way forward. */
type PagingState = { before?: (string | null)[] } | null;

/** Buttons to the next and the previous page of a list that ends in `nextCursor`. Nothing where there is one page only. */
export const Paging = ({ nextCursor }: { nextCursor: string | null }) => {
  const { words } = useLanguage();
  const navigate = useNavigate();
  const location = useLocation();
  const [query] = useSearchParams();
  const cursor = query.get("cursor");
  const before = (location.state as PagingState)?.before ?? [];
  if (cursor === null && nextCursor === null) return null;
  const go = (to: string | null, pages: (string | null)[]) => {
    const next: Query = { ...Object.fromEntries(query), cursor: to ?? undefined };
    void navigate({ search: queryString(next) }, { state: { before: pages } });
    window.scrollTo({ top: 0 });
  };
  return (
    <div className="paging">
      {cursor !== null && before.length === 0 && (
        <Button onClick={() => go(null, [])}>{words.breakers.first}</Button>
      )}
      {before.length > 0 && (
        <Button onClick={() => go(before.at(-1) ?? null, before.slice(0, -1))}>
          {words.breakers.previous}
        </Button>
      )}
      {(cursor === null || before.length > 0) && (
        <span className="quiet">{words.breakers.page(before.length + 1)}</span>
      )}
      {nextCursor !== null && (
        <Button onClick={() => go(nextCursor, [...before, cursor])}>{words.breakers.next}</Button>
      )}
    </div>
  );
};
