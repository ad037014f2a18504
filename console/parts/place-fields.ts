// Fields of forms that name a place: transformer areas with their villages.
import { useResource } from "../data/house.tsx";
import { resources } from "../data/resources.ts";

/** Every transformer area as a choice: `village · area`. */
export const useAreaOptions = (village?: string): { value: string; label: string }[] => {
  const areas = useResource(resources.areas(village));
  return areas.data?.items.map((a) => ({ value: a.id, label: `${a.villageName} · ${a.name}` })) ?? [];
};

export const useVillageOptions = (): { value: string; label: string }[] => {
  const villages = useResource(resources.villages());
  return villages.data?.items.map((v) => ({ value: v.id, label: v.name })) ?? [];
};
