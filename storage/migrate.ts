// Brings a database to this version's schema; safe to run from several processes at once.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import Postgrator from "postgrator";

const migrationsDir = fileURLToPath(new URL("./migrations", import.meta.url));
const migrationLock = 0x68_75_62_62;

const newestVersion = async (): Promise<number> => {
  const names = await readdir(migrationsDir);
  return Math.max(...names.map((name) => Number.parseInt(name, 10)).filter(Number.isFinite));
};

/** Forward slashes on every system, and no part of the path taken for a wildcard. */
const migrationPattern = (): string =>
  `${migrationsDir
    .split(path.sep)
    .join("/")
    .replace(/[?*()[\]{}]/g, "[$&]")}/*.sql`;

/**
 * Runs the migrations that the database at `url` still lacks, all or none. Answers the version it has now. Throws when
 * the database cannot be reached, is newer than this code, or was migrated by other text than ours.
 */
export const migrate = async (url: string): Promise<number> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("BEGIN");
    // Others wait here, and then find nothing left to do.
    await client.query("SELECT pg_advisory_xact_lock($1)", [migrationLock]);
    const postgrator = new Postgrator({
      driver: "pg",
      migrationPattern: migrationPattern(),
      newline: "LF",
      schemaTable: "schema_version",
      currentSchema: "public",
      execQuery: (query) => client.query(query),
    });
    const target = await newestVersion();
    const current = await postgrator.getDatabaseVersion();
    if (current > target)
      throw new Error(
        `the database is at schema version ${current} and this Hubao knows versions up to ${target}: run the Hubao that made it, or a newer one`,
      );
    await postgrator.migrate();
    if ((await postgrator.getDatabaseVersion()) !== target)
      throw new Error(`the migrations in ${migrationsDir} could not be read`);
    await client.query("COMMIT");
    return target;
  } finally {
    // Ends the session; without a COMMIT nothing has happened.
    await client.end().catch(() => {});
  }
};
