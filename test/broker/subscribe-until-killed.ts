// Child of the crash test: fills a journal from an external broker until it is killed.
import { startSubscriber } from "../../broker/subscriber.ts";
import { openJournal } from "../../journal/journal.ts";
import { silentLog } from "./harness.ts";

const [dir = "", url = ""] = process.argv.slice(2);
const journal = openJournal({ dir, maxBytes: 1e9, consumers: ["all"] });
startSubscriber(
  { url, clientId: "hubao-ingest", minBackoffMs: 20 },
  { journal, clock: () => Date.now(), log: silentLog },
);
