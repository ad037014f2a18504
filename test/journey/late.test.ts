// Late, shuffled and repeated deliveries: the history is the one that would have been, had everything come in time.
import fc from "fast-check";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TimelineEntry } from "../../domain/http.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { credentials, importRegistry } from "../support/registry.ts";
import { until } from "../support/until.ts";

const hourMs = 3_600_000;
const minuteMs = 60_000;
const ids = ["in-time", "shuffled", "backwards", "twice"];

let database: FreshDatabase;
let house: TestHouse;
let passwords: Map<string, string>;

beforeAll(async () => {
  database = await freshDatabase();
  house = await startTestHouse({ DATABASE_URL: database.url });
  // Each in an area of its own: no area's outage ties them together.
  await importRegistry(
    house,
    ids.map((breakerId) => ({ breakerId, areaId: `A-${breakerId}` })),
  );
  passwords = await credentials(house, ids);
});
afterAll(async () => {
  await house?.stop();
  await database?.drop();
});

type Sent = { ts: number; seq: number; kind: "reading" | "test"; body: object };

/** Two days that have everything in them: gaps, exits, an open contact, failed tests. */
const history = (endMs: number): Sent[] => {
  const sent: Sent[] = [];
  let ts = endMs - 48 * hourMs;
  for (let seq = 1; ts < endMs - 5 * minuteMs; seq += 1) {
    const phase = seq % 97;
    if (phase === 60) sent.push({ ts, seq, kind: "test", body: { kind: "trip", passed: false } });
    else if (phase === 66) sent.push({ ts, seq, kind: "test", body: { kind: "trip", passed: true } });
    else
      sent.push({
        ts,
        seq,
        kind: "reading",
        body: {
          residualCurrentMa: 4 + (seq % 7),
          contact: phase > 20 && phase < 27 ? "open" : "closed",
          protection: phase > 40 && phase < 45 ? "alarmOnly" : "enabled",
        },
      });
    ts += phase === 80 ? 47 * minuteMs : 5 * minuteMs;
  }
  return sent;
};

const upload = async (id: string, reports: readonly Sent[]) => {
  const client = await connectAsync(house.mqttUrl, {
    clientId: id,
    username: id,
    password: passwords.get(id) ?? "",
  });
  await Promise.all(
    reports.map(({ ts, seq, kind, body }) =>
      client.publishAsync(`hubao/v1/T/A-${id}/${id}/${kind}`, JSON.stringify({ ts, seq, ...body }), {
        qos: 1,
      }),
    ),
  );
  await client.endAsync();
};

it("gives the same timeline in whatever order, and however often, a history is delivered", async () => {
  const endMs = Date.now();
  const reports = history(endMs);
  const shuffle = (seed: number) => {
    const [order] = fc.sample(fc.shuffledSubarray(reports, { minLength: reports.length }), {
      numRuns: 1,
      seed,
    });
    return order ?? [];
  };
  await upload("in-time", reports);
  await upload("backwards", reports.toReversed());
  await upload("shuffled", shuffle(7));
  await upload("twice", [...shuffle(8), ...shuffle(9)]);

  const window = `from=${new Date(endMs - 47 * hourMs).toISOString()}&to=${new Date(endMs).toISOString()}`;
  const timeline = async (id: string) =>
    (await house.get<{ items: TimelineEntry[] }>(`/breakers/${id}/timeline?${window}&limit=1000`)).items;
  const expected = await until("the history in time", async () => {
    const items = await timeline("in-time");
    return items.at(-1)?.state === "operating" && items.length > 20 && items;
  });
  expect(new Set(expected.map((entry) => entry.reason ?? entry.state))).toEqual(
    new Set(["operating", "silent", "protectionExited", "open", "tripFunctionFault"]),
  );
  for (const id of ids.slice(1))
    await until(
      `${id} to be revised`,
      async () => {
        expect(await timeline(id)).toEqual(expected);
        return true;
      },
      60_000,
    );
}, 120_000);

it("raises no alarm for what has long passed", async () => {
  const { items } = await house.get<{ items: { kind: string; breakerId: string }[] }>("/alarms?state=open");
  expect(items).toEqual([]);
});
