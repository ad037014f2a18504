// Measures the import of a large registry file as the house does it (a thread reads, compares, commits) beside a bare COPY.
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RegistryRow } from "../domain/registry.ts";
import { writeCsv, writeXlsx } from "../registry/table-write.ts";
import { type DraftTask, runDraftTask } from "../registry/thread.ts";
import { type Db, openDatabase } from "../storage/db.ts";
import { commitDraft, createDraft } from "../storage/drafts.ts";
import { startEmbeddedPostgres } from "../storage/embedded.ts";
import { migrate } from "../storage/migrate.ts";
import { cpuOfTree, type Spread, spreadOf } from "./measure.ts";

export const defaultImport = { rounds: 3, breakers: 200_000 };
const formats = ["csv", "gb18030", "xlsx"] as const;
type Format = (typeof formats)[number];

export type ImportRound = {
  format: Format;
  fileBytes: number;
  /** Sent in, read, checked, compared and stored as a draft. */
  readMs: number;
  commitMs: number;
  /** CPU of both steps, of this process with the thread and of PostgreSQL; null where the system does not tell. */
  cpuMs: number;
  postgresCpuMs: number | null;
  /** COPY of the same rows into one table without an index. */
  copyMs: number;
  /** Most that this process has used, the thread included. */
  peakRssBytes: number;
  /** The longest that this thread's loop was kept. */
  longestPauseMs: number;
};

const areaBreakers = 70;
const villageAreas = 10;

const rowOf = (n: number): RegistryRow => {
  const area = Math.floor(n / areaBreakers);
  const village = Math.floor(area / villageAreas);
  const isMain = n % areaBreakers === 0;
  return {
    townshipId: "T1",
    townshipName: "某镇",
    villageId: `V${village}`,
    villageName: `第${village}村`,
    areaId: `A${area}`,
    areaName: `第${village}村${area % villageAreas}号台区`,
    householdId: isMain ? null : `H${n}`,
    address: isMain ? null : `幸福路${n}号`,
    inhabited: isMain ? null : n % 9 !== 0,
    breakerId: `B${n}`,
    level: isMain ? "main" : "household",
    ratedResidualCurrentMa: isMain ? 300 : 30,
    installedOn: "2026-01-01",
    removedOn: null,
    supplyStation: `供电所${village % 3}`,
    householder: isMain ? null : `户主${n}`,
    accountNumber: isMain ? null : `00${n}`,
    walkingOrder: isMain ? null : n % areaBreakers,
    officerId: `O-${village}`,
    officerName: `协管员-${village}`,
    officerPhone: null,
  };
};

const parts = async function* (breakers: number) {
  for (let at = 0; at < breakers; at += 5_000)
    yield Array.from({ length: Math.min(5_000, breakers - at) }, (_, i) => rowOf(at + i));
};

const fileOf = async (format: Format, breakers: number): Promise<Buffer> => {
  const bytes =
    format === "xlsx"
      ? writeXlsx(parts(breakers), "zh")
      : writeCsv(parts(breakers), { language: "zh", encoding: format === "csv" ? "utf-8" : "gb18030" });
  return Buffer.concat(await Array.fromAsync(bytes as AsyncIterable<Uint8Array>));
};

const timed = async (work: () => Promise<void>): Promise<number> => {
  const beganMs = performance.now();
  await work();
  return performance.now() - beganMs;
};

const emptyTables = (db: Db) => db.query("TRUNCATE township, safety_officer, registry_draft, job CASCADE");

const importOnce = async (db: Db, server: { url: string; pid: number }, bytes: Buffer) => {
  const { url: databaseUrl, pid: postmasterPid } = server;
  const cpuBefore = process.cpuUsage();
  const postgresBefore = cpuOfTree(postmasterPid);
  const watch = { longestPauseMs: 0, peakRssBytes: 0, atMs: performance.now() };
  const ticker = setInterval(() => {
    const nowMs = performance.now();
    watch.longestPauseMs = Math.max(watch.longestPauseMs, nowMs - watch.atMs - 20);
    watch.peakRssBytes = Math.max(watch.peakRssBytes, process.memoryUsage.rss());
    watch.atMs = nowMs;
  }, 20);
  const run = async (kind: DraftTask["kind"], draftId: string) => {
    const task = { kind, databaseUrl, draftId, actor: "bench", nowMs: Date.now(), today: "2026-05-01" };
    const outcome = await runDraftTask(task, { progress() {}, signal: new AbortController().signal });
    if (outcome.kind !== "ready" && outcome.kind !== "imported")
      throw new Error(`the ${kind} came to: ${JSON.stringify(outcome)}`);
  };
  let draftId = "";
  const readMs = await timed(async () => {
    draftId = (await createDraft(db, { name: "bench", bytes }, "bench"))?.id ?? "";
    await run("read", draftId);
  });
  const commitMs = await timed(async () => {
    await commitDraft(db, draftId, "bench");
    // The job that was queued is not worked off here: the task is run as its handler would.
    await run("commit", draftId);
  });
  clearInterval(ticker);
  const { longestPauseMs, peakRssBytes } = watch;
  const cpu = process.cpuUsage(cpuBefore);
  const postgresAfter = cpuOfTree(postmasterPid);
  return {
    readMs,
    commitMs,
    longestPauseMs,
    peakRssBytes,
    cpuMs: (cpu.user + cpu.system) / 1_000,
    postgresCpuMs: postgresAfter === null ? null : postgresAfter - (postgresBefore ?? 0),
  };
};

const copyOnce = async (db: Db, file: string): Promise<number> => {
  const columns = Object.keys(rowOf(1)).map((_, i) => `c${i} text`);
  await db.query(`CREATE TABLE bench_copy (${columns.join(", ")})`);
  try {
    return await timed(async () => {
      await db.query(`COPY bench_copy FROM '${file.replaceAll("'", "''")}' (FORMAT csv, HEADER)`);
    });
  } finally {
    await db.query("DROP TABLE bench_copy");
  }
};

/** Imports the file of so many breakers into an empty registry, in each format in turn. */
export const measureImport = async (
  options: typeof defaultImport,
  onRound: (round: ImportRound) => void,
): Promise<{ rounds: ImportRound[]; totalMs: Record<Format, Spread>; overCopy: Record<Format, Spread> }> => {
  const dataDir = await mkdtemp(join(tmpdir(), "hubao-bench-"));
  const log = { info: () => {}, warn: (message: string) => console.warn(message) };
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), log });
  try {
    await migrate(postgres.url);
    const db = openDatabase(postgres.url);
    const pidFile = join(dataDir, "postgres", "cluster", "postmaster.pid");
    const server = { url: postgres.url, pid: Number((await readFile(pidFile, "utf8")).split("\n")[0]) };
    const rounds: ImportRound[] = [];
    try {
      const files = new Map<Format, Buffer>();
      for (const format of formats) files.set(format, await fileOf(format, options.breakers));
      // PostgreSQL may run as a user of its own, who has to read the file.
      await chmod(dataDir, 0o755);
      const copied = join(dataDir, "rows.csv");
      await writeFile(copied, files.get("csv") ?? "");
      for (let n = 0; n < options.rounds; n++)
        for (const [format, bytes] of files) {
          await emptyTables(db);
          const copyMs = await copyOnce(db, copied);
          const measured = await importOnce(db, server, bytes);
          const round = { format, fileBytes: bytes.length, copyMs, ...measured };
          rounds.push(round);
          onRound(round);
        }
    } finally {
      await db.close();
    }
    const by = (pick: (round: ImportRound) => number) =>
      Object.fromEntries(
        formats.map((format) => [format, spreadOf(rounds.filter((r) => r.format === format).map(pick))]),
      ) as Record<Format, Spread>;
    return {
      rounds,
      totalMs: by((r) => r.readMs + r.commitMs),
      overCopy: by((r) => (r.readMs + r.commitMs) / r.copyMs),
    };
  } finally {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
};
