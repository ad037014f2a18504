// A PostgreSQL that takes statements and never answers must hold nobody up for ever.
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type ChangeNotice, openDatabase } from "../../storage/db.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { openGate } from "../support/gate.ts";
import { until } from "../support/until.ts";

let fresh: FreshDatabase;
beforeAll(async () => {
  fresh = await freshDatabase();
});
afterAll(async () => {
  await fresh?.drop();
});

/** A database behind a gate, with so much patience. */
const behindGate = async (statementTimeoutMs: number) => {
  const url = new URL(fresh.url);
  const gate = await openGate({ host: url.hostname, port: Number(url.port) });
  url.hostname = "127.0.0.1";
  url.port = String(gate.port);
  const errors: Error[] = [];
  const db = openDatabase(url.href, {
    maxConnections: 1,
    statementTimeoutMs,
    onError: (error) => errors.push(error),
  });
  onTestFinished(async () => {
    await gate.stop();
    await db.close();
  });
  return { gate, db, errors };
};

it("lets the server end a statement that takes too long, and keeps the connection", async () => {
  const { db } = await behindGate(300);
  const [before] = await db.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  await expect(db.transaction((query) => query("SELECT pg_sleep(60)").then(() => "slept"))).rejects.toThrow(
    /statement timeout/,
  );
  expect(await db.query("SELECT pg_backend_pid() AS pid")).toEqual([before]);
});

it("gives up a statement that is never answered, inside a transaction or outside, and goes on with a new connection", async () => {
  const { gate, db } = await behindGate(200);
  await db.query("CREATE TABLE once (n int)");
  for (const hang of [
    () => db.query("INSERT INTO once VALUES (1)"),
    () => db.transaction((query) => query("INSERT INTO once VALUES (2)")),
  ]) {
    await db.query("SELECT 1");
    gate.freeze();
    await expect(hang()).rejects.toThrow(/timeout/);
    await gate.shut();
    await gate.open();
    expect(await db.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  }
  expect(await db.query("SELECT n FROM once")).toEqual([]);
}, 60_000);

it("notices that the connection that only listens is dead, and tells that notices may have been missed", async () => {
  const { gate, db, errors } = await behindGate(200);
  const notices: ChangeNotice[] = [];
  let gaps = 0;
  const listener = await db.listen(
    (notice) => notices.push(notice),
    () => {
      gaps += 1;
    },
  );
  onTestFinished(() => listener.stop());
  gate.freeze();
  await until("the silence to be noticed", async () => errors.length > 0, 30_000);
  await fresh.db.notify({ kind: "registry" });
  await gate.shut();
  await gate.open();
  await until("the gap to be told", async () => gaps > 0, 30_000);
  await fresh.db.notify({ kind: "job" });
  await until("a notice", async () => notices.length > 0);
  expect(notices).toEqual([{ kind: "job" }]);
}, 60_000);
