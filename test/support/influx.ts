// A real InfluxDB 2.7 for tests: the one at INFLUX_URL, `influxd` on the PATH or in the cache, or a container.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access, constants, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const version = "2.7.12";
const startTimeoutMs = 60_000;

export type InfluxServer = {
  url: string;
  token: string;
  org: string;
  bucket: string;
  /** Ends it as kill -9 does. */
  kill(): Promise<void>;
  /** Starts it again on its port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

/** How to get a server; `own` ones can be killed and restarted. */
export type InfluxSource =
  | { kind: "own" | "given"; start(): Promise<InfluxServer> }
  | { kind: "missing"; reason: string };

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(address !== null && typeof address === "object" ? address.port : 0));
    });
  });

const untilReady = async (url: string, ended: () => boolean): Promise<void> => {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (!ended() && Date.now() < deadlineMs) {
    const response = await fetch(`${url}/health`).catch(() => null);
    if (response?.ok) return;
    await delay(50);
  }
  throw new Error(`InfluxDB did not get ready at ${url}`);
};

const setUp = async (url: string): Promise<{ token: string; org: string; bucket: string }> => {
  const token = randomBytes(24).toString("hex");
  const [org, bucket] = ["hubao", "telemetry"];
  const response = await fetch(`${url}/api/v2/setup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      username: "hubao",
      password: token,
      org,
      bucket,
      token,
      retentionPeriodSeconds: 0,
    }),
  });
  if (!response.ok) throw new Error(`InfluxDB refused its setup: ${await response.text()}`);
  return { token, org, bucket };
};

const startBinary = async (binary: string): Promise<InfluxServer> => {
  const directory = await mkdtemp(path.join(tmpdir(), "hubao-influx-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | null = null;
  const launch = async () => {
    const started = spawn(
      binary,
      [
        ["--bolt-path", path.join(directory, "bolt")],
        ["--engine-path", path.join(directory, "engine")],
        ["--sqlite-path", path.join(directory, "sqlite")],
        ["--http-bind-address", `127.0.0.1:${port}`],
        ["--log-level", "error"],
        ["--reporting-disabled"],
      ].flat(),
      { stdio: "ignore" },
    );
    child = started;
    await untilReady(url, () => started.exitCode !== null || started.signalCode !== null);
  };
  const end = async (signal: NodeJS.Signals) => {
    const ending = child;
    child = null;
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return;
    const gone = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    const late = setTimeout(() => ending.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(late);
  };
  const stop = async () => {
    await end("SIGTERM");
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await launch();
    return { url, ...(await setUp(url)), kill: () => end("SIGKILL"), restart: launch, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const startContainer = async (): Promise<InfluxServer> => {
  const { GenericContainer } = await import("testcontainers");
  // A fixed port, so that the address outlives a restart.
  const port = await freePort();
  const container = await new GenericContainer(`influxdb:${version}-alpine`)
    .withExposedPorts({ container: 8086, host: port })
    .start();
  const url = `http://${container.getHost()}:${port}`;
  const client = (await import("testcontainers")).getContainerRuntimeClient;
  const handle = async () => (await client()).container.getById(container.getId());
  await untilReady(url, () => false);
  return {
    url,
    ...(await setUp(url)),
    kill: async () => {
      await (await handle()).kill({ signal: "SIGKILL" });
    },
    restart: async () => {
      await (await handle()).start();
      await untilReady(url, () => false);
    },
    stop: async () => {
      await container.stop();
    },
  };
};

const given = (url: string): InfluxSource => {
  const [token, org, bucket] = ["INFLUX_TOKEN", "INFLUX_ORG", "INFLUX_BUCKET"].map(
    (name) => process.env[name],
  );
  if (!token || !org || !bucket)
    return {
      kind: "missing",
      reason: "INFLUX_URL is set, but not all of INFLUX_TOKEN, INFLUX_ORG, INFLUX_BUCKET",
    };
  const refuse = () => Promise.reject(new Error("a server that was given is not ours to kill"));
  const server = { url, token, org, bucket, kill: refuse, restart: refuse, stop: () => Promise.resolve() };
  return { kind: "given", start: () => Promise.resolve(server) };
};

const findBinary = async (): Promise<string | null> => {
  const directories = (process.env["PATH"] ?? "").split(path.delimiter).filter((part) => part !== "");
  const cache = process.env["HUBAO_CACHE_DIR"] ?? path.join(homedir(), ".cache", "hubao");
  const candidates = [
    ...directories.map((directory) => path.join(directory, "influxd")),
    path.join(cache, `influxd-${version}`),
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

/** Finds an InfluxDB; where there is none, says so aloud, so that a skipped suite is never taken for a passed one. */
export const findInflux = async (): Promise<InfluxSource> => {
  const url = process.env["INFLUX_URL"];
  if (url) return given(url);
  const binary = await findBinary();
  if (binary !== null) return { kind: "own", start: () => startBinary(binary) };
  const docker = await run("docker", ["info"], { timeout: 5_000 }).then(
    () => true,
    () => false,
  );
  if (docker) return { kind: "own", start: startContainer };
  const reason =
    "no InfluxDB: run tools/install-influxd.sh (10 minutes, once), start Docker, or set INFLUX_URL";
  console.warn(`SKIPPED: ${reason}`);
  return { kind: "missing", reason };
};
