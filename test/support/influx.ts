// A real InfluxDB 2.7 for tests: the one at INFLUX_URL, `influxd` on the PATH or in the cache, or a container.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import {
  findInfluxd,
  type Influxd,
  influxdVersion,
  launchInfluxd,
  setUpInfluxd,
} from "../../tools/influxd.ts";

const run = promisify(execFile);
const startTimeoutMs = 60_000;

export type InfluxServer = {
  url: string;
  token: string;
  org: string;
  bucket: string;
  /** Ends it as kill -9 does. */
  kill(): Promise<void>;
  /** Ends it as its operator does; its data stays. */
  shutDown(): Promise<void>;
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

const untilReady = async (url: string): Promise<void> => {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineMs) {
    const response = await fetch(`${url}/health`).catch(() => null);
    if (response?.ok) return;
    await delay(50);
  }
  throw new Error(`InfluxDB did not get ready at ${url}`);
};

const setUp = async (url: string): Promise<{ token: string; org: string; bucket: string }> => {
  const setup = { token: randomBytes(24).toString("hex"), org: "hubao", bucket: "telemetry" };
  await setUpInfluxd(url, setup);
  return setup;
};

const startBinary = async (binary: string): Promise<InfluxServer> => {
  const directory = await mkdtemp(path.join(tmpdir(), "hubao-influx-"));
  const port = await freePort();
  const launch = () => launchInfluxd({ binary, directory, port });
  let running: Influxd | null = null;
  const end = async (signal: NodeJS.Signals) => {
    await running?.end(signal);
    running = null;
  };
  const stop = async () => {
    await end("SIGTERM");
    await rm(directory, { recursive: true, force: true });
  };
  try {
    running = await launch();
    const { url } = running;
    return {
      url,
      ...(await setUp(url)),
      kill: () => end("SIGKILL"),
      shutDown: () => end("SIGTERM"),
      async restart() {
        running = await launch();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const startContainer = async (): Promise<InfluxServer> => {
  const { GenericContainer } = await import("testcontainers");
  // A fixed port, so that the address outlives a restart.
  const port = await freePort();
  const container = await new GenericContainer(`influxdb:${influxdVersion}-alpine`)
    .withExposedPorts({ container: 8086, host: port })
    .start();
  const url = `http://${container.getHost()}:${port}`;
  const client = (await import("testcontainers")).getContainerRuntimeClient;
  const handle = async () => (await client()).container.getById(container.getId());
  await untilReady(url);
  return {
    url,
    ...(await setUp(url)),
    kill: async () => {
      await (await handle()).kill({ signal: "SIGKILL" });
    },
    shutDown: async () => {
      await (await handle()).stop();
    },
    restart: async () => {
      await (await handle()).start();
      await untilReady(url);
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
  const stop = () => Promise.resolve();
  const server = { url, token, org, bucket, kill: refuse, shutDown: refuse, restart: refuse, stop };
  return { kind: "given", start: () => Promise.resolve(server) };
};

/** Finds an InfluxDB; where there is none, says so aloud, so that a skipped suite is never taken for a passed one. */
export const findInflux = async (): Promise<InfluxSource> => {
  const url = process.env["INFLUX_URL"];
  if (url) return given(url);
  const binary = await findInfluxd();
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
