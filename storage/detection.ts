// What detection commits: operating history, alarms, its own memory and its place in the journal, in one transaction.
import type { AlarmEvidence } from "../domain/alarm.ts";
import type { LastReading } from "../domain/http.ts";
import type { OperatingReason, OperatingState, StateChange } from "../domain/operating.ts";
import type { Query } from "./db.ts";
import { type QuarantineRow, storeQuarantine } from "./quarantine.ts";

export type OwnChangeRow = StateChange & { dark: boolean | null };

/** Everything of the breaker from `fromMs` on gives way to `changes`; the last lasts until `endMs`, or still lasts. */
export type HistoryRewrite<T> = {
  breakerId: string;
  fromMs: number;
  changes: readonly T[];
  endMs: number | null;
};

export type AlarmWrite =
  | {
      effect: "raise";
      id: string;
      kind: string;
      priority: string;
      breakerId: string | null;
      areaId: string;
      villageId: string;
      atMs: number;
      evidence: AlarmEvidence;
    }
  | { effect: "reopen"; id: string; atMs: number; evidence: AlarmEvidence }
  | { effect: "clear"; id: string; atMs: number };

export type BreakerStateRow = {
  breakerId: string;
  state: OperatingState;
  reason: OperatingReason | null;
  sinceMs: number;
  lastReading: LastReading | null;
  lastHeardMs: number | null;
  /** What detection remembers of it, in base64, and the facts that it was judged with; only detection reads them. */
  memory: string;
  facts: string;
};

export type CheckpointRow = { breakerId: string; dayMs: number; fold: unknown };

export type DetectionCommit = {
  own: readonly HistoryRewrite<OwnChangeRow>[];
  published: readonly HistoryRewrite<StateChange>[];
  states: readonly BreakerStateRow[];
  areas: readonly { areaId: string; fold: unknown }[];
  alarms: readonly AlarmWrite[];
  checkpoints: readonly CheckpointRow[];
  /** What breakers usually leak, in base64, where it has changed; only detection reads it. */
  baselines?: readonly { breakerId: string; baseline: string }[];
  /** Late data or other facts: the history has to be judged anew from there on (`ownToo`: by its reports, too). */
  revisions: readonly { breakerId: string; fromMs: number; ownToo: boolean }[];
  quarantine: readonly QuarantineRow[];
  offset: { journalId: string; offset: number } | null;
};

const rewriteOwn = async (query: Query, rewrites: DetectionCommit["own"]): Promise<void> => {
  if (rewrites.length === 0) return;
  await query(
    `DELETE FROM own_change o USING jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint)
     WHERE o.breaker_id = r."breakerId" AND o.from_ms >= r."fromMs"`,
    [JSON.stringify(rewrites.map(({ breakerId, fromMs }) => ({ breakerId, fromMs })))],
  );
  await query(
    `INSERT INTO own_change (breaker_id, from_ms, state, reason, dark)
     SELECT * FROM jsonb_to_recordset($1::jsonb)
       AS r("breakerId" text, "fromMs" bigint, state text, reason text, dark boolean)`,
    [
      JSON.stringify(
        rewrites.flatMap(({ breakerId, changes }) => changes.map((change) => ({ breakerId, ...change }))),
      ),
    ],
  );
};

/** Only what differs is written: a day's sums stay good as long as nothing of the day has changed (migration 008). */
const rewritePublished = async (query: Query, rewrites: DetectionCommit["published"]): Promise<void> => {
  if (rewrites.length === 0) return;
  const stretches = JSON.stringify(
    rewrites.map(({ breakerId, fromMs, changes }) => ({
      breakerId,
      fromMs,
      firstMs: changes[0]?.fromMs ?? fromMs,
    })),
  );
  const rows = JSON.stringify(
    rewrites.flatMap(({ breakerId, changes, endMs }) =>
      changes.map((change, i) => ({ breakerId, ...change, toMs: changes[i + 1]?.fromMs ?? endMs })),
    ),
  );
  const stretch = `jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint, "firstMs" bigint)`;
  const row = `jsonb_to_recordset($2::jsonb) AS n("breakerId" text, "fromMs" bigint, "toMs" bigint, state text, reason text)`;
  await query(
    `DELETE FROM operating_interval o USING ${stretch}
     WHERE o.breaker_id = r."breakerId" AND o.from_ms >= r."fromMs"
       AND NOT EXISTS (SELECT FROM ${row} WHERE n."breakerId" = o.breaker_id AND n."fromMs" = o.from_ms
                          AND n.state = o.state AND n.reason IS NOT DISTINCT FROM o.reason)`,
    [stretches, rows],
  );
  // What the rewrite does not reach ends where it begins; what stays may end elsewhere.
  await query(
    `UPDATE operating_interval o SET to_ms = u.to_ms
     FROM (SELECT r."breakerId" AS id, o.from_ms, r."firstMs" AS to_ms FROM ${stretch}
             JOIN operating_interval o ON o.breaker_id = r."breakerId" AND o.from_ms < r."firstMs"
                                      AND (o.to_ms IS NULL OR o.to_ms > r."firstMs")
           UNION ALL SELECT n."breakerId", n."fromMs", n."toMs" FROM ${row}) u
     WHERE o.breaker_id = u.id AND o.from_ms = u.from_ms AND o.to_ms IS DISTINCT FROM u.to_ms`,
    [stretches, rows],
  );
  await query(
    `INSERT INTO operating_interval (breaker_id, from_ms, to_ms, state, reason)
     SELECT * FROM jsonb_to_recordset($1::jsonb)
       AS r("breakerId" text, "fromMs" bigint, "toMs" bigint, state text, reason text)
     ON CONFLICT (breaker_id, from_ms) DO NOTHING`,
    [rows],
  );
};

/** Rows of one statement: a restart may touch every breaker there is, and neither its text nor its time is endless. */
const statesAtOnce = 10_000;

const writeStates = async (query: Query, states: DetectionCommit["states"]): Promise<void> => {
  for (let at = 0; at < states.length; at += statesAtOnce)
    await query(
      `INSERT INTO breaker_state (breaker_id, state, reason, since_ms, last_reading, last_heard_ms, memory, facts)
       SELECT r."breakerId", r.state, r.reason, r."sinceMs", r."lastReading", r."lastHeardMs",
              decode(r.memory, 'base64'), r.facts
         FROM json_to_recordset($1::json) AS r("breakerId" text, state text, reason text, "sinceMs" bigint,
           "lastReading" jsonb, "lastHeardMs" bigint, memory text, facts text)
       ON CONFLICT (breaker_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
         since_ms = excluded.since_ms, last_reading = excluded.last_reading, last_heard_ms = excluded.last_heard_ms,
         memory = excluded.memory, facts = excluded.facts`,
      [JSON.stringify(states.slice(at, at + statesAtOnce))],
    );
};

const writeAlarms = async (query: Query, alarms: readonly AlarmWrite[]): Promise<void> => {
  // One by one and in order: they are few, and a clear must not overtake its raise.
  for (const alarm of alarms) {
    switch (alarm.effect) {
      case "raise":
        await query(
          `INSERT INTO alarm (id, kind, priority, breaker_id, area_id, village_id, raised_at_ms, evidence)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (id) DO UPDATE SET cleared_at_ms = NULL, evidence = excluded.evidence,
             acknowledged_at_ms = CASE WHEN alarm.cleared_at_ms IS NULL THEN alarm.acknowledged_at_ms END,
             acknowledged_by = CASE WHEN alarm.cleared_at_ms IS NULL THEN alarm.acknowledged_by END,
             reopened_at_ms = CASE WHEN alarm.cleared_at_ms IS NULL THEN alarm.reopened_at_ms ELSE excluded.raised_at_ms END,
             occurrences = alarm.occurrences + CASE WHEN alarm.cleared_at_ms IS NULL THEN 0 ELSE 1 END`,
          [
            alarm.id,
            alarm.kind,
            alarm.priority,
            alarm.breakerId,
            alarm.areaId,
            alarm.villageId,
            alarm.atMs,
            JSON.stringify(alarm.evidence),
          ],
        );
        break;
      case "reopen":
        await query(
          `UPDATE alarm SET cleared_at_ms = NULL, acknowledged_at_ms = NULL, acknowledged_by = NULL,
             reopened_at_ms = $3, occurrences = occurrences + 1, evidence = $2 WHERE id = $1`,
          [alarm.id, JSON.stringify(alarm.evidence), alarm.atMs],
        );
        break;
      case "clear":
        await query("UPDATE alarm SET cleared_at_ms = $2 WHERE id = $1 AND cleared_at_ms IS NULL", [
          alarm.id,
          alarm.atMs,
        ]);
        break;
    }
  }
};

/** Writes one commit; call inside a transaction. */
export const writeDetection = async (query: Query, commit: DetectionCommit): Promise<void> => {
  await rewriteOwn(query, commit.own);
  await rewritePublished(query, commit.published);
  await writeStates(query, commit.states);
  await writeAlarms(query, commit.alarms);
  if (commit.areas.length > 0)
    await query(
      `INSERT INTO area_state (area_id, fold)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("areaId" text, fold jsonb)
       ON CONFLICT (area_id) DO UPDATE SET fold = excluded.fold`,
      [JSON.stringify(commit.areas)],
    );
  if (commit.checkpoints.length > 0)
    await query(
      `INSERT INTO fold_checkpoint (breaker_id, day_ms, fold)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "dayMs" bigint, fold jsonb)
       ON CONFLICT (breaker_id, day_ms) DO UPDATE SET fold = excluded.fold`,
      [JSON.stringify(commit.checkpoints)],
    );
  if (commit.baselines !== undefined && commit.baselines.length > 0)
    await query(
      `INSERT INTO breaker_baseline (breaker_id, baseline)
       SELECT r."breakerId", decode(r.baseline, 'base64')
         FROM json_to_recordset($1::json) AS r("breakerId" text, baseline text)
       ON CONFLICT (breaker_id) DO UPDATE SET baseline = excluded.baseline`,
      [JSON.stringify(commit.baselines)],
    );
  if (commit.revisions.length > 0)
    await query(
      `INSERT INTO revision_request (breaker_id, from_ms)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint)
       ON CONFLICT (breaker_id) DO UPDATE SET from_ms = least(revision_request.from_ms, excluded.from_ms)`,
      [JSON.stringify(commit.revisions)],
    );
  await storeQuarantine(query, commit.quarantine);
  if (commit.offset !== null)
    await query(
      `INSERT INTO consumer_offset (journal_id, consumer, "offset") VALUES ($1, 'detection', $2)
       ON CONFLICT (journal_id, consumer) DO UPDATE SET "offset" = excluded."offset"`,
      [commit.offset.journalId, commit.offset.offset],
    );
};

/** Removes requests that have been met. One that asks for an earlier instant came meanwhile, and stays. */
export const removeRevisions = async (
  query: Query,
  met: readonly { breakerId: string; fromMs: number }[],
): Promise<void> => {
  await query(
    `DELETE FROM revision_request q USING jsonb_to_recordset($1::jsonb) AS r("breakerId" text, "fromMs" bigint)
     WHERE q.breaker_id = r."breakerId" AND q.from_ms >= r."fromMs"`,
    [JSON.stringify(met)],
  );
};

/** Replaces a breaker's checkpoints from `fromDayMs` on. */
export const replaceCheckpoints = async (
  query: Query,
  breakerId: string,
  fromDayMs: number,
  rows: readonly CheckpointRow[],
): Promise<void> => {
  await query("DELETE FROM fold_checkpoint WHERE breaker_id = $1 AND day_ms >= $2", [breakerId, fromDayMs]);
  for (const row of rows)
    await query("INSERT INTO fold_checkpoint (breaker_id, day_ms, fold) VALUES ($1, $2, $3)", [
      breakerId,
      row.dayMs,
      JSON.stringify(row.fold),
    ]);
};

/** Drops checkpoints that reach further back than the telemetry they would be folded with. */
export const pruneCheckpoints = async (query: Query, beforeMs: number): Promise<void> => {
  await query("DELETE FROM fold_checkpoint WHERE day_ms < $1", [beforeMs]);
};
