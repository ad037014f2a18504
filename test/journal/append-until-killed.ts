// Child of the crash test: appends as fast as it can and prints every offset once it is durable.
import { writeSync } from "node:fs";
import { openJournal } from "../../journal/journal.ts";
import { numbered } from "./directory.ts";

const [dir = "", startText = "0"] = process.argv.slice(2);
const journal = openJournal({ dir, maxBytes: 1e9, consumers: ["all"] });
let number = Number(startText);
for (;;) {
  const burst = Array.from({ length: 200 }, () => {
    const own = number++;
    return journal.append(numbered(own)).then((outcome) => {
      if (outcome.kind === "durable") writeSync(1, `${outcome.offset} ${own}\n`);
    });
  });
  await Promise.all(burst);
}
