// A process that owns an embedded PostgreSQL, for tests that kill it: `node embedded-owner.ts DIRECTORY`. Prints the
// connection string; on SIGINT it still writes a row, as a service that flushes, before it stops the database.
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { startEmbeddedPostgres } from "../../storage/embedded.ts";

const [dataDir] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("usage: node embedded-owner.ts DIRECTORY");
const log = { info: () => {}, warn: (message: string) => console.error(message) };
const postgres = await startEmbeddedPostgres({ dataDir, log });
const client = new pg.Client({ connectionString: postgres.url });
client.on("error", (error) => console.error(error.message));
await client.connect();
await client.query("CREATE TABLE IF NOT EXISTS note (text text)");
await client.query("INSERT INTO note VALUES ('started')");

process.once("SIGINT", async () => {
  // Long enough for a server that had got the signal too to be gone.
  await delay(500);
  await client.query("INSERT INTO note VALUES ('flushed')");
  await client.end();
  await postgres.stop();
});
console.log(postgres.url);
