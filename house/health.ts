// Asks every part how it is.
import type { PipelinePart } from "../ingest/pipeline.ts";
import type { Journal } from "../journal/port.ts";
import type { Db } from "../storage/db.ts";

export type PartHealth = { ok: boolean; detail: string };
export type HouseHealth = { ready: boolean; parts: Record<string, PartHealth> };

const answerTimeoutMs = 2_000;

const databaseHealth = async (db: Db): Promise<PartHealth> => {
  const late = new Promise<PartHealth>((resolve) => {
    setTimeout(() => resolve({ ok: false, detail: "PostgreSQL does not answer" }), answerTimeoutMs).unref();
  });
  const asked = db.query("SELECT 1").then(
    () => ({ ok: true, detail: "answers" }),
    (error: Error) => ({ ok: false, detail: `PostgreSQL cannot be asked: ${error.message}` }),
  );
  return Promise.race([asked, late]);
};

const journalHealth = (journal: Journal): PartHealth => {
  const stats = journal.stats();
  return stats.full
    ? {
        ok: false,
        detail: `full at ${stats.maxBytes} bytes: devices are not acknowledged until the consumers have caught up; raise HUBAO_JOURNAL_MAX_BYTES or mend the consumer that lags (${JSON.stringify(stats.lag)} records)`,
      }
    : { ok: true, detail: `${stats.records} records, ${stats.bytes} of ${stats.maxBytes} bytes` };
};

/** Ready means that requests can be served and reports are taken in; a part that lags is told but does not unready the rest. */
export const houseHealth = async (needs: {
  db: Db;
  journal: Journal | null;
  broker: (() => PartHealth) | null;
  pipelineProblem: (() => string | null) | null;
  partProblems: ReadonlyMap<PipelinePart, string>;
}): Promise<HouseHealth> => {
  const parts: Record<string, PartHealth> = { database: await databaseHealth(needs.db) };
  if (needs.journal) parts["journal"] = journalHealth(needs.journal);
  if (needs.broker) parts["broker"] = needs.broker();
  let pipelineOk = true;
  if (needs.pipelineProblem) {
    const problem = needs.pipelineProblem();
    pipelineOk = problem === null;
    parts["pipeline"] = { ok: pipelineOk, detail: problem ?? "runs" };
    for (const [part, trouble] of needs.partProblems)
      parts[`pipeline.${part}`] = { ok: false, detail: trouble };
  }
  const ready =
    parts["database"]?.ok === true &&
    parts["journal"]?.ok !== false &&
    parts["broker"]?.ok !== false &&
    pipelineOk;
  return { ready, parts };
};
