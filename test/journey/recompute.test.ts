// Recomputing: a history that was spoilt is judged anew from the stored reports, and the job says what has changed.
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TimelineEntry } from "../../domain/http.ts";
import type { Job } from "../../domain/http-jobs.ts";
import type { RecomputeResult } from "../../domain/http-recompute.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const hourMs = 3_600_000;
let database: FreshDatabase;
let house: TestHouse;

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url });
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

it("judges a spoilt history anew from the stored reports, and says what has changed", async () => {
  await importRegistry(house, [{ breakerId: "b" }, { breakerId: "never" }]);
  const password = (await credentials(house, ["b"])).get("b") ?? "";
  const endMs = Date.now() - hourMs;
  const beginMs = endMs - 4 * hourMs;
  const client = await connectAsync(house.mqttUrl, { clientId: "b", username: "b", password });
  for (let ts = beginMs, seq = 1; ts < endMs; ts += 300_000, seq += 1)
    await client.publishAsync(
      "hubao/v1/T/A/b/reading",
      JSON.stringify({ ts, seq, residualCurrentMa: 5, contact: "closed", protection: "enabled" }),
      { qos: 1 },
    );
  await client.endAsync();
  const window = `from=${new Date(beginMs).toISOString()}&to=${new Date(endMs).toISOString()}`;
  const timeline = async () =>
    (await house.get<{ items: TimelineEntry[] }>(`/breakers/b/timeline?${window}`)).items;
  const told = await until("the history", async () => {
    const items = await timeline();
    return items.length === 1 && items[0]?.state === "operating" && items;
  });

  const { db } = database;
  await db.query(
    "UPDATE operating_interval SET state = 'notOperating', reason = 'open' WHERE state = 'operating'",
  );
  expect(await timeline()).not.toEqual(told);
  const job = await house.post<Job>("/recompute", JSON.stringify({ area: "A" }));
  const ended = await until(
    "the recomputation",
    async () => {
      const now = await house.get<Job>(`/jobs/${job.id}`);
      return (now.state === "done" || now.state === "failed") && now;
    },
    60_000,
  );
  expect(ended.problem).toBeNull();
  const result = ended.result as RecomputeResult;
  expect(result).toMatchObject({ areas: 1, breakers: 2, changedBreakers: 1 });
  expect(result.changed.map((one) => one.breakerId)).toEqual(["b"]);
  const [less] = result.moved.filter((time) => time.reason === "open");
  const [more] = result.moved.filter((time) => time.state === "operating");
  expect(more?.ms).toBeGreaterThan(3 * hourMs);
  expect(less?.ms).toBe(-(more?.ms ?? 0));
  expect(await timeline()).toEqual(told);
  const [audit] = await db.query<{ subject: string }>(
    "SELECT subject FROM audit WHERE act = 'rates.recompute'",
  );
  expect(audit?.subject).toBe(job.id);
}, 120_000);

it("refuses a place that there is not", async () => {
  await expect(house.post("/recompute", JSON.stringify({ village: "nowhere" }))).rejects.toThrow("404");
});
