// Thread of the journal's tests: reads, advances and trims what another thread appends.
import { setTimeout as wait } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { openJournal } from "../../journal/journal.ts";

const { dir, until } = workerData as { dir: string; until: number };
const journal = openJournal({ dir, maxBytes: 1e9, consumers: ["all"] });
let passed = 0;
let inOrder = true;
while (passed < until) {
  const found = journal.read(passed, 500);
  for (const record of found) {
    inOrder &&= record.offset === passed + 1;
    passed = record.offset;
  }
  if (found.length === 0) await wait(1);
  else await journal.advance("all", passed);
  await journal.trim(1_000);
}
await journal.close();
parentPort?.postMessage({ passed, inOrder });
