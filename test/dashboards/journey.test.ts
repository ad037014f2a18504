// The running house with its demo township writes, and the dashboards find: every query on what the service itself reported.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generatedDashboards } from "../../dashboards/files.ts";
import { type FreshDatabase, freshDatabase } from "../support/database.ts";
import { startTestHouse, type TestHouse } from "../support/house.ts";
import { findInflux, type InfluxServer } from "../support/influx.ts";
import { until } from "../support/until.ts";
import {
  ask,
  type Frame,
  intervalMs,
  optionsOf,
  panelsOf,
  queryOf,
  withMacros,
  withVariables,
} from "./grafana.ts";

const source = await findInflux();
const title =
  source.kind === "missing"
    ? `the dashboards of a running house (skipped: ${source.reason})`
    : "the dashboards of a running house";
const startTimeoutMs = 180_000;
/** Rates come once a minute. */
const foundWithinMs = 120_000;
const hourMs = 3_600_000;

/** What a demo of a few minutes does not have: nothing trips, chatters, stands for a day or comes with a wrong clock. */
const notInTheDemo = new Set([
  "Alarms › Standing over 24 hours",
  "Alarms › Chattering",
  "Township overview › Areas furthest below target",
  "Breaker › Trips",
  "Breaker › Tests",
  "Ingest health › Readings with a corrected clock",
]);

const dashboards = generatedDashboards()
  .filter(({ language }) => language === "en")
  .map(({ dashboard }) => dashboard);
const panels = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).map((panel) => ({ dashboard, panel, label: `${dashboard.title} › ${panel.title}` })),
);
type LabelledPanel = (typeof panels)[number];

describe.skipIf(source.kind === "missing")(title, () => {
  let influx: InfluxServer;
  let database: FreshDatabase;
  let house: TestHouse;
  let exited = "";

  beforeAll(async () => {
    if (source.kind === "missing") return;
    influx = await source.start();
    database = await freshDatabase();
    house = await startTestHouse(
      {
        DATABASE_URL: database.url,
        INFLUX_URL: influx.url,
        INFLUX_TOKEN: influx.token,
        INFLUX_ORG: influx.org,
        INFLUX_BUCKET: influx.bucket,
      },
      ["demo"],
    );
    await until(
      "the demo's fleet to report",
      () => Promise.resolve(house.output().includes("simulated fleet is reporting")),
      startTimeoutMs,
    );
    const planned = house
      .output()
      .split("\n")
      .find((line) => line.includes('"expect":"protectionExited"'));
    exited = /"subject":"([^"]+)"/.exec(planned ?? "")?.[1] ?? "";
  }, startTimeoutMs);
  afterAll(async () => {
    await house?.stop();
    await database?.drop();
    await influx?.stop();
  });

  const run = (query: string, minimum: string | undefined): Promise<Frame[]> => {
    const toMs = Date.now();
    const window = { fromMs: toMs - 24 * hourMs, toMs };
    return ask(influx, withMacros(query, window, intervalMs(window, minimum), influx.bucket));
  };
  const runPanel = async ({ dashboard, panel }: LabelledPanel): Promise<Frame[]> => {
    const found: Frame[] = [];
    for (const { query } of (panel.targets ?? []).map(queryOf)) {
      const variables = dashboard.templating.list ?? [];
      found.push(...(await run(withVariables(query, variables, { breaker: exited }), panel.interval)));
    }
    return found;
  };
  const hasValues = (frames: readonly Frame[]): boolean =>
    frames.some(({ rows }) =>
      rows.some(({ result: _, table: __, ...row }) => Object.values(row).some((value) => value !== null)),
    );

  it(
    "offers the demo township's villages by name",
    async () => {
      const variables = dashboards[0]?.templating.list ?? [];
      const village = variables.find(({ name }) => name === "village");
      const names = async () => {
        const frames = await run(withVariables(queryOf(village?.query).query, variables, {}), undefined);
        return optionsOf(frames, village?.regex ?? "").map(({ text }) => text);
      };
      await until("three villages", async () => (await names()).length === 3, foundWithinMs);
      expect(new Set(await names())).toEqual(new Set(["上河村", "石桥村", "竹林村"]));
    },
    foundWithinMs,
  );

  it.each(panels)(
    "$label is answered",
    async (one) => {
      if (notInTheDemo.has(one.label)) expect(await runPanel(one)).toBeDefined();
      else await until("values", async () => hasValues(await runPanel(one)), foundWithinMs);
    },
    foundWithinMs,
  );

  it(
    "names the breaker whose protection the demo has switched off",
    async () => {
      const list = panels.find(({ label }) => label === "Live breakers › Protection off or faulty");
      if (list === undefined) throw new Error("no such panel");
      const breakers = async () =>
        (await runPanel(list)).flatMap(({ rows }) => rows.map((row) => row["breaker"]));
      expect(exited).not.toBe("");
      await until("the breaker in the list", async () => (await breakers()).includes(exited), foundWithinMs);
    },
    foundWithinMs,
  );
});
