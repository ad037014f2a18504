// The breakers that the measurements speak as: evenly over a few transformer areas, each with a password of its own.
import type { RegistryRow } from "../domain/registry.ts";
import { reportTopic } from "../domain/wire.ts";
import type { LoadClient } from "./load.ts";

export const benchTownship = "T";
const breakersPerArea = 50;

const breakerId = (index: number): string => `b-${index}`;

/** The area of a breaker, from its id. */
export const benchArea = (id: string): string => `A${Math.floor(Number(id.slice(2)) / breakersPerArea)}`;

/** A password where no credential store takes part. */
export const benchPassword = (id: string): string => `password-of-${id}-with-as-many-characters-as-ours`;

/** Ids of the first `count` breakers. */
export const benchBreakers = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => breakerId(index));

/** What the load needs to speak as a breaker. */
export const benchClient = (id: string, password: string): LoadClient => ({
  clientId: id,
  password,
  topic: reportTopic({ townshipId: benchTownship, areaId: benchArea(id), breakerId: id }, "reading"),
});

/** A breaker's row of the registry: a house of its own, inhabited, installed long ago. */
export const benchRow = (id: string): RegistryRow => ({
  townshipId: benchTownship,
  townshipName: "Township",
  villageId: "V",
  villageName: "Village",
  areaId: benchArea(id),
  areaName: benchArea(id),
  householdId: `h-${id}`,
  address: null,
  inhabited: true,
  breakerId: id,
  level: "household",
  ratedResidualCurrentMa: 30,
  installedOn: "2026-01-01",
  removedOn: null,
});
