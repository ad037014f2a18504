// Thresholds and rules of the findings as they are stored: read whole, changed one at a time, every change kept.
import type { BreakerLevel } from "../domain/breaker.ts";
import type { LimitName } from "../domain/finding-limits.ts";
import type {
  LimitChange,
  LimitChangeInput,
  LimitOverride,
  LimitScope,
  StoredOwnRule,
} from "../domain/http-findings.ts";
import { maxOwnRules, type OwnRule, type OwnRuleInput } from "../domain/own-rule.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";

const scopeTables: Record<LimitScope, string> = {
  township: "township",
  area: "transformer_area",
  breaker: "breaker",
};

/** Serialises changes of the settings: their number is bounded, and pairs of thresholds bear on each other. */
const lockSettings = (query: Query): Promise<unknown> =>
  query("SELECT pg_advisory_xact_lock(hashtext('finding settings'))");

export const loadLimitOverrides = async (query: Query): Promise<LimitOverride[]> =>
  query(
    `SELECT scope, scope_id AS "scopeId", nullif(level, '') AS level, name, value FROM finding_limit
      ORDER BY scope, scope_id, level, name`,
  );

export const loadOwnRules = async (query: Query): Promise<OwnRule[]> =>
  (await query<{ id: string; rule: OwnRuleInput }>("SELECT id, rule FROM own_rule ORDER BY id")).map(
    ({ id, rule }) => ({ id, ...rule }),
  );

/** Breaker → its newest test that was written down by hand, Unix ms. */
export const loadHandTests = async (query: Query): Promise<Map<string, number>> => {
  const rows = await query<{ breakerId: string; atMs: number }>(
    `SELECT breaker_id AS "breakerId", max(at_ms) AS "atMs" FROM test_record WHERE source = 'hand' GROUP BY breaker_id`,
  );
  return new Map(rows.map((row) => [row.breakerId, row.atMs]));
};

export type LimitOutcome =
  | { kind: "changed" | "unchanged" }
  | { kind: "unknownScope" }
  | { kind: "refused"; problems: string[] };

/**
 * Changes one threshold, or takes the change back (`value` null). `check` sees all overrides as they would be and names
 * what is wrong with them.
 */
export const changeLimit = async (
  db: Db,
  change: LimitChangeInput,
  actor: string,
  check: (overrides: readonly LimitOverride[]) => string[],
): Promise<LimitOutcome> =>
  db.transaction(async (query) => {
    await lockSettings(query);
    const [known] = await query(`SELECT id FROM ${scopeTables[change.scope]} WHERE id = $1`, [
      change.scopeId,
    ]);
    if (known === undefined) return { kind: "unknownScope" };
    const key = [change.scope, change.scopeId, change.level ?? "", change.name];
    const [before] = await query<{ value: number }>(
      "SELECT value FROM finding_limit WHERE scope = $1 AND scope_id = $2 AND level = $3 AND name = $4",
      key,
    );
    if ((before?.value ?? null) === change.value) return { kind: "unchanged" };
    if (change.value === null)
      await query(
        "DELETE FROM finding_limit WHERE scope = $1 AND scope_id = $2 AND level = $3 AND name = $4",
        key,
      );
    else
      await query(
        `INSERT INTO finding_limit (scope, scope_id, level, name, value) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, scope_id, level, name) DO UPDATE SET value = excluded.value`,
        [...key, change.value],
      );
    const problems = check(await loadLimitOverrides(query));
    if (problems.length > 0) {
      await query(
        "DELETE FROM finding_limit WHERE scope = $1 AND scope_id = $2 AND level = $3 AND name = $4",
        key,
      );
      if (before)
        await query(
          "INSERT INTO finding_limit (scope, scope_id, level, name, value) VALUES ($1, $2, $3, $4, $5)",
          [...key, before.value],
        );
      return { kind: "refused", problems };
    }
    await query(
      `INSERT INTO finding_limit_change (actor, scope, scope_id, level, name, old_value, new_value)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [actor, ...key, before?.value ?? null, change.value],
    );
    await writeAudit(query, {
      actor,
      act: "findings.limit",
      subject: `${change.scope} ${change.scopeId}`,
      detail: { name: change.name, level: change.level, from: before?.value ?? null, to: change.value },
    });
    await db.notify({ kind: "findingSettings" }, query);
    return { kind: "changed" };
  });

/** Changes of thresholds, the newest first. */
export const listLimitChanges = async (
  query: Query,
  filter: { scope?: LimitScope | undefined; scopeId?: string | undefined },
  page: { beforeId?: number | undefined; limit: number },
): Promise<LimitChange[]> => {
  const rows = await query<
    Omit<LimitChange, "at"> & { at: Date; level: BreakerLevel | null; name: LimitName }
  >(
    `SELECT id, at, actor, scope, scope_id AS "scopeId", nullif(level, '') AS level, name, old_value AS "oldValue",
            new_value AS "newValue"
       FROM finding_limit_change
      WHERE ($1::text IS NULL OR scope = $1) AND ($2::text IS NULL OR scope_id = $2)
        AND ($3::bigint IS NULL OR id < $3)
      ORDER BY id DESC LIMIT $4`,
    [filter.scope ?? null, filter.scopeId ?? null, page.beforeId ?? null, page.limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
};

type RuleRow = { id: string; rule: OwnRuleInput; changed_by: string; changed_at: Date };
const storedRule = (row: RuleRow): StoredOwnRule => ({
  id: row.id,
  ...row.rule,
  changedBy: row.changed_by,
  changedAt: row.changed_at.toISOString(),
});

export const listOwnRules = async (query: Query): Promise<StoredOwnRule[]> =>
  (
    await query<RuleRow>("SELECT id, rule, changed_by, changed_at FROM own_rule ORDER BY changed_at DESC, id")
  ).map(storedRule);

export type OwnRuleOutcome =
  | { kind: "saved"; rule: StoredOwnRule }
  | { kind: "notFound" | "tooMany" | "unknownPlace" };

/** Saves a rule that has been checked: a new one, or in place of the one with this id. */
export const saveOwnRule = async (
  db: Db,
  id: string | null,
  rule: OwnRuleInput,
  actor: string,
): Promise<OwnRuleOutcome> =>
  db.transaction(async (query): Promise<OwnRuleOutcome> => {
    await lockSettings(query);
    const places = [
      ["township", rule.townshipId],
      ["village", rule.villageId],
      ["transformer_area", rule.areaId],
    ] as const;
    for (const [table, placeId] of places) {
      if (placeId === null) continue;
      const found = await query(`SELECT id FROM ${table} WHERE id = $1`, [placeId]);
      if (found.length === 0) return { kind: "unknownPlace" };
    }
    const [{ count } = { count: 0 }] = await query<{ count: number }>(
      "SELECT count(*) AS count FROM own_rule",
    );
    if (id === null && count >= maxOwnRules) return { kind: "tooMany" };
    const [row] =
      id === null
        ? await query<RuleRow>("INSERT INTO own_rule (rule, changed_by) VALUES ($1, $2) RETURNING *", [
            JSON.stringify(rule),
            actor,
          ])
        : await query<RuleRow>(
            "UPDATE own_rule SET rule = $2, changed_by = $3, changed_at = now() WHERE id = $1 RETURNING *",
            [id, JSON.stringify(rule), actor],
          );
    if (row === undefined) return { kind: "notFound" };
    await writeAudit(query, {
      actor,
      act: id === null ? "findings.ruleAdded" : "findings.ruleChanged",
      subject: row.id,
      detail: rule,
    });
    await db.notify({ kind: "findingSettings" }, query);
    return { kind: "saved", rule: storedRule(row) };
  });

/** Takes a rule away; its standing alarms clear. Answers whether there was one. */
export const removeOwnRule = async (db: Db, id: string, actor: string): Promise<boolean> =>
  db.transaction(async (query) => {
    await lockSettings(query);
    const [row] = await query<RuleRow>("DELETE FROM own_rule WHERE id = $1 RETURNING *", [id]);
    if (row === undefined) return false;
    await writeAudit(query, { actor, act: "findings.ruleRemoved", subject: id, detail: row.rule });
    await db.notify({ kind: "findingSettings" }, query);
    return true;
  });
