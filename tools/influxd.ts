// InfluxDB's server as a process of ours: found, started on a directory, set up once, stopped.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, constants } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The version that the installer builds. */
export const influxdVersion = "2.7.12";

const limits = { readyTimeoutMs: 60_000, readyPollMs: 50, stopTimeoutMs: 10_000 } as const;

/** An `influxd` on the PATH, or the one that tools/install-influxd.sh has put into the cache; null where there is none. */
export const findInfluxd = async (): Promise<string | null> => {
  const directories = (process.env["PATH"] ?? "").split(delimiter).filter((part) => part !== "");
  const cache = process.env["HUBAO_CACHE_DIR"] ?? join(homedir(), ".cache", "hubao");
  const candidates = [
    ...directories.map((directory) => join(directory, "influxd")),
    join(cache, `influxd-${influxdVersion}`),
  ];
  for (const candidate of candidates) {
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  return null;
};

export type Influxd = {
  url: string;
  pid: number;
  /** Resolves when it has ended, whoever ended it. */
  ended: Promise<void>;
  /** Ends it with this signal (kill -9 after ten seconds) and waits. */
  end(signal: NodeJS.Signals): Promise<void>;
};

/**
 * Starts the server on its directory and waits until it answers; rejects when it does not. `logTo` is a file descriptor
 * for what it prints. With `apart` the terminal's Ctrl-C does not reach it.
 */
export const launchInfluxd = async (options: {
  binary: string;
  directory: string;
  port: number;
  logTo?: number;
  apart?: boolean;
}): Promise<Influxd> => {
  const { binary, directory, port, logTo } = options;
  const child: ChildProcess = spawn(
    binary,
    [
      ["--bolt-path", join(directory, "bolt")],
      ["--engine-path", join(directory, "engine")],
      ["--sqlite-path", join(directory, "sqlite")],
      ["--http-bind-address", `127.0.0.1:${port}`],
      ["--log-level", logTo === undefined ? "error" : "warn"],
      ["--reporting-disabled"],
    ].flat(),
    {
      stdio: logTo === undefined ? "ignore" : ["ignore", logTo, logTo],
      detached: options.apart === true,
    },
  );
  const ended = Promise.race([once(child, "exit"), once(child, "error")]).then(
    () => {},
    () => {},
  );
  const isOver = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (isOver()) return;
    child.kill(signal);
    const late = setTimeout(() => child.kill("SIGKILL"), limits.stopTimeoutMs);
    await ended;
    clearTimeout(late);
  };
  const url = `http://127.0.0.1:${port}`;
  const deadlineMs = Date.now() + limits.readyTimeoutMs;
  while (!isOver() && Date.now() < deadlineMs) {
    const response = await fetch(`${url}/health`).catch(() => null);
    if (response?.ok && !isOver()) return { url, pid: child.pid ?? 0, ended, end };
    await sleep(limits.readyPollMs);
  }
  await end("SIGKILL");
  throw new Error(`InfluxDB did not get ready at ${url}`);
};

/** Sets a fresh server up with this token; on one that has been set up before it changes nothing. Throws when refused. */
export const setUpInfluxd = async (
  url: string,
  setup: { token: string; org: string; bucket: string },
): Promise<void> => {
  const asked = (await (await fetch(`${url}/api/v2/setup`)).json()) as { allowed: boolean };
  if (!asked.allowed) return;
  const response = await fetch(`${url}/api/v2/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ...setup,
      username: "hubao",
      password: setup.token,
      retentionPeriodSeconds: 0,
    }),
  });
  if (!response.ok) throw new Error(`InfluxDB refused its setup: ${await response.text()}`);
};
