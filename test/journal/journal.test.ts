// The journal against real lmdb: order, offsets, trimming, bounds, other threads, crashes.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournal } from "../../journal/journal.ts";
import type { Journal } from "../../journal/port.ts";
import { numbered, scratchDirectory } from "./directory.ts";

const beside = (name: string) => new URL(name, import.meta.url).pathname;
const offsetsIn = (journal: Journal) => journal.read(0, 1e6).map(({ offset }) => offset);

describe("the journal", () => {
  let scratch: ReturnType<typeof scratchDirectory>;
  const opened: Journal[] = [];
  const openHere = (maxBytes = 1e9, consumers: readonly string[] = ["first", "second"]) => {
    const journal = openJournal({ dir: scratch.dir, maxBytes, consumers });
    opened.push(journal);
    return journal;
  };
  beforeEach(() => {
    scratch = scratchDirectory();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((journal) => journal.close()));
    scratch.remove();
  });

  it("reads back what was appended, in order, from any offset, in slices", async () => {
    const journal = openHere();
    const outcomes = await Promise.all(Array.from({ length: 300 }, (_, i) => journal.append(numbered(i))));
    expect(outcomes).toEqual(outcomes.map((_, i) => ({ kind: "durable", offset: i + 1 })));
    expect(journal.read(0, 2)).toMatchObject([
      { offset: 1, ...numbered(0) },
      { offset: 2, ...numbered(1) },
    ]);
    expect(journal.read(298, 10).map(({ offset }) => offset)).toEqual([299, 300]);
    expect(journal.read(300, 10)).toEqual([]);
  });

  it("appends many at once, in order, as far as there is room", async () => {
    const journal = openHere(64 * 1024);
    const messages = Array.from({ length: 500 }, (_, i) => numbered(i, 900));
    const taken = await journal.appendAll(messages);
    expect(taken).toBeGreaterThan(20);
    expect(taken).toBeLessThan(100);
    expect(journal.read(0, 1_000)).toMatchObject(messages.slice(0, taken));
    expect(await journal.appendAll(messages)).toBe(0);
    expect(await journal.appendAll([])).toBe(0);
  });

  it("keeps its id, its records and its consumers' offsets over a restart", async () => {
    const before = openHere();
    await before.append(numbered(1));
    await before.append(numbered(2));
    await before.advance("first", 2);
    await before.close();
    const after = openHere();
    expect(after.id).toBe(before.id);
    expect(offsetsIn(after)).toEqual([1, 2]);
    expect([after.offsetOf("first"), after.offsetOf("second")]).toEqual([2, 0]);
    expect(await after.append(numbered(3))).toEqual({ kind: "durable", offset: 3 });
  });

  it("never moves a consumer backwards, whatever order the calls come in", async () => {
    const journal = openHere();
    await Promise.all([5, 3, 9, 1, 9, 7].map((offset) => journal.advance("first", offset)));
    await journal.advance("first", 2);
    expect(journal.offsetOf("first")).toBe(9);
  });

  it("trims only what every consumer has passed and always keeps the newest record", async () => {
    const journal = openHere();
    await Promise.all(Array.from({ length: 10 }, (_, i) => journal.append(numbered(i))));
    await journal.advance("first", 10);
    expect(await journal.trim(100)).toBe(0);
    await journal.advance("second", 6);
    expect(await journal.trim(4)).toBe(4);
    expect(await journal.trim(100)).toBe(2);
    expect(offsetsIn(journal)).toEqual([7, 8, 9, 10]);
    await journal.advance("second", 10);
    expect(await journal.trim(100)).toBe(3);
    expect(offsetsIn(journal)).toEqual([10]);
  });

  it("hands out no offset twice after trimming and a restart", async () => {
    const before = openHere();
    await Promise.all([1, 2, 3].map((i) => before.append(numbered(i))));
    await before.advance("first", 8);
    await before.advance("second", 3);
    await before.trim(100);
    await before.close();
    expect(await openHere().append(numbered(4))).toEqual({ kind: "durable", offset: 9 });
  });

  it("tells depth, age and lag", async () => {
    const journal = openHere();
    expect(journal.stats()).toMatchObject({ records: 0, oldestArrivalMs: null, lastOffset: 0, full: false });
    await Promise.all([1, 2, 3, 4].map((i) => journal.append(numbered(i))));
    await journal.advance("first", 3);
    await journal.advance("second", 2);
    await journal.trim(100);
    expect(journal.stats()).toMatchObject({
      records: 2,
      oldestArrivalMs: numbered(3).arrivalMs,
      lastOffset: 4,
      lag: { first: 1, second: 2 },
    });
  });

  it("stops one read at about 8 MiB", async () => {
    const journal = openHere();
    const payloadBytes = 1024 * 1024;
    await Promise.all(Array.from({ length: 12 }, (_, i) => journal.append(numbered(i, payloadBytes))));
    expect(journal.read(0, 1_000)).toHaveLength(8);
    expect(journal.read(8, 1_000)).toHaveLength(4);
  });

  it("is full at its bound, also after a restart, and takes records again after trimming", async () => {
    const maxBytes = 4 * 1024 * 1024;
    let journal = openHere(maxBytes, ["only"]);
    const fill = async () => {
      let last = 0;
      for (;;) {
        const burst = await Promise.all(Array.from({ length: 200 }, () => journal.append(numbered(1, 900))));
        for (const outcome of burst) if (outcome.kind === "durable") last = outcome.offset;
        if (burst.some(({ kind }) => kind === "full")) return last;
      }
    };
    const last = await fill();
    expect(last).toBeGreaterThan(3_000);
    expect(journal.stats().full).toBe(true);
    expect(journal.stats().bytes).toBeLessThanOrEqual(maxBytes);
    await journal.close();
    journal = openHere(maxBytes, ["only"]);
    expect(await journal.append(numbered(2, 900))).toEqual({ kind: "full" });
    for (let round = 0; round < 5; round++) {
      await journal.advance("only", journal.stats().lastOffset);
      while ((await journal.trim(1_000)) > 0);
      expect(journal.stats()).toMatchObject({ full: false, records: 1 });
      await fill();
    }
    expect(statSync(join(scratch.dir, "data.mdb")).size).toBeLessThan(2 * maxBytes);
  });

  it("is followed by another thread that reads, advances and trims while it is appended to", async () => {
    const journal = openHere(1e9, ["all"]);
    const until = 20_000;
    const thread = new Worker(beside("./read-in-thread.ts"), { workerData: { dir: scratch.dir, until } });
    const done = once(thread, "message");
    for (let sent = 0; sent < until; sent += 500) {
      await Promise.all(Array.from({ length: 500 }, (_, i) => journal.append(numbered(sent + i))));
    }
    expect(await done).toEqual([{ passed: until, inOrder: true }]);
    await once(thread, "exit");
    expect(journal.offsetOf("all")).toBe(until);
    expect(journal.stats().records).toBeLessThan(until);
  });

  it("holds after kill -9 whatever it called durable", async () => {
    const acknowledged = new Map<number, number>();
    for (const round of [0, 1, 2]) {
      const child = spawn(
        process.execPath,
        [beside("./append-until-killed.ts"), scratch.dir, String(round * 1e6)],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let here = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        const [offset, number, ...more] = line.split(" ").map(Number);
        // The last line may be cut by the kill.
        if (offset === undefined || number === undefined || more.length > 0) continue;
        acknowledged.set(offset, number);
        if (++here === 3_000) child.kill("SIGKILL");
      }
      const journal = openHere();
      const found = new Map(
        journal.read(0, 1e6).map(({ offset, payload }) => [offset, Number(payload.toString())]),
      );
      const missing = [...acknowledged].filter(([offset, number]) => found.get(offset) !== number);
      await journal.close();
      expect(here).toBeGreaterThanOrEqual(3_000);
      expect(missing).toEqual([]);
    }
  });
});
