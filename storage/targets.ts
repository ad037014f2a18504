// Targets that were set: read for a place and a day, set and removed with an entry in the audit log.
import type { StoredTarget } from "../domain/targets.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";

export type TargetEntry = StoredTarget & { id: number; setBy: string; setAt: Date };

const columns = `id, measure, level, township_id AS "townshipId", village_id AS "villageId", value,
  valid_from AS "validFrom", set_by AS "setBy", set_at AS "setAt"`;

/** Every target that was set, by measure, place and day. They are few: people set them by hand. */
export const loadTargets = (query: Query): Promise<TargetEntry[]> =>
  query<TargetEntry>(
    `SELECT ${columns} FROM target ORDER BY measure, level, township_id NULLS FIRST, village_id NULLS FIRST, valid_from`,
  );

export type TargetOutcome = { kind: "set"; target: TargetEntry } | { kind: "unknownPlace"; field: string };

/** Sets a target from a day on; one of the same place and day gives way. */
export const setTarget = (db: Db, target: StoredTarget, actor: string): Promise<TargetOutcome> =>
  db.transaction(async (query) => {
    for (const [field, table, id] of [
      ["township", "township", target.townshipId],
      ["village", "village", target.villageId],
    ] as const) {
      if (id === null) continue;
      const found = await query(`SELECT FROM ${table} WHERE id = $1`, [id]);
      if (found.length === 0) return { kind: "unknownPlace", field };
    }
    const [entry] = await query<TargetEntry>(
      `INSERT INTO target (measure, level, township_id, village_id, value, valid_from, set_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (measure, COALESCE(level, ''), COALESCE(township_id, ''), COALESCE(village_id, ''), valid_from)
       DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = now()
       RETURNING ${columns}`,
      [
        target.measure,
        target.level,
        target.townshipId,
        target.villageId,
        target.value,
        target.validFrom,
        actor,
      ],
    );
    if (entry === undefined) throw new Error("the target was not stored");
    await writeAudit(query, { actor, act: "target.set", subject: String(entry.id), detail: { ...target } });
    return { kind: "set", target: entry };
  });

/** Removes a target that was set; false where there is none of that id. */
export const removeTarget = (db: Db, id: number, actor: string): Promise<boolean> =>
  db.transaction(async (query) => {
    const [was] = await query<TargetEntry>(`DELETE FROM target WHERE id = $1 RETURNING ${columns}`, [id]);
    if (was === undefined) return false;
    const { setBy: _by, setAt: _at, id: _id, ...detail } = was;
    await writeAudit(query, { actor, act: "target.remove", subject: String(id), detail });
    return true;
  });
