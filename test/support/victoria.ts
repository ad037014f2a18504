// A real VictoriaMetrics: another server that takes InfluxDB's /api/v2/write. From Debian's package `victoria-metrics`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { until } from "./until.ts";

export type Sample = { name: string; labels: Record<string, string>; atMs: number; value: number };

export type Victoria = {
  url: string;
  /** Every stored sample of a breaker, by name and time. */
  samplesOf(breakerId: string): Promise<Sample[]>;
  kill(): Promise<void>;
  /** Starts it again on its port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** Where it is; null where there is none, said aloud. */
export const findVictoria = (): string | null => {
  const found = ["victoria-metrics", "victoria-metrics-prod"]
    .flatMap((name) => (process.env["PATH"] ?? "").split(delimiter).map((directory) => join(directory, name)))
    .find((path) => existsSync(path));
  if (found === undefined)
    console.warn(
      "SKIPPED: no VictoriaMetrics: run tools/install-test-engines.sh, or install victoria-metrics",
    );
  return found ?? null;
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  return address !== null && typeof address === "object" ? address.port : 0;
};

/** Starts it on a directory to throw away. */
export const startVictoria = async (binary: string): Promise<Victoria> => {
  const directory = await mkdtemp(join(tmpdir(), "hubao-victoria-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const launch = async () => {
    const child = spawn(
      binary,
      [`-storageDataPath=${directory}`, `-httpListenAddr=127.0.0.1:${port}`, "-retentionPeriod=10y"],
      { stdio: "ignore" },
    );
    await until("VictoriaMetrics", async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      return (await fetch(`${url}/health`)).ok;
    });
    return child;
  };
  let child = await launch();
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  };
  return {
    url,
    async samplesOf(breakerId) {
      await fetch(`${url}/internal/force_flush`);
      const match = new URLSearchParams({ "match[]": `{breaker="${breakerId}"}`, start: "1420070400" });
      const text = await (await fetch(`${url}/api/v1/export?${match}`)).text();
      return text
        .split("\n")
        .filter((line) => line !== "")
        .flatMap((line) => {
          const { metric, values, timestamps } = JSON.parse(line) as {
            metric: Record<string, string>;
            values: number[];
            timestamps: number[];
          };
          const { __name__: name = "", ...labels } = metric;
          return timestamps.map((atMs, i) => ({ name, labels, atMs, value: values[i] ?? Number.NaN }));
        })
        .sort((a, b) => a.name.localeCompare(b.name) || a.atMs - b.atMs);
    },
    kill: () => end("SIGKILL"),
    async restart() {
      child = await launch();
    },
    async stop() {
      await end("SIGTERM");
      await rm(directory, { recursive: true, force: true });
    },
  };
};
