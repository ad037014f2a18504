// One broker in a process of its own: `bare` is aedes as it comes, `durable` is ours with its journal.
// Usage: node bench/broker-process.ts bare | durable DIRECTORY
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:net";
import { Aedes } from "aedes";
import { startBroker } from "../broker/broker.ts";
import { devicePrefix } from "../domain/wire.ts";
import { createLogger } from "../house/logger.ts";
import { createMetrics } from "../house/metrics.ts";
import { openJournal } from "../journal/journal.ts";
import { benchArea, benchPassword, benchTownship } from "./fleet.ts";

const journalMaxBytes = 4 * 1024 ** 3;
const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

const startBare = async (): Promise<number> => {
  const aedes = await Aedes.createBroker();
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    aedes.handle(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
};

const startDurable = async (dir: string): Promise<number> => {
  const journal = openJournal({ dir, maxBytes: journalMaxBytes, consumers: [] });
  const broker = await startBroker(
    { host: "127.0.0.1", port: 0 },
    {
      journal,
      authenticate: (clientId, _username, password) => {
        const known = timingSafeEqual(digestOf(password.toString("utf8")), digestOf(benchPassword(clientId)));
        const publishPrefix = devicePrefix(benchTownship, benchArea(clientId), clientId);
        return Promise.resolve(
          known
            ? { kind: "device" as const, clientId, publishPrefix, commandPrefix: `${publishPrefix}command/` }
            : null,
        );
      },
      clock: Date.now,
      log: createLogger("warn"),
      count: createMetrics().countBroker,
    },
  );
  return broker.port;
};

const [kind, dir = ""] = process.argv.slice(2);
const port = kind === "bare" ? await startBare() : await startDurable(dir);
process.send?.(port);
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => process.exit());
