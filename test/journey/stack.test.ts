// `npm run stack`: InfluxDB and hubao come up together, know each other, survive each other, and leave nothing running.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { findInfluxd } from "../../tools/influxd.ts";
import { fluxRows } from "../support/flux.ts";
import { until } from "../support/until.ts";

const tool = join(import.meta.dirname, "..", "..", "tools", "stack.ts");
const found = await findInfluxd();
if (found === null)
  console.warn("SKIPPED: the stack needs an influxd: run tools/install-influxd.sh (10 minutes, once)");

const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return address !== null && typeof address === "object" ? address.port : 0;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

it.skipIf(found === null)(
  "starts InfluxDB and hubao on it, starts InfluxDB again when it dies, stops both, and starts on the same data",
  async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "hubao-stack-"));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const influxPort = await freePort();
    const kept = (name: string) => readFile(join(dataDir, "stack", name), "utf8").then((text) => text.trim());
    const start = async () => {
      const child = spawn(process.execPath, [tool, "--influx-port", String(influxPort)], {
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: process.env["HOME"] ?? "",
          HUBAO_DATA_DIR: dataDir,
          HUBAO_HTTP_PORT: "0",
          HUBAO_MQTT_PORT: "0",
          HUBAO_MQTT_HOST: "127.0.0.1",
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => {
          output += chunk.toString();
        });
      const exited = once(child, "exit") as Promise<[number | null]>;
      const stop = async () => {
        if (child.exitCode === null) child.kill("SIGINT");
        return (await exited)[0];
      };
      onTestFinished(async () => {
        await stop();
      });
      const url = await until(
        "the stack to be up",
        async () => {
          if (child.exitCode !== null) throw new Error(output);
          return (/The page.*(http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1] ?? null) as string | null;
        },
        90_000,
      );
      return { url, stop, output: () => output };
    };

    const first = await start();
    const influxPid = Number(await kept("influxd.pid"));
    expect((await stat(join(dataDir, "stack", "influx-token"))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDir, "stack", "grafana-token"))).mode & 0o777).toBe(0o600);
    expect(first.output()).toContain(`INFLUX_URL=http://127.0.0.1:${influxPort}`);
    expect(first.output()).not.toContain(await kept("influx-token"));
    const grafana = {
      url: `http://127.0.0.1:${influxPort}`,
      org: "hubao",
      token: await kept("grafana-token"),
    };
    const ownNumbers = (sinceMs: number) =>
      fluxRows(
        grafana,
        `from(bucket: "telemetry") |> range(start: ${new Date(sinceMs).toISOString()}) |> filter(fn: (r) => r._measurement == "ingest" and r._field == "storedTotal")`,
      );
    await until("the house's own numbers", async () => (await ownNumbers(Date.now() - 60_000)).length > 0);

    process.kill(influxPid, "SIGKILL");
    const killedMs = Date.now();
    const again = await until("InfluxDB to be started again", async () => {
      const pid = Number(await kept("influxd.pid"));
      return pid !== influxPid && isAlive(pid) && pid;
    });
    await until("numbers from after the kill", async () => (await ownNumbers(killedMs)).length > 0, 40_000);

    expect(await first.stop()).toBe(0);
    expect(isAlive(again)).toBe(false);
    await expect(fetch(`${first.url}/healthz`)).rejects.toThrow();

    const second = await start();
    expect(second.output()).not.toMatch(/^(made|changed)/m);
    expect((await ownNumbers(0)).length).toBeGreaterThan(0);
    expect(await second.stop()).toBe(0);
  },
  240_000,
);
