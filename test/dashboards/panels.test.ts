// Every query of every dashboard and alert rule, executed on the real InfluxDB over a day of the demo township with faults.
import { InfluxDB } from "@influxdata/influxdb-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alertRules } from "../../dashboards/alert-rules.ts";
import { generatedDashboards } from "../../dashboards/files.ts";
import { openLineWriter } from "../../storage/telemetry/influx-write.ts";
import { findInflux, type InfluxServer } from "../support/influx.ts";
import {
  ask,
  type Choice,
  type Frame,
  intervalMs,
  optionsOf,
  panelsOf,
  queryOf,
  type Window,
  withMacros,
  withVariables,
} from "./grafana.ts";
import { type Seeded, type SeededFaults, seededDay, weakHouses } from "./seed.ts";

const source = await findInflux();
const title =
  source.kind === "missing"
    ? `the dashboards' queries (skipped: ${source.reason})`
    : "the dashboards' queries";
const linesAtOnce = 5_000;
const minuteMs = 60_000;

// Both languages ask the same (schema.test.ts holds them equal).
const dashboards = generatedDashboards()
  .filter(({ language }) => language === "en")
  .map(({ dashboard }) => dashboard);
const panels = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).map((panel) => ({ dashboard, panel, label: `${dashboard.title} › ${panel.title}` })),
);
type LabelledPanel = (typeof panels)[number];

const column = (frames: readonly Frame[], name: string): unknown[] =>
  frames.flatMap(({ rows }) => rows.flatMap((row) => (name in row ? [row[name]] : [])));
const numbers = (frames: readonly Frame[]): number[] =>
  frames.flatMap(({ rows }) =>
    rows.flatMap((row) =>
      Object.entries(row).flatMap(([name, value]) =>
        name !== "table" && typeof value === "number" ? [value] : [],
      ),
    ),
  );
const only = (frames: readonly Frame[]): number => numbers(frames).at(-1) ?? Number.NaN;

/** Which fault must be seen where. The panels without an entry need only show something. */
const findings: Record<string, (frames: Frame[], faults: SeededFaults) => void> = {
  "Township overview › Operational rate, household": (frames) => {
    expect(only(frames)).toBeGreaterThan(0.9);
    expect(only(frames)).toBeLessThan(1);
  },
  "Township overview › Villages against target": (frames) => {
    expect(new Set(column(frames, "villageName"))).toEqual(new Set(["上河村", "石桥村", "竹林村"]));
    expect(column(frames, "notOperating").some((n) => Number(n) > 0)).toBe(true);
  },
  "Township overview › Areas furthest below target": (frames, { weakArea }) =>
    expect(column(frames, "area")).toEqual([weakArea]),
  "Live breakers › Not operating": (frames) => expect(only(frames)).toBe(2 + weakHouses),
  "Live breakers › Silent": (frames, { silent }) =>
    expect([[1], [silent]]).toContainEqual(
      frames[0]?.rows[0] && "breaker" in frames[0].rows[0] ? column(frames, "breaker") : [only(frames)],
    ),
  "Live breakers › Protection off": (frames) => expect(only(frames)).toBe(1 + weakHouses),
  "Live breakers › Protection off or faulty": (frames, { protectionExited }) => {
    expect(column(frames, "breaker")).toHaveLength(1 + weakHouses);
    expect(column(frames, "breaker")).toContain(protectionExited);
  },
  "Live breakers › Breakers that had trouble": (frames, { protectionExited, silent, open }) =>
    expect(column(frames, "breaker")).toEqual(expect.arrayContaining([protectionExited, silent, open])),
  "Live breakers › Reasons, now": (frames) =>
    expect(new Set(column(frames, "reason"))).toEqual(
      new Set(["vacantHouse", "protectionExited", "open", "silent"]),
    ),
  "Leakage › Reached IΔn": (frames) => expect(only(frames)).toBe(2),
  "Leakage › Households with high leakage": (frames) =>
    expect(new Set(column(frames, "_field"))).toEqual(new Set(["half", "warned", "reached"])),
  "Leakage › Top breakers by leakage": (frames, { spike, drift, failureToTrip, lineLeakageArea }) =>
    expect(column(frames, "breaker")).toEqual(
      expect.arrayContaining([spike, drift, failureToTrip, `${lineLeakageArea}-main`]),
    ),
  "Leakage › The eight worst of them": (frames, { failureToTrip }) => {
    expect(frames).toHaveLength(8);
    expect(column(frames, "breaker")).toContain(failureToTrip);
  },
  "Leakage › Drift": (frames, { drift }) => expect(column(frames, "breaker")).toContain(drift),
  "Leakage › Households by highest leakage against IΔn": (frames) =>
    expect(Math.max(...numbers(frames))).toBeGreaterThan(1),
  "Leakage › Leakage on the line itself": (frames, { lineLeakageArea }) => {
    const worst = frames[0]?.rows.find((row) => Number(row["excessMa"]) > 0);
    expect(worst?.["area"]).toBe(lineLeakageArea);
    expect(column(frames, "excessMa").filter((excess) => Number(excess) > 0)).toHaveLength(1);
  },
  "Alarms › Worst 10 minutes": (frames) => expect(only(frames)).toBeGreaterThan(10),
  "Alarms › Share of time in flood": (frames) => expect(only(frames)).toBeGreaterThan(0),
  "Alarms › Standing over 24 hours": (frames, { stale }) =>
    expect(column(frames, "breaker")).toEqual([stale]),
  "Alarms › Chattering": (frames, { chattering }) => expect(column(frames, "breaker")).toEqual([chattering]),
  "Alarms › Most alarms": (frames, { chattering }) => expect(column(frames, "breaker")[0]).toBe(chattering),
  "Alarms › Latest events": (frames, { outageArea }) => {
    expect(column(frames, "area")).toContain(outageArea);
    expect(new Set(column(frames, "event"))).toEqual(new Set(["raised", "cleared", "acknowledged"]));
  },
  "Ingest health › Availability of the telemetry store": (frames) =>
    expect(new Set(column(frames, "_value"))).toEqual(new Set([0, 1])),
  "Ingest health › Quarantined": (frames) => expect(only(frames)).toBe(12),
  "Ingest health › Readings with a corrected clock": (frames) => expect(only(frames)).toBe(1),
};

describe.skipIf(source.kind === "missing")(title, () => {
  let server: InfluxServer;
  let day: Seeded;
  const durations: { label: string; ms: number }[] = [];

  beforeAll(async () => {
    if (source.kind === "missing") return;
    server = await source.start();
    day = seededDay(Date.now());
    const write = openLineWriter(new InfluxDB({ url: server.url, token: server.token }).transport, server);
    const store = async (lines: string[]) =>
      expect(await write(lines)).toEqual({ kind: "stored", rejected: [] });
    let batch: string[] = [];
    for (const line of day.lines()) {
      batch.push(line);
      if (batch.length < linesAtOnce) continue;
      await store(batch);
      batch = [];
    }
    await store(batch);
  });
  afterAll(async () => {
    await server?.stop();
    const slowest = durations.sort((a, b) => b.ms - a.ms);
    for (const { label, ms } of slowest)
      process.stdout.write(`${String(Math.round(ms)).padStart(6)} ms  ${label}\n`);
  });

  const panelQueries = ({ dashboard, panel }: LabelledPanel, choice: Choice) =>
    (panel.targets ?? []).map(queryOf).map(({ refId, query }) => ({
      refId,
      query: withVariables(query, dashboard.templating.list ?? [], choice),
    }));
  const run = (query: string, window: Window, minimum?: string, bucket = server.bucket): Promise<Frame[]> =>
    ask(server, withMacros(query, window, intervalMs(window, minimum), bucket));

  it.each(panels)("$label shows the fault that is in the data", async (one) => {
    // Alarms belong to houses, trips and tests of the seeded day to a main breaker.
    const breaker = one.panel.title === "Alarms" ? day.faults.spike : day.faults.tripped;
    const found: Frame[] = [];
    for (const { refId, query } of panelQueries(one, { breaker })) {
      const begunMs = performance.now();
      const frames = await run(query, day, one.panel.interval);
      durations.push({ label: `${one.label} ${refId}`, ms: performance.now() - begunMs });
      const values = frames
        .flatMap(({ rows }) => rows)
        .flatMap(({ result: _, table: __, ...row }) => Object.values(row));
      expect(values.some((value) => value !== null)).toBe(true);
      found.push(...frames);
    }
    findings[one.label]?.(found, day.faults);
  });

  it("looks for faults in panels that are there", () => {
    const labels = panels.map(({ label }) => label);
    expect(Object.keys(findings).filter((label) => !labels.includes(label))).toEqual([]);
  });

  it.each([
    ["one value", { township: "qingxi", village: "shanghe", area: "shanghe-1", level: "household" }],
    [
      "several values",
      {
        township: ["qingxi"],
        village: ["shanghe", "zhulin"],
        area: ["shanghe-1", "shanghe-2", "zhulin-1"],
        level: ["household", "main"],
      },
    ],
    [
      "a place that is not there",
      { township: "nowhere", village: "nowhere", area: "nowhere", level: "main" },
    ],
  ] as const)("answers with %s chosen, and only of what was chosen", async (_, choice) => {
    for (const one of panels) {
      for (const { query } of panelQueries(one, { ...choice, breaker: day.faults.spike })) {
        const frames = await run(query, day, one.panel.interval);
        const chosen = [choice.area].flat();
        const isEvent = one.dashboard.uid?.includes("breaker") || one.dashboard.uid?.includes("ingest");
        if (isEvent) continue;
        for (const area of column(frames, "area")) expect(chosen).toContain(area);
      }
    }
  });

  it("offers townships, villages, areas and breakers by name, each within the choice before it", async () => {
    const [variables] = dashboards
      .filter(({ uid }) => uid?.includes("breaker"))
      .map((d) => d.templating.list ?? []);
    const offered = async (name: string, choice: Choice) => {
      const variable = variables?.find((candidate) => candidate.name === name);
      const { query } = queryOf(variable?.query);
      const frames = await run(withVariables(query, variables ?? [], choice), day);
      return optionsOf(frames, variable?.regex ?? "");
    };
    expect(await offered("township", {})).toEqual([{ text: "青溪镇", value: "qingxi" }]);
    expect(await offered("village", {})).toHaveLength(3);
    expect(await offered("village", { township: "nowhere" })).toEqual([]);
    expect(await offered("area", {})).toHaveLength(12);
    expect(await offered("area", { village: ["shanghe", "zhulin"] })).toHaveLength(8);
    expect(await offered("breaker", {})).toHaveLength(day.breakers);
    expect(await offered("breaker", { area: "shanghe-1" })).toContainEqual({
      text: expect.stringContaining(day.faults.spike),
      value: day.faults.spike,
    });
  });

  it.skipIf(source.kind === "given")(
    "answers nothing, and without an error, while nothing is stored yet",
    async () => {
      const headers = { authorization: `Token ${server.token}`, "content-type": "application/json" };
      const found = await fetch(`${server.url}/api/v2/orgs?org=${server.org}`, { headers });
      const { orgs } = (await found.json()) as { orgs: { id: string }[] };
      const body = JSON.stringify({ orgID: orgs[0]?.id, name: "still-empty", retentionRules: [] });
      const made = await fetch(`${server.url}/api/v2/buckets`, { method: "POST", headers, body });
      expect(made.status).toBe(201);
      for (const one of panels)
        for (const { query } of panelQueries(one, { breaker: "nobody" }))
          expect({ [one.label]: numbers(await run(query, day, one.panel.interval, "still-empty")) }).toEqual({
            [one.label]: [],
          });
    },
  );

  describe("alert rules", () => {
    const rules = alertRules(dashboardsOf("zh")).groups.flatMap((group) => group.rules);
    /** Labels of what would fire at the end of the window. */
    const firing = async (uid: string, toMs: number): Promise<Record<string, string>[]> => {
      const rule = rules.find((candidate) => candidate.uid === uid);
      const [first, , last] = rule?.data ?? [];
      const query = first !== undefined && "query" in first.model ? first.model.query : "";
      const [condition] = last !== undefined && "conditions" in last.model ? last.model.conditions : [];
      const lookBackMs = (first?.relativeTimeRange.from ?? 0) * 1_000;
      const frames = await run(query, { fromMs: toMs - lookBackMs, toMs });
      expect(frames.every(({ kind }) => kind === "series")).toBe(true);
      if (frames.length === 0 && rule?.noDataState === "Alerting") return [{ noData: "true" }];
      const limit = condition?.evaluator.params[0] ?? Number.NaN;
      return frames
        .filter(({ rows }) => {
          const value = Number(rows.at(-1)?.["_value"]);
          return condition?.evaluator.type === "gt" ? value > limit : value < limit;
        })
        .map(({ labels }) => labels);
    };
    const inOutageMs = () => day.toMs - 52 * minuteMs;

    it("fire for houses whose leakage is high now, and no longer for those where it was", async () => {
      const found = (await firing("hubao-leakage-spike", day.toMs)).map(({ breaker }) => breaker);
      expect(new Set(found)).toEqual(new Set([day.faults.drift, day.faults.failureToTrip]));
    });

    it("fire for villages and levels below target", async () => {
      expect(await firing("hubao-rate-below-target", day.toMs)).toEqual([
        { township: "qingxi", village: day.faults.weakArea.replace(/-\d+$/, ""), level: "household" },
      ]);
    });

    it.each(["hubao-health-store", "hubao-health-lag", "hubao-health-journal"])(
      "%s fires during the outage and not after it",
      async (uid) => {
        expect(await firing(uid, inOutageMs())).toHaveLength(1);
        expect(await firing(uid, day.toMs)).toEqual([]);
      },
    );

    it("fire when messages are quarantined, and when the service is silent", async () => {
      expect(await firing("hubao-health-quarantine", day.toMs - 110 * minuteMs)).toHaveLength(1);
      expect(await firing("hubao-health-quarantine", day.toMs)).toEqual([]);
      expect(await firing("hubao-health-silent", day.toMs)).toEqual([]);
      expect(await firing("hubao-health-silent", day.toMs + 30 * minuteMs)).toEqual([{ noData: "true" }]);
    });
  });
});

function dashboardsOf(language: "zh" | "en") {
  return generatedDashboards()
    .filter((made) => made.language === language)
    .map(({ dashboard }) => dashboard);
}
