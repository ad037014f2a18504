// The filter of lists by safety officer; not there while there are none.
import { useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";
import { useLanguage } from "../i18n/language.tsx";
import { FilterSelect } from "./filters.tsx";

export const OfficerFilter = ({
  value,
  onChange,
}: {
  value: string | undefined;
  onChange(id: string | undefined): void;
}) => {
  const { words } = useLanguage();
  const officers = useResource(resources.officers());
  const options = officers.data?.items.map(({ id, name }) => ({ value: id, label: name })) ?? [];
  if (options.length === 0 && value === undefined) return null;
  return (
    <FilterSelect
      any={words.visits.anyOfficer}
      value={value}
      options={options}
      onChange={onChange}
      searchable
    />
  );
};
