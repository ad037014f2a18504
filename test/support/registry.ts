// Small registries for journeys, and the credentials of their breakers.
import { registryColumns } from "../../domain/registry.ts";
import type { TestHouse } from "./house.ts";

export type Place = {
  breakerId: string;
  householdId?: string;
  areaId?: string;
  level?: string;
  inhabited?: boolean;
};

/** CSV of breakers in village V of township T; each in a house of its own unless it is a main breaker. */
export const registryCsv = (places: readonly Place[], installedOn = "2026-01-01"): string =>
  [
    registryColumns.join(","),
    ...places.map(
      ({
        breakerId,
        areaId = "A",
        level = "household",
        inhabited = true,
        householdId = `h-${breakerId}`,
      }) => {
        const house = level === "main" ? ",," : `${householdId},${breakerId} house,${inhabited}`;
        return `T,Township,V,Village,${areaId},Area ${areaId},${house},${breakerId},${level},${level === "main" ? 300 : 30},${installedOn},`;
      },
    ),
    "",
  ].join("\n");

export const importRegistry = (house: TestHouse, places: readonly Place[], installedOn?: string) =>
  house.post<{ rows: number }>("/registry/import", registryCsv(places, installedOn), "text/csv");

/** A new credential for each breaker, 16 at a time. */
export const credentials = async (house: TestHouse, ids: readonly string[]): Promise<Map<string, string>> => {
  const passwords = new Map<string, string>();
  const waiting = [...ids];
  const work = async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const issued = await house.post<{ password: string }>(`/breakers/${id}/credential`);
      passwords.set(id, issued.password);
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return passwords;
};
