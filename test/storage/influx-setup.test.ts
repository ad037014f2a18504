// The set-up against a real InfluxDB: made once, right the second time, roll-ups with the right numbers, InfluxQL answers.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { midnightMs } from "../../domain/time.ts";
import { openInfluxAdmin } from "../../storage/telemetry/influx-admin.ts";
import { prepareInflux } from "../../storage/telemetry/influx-setup.ts";
import { openInfluxLines } from "../../storage/telemetry/influx-write.ts";
import { fluxRows } from "../support/flux.ts";
import { findInflux, type InfluxServer } from "../support/influx.ts";

const influx = await findInflux();
const tool = join(import.meta.dirname, "..", "..", "tools", "influx-setup.ts");
const timeZone = "Asia/Shanghai";
const hourMs = 3_600_000;
const minuteMs = 60_000;
const dayMs = 24 * hourMs;
const bucket = `setup_${process.pid}`;

/** Runs the tool as its users do. */
const runTool = async (env: Record<string, string>, args: string[] = []) => {
  const child = spawn(process.execPath, [tool, ...args], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number];
  return { code, out, err };
};

const title =
  influx.kind === "own"
    ? "influx:setup"
    : "influx:setup (skipped: makes buckets and tasks on a server of its own)";

describe.skipIf(influx.kind !== "own")(title, () => {
  let server: InfluxServer;
  beforeAll(async () => {
    if (influx.kind === "missing") throw new Error(influx.reason);
    server = await influx.start();
  });
  afterAll(() => server?.stop());

  const env = (more: Record<string, string> = {}) => ({
    INFLUX_URL: server.url,
    INFLUX_TOKEN: server.token,
    INFLUX_ORG: server.org,
    INFLUX_BUCKET: bucket,
    ...more,
  });

  it("makes everything the first time, finds it right the second, and mends what was changed", async () => {
    const first = await runTool(env());
    expect([first.code, first.err]).toEqual([
      0,
      expect.stringContaining(`made    bucket ${bucket}, kept 90 days`),
    ]);
    expect(first.err).not.toMatch(/^(right|changed)/m);
    const second = await runTool(env());
    expect(second.code).toBe(0);
    expect(second.err).not.toMatch(/^(made|changed)/m);
    expect(second.err.trim().split("\n")).toHaveLength(first.err.trim().split("\n").length);
    const longer = await runTool(env({ HUBAO_TELEMETRY_RETENTION_DAYS: "120" }));
    expect(longer.err.match(/^changed .*$/gm)).toEqual([`changed bucket ${bucket}, kept 120 days`]);
    const moved = await runTool(
      env({ HUBAO_TELEMETRY_RETENTION_DAYS: "120", HUBAO_TIME_ZONE: "Asia/Kolkata" }),
    );
    expect(moved.err.match(/^changed .*$/gm)).toEqual([
      `changed task ${bucket}_hourly_late`,
      `changed task ${bucket}_daily`,
    ]);
  });

  it("gives Grafana a token that reads and cannot write, the same one when asked again", async () => {
    const first = await runTool(env(), ["--grafana-token"]);
    const token = first.out.trim();
    expect(token).toMatch(/^\S{20,}$/);
    expect((await runTool(env(), ["--grafana-token"])).out.trim()).toBe(token);
    expect(
      await fluxRows({ ...server, token }, `from(bucket: "${bucket}_hourly") |> range(start: -1h)`),
    ).toEqual([]);
    expect(await openInfluxLines({ ...server, bucket, token })(["x v=1 1"])).toMatchObject({
      kind: "unavailable",
    });
    await expect(
      fluxRows({ ...server, token }, `from(bucket: "${server.bucket}") |> range(start: -1h)`),
    ).rejects.toThrow(/could not find bucket|not found|unauthorized/);
  });

  it("says what is wrong: no server, no settings, a wrong token or organisation, a token that may not", async () => {
    const wrong = async (more: Record<string, string>) => {
      const { code, err } = await runTool(env(more));
      expect(err).not.toMatch(/\n\s+at /);
      return [code, err];
    };
    expect(await wrong({ INFLUX_URL: "http://127.0.0.1:9" })).toEqual([
      1,
      expect.stringMatching(/does not answer.*INFLUX_URL/),
    ]);
    expect(await wrong({ INFLUX_TOKEN: "none" })).toEqual([1, expect.stringMatching(/INFLUX_TOKEN/)]);
    expect(await wrong({ INFLUX_ORG: "none" })).toEqual([1, expect.stringMatching(/INFLUX_ORG/)]);
    expect(await wrong({ INFLUX_URL: "" })).toEqual([2, expect.stringMatching(/INFLUX_URL/)]);
    const reader = (await runTool(env(), ["--grafana-token"])).out.trim();
    expect(await wrong({ INFLUX_TOKEN: reader })).toEqual([1, expect.stringMatching(/INFLUX_(TOKEN|ORG)/)]);
    expect((await runTool(env(), ["--nonsense"])).code).toBe(2);
  });

  it("rolls up hours and local days with the right numbers, and again the same", async () => {
    const setup = { ...server, bucket, retentionDays: 90, timeZone, grafanaToken: false };
    const { taskIds } = await prepareInflux(setup, () => {});
    const write = openInfluxLines({ ...server, bucket });
    // The night's runs below are due until 00:50: a run that is due in the future waits for its time.
    const nightDone = Temporal.Now.zonedDateTimeISO(timeZone).subtract({ hours: 1 });
    const today = midnightMs(nightDone.toPlainDate().toString(), timeZone);
    // Yesterday's first two local hours; one more reading a millisecond before yesterday.
    const dayStartMs = today - dayMs;
    const tags = "area=A,breaker=b,level=household,township=T,village=V";
    const reading = (atMs: number, ma: number, more = "") =>
      `reading,${tags} residualCurrentMa=${ma},voltageV=230${more} ${atMs}000042`;
    const state = (atMs: number, code: number) => `operating,${tags} stateCode=${code} ${atMs}000000`;
    const grid = Array.from({ length: 12 }, (_, i) => state(dayStartMs + i * 5 * minuteMs, i < 9 ? 1 : 3));
    const lines = [
      reading(dayStartMs - 1, 99),
      reading(dayStartMs, 4, ",loadCurrentA=2"),
      reading(dayStartMs + 30 * minuteMs, 8),
      reading(dayStartMs + hourMs, 30),
      ...grid,
      // A change between two repeats must not weigh.
      state(dayStartMs + 46 * minuteMs, 3),
      `rate,level=household,scope=village,township=T,village=V operationalRate=0.5,installed=10 ${dayStartMs}000000`,
      `rate,level=household,scope=village,township=T,village=V operationalRate=0.75,installed=11 ${dayStartMs + 59 * minuteMs}000000`,
    ];
    expect(await write(lines)).toEqual({ kind: "stored", rejected: [] });

    const admin = await openInfluxAdmin(server);
    const points = async (of: string) =>
      new Map(
        (await fluxRows(server, `from(bucket: "${of}") |> range(start: -10d) |> group()`)).map((row) => [
          `${(Date.parse(String(row["_time"])) - dayStartMs) / hourMs} ${row["_measurement"]} ${row["_field"]}`,
          row["_value"],
        ]),
      );
    const run = (name: string, dueMs: number) => admin.runTask(taskIds.get(name) ?? "", dueMs, 60_000);

    await run(`${bucket}_hourly`, dayStartMs + 3 * hourMs);
    const hourly = await points(`${bucket}_hourly`);
    expect(Object.fromEntries(hourly)).toEqual({
      "0 reading residualCurrentMaMean": 6,
      "0 reading residualCurrentMaMax": 8,
      "0 reading residualCurrentMaMin": 4,
      "0 reading residualCurrentMaCount": 2,
      "0 reading loadCurrentAMean": 2,
      "0 reading loadCurrentAMax": 2,
      "0 reading loadCurrentAMin": 2,
      "0 reading loadCurrentACount": 1,
      "0 reading voltageVMean": 230,
      "0 reading voltageVMax": 230,
      "0 reading voltageVMin": 230,
      "0 reading voltageVCount": 2,
      "1 reading residualCurrentMaMean": 30,
      "1 reading residualCurrentMaMax": 30,
      "1 reading residualCurrentMaMin": 30,
      "1 reading residualCurrentMaCount": 1,
      "1 reading voltageVMean": 230,
      "1 reading voltageVMax": 230,
      "1 reading voltageVMin": 230,
      "1 reading voltageVCount": 1,
      "0 operating operatingShare": 0.75,
      "0 rate operationalRate": 0.75,
      "0 rate installed": 11,
    });
    await run(`${bucket}_hourly`, dayStartMs + 3 * hourMs);
    expect(await points(`${bucket}_hourly`)).toEqual(hourly);

    // Late data, and the night's runs.
    expect(await write([reading(dayStartMs + 10 * minuteMs, 12)])).toEqual({ kind: "stored", rejected: [] });
    await run(`${bucket}_hourly_late`, today + 40 * minuteMs);
    expect((await points(`${bucket}_hourly`)).get("0 reading residualCurrentMaMean")).toBe(8);
    expect((await points(`${bucket}_hourly`)).get("-1 reading residualCurrentMaMax")).toBe(99);
    await run(`${bucket}_daily`, today + 50 * minuteMs);
    const daily = await points(`${bucket}_daily`);
    expect(daily.get("-24 reading residualCurrentMaMax")).toBe(99);
    expect(daily.get("0 reading residualCurrentMaCount")).toBe(4);
    expect(daily.get("0 reading residualCurrentMaMean")).toBe((4 + 8 + 30 + 12) / 4);
    expect(daily.get("0 operating operatingShare")).toBe(0.75);
    expect(daily.get("0 rate operationalRate")).toBe(0.75);
    expect([...daily.keys()].filter((key) => /Count/.test(key) && /residual/.test(key))).toHaveLength(2);
  });

  it("answers InfluxQL by database and retention policy", async () => {
    const ask = async (q: string) => {
      const response = await fetch(`${server.url}/query?${new URLSearchParams({ db: bucket, q })}`, {
        headers: { authorization: `Token ${server.token}` },
      });
      expect(response.status).toBe(200);
      return (await response.json()) as {
        results: { series?: { columns: string[]; values: unknown[][] }[]; error?: string }[];
      };
    };
    const count = await ask(`SELECT count(residualCurrentMa) FROM "reading"`);
    expect(count.results[0]?.series?.[0]?.values[0]?.[1]).toBe(5);
    const max = await ask(`SELECT max(residualCurrentMaMax) FROM "${bucket}"."hourly"."reading"`);
    expect(max.results[0]?.series?.[0]?.values[0]?.[1]).toBe(99);
    const days = await ask(`SELECT operatingShare FROM "${bucket}"."daily"."operating"`);
    expect(days.results[0]?.series?.[0]?.values[0]?.[1]).toBe(0.75);
  });
});
