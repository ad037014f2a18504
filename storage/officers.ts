// Village safety officers (安全用电协管员): who they are, how to reach them, and which village is theirs from which day on.
import type { Db, Query } from "./db.ts";
import { type ActBy, type ActOutcome, missing, refused, registryAct, unchanged } from "./registry-act.ts";

/** `fromOn`: the first local day; `toOn`: the first on which no more, null while it lasts. */
export type OfficerSpell = { villageId: string; villageName: string; fromOn: string; toOn: string | null };
export type Officer = { id: string; name: string; phone: string; villages: OfficerSpell[] };

/** Officers in order of ids, with all their villages, past ones too; `villageId`: those who ever had that village. */
export const listOfficers = (
  query: Query,
  filter: { id?: string | undefined; villageId?: string | undefined },
  page: { afterId?: string | undefined; limit: number },
): Promise<Officer[]> =>
  query<Officer>(
    `SELECT o.id, o.name, o.phone, COALESCE((
              SELECT jsonb_agg(jsonb_build_object('villageId', v.id, 'villageName', v.name,
                       'fromOn', s.from_on, 'toOn', s.to_on) ORDER BY s.from_on, v.id)
                FROM village_officer s JOIN village v ON v.id = s.village_id WHERE s.officer_id = o.id
            ), '[]') AS villages
       FROM safety_officer o
      WHERE ($1::text IS NULL OR o.id = $1) AND ($2::text IS NULL OR o.id > $2)
        AND ($3::text IS NULL OR o.id IN (SELECT officer_id FROM village_officer WHERE village_id = $3))
      ORDER BY o.id LIMIT $4`,
    [filter.id ?? null, page.afterId ?? null, filter.villageId ?? null, page.limit],
  );

/** Every officer and every assignment, for the export: one row a spell, or one with nulls for an officer without any. */
export const exportOfficers = (
  query: Query,
): Promise<
  {
    officerId: string;
    name: string;
    phone: string;
    villageId: string | null;
    fromOn: string | null;
    toOn: string | null;
  }[]
> =>
  query(
    `SELECT o.id AS "officerId", o.name, o.phone, s.village_id AS "villageId", s.from_on AS "fromOn",
            s.to_on AS "toOn"
       FROM safety_officer o LEFT JOIN village_officer s ON s.officer_id = o.id
      ORDER BY o.id COLLATE "C", s.from_on, s.village_id COLLATE "C"`,
  );

/** Writes down an officer, or what is new about one. */
export const putOfficer = (
  db: Db,
  officer: { id: string; name: string; phone: string },
  by: ActBy,
): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const written = await query(
      `INSERT INTO safety_officer AS o (id, name, phone) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = excluded.phone
       WHERE (o.name, o.phone) IS DISTINCT FROM (excluded.name, excluded.phone) RETURNING id`,
      [officer.id, officer.name, officer.phone],
    );
    if (written.length === 0) return unchanged;
    await record("officer.put", officer.id, { name: officer.name, phone: officer.phone });
    return { kind: "done", changed: true };
  });

/** Strikes out an officer who never had a village; one who had stays in the history. */
export const removeOfficer = (db: Db, id: string, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const [spell] = await query<{ village_id: string }>(
      "SELECT village_id FROM village_officer WHERE officer_id = $1 LIMIT 1",
      [id],
    );
    if (spell)
      return refused(`officer ${id} has or had village ${spell.village_id}: end or strike out that first`);
    const gone = await query("DELETE FROM safety_officer WHERE id = $1 RETURNING id", [id]);
    if (gone.length === 0) return missing("officer", id);
    await record("officer.remove", id);
    return { kind: "done", changed: true };
  });

type Spell = { villageId: string; officerId: string; fromOn: string };

/** The village is the officer's from `fromOn` until before `toOn` (null: from then on). The same day again changes the end. */
export const putSpell = (db: Db, spell: Spell & { toOn: string | null }, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const { villageId, officerId, fromOn, toOn } = spell;
    if ((await query("SELECT FROM village WHERE id = $1", [villageId])).length === 0)
      return missing("village", villageId);
    if ((await query("SELECT FROM safety_officer WHERE id = $1", [officerId])).length === 0)
      return missing("officer", officerId);
    if (toOn !== null && toOn <= fromOn) return refused(`the end, ${toOn}, must lie after ${fromOn}`);
    const [other] = await query<{ from_on: string }>(
      `SELECT from_on FROM village_officer
        WHERE village_id = $1 AND officer_id = $2 AND from_on <> $3
          AND from_on < COALESCE($4::date, 'infinity') AND COALESCE(to_on, 'infinity') > $3::date LIMIT 1`,
      [villageId, officerId, fromOn, toOn],
    );
    if (other)
      return refused(`officer ${officerId} has village ${villageId} from ${other.from_on} on already`);
    const written = await query(
      `INSERT INTO village_officer AS s (village_id, officer_id, from_on, to_on) VALUES ($1, $2, $3, $4)
       ON CONFLICT (village_id, officer_id, from_on) DO UPDATE SET to_on = excluded.to_on
       WHERE s.to_on IS DISTINCT FROM excluded.to_on RETURNING village_id`,
      [villageId, officerId, fromOn, toOn],
    );
    if (written.length === 0) return unchanged;
    await record("officer.assign", officerId, { villageId, from: fromOn, to: toOn });
    return { kind: "done", changed: true };
  });

/** Strikes out an assignment that was entered by mistake. */
export const removeSpell = (db: Db, spell: Spell, by: ActBy): Promise<ActOutcome> =>
  registryAct(db, by, async ({ query, record }) => {
    const gone = await query(
      "DELETE FROM village_officer WHERE village_id = $1 AND officer_id = $2 AND from_on = $3 RETURNING village_id",
      [spell.villageId, spell.officerId, spell.fromOn],
    );
    if (gone.length === 0) return missing(`assignment of officer ${spell.officerId} from`, spell.fromOn);
    await record("officer.unassign", spell.officerId, { villageId: spell.villageId, from: spell.fromOn });
    return { kind: "done", changed: true };
  });
