// The schema's way to its newest version.
import { randomBytes } from "node:crypto";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../storage/db.ts";
import { migrate } from "../../storage/migrate.ts";
import { freshDatabase } from "../support/database.ts";
import { createDatabase, dropDatabase } from "../support/databases.ts";

const emptyDatabase = async (): Promise<string> => {
  const { url, drop } = await freshDatabase();
  onTestFinished(drop);
  const name = `hubao_empty_${randomBytes(6).toString("hex")}`;
  const emptyUrl = await createDatabase(url, name, "template0");
  onTestFinished(() => dropDatabase(url, name));
  return emptyUrl;
};

describe("migrate", () => {
  it("brings an empty database to the newest version, once, though four start at the same moment", async () => {
    const url = await emptyDatabase();
    const versions = await Promise.all([1, 2, 3, 4].map(() => migrate(url)));
    expect(new Set(versions).size).toBe(1);
    const db = openDatabase(url);
    onTestFinished(() => db.close());
    const rows = await db.query<{ version: number }>("SELECT version FROM schema_version ORDER BY version");
    expect(rows.map(({ version }) => version)).toEqual(
      Array.from({ length: (versions[0] ?? 0) + 1 }, (_, index) => index),
    );
    expect(await db.query("SELECT id FROM alarm")).toEqual([]);
  });

  it("changes nothing the second time", async () => {
    const { url, db, drop } = await freshDatabase();
    onTestFinished(drop);
    const before = await db.query("SELECT * FROM schema_version ORDER BY version");
    await migrate(url);
    expect(await db.query("SELECT * FROM schema_version ORDER BY version")).toEqual(before);
  });

  it("refuses a database that a newer version has made, and leaves it alone", async () => {
    const { url, db, drop } = await freshDatabase();
    onTestFinished(drop);
    await db.query("INSERT INTO schema_version (version, name) VALUES (999, 'future')");
    await expect(migrate(url)).rejects.toThrow(/schema version 999/);
    expect(await db.query("SELECT id FROM township")).toEqual([]);
  });

  it("refuses a database that was migrated by other text", async () => {
    const { url, db, drop } = await freshDatabase();
    onTestFinished(drop);
    await db.query("UPDATE schema_version SET md5 = 'other' WHERE version = 1");
    await expect(migrate(url)).rejects.toThrow(/checksum/i);
  });
});
