// The two pieces of long work on a draft: reading its file and comparing it, and taking it over.
import type { DraftForm } from "../domain/http-drafts.ts";
import type { Db } from "../storage/db.ts";
import {
  draftBytes,
  draftRows,
  finishCommit,
  finishReading,
  lockDraft,
  storeComparison,
} from "../storage/drafts.ts";
import { conflictsWithStored, type ImportResult, importLocked, lockRegistry } from "../storage/registry.ts";
import { contradictions, type NumberedRow } from "../storage/registry-check.ts";
import { type Comparison, compareWithStored } from "../storage/registry-compare.ts";
import { fileLimits } from "./limits.ts";
import { type FileError, readRegistryTable } from "./table-read.ts";

/** What the work is told and tells. */
export type DraftTools = {
  /** How far it is; `total` is null while that is not known. */
  progress(done: number, total: number | null, note: DraftStep): void;
  signal: AbortSignal;
  nowMs: number;
  /** The township's local day. */
  today: string;
  actor: string;
};
/** What it is doing, for the page to put into words. */
export type DraftStep = "reading" | "checking" | "comparing" | "storing" | "writing";

export type ReadResult = { kind: "gone" } | { kind: "bad"; errors: number } | { kind: "ready"; rows: number };
export type CommitResult =
  | { kind: "gone" }
  | { kind: "notReady" }
  /** The registry has changed since the draft was compared: a new comparison is stored and nothing else. */
  | { kind: "stale" }
  | { kind: "rejected"; errors: number }
  | { kind: "imported"; result: ImportResult };

/** Reads a draft's file and stores what came of it; nothing is stored when it is aborted. */
export const readDraftFile = async (db: Db, id: string, tools: DraftTools): Promise<ReadResult> => {
  const bytes = await draftBytes(db.query, id);
  if (bytes === null) return { kind: "gone" };
  const good: NumberedRow[] = [];
  const { form, rows, errors } = await readRegistryTable(bytes, async (batch) => {
    tools.signal.throwIfAborted();
    for (const row of batch) good.push(row);
    tools.progress(good.length, null, "reading");
  });
  tools.signal.throwIfAborted();
  const store = (end: Parameters<typeof finishReading>[2]) =>
    db.transaction(async (query) => {
      if ((await lockDraft(query, id)) !== null) await finishReading(query, id, end);
    });
  const bad = async (found: FileError[]): Promise<ReadResult> => {
    const listed = found.toSorted((a, b) => a.line - b.line).slice(0, fileLimits.lineErrors);
    await store({ state: "bad", form: form as DraftForm | null, rows, errors: listed });
    return { kind: "bad", errors: listed.length };
  };
  tools.progress(good.length, rows, "checking");
  const wrong: FileError[] = [...errors, ...contradictions(good)];
  if (wrong.length > 0) return bad(wrong);
  const conflicts = await conflictsWithStored(db.query, good);
  if (conflicts.length > 0) return bad(conflicts);
  const comparison = await compare(db, good, tools);
  tools.progress(rows, rows, "storing");
  await store({ state: "ready", form: form as DraftForm | null, rows, good, comparison });
  return { kind: "ready", rows };
};

const compare = (db: Pick<Db, "query">, rows: readonly NumberedRow[], tools: DraftTools) =>
  compareWithStored(db.query, rows, {
    today: tools.today,
    signal: tools.signal,
    progress: (done) => tools.progress(done, rows.length, "comparing"),
  });

/** A transaction's end without its writes, with what is to be said of it. */
type Undone = { kind: "stale"; comparison: Comparison };
const undone = (outcome: Undone): Error & { outcome: Undone } =>
  Object.assign(new Error(outcome.kind), { outcome });

/** Takes a draft over: all of it, exactly once, and only if that changes what its comparison said. */
export const commitDraftRows = async (db: Db, id: string, tools: DraftTools): Promise<CommitResult> => {
  try {
    return await db.transaction(async (query): Promise<CommitResult> => {
      await lockRegistry(query);
      const draft = await lockDraft(query, id);
      if (draft === null) return { kind: "gone" };
      if (draft.state === "committed" && draft.result !== null)
        return { kind: "imported", result: draft.result };
      if (draft.state !== "ready") return { kind: "notReady" };
      tools.progress(0, null, "reading");
      const rows = await draftRows(query, id);
      const comparison = await compare({ query }, rows, tools);
      if (comparison.digest !== draft.digest) throw undone({ kind: "stale", comparison });
      const outcome = await importLocked(db, query, rows, {
        actor: tools.actor,
        nowMs: tools.nowMs,
        today: tools.today,
        signal: tools.signal,
        progress: (done, total) => tools.progress(done, total, "writing"),
      });
      if (outcome.kind === "rejected") return { kind: "rejected", errors: outcome.errors.length };
      await finishCommit(query, id, outcome.result);
      return { kind: "imported", result: outcome.result };
    });
  } catch (error) {
    if (!(error instanceof Error && "outcome" in error)) throw error;
    const { comparison } = error.outcome as Undone;
    await db.transaction((query) => storeComparison(query, id, comparison));
    return { kind: "stale" };
  }
};
