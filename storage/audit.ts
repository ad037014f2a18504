// The audit log: every act of an operator, written in the transaction of the act itself.
import type { Query } from "./db.ts";

/** Records who did what to which subject; pass the `query` of the transaction that does it. */
export const writeAudit = async (
  query: Query,
  entry: { actor: string; act: string; subject: string; detail?: Record<string, unknown> },
): Promise<void> => {
  await query("INSERT INTO audit (actor, act, subject, detail) VALUES ($1, $2, $3, $4)", [
    entry.actor,
    entry.act,
    entry.subject,
    JSON.stringify(entry.detail ?? {}),
  ]);
};

/** Records one act on many subjects. */
export const writeAudits = async (
  query: Query,
  entry: { actor: string; act: string; subjects: readonly string[] },
): Promise<void> => {
  await query("INSERT INTO audit (actor, act, subject) SELECT $1, $2, s FROM unnest($3::text[]) AS s", [
    entry.actor,
    entry.act,
    entry.subjects,
  ]);
};
