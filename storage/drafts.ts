// Registry drafts in PostgreSQL: a file's bytes, then its rows, its errors, and what it would change.
import type {
  ChangeKind,
  Draft,
  DraftChange,
  DraftCounts,
  DraftError,
  DraftForm,
  DraftState,
} from "../domain/http-drafts.ts";
import type { JobState } from "../domain/http-jobs.ts";
import { toIso } from "../domain/time.ts";
import { writeAudit } from "./audit.ts";
import type { Db, Query } from "./db.ts";
import { createJob } from "./jobs.ts";
import type { ImportResult } from "./registry.ts";
import type { NumberedRow } from "./registry-check.ts";
import type { Comparison } from "./registry-compare.ts";

/** Kinds of the two jobs of a draft. */
export const draftJobs = { read: "registryRead", commit: "registryImport" } as const;
/** How long a draft is kept, and how many there may be. */
const keepHours = 24;
const maxDrafts = 20;
const partBytes = 1024 * 1024;
const rowsPerPart = 2_000;
const recordsPerStatement = 5_000;

type DraftRow = {
  id: string;
  file_name: string;
  file_bytes: number;
  actor: string;
  created_at: Date;
  expires_at: Date;
  state: "reading" | "bad" | "ready" | "committed";
  form: DraftForm | null;
  row_count: number | null;
  error_count: number | null;
  counts: DraftCounts | null;
  compared_at: Date | null;
  result: ImportResult | null;
  job_id: string | null;
  job_state: JobState | null;
  job_problem: string | null;
};

const selectDraft = `SELECT d.*, j.id AS job_id, j.state AS job_state, j.problem AS job_problem
  FROM registry_draft d LEFT JOIN job j ON j.id = coalesce(d.commit_job, d.read_job)`;

/** A draft's own state and that of its newest job, as one. */
const stateOf = ({ state, job_state }: DraftRow): DraftState => {
  const runs = job_state === "queued" || job_state === "running";
  if (state === "reading") return job_state === "failed" || job_state === "cancelled" ? job_state : state;
  return state === "ready" && runs ? "committing" : state;
};

const draftOf = (row: DraftRow): Draft => ({
  id: row.id,
  fileName: row.file_name,
  fileBytes: row.file_bytes,
  actor: row.actor,
  createdAt: toIso(row.created_at.getTime()),
  expiresAt: toIso(row.expires_at.getTime()),
  state: stateOf(row),
  form: row.form,
  rows: row.row_count,
  errors: row.error_count,
  counts: row.counts,
  comparedAt: row.compared_at === null ? null : toIso(row.compared_at.getTime()),
  jobId: row.job_id,
  problem: row.job_state === "failed" ? row.job_problem : null,
  result: row.result,
});

/** Throws away drafts that have expired, with everything that was in their files. */
export const dropExpiredDrafts = async (query: Query): Promise<void> => {
  await query("DELETE FROM registry_draft WHERE expires_at < now()");
};

/** Stores a file and queues its reading; drafts that have expired go. Answers null where there are too many. */
export const createDraft = (
  db: Db,
  file: { name: string; bytes: Buffer },
  actor: string,
): Promise<Draft | null> =>
  db.transaction(async (query) => {
    await query("SELECT pg_advisory_xact_lock(hashtext('hubao_registry_drafts'))");
    await dropExpiredDrafts(query);
    const [drafts] = await query<{ n: number }>("SELECT count(*) AS n FROM registry_draft");
    if ((drafts?.n ?? 0) >= maxDrafts) return null;
    const [draft] = await query<{ id: string }>(
      `INSERT INTO registry_draft (file_name, file_bytes, actor, expires_at)
       VALUES ($1, $2, $3, now() + $4 * interval '1 hour') RETURNING id`,
      [file.name, file.bytes.length, actor, keepHours],
    );
    const id = draft?.id ?? "";
    for (let at = 0, n = 0; at < file.bytes.length; at += partBytes, n++)
      await query("INSERT INTO registry_draft_part (draft_id, n, bytes) VALUES ($1, $2, $3)", [
        id,
        n,
        file.bytes.subarray(at, at + partBytes),
      ]);
    const job = await createJob(db, query, { kind: draftJobs.read, params: { draftId: id }, actor });
    await query("UPDATE registry_draft SET read_job = $2 WHERE id = $1", [id, job]);
    await writeAudit(query, { actor, act: "registry.draft", subject: id, detail: { file: file.name } });
    return readDraft(query, id);
  });

/** One draft; null where there is none of that id, or it has expired. */
export const readDraft = async (query: Query, id: string): Promise<Draft | null> => {
  const [row] = await query<DraftRow>(`${selectDraft} WHERE d.id = $1::uuid AND d.expires_at >= now()`, [id]);
  return row === undefined ? null : draftOf(row);
};

/** All drafts, newest first. */
export const listDrafts = async (query: Query): Promise<Draft[]> =>
  (
    await query<DraftRow>(`${selectDraft} WHERE d.expires_at >= now() ORDER BY d.created_at DESC, d.id DESC`)
  ).map(draftOf);

/** Queues the taking over of a draft that is ready. */
export const commitDraft = (
  db: Db,
  id: string,
  actor: string,
): Promise<
  { kind: "queued"; draft: Draft } | { kind: "notFound" } | { kind: "notReady"; state: DraftState }
> =>
  db.transaction(async (query) => {
    await query("SELECT FROM registry_draft WHERE id = $1::uuid FOR UPDATE", [id]);
    const draft = await readDraft(query, id);
    if (draft === null) return { kind: "notFound" };
    if (draft.state !== "ready") return { kind: "notReady", state: draft.state };
    const job = await createJob(db, query, { kind: draftJobs.commit, params: { draftId: id }, actor });
    await query("UPDATE registry_draft SET commit_job = $2 WHERE id = $1::uuid", [id, job]);
    await writeAudit(query, { actor, act: "registry.draft.commit", subject: id });
    return { kind: "queued", draft: (await readDraft(query, id)) ?? draft };
  });

/** Throws a draft away. */
export const discardDraft = (
  db: Db,
  id: string,
  actor: string,
): Promise<{ kind: "discarded" } | { kind: "notFound" } | { kind: "busy" }> =>
  db.transaction(async (query) => {
    await query("SELECT FROM registry_draft WHERE id = $1::uuid FOR UPDATE", [id]);
    const draft = await readDraft(query, id);
    if (draft === null) return { kind: "notFound" };
    if (draft.state === "committing") return { kind: "busy" };
    await query("DELETE FROM registry_draft WHERE id = $1::uuid", [id]);
    await writeAudit(query, { actor, act: "registry.draft.discard", subject: id });
    return { kind: "discarded" };
  });

/** The bytes of a draft's file; null where the draft is gone. */
export const draftBytes = async (query: Query, id: string): Promise<Buffer | null> => {
  const numbers = await query<{ n: number }>(
    "SELECT n FROM registry_draft_part WHERE draft_id = $1::uuid ORDER BY n",
    [id],
  );
  const parts: Buffer[] = [];
  for (const { n } of numbers) {
    const [part] = await query<{ bytes: Buffer }>(
      "SELECT bytes FROM registry_draft_part WHERE draft_id = $1::uuid AND n = $2",
      [id, n],
    );
    if (part !== undefined) parts.push(part.bytes);
  }
  return parts.length === 0 ? null : Buffer.concat(parts);
};

/** The rows of a draft that was read without errors. */
export const draftRows = async (query: Query, id: string): Promise<NumberedRow[]> => {
  const rows: NumberedRow[] = [];
  for (let n = 0; ; n++) {
    const [part] = await query<{ rows: NumberedRow[] }>(
      "SELECT rows FROM registry_draft_rows WHERE draft_id = $1::uuid AND n = $2",
      [id, n],
    );
    if (part === undefined) return rows;
    for (const row of part.rows) rows.push(row);
  }
};

/** Stores what a comparison found in place of an earlier one. */
export const storeComparison = async (query: Query, id: string, comparison: Comparison): Promise<void> => {
  await query("DELETE FROM registry_draft_change WHERE draft_id = $1::uuid", [id]);
  const { sample } = comparison;
  const values = (pick: (change: DraftChange) => unknown) => sample.map(pick);
  await query(
    `INSERT INTO registry_draft_change (draft_id, n, line, kind, subject, subject_id, field, before, after)
     SELECT $1::uuid, u.n - 1, u.line, u.kind, u.subject, u.subject_id, u.field, u.before, u.after
       FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
            WITH ORDINALITY AS u (line, kind, subject, subject_id, field, before, after, n)`,
    [
      id,
      values((c) => c.line),
      values((c) => c.kind),
      values((c) => c.subject),
      values((c) => c.subjectId),
      values((c) => c.field),
      values((c) => c.before),
      values((c) => c.after),
    ],
  );
  await query(
    `UPDATE registry_draft SET counts = $2, difference_digest = $3, compared_at = now() WHERE id = $1::uuid`,
    [id, JSON.stringify(comparison.counts), comparison.digest],
  );
};

type ReadEnd = { form: DraftForm | null; rows: number } & (
  | { state: "bad"; errors: readonly (Omit<DraftError, "field" | "heading"> & Partial<DraftError>)[] }
  | { state: "ready"; good: readonly NumberedRow[]; comparison: Comparison }
);

/** Stores what the reading of a draft's file came to, and lets go of the file. */
export const finishReading = async (query: Query, id: string, end: ReadEnd): Promise<void> => {
  for (const table of ["registry_draft_part", "registry_draft_rows", "registry_draft_error"])
    await query(`DELETE FROM ${table} WHERE draft_id = $1::uuid`, [id]);
  await query(
    `UPDATE registry_draft SET state = $2, form = $3, row_count = $4, error_count = $5 WHERE id = $1::uuid`,
    [
      id,
      end.state,
      end.form === null ? null : JSON.stringify(end.form),
      end.rows,
      end.state === "bad" ? end.errors.length : 0,
    ],
  );
  if (end.state === "bad") {
    for (let at = 0; at < end.errors.length; at += recordsPerStatement) {
      const part = end.errors.slice(at, at + recordsPerStatement);
      await query(
        `INSERT INTO registry_draft_error (draft_id, n, line, field, heading, reason)
         SELECT $1::uuid, $2 + u.n - 1, u.line, u.field, u.heading, u.reason
           FROM unnest($3::int[], $4::text[], $5::text[], $6::text[])
                WITH ORDINALITY AS u (line, field, heading, reason, n)`,
        [
          id,
          at,
          part.map((e) => e.line),
          part.map((e) => e.field ?? null),
          part.map((e) => e.heading ?? null),
          part.map((e) => e.reason),
        ],
      );
    }
    return;
  }
  for (let at = 0, n = 0; at < end.good.length; at += rowsPerPart, n++)
    await query("INSERT INTO registry_draft_rows (draft_id, n, rows) VALUES ($1::uuid, $2, $3)", [
      id,
      n,
      JSON.stringify(end.good.slice(at, at + rowsPerPart)),
    ]);
  await storeComparison(query, id, end.comparison);
};

/** What the taking over needs to know of a draft, which stays locked until the end of the transaction. */
export const lockDraft = async (
  query: Query,
  id: string,
): Promise<{ state: string; digest: string | null; result: ImportResult | null } | null> => {
  const [row] = await query<{ state: string; difference_digest: string | null; result: ImportResult | null }>(
    "SELECT state, difference_digest, result FROM registry_draft WHERE id = $1::uuid FOR UPDATE",
    [id],
  );
  return row === undefined ? null : { state: row.state, digest: row.difference_digest, result: row.result };
};

/** Marks a draft as taken over, and lets go of its rows. */
export const finishCommit = async (query: Query, id: string, result: ImportResult): Promise<void> => {
  await query("UPDATE registry_draft SET state = 'committed', result = $2 WHERE id = $1::uuid", [
    id,
    JSON.stringify(result),
  ]);
  await query("DELETE FROM registry_draft_rows WHERE draft_id = $1::uuid", [id]);
};

/** Errors of a draft in order of lines, after position `after`; with their positions. */
export const draftErrors = (
  query: Query,
  id: string,
  page: { after: number; limit: number },
): Promise<(DraftError & { n: number })[]> =>
  query(
    `SELECT n, line, field, heading, reason FROM registry_draft_error
      WHERE draft_id = $1::uuid AND n > $2 ORDER BY n LIMIT $3`,
    [id, page.after, page.limit],
  );

/** The sampled differences of a draft in order of lines, after position `after`; with their positions. */
export const draftChanges = (
  query: Query,
  id: string,
  kind: ChangeKind | undefined,
  page: { after: number; limit: number },
): Promise<(DraftChange & { n: number })[]> =>
  query(
    `SELECT n, line, kind, subject, subject_id AS "subjectId", field, before, after FROM registry_draft_change
      WHERE draft_id = $1::uuid AND n > $2 AND ($4::text IS NULL OR kind = $4) ORDER BY n LIMIT $3`,
    [id, page.after, page.limit, kind ?? null],
  );
