// Townships, villages and transformer areas with their counts and rates as they stand now.
import type { AreaSummary, TownshipSummary, VillageSummary } from "../../domain/http.ts";
import { type Targets, targetsOf } from "../../domain/targets.ts";
import type { Query } from "../db.ts";
import { loadTargets } from "../targets.ts";
import {
  addPlaceCounts,
  countAreas,
  emptyPlaceCounts,
  type Now,
  type PlaceCounts,
  withRates,
} from "./counts.ts";
import { addScope, conditions, localDate, type Scope } from "./scope.ts";

/** A page of a list in order of ids: what comes after `afterId`, at most `limit`. */
export type IdPage = { afterId?: string | undefined; limit: number };

/** Townships in order of their ids. */
export const listTownships = async (query: Query, page: IdPage, now: Now): Promise<TownshipSummary[]> => {
  const places = await query<{ id: string; name: string }>(
    "SELECT id, name FROM township WHERE id > $1 ORDER BY id LIMIT $2",
    [page.afterId ?? "", page.limit],
  );
  const areas = await query<{ id: string; place_id: string }>(
    `SELECT a.id, v.township_id AS place_id FROM transformer_area a JOIN village v ON v.id = a.village_id
      WHERE v.township_id = ANY($1::text[])`,
    [places.map((place) => place.id)],
  );
  const counts = await countAreas(query, { areaIds: areas.map((area) => area.id) }, now);
  const sums = sumBy(areas, counts);
  const targets = await targetsNow(query, now);
  return places.map((place) => ({
    ...place,
    ...withRates(sums(place.id), targets({ townshipId: place.id, villageId: null })),
  }));
};

/** Villages in order of their ids; `ids` limits the list to those. */
export const listVillages = async (
  query: Query,
  filter: Pick<Scope, "townshipId"> & { ids?: readonly string[] },
  page: IdPage,
  now: Now,
): Promise<VillageSummary[]> => {
  const where = conditions();
  where.add("v.township_id = ?", filter.townshipId);
  where.add("v.id = ANY(?::text[])", filter.ids);
  where.add("v.id > ?", page.afterId);
  const limit = where.value(page.limit);
  const places = await query<{ id: string; name: string; townshipId: string; townshipName: string }>(
    `SELECT v.id, v.name, t.id AS "townshipId", t.name AS "townshipName"
       FROM village v JOIN township t ON t.id = v.township_id
      WHERE ${where.sql()} ORDER BY v.id LIMIT ${limit}`,
    where.values,
  );
  const villageIds = places.map((place) => place.id);
  const areas = await query<{ id: string; place_id: string }>(
    "SELECT id, village_id AS place_id FROM transformer_area WHERE village_id = ANY($1::text[])",
    [villageIds],
  );
  const counts = await countAreas(query, { villageIds }, now);
  const sums = sumBy(areas, counts);
  const targets = await targetsNow(query, now);
  return places.map((place) => ({
    ...place,
    ...withRates(sums(place.id), targets({ townshipId: place.townshipId, villageId: place.id })),
  }));
};

/** Transformer areas of the scope in order of their ids. */
export const listAreas = async (
  query: Query,
  scope: Scope,
  page: IdPage,
  now: Now,
): Promise<AreaSummary[]> => {
  const where = conditions();
  addScope(where, scope);
  where.add("a.id > ?", page.afterId);
  const limit = where.value(page.limit);
  const places = await query<Pick<AreaSummary, "id" | "name" | "villageId" | "villageName" | "townshipId">>(
    `SELECT a.id, a.name, v.id AS "villageId", v.name AS "villageName", v.township_id AS "townshipId"
       FROM transformer_area a JOIN village v ON v.id = a.village_id
      WHERE ${where.sql()} ORDER BY a.id LIMIT ${limit}`,
    where.values,
  );
  const counts = await countAreas(query, { areaIds: places.map((place) => place.id) }, now);
  const targets = await targetsNow(query, now);
  return places.map((place) => ({
    ...place,
    ...withRates(counts.get(place.id) ?? emptyPlaceCounts(), targets(place)),
  }));
};

/** The targets of places as of today. */
export const targetsNow = async (
  query: Query,
  now: Now,
): Promise<(place: { townshipId: string; villageId: string | null }) => Targets> => {
  const stored = await loadTargets(query);
  const today = localDate(now.nowMs, now.timeZone);
  return (place) => targetsOf(stored, place, today);
};

const sumBy = (
  areas: readonly { id: string; place_id: string }[],
  counts: ReadonlyMap<string, PlaceCounts>,
): ((placeId: string) => PlaceCounts) => {
  const sums = new Map<string, PlaceCounts>();
  for (const area of areas) {
    const sum = sums.get(area.place_id) ?? emptyPlaceCounts();
    sums.set(area.place_id, addPlaceCounts(sum, counts.get(area.id) ?? emptyPlaceCounts()));
  }
  return (placeId) => sums.get(placeId) ?? emptyPlaceCounts();
};
