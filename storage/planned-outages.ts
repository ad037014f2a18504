// The calendar of planned outages: entries of one act share a group, and are changed and cancelled together.
import { toIso } from "../domain/time.ts";
import type { Db, Query } from "./db.ts";
import { type ActBy, type ActOutcome, missing, refused, registryAct, unchanged } from "./registry-act.ts";

/** A planned outage of one or more transformer areas, `[fromMs, toMs)` in Unix ms. */
export type PlannedOutage = {
  id: string;
  fromMs: number;
  toMs: number;
  note: string;
  createdBy: string;
  createdAtMs: number;
  cancelledAtMs: number | null;
  areas: { areaId: string; areaName: string; villageId: string; villageName: string }[];
};

export type OutageFilter = {
  /** Only what overlaps `[fromMs, toMs)`. */
  fromMs?: number | undefined;
  toMs?: number | undefined;
  townshipId?: string | undefined;
  villageId?: string | undefined;
  areaId?: string | undefined;
  cancelledToo?: boolean | undefined;
};

export type OutagePosition = { fromMs: number; id: string };

/** Planned outages, the latest first; with a place, those that concern it, with all of their areas. */
export const listOutages = (
  query: Query,
  filter: OutageFilter & { id?: string | undefined },
  page: { after?: OutagePosition | undefined; limit: number },
): Promise<PlannedOutage[]> =>
  query<PlannedOutage>(
    `SELECT o.group_id AS id, min(o.from_ms) AS "fromMs", max(o.to_ms) AS "toMs", max(o.note) AS note,
            max(o.created_by) AS "createdBy",
            (extract(epoch FROM min(o.created_at)) * 1000)::bigint AS "createdAtMs",
            (extract(epoch FROM max(o.cancelled_at)) * 1000)::bigint AS "cancelledAtMs",
            jsonb_agg(jsonb_build_object('areaId', a.id, 'areaName', a.name, 'villageId', v.id,
              'villageName', v.name) ORDER BY v.id, a.id) AS areas
       FROM planned_outage o
       JOIN transformer_area a ON a.id = o.area_id
       JOIN village v ON v.id = a.village_id
      WHERE (o.cancelled_at IS NULL
             OR NOT EXISTS (SELECT FROM planned_outage q WHERE q.group_id = o.group_id AND q.cancelled_at IS NULL))
        AND ($9::boolean OR o.cancelled_at IS NULL)
        AND o.group_id IN (
          SELECT p.group_id FROM planned_outage p
            JOIN transformer_area pa ON pa.id = p.area_id
            JOIN village pv ON pv.id = pa.village_id
           WHERE ($1::uuid IS NULL OR p.group_id = $1)
             AND ($2::bigint IS NULL OR p.to_ms > $2) AND ($3::bigint IS NULL OR p.from_ms < $3)
             AND ($4::text IS NULL OR pv.township_id = $4) AND ($5::text IS NULL OR pa.village_id = $5)
             AND ($6::text IS NULL OR p.area_id = $6)
             AND ($7::bigint IS NULL OR (p.from_ms, p.group_id) < ($7, $8::uuid)))
      GROUP BY o.group_id ORDER BY 2 DESC, 1 DESC LIMIT $10`,
    [
      filter.id ?? null,
      filter.fromMs ?? null,
      filter.toMs ?? null,
      filter.townshipId ?? null,
      filter.villageId ?? null,
      filter.areaId ?? null,
      page.after?.fromMs ?? null,
      page.after?.id ?? null,
      filter.cancelledToo === true || filter.id !== undefined,
      page.limit,
    ],
  );

export const findOutage = async (query: Query, id: string): Promise<PlannedOutage | null> =>
  (await listOutages(query, { id }, { limit: 1 }))[0] ?? null;

/** Every entry of the calendar, cancelled ones too, in order of time; one row an area. */
export const exportOutages = (
  query: Query,
): Promise<
  { id: string; areaId: string; fromMs: number; toMs: number; note: string; cancelled: boolean }[]
> =>
  query(
    `SELECT group_id AS id, area_id AS "areaId", from_ms AS "fromMs", to_ms AS "toMs", note,
            cancelled_at IS NOT NULL AS cancelled
       FROM planned_outage ORDER BY from_ms, area_id COLLATE "C", id`,
  );

export type OutageWish = { areaIds: readonly string[]; fromMs: number; toMs: number; note: string };

const unknownArea = async (query: Query, areaIds: readonly string[]): Promise<ActOutcome | null> => {
  const [unknown] = await query<{ id: string }>(
    `SELECT n.id FROM unnest($1::text[]) AS n (id)
      WHERE NOT EXISTS (SELECT FROM transformer_area a WHERE a.id = n.id) LIMIT 1`,
    [areaIds],
  );
  return unknown ? missing("transformer area", unknown.id) : null;
};

const sameWish = (known: PlannedOutage, wish: OutageWish): boolean => {
  const [is, wanted] = [new Set(known.areas.map((a) => a.areaId)), new Set(wish.areaIds)];
  return (
    known.fromMs === wish.fromMs &&
    known.toMs === wish.toMs &&
    known.note === wish.note &&
    is.symmetricDifference(wanted).size === 0
  );
};

const detailOf = ({ fromMs, toMs, note, areaIds }: OutageWish) => ({
  from: toIso(fromMs),
  to: toIso(toMs),
  note,
  areaIds: [...areaIds],
});

const insert = async (query: Query, id: string, wish: OutageWish, actor: string): Promise<void> => {
  await query(
    `INSERT INTO planned_outage (group_id, area_id, from_ms, to_ms, note, created_by)
     SELECT $1, n.id, $3, $4, $5, $6 FROM unnest($2::text[]) AS n (id)`,
    [id, [...new Set(wish.areaIds)], wish.fromMs, wish.toMs, wish.note, actor],
  );
};

/** Enters an outage under an id that the caller has chosen: the same again changes nothing. */
export const createOutage = (db: Db, id: string, wish: OutageWish, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const known = await findOutage(query, id);
    if (known !== null)
      return sameWish(known, wish) && known.cancelledAtMs === null
        ? unchanged
        : refused(`there is another planned outage with the id ${id} already`);
    const wrong = await unknownArea(query, wish.areaIds);
    if (wrong) return wrong;
    await insert(query, id, wish, by.actor);
    await record("registry.plannedOutage", id, detailOf(wish));
    return { kind: "done", changed: true };
  });

/** Changes an outage: its time, its areas, its note. What is left out stays. */
export const editOutage = (
  db: Db,
  id: string,
  change: { [K in keyof OutageWish]?: OutageWish[K] | undefined },
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const known = await findOutage(query, id);
    if (known === null) return missing("planned outage", id);
    if (known.cancelledAtMs !== null) return refused("this planned outage was cancelled: enter a new one");
    const areaIds = known.areas.map((a) => a.areaId);
    const next: OutageWish = {
      areaIds: change.areaIds ?? areaIds,
      fromMs: change.fromMs ?? known.fromMs,
      toMs: change.toMs ?? known.toMs,
      note: change.note ?? known.note,
    };
    if (next.fromMs >= next.toMs) return refused("an outage must end after it has begun");
    if (sameWish(known, next)) return unchanged;
    const wrong = await unknownArea(query, next.areaIds);
    if (wrong) return wrong;
    await query("DELETE FROM planned_outage WHERE group_id = $1", [id]);
    await insert(query, id, next, known.createdBy);
    const was = { areaIds, fromMs: known.fromMs, toMs: known.toMs, note: known.note };
    await record("registry.plannedOutage", id, { ...detailOf(next), was: detailOf(was) });
    return { kind: "done", changed: true };
  });

/** Cancels an outage, a past one too: it excuses nothing any more. */
export const cancelOutage = (db: Db, id: string, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const known = await findOutage(query, id);
    if (known === null) return missing("planned outage", id);
    if (known.cancelledAtMs !== null) return unchanged;
    await query("UPDATE planned_outage SET cancelled_at = now() WHERE group_id = $1", [id]);
    await record("registry.cancelOutage", id);
    return { kind: "done", changed: true };
  });
