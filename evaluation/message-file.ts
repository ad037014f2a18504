// A recorded fleet's messages, line by line in order of arrival, however large the file and however it is ordered.

import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { linesOf, numbered, numberedLinesOf, type TimedLine } from "./message-lines.ts";

/** Lines that are sorted in memory at once: about 100 MB. */
const defaultLinesPerRun = 400_000;

/** So many lines are named of those that cannot be used for the same reason. */
export const namedLines = 3;

const batchTopic = /"topic"\s*:\s*"hubao\/v1\/[^"/]+\/([^"/]+)\/([^"/]+)\/batch"/;

/** What the file spans: its lines, those without a usable `at`, the first and last arrival, and whether it is in order. */
export type MessageFile = {
  path: string;
  lines: number;
  untimed: number;
  /** The numbers of the first of those. */
  untimedLines: number[];
  /** Who sends batches → the area it does so for. */
  batchSenders: Map<string, string>;
  firstMs: number;
  lastMs: number;
  sorted: boolean;
};

/** Looks through the file once. Rejects when it cannot be read. */
export const surveyMessages = async (path: string): Promise<MessageFile> => {
  const file: MessageFile = {
    path,
    lines: 0,
    untimed: 0,
    untimedLines: [],
    batchSenders: new Map(),
    firstMs: Number.POSITIVE_INFINITY,
    lastMs: Number.NEGATIVE_INFINITY,
    sorted: true,
  };
  for await (const block of linesOf(path))
    for (const { atMs, text, line } of block) {
      file.lines += 1;
      if (text.includes('/batch"')) {
        const [, areaId = "", senderId] = batchTopic.exec(text) ?? [];
        if (senderId !== undefined) file.batchSenders.set(senderId, areaId);
      }
      if (Number.isNaN(atMs)) {
        file.untimed += 1;
        if (file.untimedLines.length < namedLines) file.untimedLines.push(line);
        continue;
      }
      if (atMs < file.lastMs) file.sorted = false;
      file.firstMs = Math.min(file.firstMs, atMs);
      file.lastMs = Math.max(file.lastMs, atMs);
    }
  return file;
};

/** So many lines tell how often breakers report. */
const sampledLines = 60_000;

/** The usual time between two readings of one breaker, in ms; null where too little is recorded to tell. */
export const usualIntervalMs = async (path: string): Promise<number | null> => {
  const last = new Map<string, number>();
  const gapsMs: number[] = [];
  const note = (breakerId: unknown, body: unknown) => {
    const tsMs = typeof body === "object" && body !== null && "ts" in body ? Number(body.ts) : Number.NaN;
    if (typeof breakerId !== "string" || !Number.isFinite(tsMs)) return;
    const before = last.get(breakerId);
    if (before !== undefined && tsMs > before) gapsMs.push(tsMs - before);
    last.set(breakerId, tsMs);
  };
  let lines = 0;
  for await (const block of linesOf(path)) {
    for (const { text } of block) {
      const [, breakerId, kind] = /"topic"\s*:\s*"[^"]*\/([^"/]+)\/(reading|batch)"/.exec(text) ?? [];
      if (kind === undefined) continue;
      try {
        const { payload } = JSON.parse(text) as { payload?: unknown };
        if (kind === "reading") note(breakerId, payload);
        else if (typeof payload === "object" && payload !== null && "entries" in payload)
          for (const entry of payload.entries as { breakerId?: unknown; kind?: unknown; body?: unknown }[])
            if (entry?.kind === "reading") note(entry.breakerId, entry.body);
      } catch {
        // Told of when it is judged.
      }
    }
    lines += block.length;
    if (lines >= sampledLines) break;
  }
  if (gapsMs.length < 20) return null;
  gapsMs.sort((a, b) => a - b);
  return gapsMs[gapsMs.length >> 1] ?? null;
};

const writeRun = async (lines: readonly TimedLine[], path: string): Promise<void> => {
  const out = createWriteStream(path);
  for (let i = 0; i < lines.length; i += 4_096) {
    const text = lines
      .slice(i, i + 4_096)
      .map(numbered)
      .join("");
    if (!out.write(text)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
};

type Cursor = { line: TimedLine; next: () => Promise<TimedLine | null> };

const openRun = async (path: string): Promise<Cursor | null> => {
  const blocks = numberedLinesOf(path);
  let block: TimedLine[] = [];
  let at = 0;
  const next = async (): Promise<TimedLine | null> => {
    while (at >= block.length) {
      const more = await blocks.next();
      if (more.done) return null;
      block = more.value;
      at = 0;
    }
    const line = block[at];
    at += 1;
    return line ?? null;
  };
  const line = await next();
  return line === null ? null : { line, next };
};

const merged = async function* (paths: readonly string[]): AsyncGenerator<TimedLine[]> {
  // Runs are few (one for 400,000 lines), so the least is found by looking at each; the earlier run goes first.
  const cursors = (await Promise.all(paths.map(openRun))).filter((c) => c !== null);
  let block: TimedLine[] = [];
  while (cursors.length > 0) {
    let least = 0;
    for (let i = 1; i < cursors.length; i += 1)
      if ((cursors[i]?.line.atMs ?? 0) < (cursors[least]?.line.atMs ?? 0)) least = i;
    const cursor = cursors[least];
    if (cursor === undefined) break;
    block.push(cursor.line);
    const line = await cursor.next();
    if (line === null) cursors.splice(least, 1);
    else cursor.line = line;
    if (block.length < 4_096) continue;
    yield block;
    block = [];
  }
  yield block;
};

const sortedFile = async function* (path: string, linesPerRun: number): AsyncGenerator<TimedLine[]> {
  const directory = mkdtempSync(join(tmpdir(), "hubao-evaluate-"));
  const paths: string[] = [];
  const spill = async (lines: TimedLine[]) => {
    lines.sort((a, b) => a.atMs - b.atMs);
    const runPath = join(directory, `${paths.length}.ndjson`);
    paths.push(runPath);
    await writeRun(lines, runPath);
  };
  try {
    let run: TimedLine[] = [];
    for await (const block of linesOf(path)) {
      for (const line of block) if (!Number.isNaN(line.atMs)) run.push(line);
      if (run.length < linesPerRun) continue;
      await spill(run);
      run = [];
    }
    run.sort((a, b) => a.atMs - b.atMs);
    if (paths.length === 0) yield run;
    else {
      await spill(run);
      yield* merged(paths);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/**
 * The surveyed file's lines in blocks, in order of arrival (lines of one arrival in the file's order), without those that
 * have no arrival. A file that is not in order is sorted on disk first.
 */
export const readMessages = async function* (
  file: MessageFile,
  linesPerRun = defaultLinesPerRun,
): AsyncGenerator<TimedLine[]> {
  if (!file.sorted) {
    yield* sortedFile(file.path, linesPerRun);
    return;
  }
  for await (const block of linesOf(file.path))
    yield file.untimed === 0 ? block : block.filter((line) => !Number.isNaN(line.atMs));
};
