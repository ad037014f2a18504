// A fresh, migrated database for a test, on the run's one PostgreSQL server.
import { randomBytes } from "node:crypto";
import { inject } from "vitest";
import { type Db, openDatabase } from "../../storage/db.ts";
import { createDatabase, dropDatabase } from "./databases.ts";
import type {} from "./global-setup.ts";
import { disagreeingMemories } from "./stored-memory.ts";

export type FreshDatabase = { url: string; db: Db; drop(): Promise<void> };

const templateUrl = async (): Promise<string> => {
  const response = await fetch(inject("templateDatabaseAt"));
  const text = await response.text();
  if (!response.ok) throw new Error(`no PostgreSQL for the tests: ${text}`);
  return text;
};

/** Makes a database with today's schema and opens it; `drop` looks at what is stored once more, closes and removes it. */
export const freshDatabase = async (): Promise<FreshDatabase> => {
  const template = new URL(await templateUrl());
  const templateName = template.pathname.slice(1);
  const server = new URL(template);
  server.pathname = process.env["DATABASE_URL"] ? new URL(process.env["DATABASE_URL"]).pathname : "/postgres";
  const name = `hubao_test_${randomBytes(6).toString("hex")}`;
  const url = await createDatabase(server.href, name, templateName);
  const db = openDatabase(url);
  return {
    url,
    db,
    async drop() {
      const disagreeing = await disagreeingMemories(db.query);
      await db.close();
      await dropDatabase(server.href, name);
      if (disagreeing.length > 0)
        throw new Error(`Memories say another history than the tables:\n${disagreeing.join("\n")}`);
    },
  };
};
