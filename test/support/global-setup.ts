// One PostgreSQL for a whole test run, started when the first suite asks for a database: `DATABASE_URL`, else embedded.
import { mkdir, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../storage/embedded.ts";
import { findLeftover, stopLeftover } from "../../storage/embedded-cluster.ts";
import { migrate } from "../../storage/migrate.ts";
import { createDatabase, dropDatabase } from "./databases.ts";

declare module "vitest" {
  // biome-ignore lint/style/useConsistentTypeDefinitions: vitest's interface is extended by merging
  interface ProvidedContext {
    /** Answers the connection string of a migrated database that others can be copied from. */
    templateDatabaseAt: string;
  }
}

const prefix = "hubao-test-postgres-";
const quiet = { info: () => {}, warn: (message: string) => console.warn(`test PostgreSQL: ${message}`) };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Runs that were killed leave a server and its directory behind. */
const clearDeadRuns = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix) || isAlive(Number(name.slice(prefix.length)))) continue;
    const directory = path.join(tmpdir(), name);
    try {
      const leftover = await findLeftover(directory);
      if (leftover !== null) await stopLeftover(leftover);
      await rm(directory, { recursive: true, force: true });
    } catch (error) {
      // Another user's, perhaps; it disturbs nobody.
      console.warn(`${directory} of an earlier test run stays: ${String(error)}`);
    }
  }
};

const templateName = `hubao_template_${process.pid}`;

const openTemplate = async (dataDir: string) => {
  let embedded: EmbeddedPostgres | null = null;
  const given = process.env["DATABASE_URL"];
  if (!given) {
    await clearDeadRuns();
    await mkdir(dataDir);
    embedded = await startEmbeddedPostgres({ dataDir, log: quiet });
  }
  const serverUrl = given || (embedded?.url ?? "");
  const url = await createDatabase(serverUrl, templateName);
  await migrate(url);
  return {
    url,
    async close() {
      await dropDatabase(serverUrl, templateName);
      await embedded?.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

/** Vitest calls this once per run; what it returns is called at the end. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const dataDir = path.join(tmpdir(), `${prefix}${process.pid}`);
  let template: ReturnType<typeof openTemplate> | null = null;
  const server = createServer((_request, response) => {
    template ??= openTemplate(dataDir);
    template.then(
      ({ url }) => response.end(url),
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port to listen on");
  project.provide("templateDatabaseAt", `http://127.0.0.1:${address.port}/`);
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const opened = await template?.catch(() => null);
    await opened?.close();
  };
};
