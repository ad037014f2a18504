// The journal on a disk that fills up: a small tmpfs, which only root may mount.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openJournal } from "../../journal/journal.ts";
import { numbered, scratchDirectory } from "./directory.ts";

const scratch = scratchDirectory();
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=12m", "tmpfs", scratch.dir]).status === 0;
if (!mounted) console.warn("SKIPPED: the disk-full test needs to mount a tmpfs, which is not permitted here");

describe("the journal on a full disk", () => {
  afterAll(() => {
    if (mounted) spawnSync("umount", [scratch.dir]);
    scratch.remove();
  });

  it.skipIf(!mounted)(
    "rejects what it cannot keep, keeps what it called durable, and goes on once there is room",
    async () => {
      const ballast = join(scratch.dir, "ballast");
      writeFileSync(ballast, Buffer.alloc(6 * 1024 * 1024));
      const dir = join(scratch.dir, "journal");
      const journal = openJournal({ dir, maxBytes: 1e9, consumers: ["only"] });
      const durable = new Map<number, string>();
      const burst = async (from: number) => {
        const settled = await Promise.allSettled(
          Array.from({ length: 100 }, async (_, i) => {
            const message = numbered(from + i, 1_000);
            const outcome = await journal.append(message);
            if (outcome.kind === "durable")
              durable.set(outcome.offset, Buffer.from(message.payload).toString());
          }),
        );
        return settled.filter(({ status }) => status === "rejected").length;
      };
      let number = 0;
      while ((await burst(number)) === 0) number += 100;
      const beforeRoom = durable.size;
      expect(beforeRoom).toBeGreaterThan(500);
      expect(await burst(number + 1_000)).toBeGreaterThan(0);
      rmSync(ballast);
      expect(await burst(number + 2_000)).toBe(0);
      await journal.close();

      const again = openJournal({ dir, maxBytes: 1e9, consumers: ["only"] });
      const found = new Map(again.read(0, 1e6).map(({ offset, payload }) => [offset, payload.toString()]));
      for (let after = 0; ; ) {
        const slice = again.read(after, 1_000);
        for (const { offset, payload } of slice) found.set(offset, payload.toString());
        const last = slice.at(-1);
        if (last === undefined) break;
        after = last.offset;
      }
      await again.close();
      expect([...durable].filter(([offset, payload]) => found.get(offset) !== payload)).toEqual([]);
      expect(durable.size).toBe(beforeRoom + 100);
    },
  );
});
