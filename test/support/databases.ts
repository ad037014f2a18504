// Making and dropping databases on a PostgreSQL server.
import pg from "pg";

const onServer = async (serverUrl: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: serverUrl, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end().catch(() => {});
  }
};

/** Makes a database, as a copy of `template` where given; answers its connection string. */
export const createDatabase = async (serverUrl: string, name: string, template?: string): Promise<string> => {
  const from = template === undefined ? "" : ` TEMPLATE ${pg.escapeIdentifier(template)}`;
  await onServer(serverUrl, `CREATE DATABASE ${pg.escapeIdentifier(name)}${from}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
};

/** Drops a database, whoever is still connected to it. */
export const dropDatabase = (serverUrl: string, name: string): Promise<void> =>
  onServer(serverUrl, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
